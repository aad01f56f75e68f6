"""Open positions as quotes arrive: sessions and their baselines, marks, daily loss limits, expiry."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.core.money import Money, dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.account import ActivityKind, BrokerActivity
from engine.domain.broker_reports import BrokerAccepted, BrokerReport
from engine.domain.order import Order, OrderPurpose
from engine.domain.ports import ChainUpdate
from engine.domain.position import Position
from engine.ledger.verify import verify_store
from engine.runtime import handlers, positions
from tests.fakes import EXPIRATION, Rig, ScriptedBroker, chain_update, filled, new_york

TUESDAY = dt.date(2026, 3, 17)
MONDAY_AFTER = dt.date(2026, 4, 27)
Held = Callable[..., Rig]


def opens_only(order: Order) -> list[BrokerReport]:
    """A broker's script: openings fill at once, closings rest."""
    return [filled(order)] if order.purpose is OrderPurpose.OPEN else [BrokerAccepted(order.order_id)]


@pytest.fixture
def held(tmp_path: Path) -> Held:
    """Make a rig in which IV_SERVICE opens a condor of SPY at 10:00 and which goes on with the updates given."""

    def make(*later: ChainUpdate, fills: Callable[[Order], list[BrokerReport]] = opens_only) -> Rig:
        broker = ScriptedBroker()
        broker.on_submit = fills
        # The other module scans too, and what it finds waits and expires.
        rig = Rig(tmp_path, [chain_update(new_york(10)), *later], broker=broker)
        rig.run(until=new_york(10, 0, 2))
        assert list(rig.desk.book.positions) == ["P000001"]
        return rig

    return make


def the_position(rig: Rig) -> Position:
    """The one position of a rig."""
    (position,) = rig.desk.book.positions.values()
    return position


def marks_at(rig: Rig) -> list[dt.datetime]:
    """When marks were journaled that say something of a position, after the one that its fill brought."""
    marks = [entry.at for entry in rig.store.entries() if entry.type == "MarksRecorded" and b"P000001" in entry.body]
    assert marks[0] == new_york(10, 0, 1), "a position is marked at mid as soon as it is filled"
    return marks[1:]


class TestSessions:
    def test_day_pnl_starts_at_the_marks_of_the_close_before(self, held: Held) -> None:
        rig = held(
            chain_update(new_york(15, 59), volatility=0.27),
            chain_update(new_york(10, day=TUESDAY), volatility=0.22),
        )
        rig.run(until=new_york(17))
        at_close = rig.desk.book.pnl("IV_SERVICE")
        assert rig.desk.book.day_pnl("IV_SERVICE") == at_close < -dollars("2.40")

        rig.run(until=new_york(9, 45, day=TUESDAY))
        assert rig.desk.book.day_pnl("IV_SERVICE") == 0, "nothing has happened yet today"
        assert rig.desk.book.pnl("IV_SERVICE") == at_close

        rig.run(until=new_york(10, day=TUESDAY))
        gain = rig.desk.book.day_pnl("IV_SERVICE")
        assert gain == rig.desk.book.pnl("IV_SERVICE") - at_close > 0

    def test_a_module_over_its_budget_is_told_of_each_morning(self, held: Held) -> None:
        rig = held(chain_update(new_york(11, day=TUESDAY)))
        book = rig.desk.book
        plan = book.plan.moved(book.modules["IV_SERVICE"].budget - dollars(100), "IV_SERVICE", None)
        rig.desk.record(ev.BudgetReallocated(plan.budgets, plan.reserve, book.version + 1, "user", "less"))
        over = -book.available("IV_SERVICE")
        assert over > 0
        rig.run()
        said = [text for text in rig.publisher.alerts if text.startswith("over its budget by $")]
        assert said == [f"over its budget by ${over / 10_000:,.2f}: it may only reduce"]

    def test_sessions_open_and_close_with_the_market_and_not_with_its_quotes(self, held: Held) -> None:
        rig = held(chain_update(new_york(11, day=TUESDAY)))
        rig.run()
        bells = [(entry.at, entry.type) for entry in rig.store.entries() if entry.type.startswith("Session")]
        assert bells == [
            (new_york(9, 59, 59), "SessionOpened"),
            (new_york(16), "SessionClosed"),
            (new_york(9, 30, day=TUESDAY), "SessionOpened"),
            (new_york(16, day=TUESDAY), "SessionClosed"),
        ]

    def test_a_weekend_has_no_session(self, held: Held) -> None:
        rig = held(chain_update(new_york(10, day=dt.date(2026, 3, 23))))
        rig.run()
        days = [event.day.day for event in rig.events(ev.SessionOpened) if isinstance(event, ev.SessionOpened)]
        assert days == [16, 17, 18, 19, 20, 23]


