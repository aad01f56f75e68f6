"""The read side of skipped trades: what would still be open, what ended, whose it was."""

import datetime as dt
from pathlib import Path

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.aftermath import FollowedDay, FollowedTrade, SkippedTrade
from engine.ledger.query import LedgerQuery
from engine.ledger.store import SqliteStore
from tests.builders import ALPHA, BETA, Clerk, ledger, position

DAY = dt.date(2026, 3, 2)


def trade(module_id: str, symbol: str, result: str, ended: dt.date | None = None) -> SkippedTrade:
    code = "stop" if ended else ""
    return SkippedTrade(module_id, symbol, "Iron Condor", "BUDGET", DAY, dollars(result), ended, code)


def followed(one: SkippedTrade) -> FollowedTrade:
    return FollowedTrade(one, position(), dollars("-250"))


def tell(clerk: Clerk, day: dt.date, still_open: tuple[SkippedTrade, ...], ended: tuple[SkippedTrade, ...]) -> None:
    document = FollowedDay(tuple(map(followed, still_open)), ended)
    address = clerk.ledger.keep_evidence(document)
    result = sum(each.result for each in ended)
    clerk.record(ev.SkipsFollowed(day, len(still_open), len(ended), result, address))
    clerk.ledger.commit()


def test_the_newest_session_says_what_is_open_and_all_of_them_what_ended(tmp_path: Path) -> None:
    store, query = SqliteStore(tmp_path / "ledger.sqlite"), LedgerQuery(tmp_path / "ledger.sqlite")
    clerk, later = Clerk(ledger(store)), DAY + dt.timedelta(days=1)
    try:
        assert query.followed() == ()
        assert query.skipped_trades(ALPHA) == ()

        spy, qqq = trade(ALPHA, "SPY", "5"), trade(BETA, "QQQ", "7")
        first, second = trade(ALPHA, "TSLA", "-310", DAY), trade(ALPHA, "SPY", "40", later)
        tell(clerk, DAY, (spy, qqq), (first,))
        assert query.followed() == (followed(spy), followed(qqq))

        tell(clerk, later, (qqq,), (second,))
        assert query.followed() == (followed(qqq),)
        assert query.skipped_trades(ALPHA) == (second, first)
        assert query.skipped_trades(ALPHA, limit=1) == (second,)
        assert query.skipped_trades(BETA) == (qqq,)
        assert query.skipped_trades("GHOST") == ()
    finally:
        query.close()
        store.close()
