"""The read side: scans, trades and NAV samples page by page, on another thread, while the writer goes on."""

import datetime as dt
import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.errors import DenialCode, LedgerFault
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.candidate import ScanAction, ScanRow
from engine.domain.denial import Denial
from engine.domain.order import OrderStatus
from engine.domain.records import EntryRow, FillRow
from engine.ledger.ledger import Ledger
from engine.ledger.query import LedgerQuery
from engine.ledger.store import SqliteStore
from tests.builders import ALPHA, BETA, NOW, Clerk, ledger
from tests.history import MemoryHistory

LONG_AGO = NOW - dt.timedelta(days=365)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a folder? #1" / "ledger.sqlite"


@pytest.fixture
def clerk(path: Path) -> Iterator[Clerk]:
    store = SqliteStore(path)
    yield Clerk(ledger(store))
    store.close()


@pytest.fixture
def query(clerk: Clerk, path: Path) -> Iterator[LedgerQuery]:
    opened = LedgerQuery(path)
    yield opened
    opened.close()


def row(clerk: Clerk, module_id: str, symbol: str) -> ScanRow:
    return ScanRow(
        at=clerk.at,
        module_id=module_id,
        symbol=symbol,
        structure="Iron Condor",
        action=ScanAction.SKIPPED,
        reason="BUDGET",
        numbers={"iv_rank": 72.5, "dte": 32, "trend": None, "note": "ünïcödé"},
        denials=(Denial(DenialCode.BUDGET, dollars(882), dollars(500), "usd", {"missing": dollars(382)}),),
        waived=("evidence",),
    )


def scan(clerk: Clerk, module_id: str, *symbols: str) -> tuple[ScanRow, ...]:
    rows = tuple(row(clerk, module_id, symbol) for symbol in symbols)
    address = clerk.ledger.keep_evidence(rows)
    clerk.record(ev.ScanCompleted(module_id, 1, len(rows), 0, 0, len(rows), address))
    clerk.ledger.commit()
    return rows


def test_scans_come_newest_first_and_whole(clerk: Clerk, query: LedgerQuery) -> None:
    first = scan(clerk, ALPHA, "SPY", "TSLA")
    second = scan(clerk, ALPHA, "SPY", "TSLA")
    assert query.scans(ALPHA, LONG_AGO) == (*second, *first)


def test_scans_are_those_of_the_module_asked_for(clerk: Clerk, query: LedgerQuery) -> None:
    alphas, betas = scan(clerk, ALPHA, "SPY"), scan(clerk, BETA, "SPY")
    assert (query.scans(ALPHA, LONG_AGO), query.scans(BETA, LONG_AGO)) == (alphas, betas)
    assert query.scans("ghost", LONG_AGO) == ()


def test_scans_begin_at_the_instant_asked_for(clerk: Clerk, query: LedgerQuery) -> None:
    scan(clerk, ALPHA, "SPY")
    second = scan(clerk, ALPHA, "TSLA")
    assert query.scans(ALPHA, clerk.at) == second
    assert query.scans(ALPHA, clerk.at.astimezone(dt.timezone(dt.timedelta(hours=-4)))) == second
    assert query.scans(ALPHA, clerk.at + dt.timedelta(microseconds=1)) == ()


def test_scans_stop_at_the_limit_counted_in_rows(clerk: Clerk, query: LedgerQuery) -> None:
    first = scan(clerk, ALPHA, "NVDA", "QQQ", "SPY")
    second = scan(clerk, ALPHA, "NVDA", "QQQ")
    assert query.scans(ALPHA, LONG_AGO, limit=3) == (*second, first[0])
    assert query.scans(ALPHA, LONG_AGO, limit=1) == second[:1]
    assert query.scans(ALPHA, LONG_AGO, limit=99) == (*second, *first)


