"""What became of skips, on a kernel over hand-written markets: when a trade is followed, what it comes to, restarts."""

import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from engine.backtest.spreads import fill
from engine.core.errors import LedgerFault
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.aftermath import SkippedTrade
from engine.domain.instrument import MULTIPLIER
from engine.domain.order import OrderPurpose
from engine.ledger.query import LedgerQuery
from engine.ledger.verify import verify_file
from engine.market.store import MarketStore
from engine.runtime.aftermath import follow
from tests.fakes import Rig, ScriptedBroker, filled, new_york
from tests.recordings import falling_volatility

MONDAY, TUESDAY = dt.date(2026, 3, 16), dt.date(2026, 3, 17)
UPDATES = falling_volatility()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def rig_of(folder: Path, stack: ExitStack, **how: object) -> Rig:
    """A kernel that reads its own scan record, as the assembled one does."""
    folder.mkdir(parents=True, exist_ok=True)
    return with_query(Rig(folder, UPDATES, **how), stack)  # type: ignore[arg-type]


def with_query(rig: Rig, stack: ExitStack) -> Rig:
    query = LedgerQuery(rig.folder / "ledger.sqlite")
    stack.callback(query.close)
    rig.desk.query = query
    return rig


def told(rig: Rig) -> list[ev.SkipsFollowed]:
    return [event for event in rig.events(ev.SkipsFollowed) if isinstance(event, ev.SkipsFollowed)]


def skipped(rig: Rig, module_id: str) -> tuple[SkippedTrade, ...]:
    assert rig.desk.query is not None
    return rig.desk.query.skipped_trades(module_id)


def test_an_approval_that_ran_out_is_followed_to_its_target(tmp_path: Path, stack: ExitStack) -> None:
    rig = rig_of(tmp_path, stack).run()
    ended = [trade for trade in skipped(rig, "IV_SERVICE_2") if trade.ended is not None]
    first = ended[-1]

    assert (first.symbol, first.structure, first.reason, first.skipped) == ("SPY", "Iron Condor", "EXPIRED", MONDAY)
    assert first.exit_code == "target"
    assert first.result == by_hand(rig, first)


def by_hand(rig: Rig, trade: SkippedTrade) -> int:
    """Sold at Monday's last quotes, bought back at those of the day it ended, each by the fill model, after costs."""
    (candidate, *_) = [
        event.approval.candidate
        for event in rig.events(ev.ApprovalRequested)
        if isinstance(event, ev.ApprovalRequested) and event.approval.candidate.module_id == trade.module_id
    ]
    structure, costs, prices = candidate.structure, rig.desk.book.costs, []
    for day, purpose in ((trade.skipped, OrderPurpose.OPEN), (trade.ended, OrderPurpose.CLOSE)):
        market = MarketStore()
        for update in UPDATES:
            if update.at.date() == day:
                market.apply(update)
        prices.append(fill(structure, tuple(market.quote(leg.contract) for leg in structure.legs), purpose))
    sold, bought = prices
    assert sold is not None
    assert bought is not None
    # The hand-written mindfolio knows commissions alone: four contracts, twice.
    assert costs.fees(4, 4, dollars(1000), 0) == 0
    return -(sold + bought) * MULTIPLIER - 2 * costs.commission(4)


def test_what_was_traded_is_not_followed(tmp_path: Path, stack: ExitStack) -> None:
    broker = ScriptedBroker()
    broker.on_submit = lambda order: [filled(order)]
    rig = rig_of(tmp_path, stack, broker=broker).run(until=new_york(23, 0, day=MONDAY))

    assert rig.events(ev.OrderFilled)
    assert [trade for trade in skipped(rig, "IV_SERVICE") if trade.skipped == MONDAY] == []


def test_one_trade_of_a_symbol_is_followed_at_a_time(tmp_path: Path, stack: ExitStack) -> None:
    rig = rig_of(tmp_path, stack).run(until=new_york(23, 0, day=MONDAY))

    requested = [event for event in rig.events(ev.ApprovalRequested) if isinstance(event, ev.ApprovalRequested)]
    assert len(requested) > 1  # the module asked again after the first had run out
    assert len(skipped(rig, "IV_SERVICE_2")) == 1
    assert [(event.session, event.still_open, event.ended) for event in told(rig)] == [(MONDAY, 1, 0)]


def test_a_restart_changes_nothing(tmp_path: Path, stack: ExitStack) -> None:
    whole = rig_of(tmp_path / "whole", stack).run()
    broken = rig_of(tmp_path / "broken", stack).run(until=new_york(10, 30, day=TUESDAY))
    broken = with_query(broken.reopened(), stack).run()

    assert len(told(whole)) > 1
    assert told(broken) == told(whole)
    assert skipped(broken, "IV_SERVICE_2") == skipped(whole, "IV_SERVICE_2")


def test_the_ledger_vouches_for_what_is_kept(tmp_path: Path, stack: ExitStack) -> None:
    rig = rig_of(tmp_path, stack).run()
    assert told(rig)
    rig.store.close()
    assert verify_file(tmp_path / "ledger.sqlite").faults == ()


def test_a_record_that_cannot_be_read_stops_nothing(tmp_path: Path, stack: ExitStack) -> None:
    rig = rig_of(tmp_path, stack)

    class Broken(LedgerQuery):
        def followed(self) -> tuple[()]:
            raise LedgerFault("the disk is gone")

    rig.desk.query = Broken(tmp_path / "ledger.sqlite")
    rig.run(until=new_york(23, 0, day=MONDAY))

    assert told(rig) == []
    assert rig.desk.halted == ""
    assert rig.events(ev.SessionClosed)


def test_without_a_reader_nothing_is_followed(tmp_path: Path) -> None:
    rig = Rig(tmp_path, UPDATES).run(until=new_york(23, 0, day=MONDAY))
    follow(rig.desk, MONDAY)
    assert told(rig) == []