class TestMarks:
    def test_marks_are_journaled_once_a_minute_however_often_quotes_come(self, held: Held) -> None:
        every_ten_seconds = [new_york(10, 1) + dt.timedelta(seconds=10 * number) for number in range(13)]
        rig = held(*(chain_update(at, 100 + number / 50) for number, at in enumerate(every_ten_seconds)))
        rig.run()
        assert marks_at(rig) == [new_york(10, 1), new_york(10, 2), new_york(10, 3)]

    def test_a_mark_is_what_closing_at_mid_would_bring(self, held: Held) -> None:
        rig = held(chain_update(new_york(11), 103.0))
        rig.run()
        position = the_position(rig)
        worth = 0
        for leg in position.structure.legs:
            quote = rig.desk.market.quote(leg.contract)
            assert quote is not None
            assert quote.bid is not None
            assert quote.ask is not None
            worth += leg.ratio * (quote.bid + quote.ask) * 100 // 2
        assert rig.desk.book.marks[position.position_id] == worth
        assert rig.desk.book.nav == rig.desk.book.cash + worth

    def test_one_aged_leg_leaves_the_last_mark_as_it_was(self, held: Held) -> None:
        # The later snapshot does not show the strikes of the puts.
        rig = held(chain_update(new_york(11), 103.0, strikes=(100.0, 131.0, 1.0)))
        before = rig.desk.book.marks["P000001"]
        rig.run(until=new_york(11))
        legs = the_position(rig).structure.legs
        assert [quote is None for quote in rig.desk.fresh_quotes_of(legs)] == [True, True, False, False]
        assert rig.desk.book.marks["P000001"] == before
        assert marks_at(rig) == []


class TestDailyLoss:
    """The module's limit is set to what the day has lost so far, or to a unit more."""

    @staticmethod
    def status(rig: Rig) -> str:
        """Whether IV_SERVICE is active."""
        return rig.desk.book.modules["IV_SERVICE"].status.value

    @staticmethod
    def limited(rig: Rig, limit: Money) -> None:
        """Give IV_SERVICE a daily loss limit."""
        object.__setattr__(rig.desk.book.modules["IV_SERVICE"].spec.limits, "daily_loss_limit", limit)

    def test_a_loss_of_exactly_the_limit_pauses_and_a_unit_less_does_not(self, held: Held) -> None:
        rig = held(chain_update(new_york(11), volatility=0.27), chain_update(new_york(11, 1), volatility=0.27))
        rig.run(until=new_york(11))
        lost = -rig.desk.book.day_pnl("IV_SERVICE")
        assert lost > 0
        self.limited(rig, lost + 1)
        positions.enforce_daily_loss(rig.desk)
        assert self.status(rig) == "ACTIVE"
        self.limited(rig, lost)
        positions.enforce_daily_loss(rig.desk)
        assert self.status(rig) == "PAUSED"

    def test_the_pause_outlasts_the_day_and_a_resume_on_a_new_day_holds(self, held: Held) -> None:
        rig = held(
            chain_update(new_york(11), volatility=0.27),
            chain_update(new_york(11, 5), volatility=0.27),
            chain_update(new_york(11, day=TUESDAY), volatility=0.27),
        )
        self.limited(rig, dollars("10"))
        rig.run(until=new_york(11))
        handlers.handle(rig.desk, cmd.ResumeModule("IV_SERVICE", "user", "too early"))
        rig.run(until=new_york(11, 5))
        assert self.status(rig) == "PAUSED", "the day's loss is still there"

        rig.run(until=new_york(9, 30, day=TUESDAY))
        assert self.status(rig) == "PAUSED", "a new day resumes nothing by itself"
        handlers.handle(rig.desk, cmd.ResumeModule("IV_SERVICE", "user", "a new day"))
        rig.run()
        assert self.status(rig) == "ACTIVE"


class TestExpiry:
    """Nothing is assumed: what expired waits for the broker's statement."""

    def test_what_expired_waits_for_the_broker_and_is_not_managed_meanwhile(self, held: Held) -> None:
        rig = held(
            chain_update(new_york(15, 58, day=EXPIRATION), 90.0),
            chain_update(new_york(10, day=MONDAY_AFTER), 70.0, expirations=(dt.date(2026, 5, 29),)),
        )
        rig.run(until=new_york(12, day=MONDAY_AFTER))

        position = the_position(rig)
        assert position.status.value == "Awaiting assignment"
        assert position.used > 0, "the claim stays until the broker's word"
        assert rig.events(ev.PositionSettled) == []
        assert sum(entry.type == "PositionStatusChanged" for entry in rig.store.entries()) == 1

    def test_the_statement_ends_it(self, held: Held) -> None:
        rig = held(
            chain_update(new_york(15, 58, day=EXPIRATION), 100.0),
            chain_update(new_york(10, day=MONDAY_AFTER), 100.0, expirations=(dt.date(2026, 5, 29),)),
        )
        rig.run(until=new_york(9, day=MONDAY_AFTER))
        legs = the_position(rig).structure.legs
        for number, leg in enumerate(legs, start=1):
            line = BrokerActivity(
                number, ActivityKind.EXPIRED, rig.desk.now, leg.contract.occ, 1, 0, 0, price=dollars("100")
            )
            rig.broker.say(line, rig.desk.now)
        rig.run()

        (closed,) = rig.closed
        assert (closed.status.value, closed.closed_why) == ("Settled", "expired")
        assert closed.realised == -closed.opening_cost > 0, "the whole credit was kept"
        assert closed.position_id not in rig.desk.book.positions
        assert verify_store(rig.store).faults == ()