def test_trades_are_the_closed_positions_newest_first(clerk: Clerk, query: LedgerQuery) -> None:
    won, lost, other = clerk.open("-1.20"), clerk.open("-1.20"), clerk.open("-1.20", module_id=BETA)
    clerk.open("-1.20")
    clerk.close(lost, "2.00")
    clerk.close(won, "0.55")
    clerk.settle(other, "260")
    clerk.ledger.commit()
    trades = query.trades(ALPHA)
    assert [(trade.position.position_id, trade.net_pnl) for trade in trades] == [
        (won, dollars("60.20")), (lost, dollars("-84.80")),
    ]  # fmt: skip
    assert trades[0].position.closed_why == "target"
    assert query.trades(ALPHA, after=1) == trades[1:]
    assert query.trades(ALPHA, after=2) == ()
    assert query.trades(ALPHA, limit=1) == trades[:1]
    assert [trade.net_pnl for trade in query.trades(BETA)] == [dollars("117.60")]
    assert query.trades("ghost") == ()


def test_trades_that_closed_together_have_one_order(clerk: Clerk, query: LedgerQuery) -> None:
    ids = [clerk.open("-1.20") for _ in range(3)]
    orders = [clerk.intend_close(position_id) for position_id in ids]
    together = clerk.at
    for order_id in orders:
        clerk.at = together
        clerk.fill(order_id, "0.55")
    clerk.ledger.commit()
    assert [trade.position.position_id for trade in query.trades(ALPHA)] == ids[::-1]


def test_nav_history_keeps_the_newest_and_tells_them_oldest_first(clerk: Clerk, query: LedgerQuery) -> None:
    position_id = clerk.open("-1.20")
    samples = []
    for value in ("-110", "-100.0001", "-90"):
        clerk.mark(**{position_id: value})
        samples.append((clerk.at, clerk.ledger.book.nav))
    clerk.ledger.commit()
    assert query.nav_history() == tuple(samples)
    assert query.nav_history(limit=2) == tuple(samples[1:])
    assert [nav for _, nav in samples] == [dollars(nav) for nav in ("50007.60", "50017.5999", "50027.60")]


def test_orders_come_last_changed_first_page_by_page(clerk: Clerk, query: LedgerQuery) -> None:
    first, second = clerk.intend(), clerk.intend(module_id=BETA)
    third = clerk.intend()
    clerk.fill(first, "-1.20")
    clerk.record(ev.OrderEnded(second, OrderStatus.CANCELLED, "time is up"))
    clerk.ledger.commit()
    found = query.orders(None)
    assert [row.order.order_id for row in found] == [second, first, third]
    assert (found[0].order.status, found[0].why) == (OrderStatus.CANCELLED, "time is up")
    assert [row.seq for row in found] == sorted((row.seq for row in found), reverse=True)
    assert query.orders(None, limit=1) == found[:1]
    assert query.orders(None, limit=1, before=found[0].seq) == found[1:2]
    assert query.orders(None, before=found[-1].seq) == ()
    assert [row.order.order_id for row in query.orders(ALPHA)] == [first, third]
    assert query.orders(ALPHA, before=found[1].seq) == found[2:]
    assert query.orders("ghost") == ()


def test_fills_come_newest_first_page_by_page(clerk: Clerk, query: LedgerQuery) -> None:
    order_id = clerk.intend(quantity=3)
    clerk.fill(order_id, "-1.30", 1)
    clerk.fill(order_id, "-1.25", 2)
    clerk.open(module_id=BETA)
    clerk.ledger.commit()
    found = query.fills(None)
    assert [(row.quantity, row.net_price) for row in found] == [
        (1, dollars("-1.20")), (2, dollars("-1.25")), (1, dollars("-1.30")),
    ]  # fmt: skip
    assert found[1].commission == dollars("4.80")
    assert (found[1].order_id, found[1].module_id, found[1].position_id) == (order_id, ALPHA, "P000001")
    assert query.fills(None, limit=2) == found[:2]
    assert query.fills(None, limit=2, before=found[1].seq) == found[2:]
    assert (query.fills(ALPHA), query.fills(BETA), query.fills("ghost")) == (found[1:], found[:1], ())


