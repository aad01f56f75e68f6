"""An account that differs or is not heard: live orders are asked about at once, and in the end nothing is opened."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from engine.domain import commands as cmd
from engine.domain.account import BrokerAccount
from engine.domain.broker_reports import BrokerKnows
from engine.domain.order import OrderStatus
from engine.runtime import orders, reconciling
from tests.engine.runtime.scenes import CONDOR, give, hear, told, urgent, working
from tests.fakes import Rig, chain_update, filled, new_york

PATIENCE = dt.timedelta(minutes=10)


class TestLiveOrders:
    @pytest.fixture
    def rig(self, tmp_path: Path) -> Rig:
        """O000001 has worked on one condor of SPY for a minute, and its fill was told to nobody."""
        made = working(tmp_path)
        made.desk.clock.advance_to(made.desk.now + dt.timedelta(minutes=1))
        return made

    def differs(self, rig: Rig, positions: dict[str, int]) -> None:
        """Hear an account that holds other things than the books."""
        book = rig.desk.book
        hear(rig, BrokerAccount(rig.desk.now, positions, book.broker_cash, book.activity_floor))

    def test_of_the_underlying_that_differs_are_asked_about_at_once(self, rig: Rig) -> None:
        (order,) = rig.desk.book.orders.values()
        fill = filled(order)
        rig.broker.on_ask = lambda order_id: [BrokerKnows(order_id, True, OrderStatus.FILLED, (fill,))]
        self.differs(rig, {leg.contract.occ: leg.ratio for leg in order.structure.legs})
        orders.work_due(rig.desk)
        rig.desk.commit()
        assert ("ask", order.order_id) in rig.broker.calls

        hear(rig, *rig.broker.on_ask(order.order_id))
        rig.desk.clock.advance_to(rig.desk.now + reconciling.SECOND_LOOK)
        self.differs(rig, rig.desk.book.instruments())
        assert [position.structure for position in rig.desk.book.positions.values()] == [order.structure]
        assert rig.desk.book.differences == {}, "the fill was all there was to it"

    def test_of_another_underlying_are_left_alone(self, rig: Rig) -> None:
        self.differs(rig, {"QQQ": 5})
        assert "QQQ" in rig.desk.suspects
        assert rig.desk.ask_at == {}


class TestUnheard:
    """Compared at 10:00; from then on the broker tells no account that can be compared."""

    @pytest.fixture(params=["silence", "always incomplete"])
    def rig(self, tmp_path: Path, request: pytest.FixtureRequest) -> Rig:
        """Quotes every half minute."""
        quotes = [chain_update(new_york(10, minute, second)) for minute in range(40) for second in (0, 30)]
        made = Rig(tmp_path, quotes).run(until=new_york(10, 1))
        assert made.desk.is_reconciled
        self.agrees = made.broker.on_ask_account

        def says(now: dt.datetime) -> BrokerAccount | None:
            account = self.agrees(now)
            if account is None or request.param == "silence":
                return None
            return replace(account, is_complete=False)

        made.broker.on_ask_account = says
        return made

    def is_compared(self, rig: Rig) -> bool:
        """Whether the books count as compared."""
        return rig.desk.is_reconciled

    def due(self, rig: Rig) -> dt.datetime:
        """When the comparison is due that cannot be made."""
        assert rig.desk.reconcile_at is not None
        return rig.desk.reconcile_at

    def ticket(self) -> cmd.EnterTrade:
        """A person's ticket."""
        return cmd.EnterTrade("IV_SERVICE_2", CONDOR, 1, -1, -1, "user", "x")

    def test_for_longer_than_patience_it_opens_nothing_and_says_so_once(self, rig: Rig) -> None:
        over = self.due(rig) + PATIENCE
        rig.run(until=over)
        assert self.is_compared(rig)
        assert "BROKER_UNREACHABLE" not in give(rig, self.ticket())

        rig.run(until=over + dt.timedelta(seconds=5))
        assert not self.is_compared(rig)
        assert not rig.kernel.snapshot().is_compared
        assert "BROKER_UNREACHABLE" in give(rig, self.ticket())
        rig.run(until=over + dt.timedelta(minutes=5))
        assert urgent(rig, "Nothing more is opened: the broker tells no account") == 1
        why = f"the broker tells no account that can be compared with the books, since {over - PATIENCE:%H:%M} UTC"
        assert (f"Nothing more is opened: {why}", True) in told(rig)

    def test_it_recovers_by_itself_as_soon_as_an_account_is_heard(self, rig: Rig) -> None:
        over = self.due(rig) + PATIENCE
        rig.run(until=over + dt.timedelta(minutes=1))
        assert not self.is_compared(rig)
        rig.broker.on_ask_account = self.agrees
        rig.run(until=over + dt.timedelta(minutes=1, seconds=10))
        assert self.is_compared(rig)
        assert "BROKER_UNREACHABLE" not in give(rig, self.ticket())
        rig.run(until=over + dt.timedelta(minutes=8))
        assert self.is_compared(rig), "its patience began anew"
        assert urgent(rig, "Nothing more is opened") == 1