def test_entries_come_newest_first_with_their_postings(clerk: Clerk, query: LedgerQuery) -> None:
    clerk.open("-1.20")
    clerk.ledger.commit()
    found = query.entries()
    assert [row.type for row in found] == [
        "OrderFilled", "OrderAccepted", "OrderSubmitted", "OrderIntended", "MindfolioCreated",
    ]  # fmt: skip
    assert [row.seq for row in found] == [5, 4, 3, 2, 1]
    assert sum(posting.amount for posting in found[0].postings) == 0
    assert {posting.account: posting.amount for posting in found[0].postings}["CASH"] == dollars("117.60")
    assert (found[1].postings, json.loads(found[1].body)) == ((), {"order_id": "O000001"})
    assert found[0].at == clerk.at
    assert query.entries(limit=2, before=4) == found[2:4]
    assert query.entries(kind="OrderFilled") == found[:1]
    assert query.entries(kind="OrderFilled", before=5) == ()


def test_a_text_is_found_in_the_body_of_an_entry_as_a_person_types_it(clerk: Clerk, query: LedgerQuery) -> None:
    for text in ('50 % of "it"', "50 of it", "Zürich_1", "back\\slash"):
        clerk.record(ev.NoteWritten(text, "", "", "", "user"))
    clerk.ledger.commit()

    def found(text: str) -> list[str]:
        return [json.loads(row.body)["text"] for row in query.entries(kind="NoteWritten", text=text)]

    assert found('50 % OF "') == ['50 % of "it"']
    assert found("%") == ['50 % of "it"']
    assert found("h_1") == ["Zürich_1"]
    assert found("back\\s") == ["back\\slash"]
    assert found("nowhere") == []
    assert [row.type for row in query.entries(text="50 of")] == ["NoteWritten"]


@given(limit=st.integers(1, 9), kind=st.sampled_from(["", "OrderFilled"]))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_put_together_are_the_whole_history(limit: int, kind: str, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("pages") / "ledger.sqlite"
    store = SqliteStore(path)
    clerk = Clerk(ledger(store))
    for _ in range(4):
        clerk.close(clerk.open(), "0.55")
    clerk.ledger.commit()
    query = LedgerQuery(path)
    pages: list[EntryRow] = []
    while page := query.entries(limit, pages[-1].seq if pages else None, kind):
        assert len(page) <= limit
        pages += page
    assert tuple(pages) == query.entries(10_000, kind=kind)
    fills: list[FillRow] = []
    while some := query.fills(None, limit, fills[-1].seq if fills else None):
        fills += some
    assert tuple(fills) == query.fills(None, 10_000)
    query.close()
    store.close()


def test_no_page_looks_through_the_whole_journal(clerk: Clerk, query: LedgerQuery) -> None:
    """Each goes through an index that also gives its order: its cost does not grow with the years."""
    asked: list[str] = []

    def explain(connection: sa.Connection, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            cursor = connection.connection.cursor()
            plan = cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            asked.append("; ".join(step[3] for step in plan))
            cursor.close()

    sa.event.listen(query._engine, "before_cursor_execute", explain)
    clerk.open()
    scan(clerk, ALPHA, "SPY")
    for module_id in (ALPHA, None):
        query.orders(module_id, before=9)
        query.fills(module_id, before=9)
    query.scans(ALPHA, LONG_AGO)
    query.trades(ALPHA, after=3)
    query.entries(before=9)
    query.entries(before=9, kind="OrderFilled")
    query.nav_history()
    assert len(asked) == 11  # entries ask for their postings as well
    for plan in asked:
        assert "SCAN" not in plan, plan
        assert "TEMP B-TREE" not in plan, plan
    assert any("ix_journal_scans" in plan for plan in asked)


def test_nothing_has_happened_yet(query: LedgerQuery) -> None:
    assert (query.scans(ALPHA, LONG_AGO), query.trades(ALPHA), query.nav_history()) == ((), (), ())


def test_any_thread_may_ask_and_sees_what_was_committed_meanwhile(clerk: Clerk, query: LedgerQuery) -> None:
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        for thread in (one, other, one):
            rows = scan(clerk, ALPHA, "SPY")
            assert thread.submit(query.scans, ALPHA, clerk.at - dt.timedelta(seconds=1), 1).result() == rows


def test_what_is_staged_is_not_seen(clerk: Clerk, query: LedgerQuery) -> None:
    clerk.close(clerk.open("-1.20"), "0.55")
    assert query.trades(ALPHA) == ()
    clerk.ledger.commit()
    assert len(query.trades(ALPHA)) == 1


def test_a_ledger_that_is_not_there_is_a_fault_not_an_empty_history(tmp_path: Path) -> None:
    query = LedgerQuery(tmp_path / "none.sqlite")
    with pytest.raises(LedgerFault, match="cannot be read"):
        query.trades(ALPHA)
    query.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("table", ["evidence", "closed_positions"])
def test_a_damaged_document_is_a_fault_of_the_ledger(path: Path, table: str) -> None:
    store = SqliteStore(path)
    clerk = Clerk(ledger(store))
    scan(clerk, ALPHA, "SPY")
    clerk.close(clerk.open("-1.20"), "0.55")
    clerk.ledger.commit()
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"UPDATE {table} SET body = CAST('[1' AS BLOB)")  # noqa: S608 - tables of this test
        connection.commit()
    query = LedgerQuery(path)
    with pytest.raises(LedgerFault, match="cannot be read"):
        _ = (query.scans(ALPHA, LONG_AGO), query.trades(ALPHA))
    query.close()


def test_what_performance_is_measured_by_comes_whole_and_oldest_first(clerk: Clerk, query: LedgerQuery) -> None:
    """It is what the store has, each kind in the order of its entries."""
    held = clerk.open("-1.20")
    clerk.close(clerk.open("-1.20", module_id=BETA), "0.50")
    monday, tuesday = NOW.date(), NOW.date() + dt.timedelta(days=1)
    clerk.record(ev.SessionClosed(monday))
    clerk.mark(**{held: "-100"})
    clerk.record(ev.SessionClosed(tuesday))
    clerk.close(held, "1.00")
    clerk.ledger.commit()
    store = MemoryHistory(clerk.ledger._store)
    assert query.closes() == store.closes()
    assert [(row.day, row.module_id) for row in query.closes()] == [
        (day, name) for day in (monday, tuesday) for name in ("", ALPHA, BETA)
    ]
    assert [row.value for row in query.closes() if row.module_id == ALPHA] == [dollars("14997.60"), dollars("15017.60")]
    assert query.flows() == store.flows() != ()
    assert [row.lineage for row in query.openings()] == ["P000001", "P000002"]
    assert [(row.position_id, row.used == 0) for row in query.power()] == [
        ("P000001", False), ("P000002", False), ("P000002", True), ("P000001", True),
    ]  # fmt: skip
    assert [each.position_id for each in query.ended()] == ["P000002", "P000001"]
    assert query.results_at(monday) == {held: dollars("-2.40")}
    assert query.results_at(tuesday) == {held: dollars("17.60")}
    assert query.results_at(tuesday + dt.timedelta(days=1)) == {}


def test_the_history_outlives_the_program(path: Path) -> None:
    store = SqliteStore(path)
    clerk = Clerk(ledger(store))
    rows = scan(clerk, ALPHA, "SPY")
    store.close()
    query = LedgerQuery(path)
    assert query.scans(ALPHA, LONG_AGO) == rows
    query.close()
    reopened = SqliteStore(path)
    assert Ledger(reopened).book == clerk.ledger.book
    reopened.close()
