"""Performance of ledgers that were written by hand, to the cent, and what must hold of every ledger."""

import datetime as dt
from dataclasses import replace

import pytest

from engine.core.calendar import session_on
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.account import EXTERNAL, ActivityKind
from engine.domain.instrument import Right
from engine.domain.performance import PerformanceRow, PeriodPnl
from engine.domain.records import OpeningRow
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from engine.ledger.codec import chained
from engine.ledger.ledger import Ledger
from engine.portfolio.month import month_statement
from engine.portfolio.performance import performance, period_starts, read_history
from tests.back_office import BackOffice
from tests.builders import ALPHA, BETA, COMMISSION, MAY, NOW, MemoryStore, condor, contract, ledger
from tests.history import MemoryHistory, allocations_of, bell, measured

PUT = contract(250, Right.PUT)
CALL = contract(255, Right.CALL)
SHORT_PUT = Structure(StructureKind.SHORT_PUT, (Leg(PUT, -1),))
SHORT_CALL = Structure(StructureKind.SHORT_CALL, (Leg(CALL, -1),))
MONDAY, TUESDAY = dt.date(2026, 3, 16), dt.date(2026, 3, 17)
"""NOW is that Monday."""


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def office(store: MemoryStore) -> BackOffice:
    return BackOffice(ledger(store))


def line(rows: tuple[PerformanceRow, ...], key: str) -> PerformanceRow:
    return next(row for row in rows if row.key == key)


def periods(day: str, week: str, month: str, total: str) -> PeriodPnl:
    return PeriodPnl(dollars(day), dollars(week), dollars(month), dollars(total))


# --- lineages --------------------------------------------------------------------------------------------------------
def test_a_wheel_is_one_trade_and_wins_once(office: BackOffice, store: MemoryStore) -> None:
    """Put sold for 200, assigned at 250, call sold for 300, called away at 255: 200 + 300 + 500 - 2 x 0.60."""
    wheel = office.open("-2.00", structure=SHORT_PUT)
    office.end(wheel, PUT, ActivityKind.ASSIGNED, "245")
    office.fill(office.intend(structure=SHORT_CALL, position_id=wheel), "-3.00")
    office.end(wheel, CALL, ActivityKind.ASSIGNED, "260")
    found = measured(office, store)
    for row in (found.account, line(found.modules, ALPHA), line(found.structures, "Short Put"), found.symbols[0]):
        assert (row.trades.closed, row.trades.wins, row.trades.win_rate) == (1, 1, 1.0)
        assert row.trades.best == row.trades.expectancy == row.pnl.total == dollars("998.80")
        assert (row.trades.average_loss, row.trades.profit_factor) == (None, None), "nothing was lost yet"
        assert row.trades.opened_this_month == 1
    assert [row.key for row in found.structures] == ["Short Put"], "as it was opened, whatever became of it"
    assert line(found.modules, BETA).trades.closed == 0


def test_units_that_were_split_off_belong_to_their_trade(office: BackOffice, store: MemoryStore) -> None:
    """Two puts for 200 each; one is assigned at 250 and its shares sold at 240: it waits for the other to end."""
    first = office.open("-2.00", structure=SHORT_PUT, quantity=2)
    child = office.end(first, PUT, ActivityKind.ASSIGNED, "245")
    assert child != first
    office.close(child, "-240")
    assert measured(office, store).account.trades.closed == 0
    office.end(first, PUT, ActivityKind.EXPIRED, "251")
    trades = measured(office, store).account.trades
    assert (trades.closed, trades.wins, trades.open) == (1, 0, 0)
    costs = COMMISSION * 2  # of the two puts; the clerk's shares cost nothing
    assert trades.worst == dollars(400 - 1000) - costs


def test_a_roll_counts_once_and_a_losing_roll_loses_once(office: BackOffice, store: MemoryStore) -> None:
    """Sold for 120, rolled out for a debit of 30, closed for 200: -110, less 4 + 8 + 4 contracts at 0.60."""
    held = office.open("-1.20", structure=condor())
    office.roll(held, condor(expiration=MAY).legs, "0.30")
    office.close(held, "2.00")
    trades = measured(office, store).account.trades
    assert (trades.closed, trades.wins, trades.opened_this_month) == (1, 0, 1)
    assert trades.worst == trades.average_loss == dollars("-119.60")


def test_parts_count_once_and_zero_is_no_win(office: BackOffice, store: MemoryStore) -> None:
    """Two condors for 120 each, closed one at 100 and one at 80: 20 + 40 - 16 x 0.60. One for nothing: zero."""
    office.open("-1.20", quantity=2)
    office.close("P000001", "1.00", 1)
    assert measured(office, store).account.trades.closed == 0, "half of it is still held"
    office.close("P000001", "0.80")
    free = BackOffice(office.ledger, commission=0)
    free.at = office.at
    free.open("-1.00")
    free.close("P000002", "1.00")
    trades = measured(free, store).account.trades
    assert (trades.closed, trades.wins, trades.win_rate) == (2, 1, 0.5)
    assert (trades.average_win, trades.average_loss) == (dollars("50.40"), 0)
    assert trades.expectancy == dollars("25.20")
    assert trades.profit_factor is None


def test_an_open_loser_shows_in_the_rate_if_closed_now(office: BackOffice, store: MemoryStore) -> None:
    """40, 20 and -50 less 4.80 each: 35.20, 15.20, -54.80; one that is open is 300 and 2.40 behind."""
    for price in ("0.80", "1.00", "1.70"):
        office.close(office.open("-1.20"), price)
    held = office.open("-1.20")
    office.mark(**{held: "-420"})
    trades = measured(office, store).account.trades
    assert (trades.closed, trades.wins, trades.open, trades.open_winners) == (3, 2, 1, 0)
    assert (trades.win_rate, trades.win_rate_if_closed_now) == (2 / 3, 2 / 4)
    won, lost = dollars("35.20") + dollars("15.20"), dollars("54.80")
    assert trades.average_win == won // 2
    assert trades.profit_factor == pytest.approx(won / lost)
    assert trades.expectancy == round((won - lost) / 3)
    assert trades.open_result == dollars("-302.40")
    assert trades.expectancy_if_closed_now == round((won - lost - dollars("302.40")) / 4)


def test_what_is_external_is_nobodys_trade(office: BackOffice, store: MemoryStore) -> None:
    """A condor for 120 leaves at a mark of -150: the 30 and its costs were made here, and by no trade of ours."""
    held = office.open("-1.20")
    office.mark(**{held: "-150"})
    office.record(ev.PositionMoved(held, EXTERNAL, "user", ""))
    office.mark(**{held: "-500"})
    found = measured(office, store)
    assert found.account.pnl.total == line(found.modules, ALPHA).pnl.total == found.other.total == dollars("-32.40")
    assert found.account.trades.closed == found.account.trades.open == 0
    assert found.symbols == ()


# --- P&L by period ---------------------------------------------------------------------------------------------------
def test_day_week_and_month_begin_with_the_close_before(office: BackOffice, store: MemoryStore) -> None:
    """27 February: -2.40 and a mark 10 better: 7.60. 13 March: 40 better: 37.60. Monday 16: 25 better, then closed."""
    office.at = NOW - dt.timedelta(days=20)
    held = office.open("-1.20")
    for day, mark in ((dt.date(2026, 2, 27), "-110"), (dt.date(2026, 3, 13), "-80"), (MONDAY, "-95")):
        session = session_on(day)
        assert session is not None
        office.at = session.closes - dt.timedelta(minutes=5)
        office.mark(**{held: mark})
        bell(office, day)
    office.at = NOW + dt.timedelta(days=1)
    office.mark(**{held: "-70"})
    found = measured(office, store)
    expected = periods("25", "10", "40", "47.60")
    assert (found.account.pnl, line(found.modules, ALPHA).pnl) == (expected, expected)
    assert (found.structures[0].pnl, found.symbols[0].pnl) == (expected, expected)
    assert found.other == PeriodPnl()
    office.close(held, "0.70")  # 4 x 0.60 more
    office.at += dt.timedelta(days=7)
    closed = measured(office, store)
    assert closed.symbols[0].pnl == closed.account.pnl == periods("22.60", "22.60", "37.60", "45.20"), (
        "no session has closed since Monday"
    )
    bell(office, dt.date(2026, 3, 23))
    office.at += dt.timedelta(days=1)
    office.cash(ActivityKind.INTEREST, "3.21", module_id="")
    later = measured(office, store)
    assert later.symbols[0].pnl == periods("0", "22.60", "37.60", "45.20"), "it ended before the day began"
    assert later.other == periods("3.21", "3.21", "3.21", "3.21"), "interest of the account is of no trade"
    assert later.account.pnl == periods("3.21", "25.81", "40.81", "48.41")


def test_the_starts_of_a_sunday_and_of_a_first_day(office: BackOffice, store: MemoryStore) -> None:
    for day in (dt.date(2026, 3, 27), dt.date(2026, 3, 30), dt.date(2026, 3, 31)):
        bell(office, day)
    office.ledger.commit()
    closes = MemoryHistory(store).closes()
    found = period_starts(closes, dt.datetime(2026, 4, 1, 15, tzinfo=dt.UTC))
    assert [row and row.day.day for row in found] == [31, 27, 31]
    found = period_starts(closes, dt.datetime(2026, 3, 29, 15, tzinfo=dt.UTC))
    assert [row and row.day.day for row in found] == [27, 27, None], "a Sunday is of the week that begins"
    found = period_starts(closes, dt.datetime(2026, 3, 27, 23, tzinfo=dt.UTC))
    assert [row and row.day.day for row in found] == [None, None, None], "that Friday's evening is still that Friday"


def test_deposits_reallocations_sweeps_and_settlements_are_no_performance(
    office: BackOffice, store: MemoryStore
) -> None:
    """Alpha makes 95.20 on 15,000; then money comes, goes and is moved about, and nobody has earned more by it."""
    office.close(office.open("-1.20"), "0.20")  # 100 - 8 x 0.60
    earned = dollars("95.20")
    before = measured(office, store)
    assert before.account.pnl.total == line(before.modules, ALPHA).pnl.total == earned
    office.deposit("10000")
    office.deposit("-4000")
    book = office.ledger.book
    plan = book.plan.moved(dollars(5000), None, ALPHA).moved(dollars(20_000), BETA, None)
    office.record(ev.BudgetReallocated(plan.budgets, plan.reserve, book.version + 1, "user", ""))
    office.record(ev.GainSwept(ALPHA, earned // 2, "user", ""))
    office.close(office.open("-1.20", module_id=BETA), "1.20")  # -4.80
    office.record(ev.LossSettled(BETA, dollars("4.80"), 0, "user", ""))
    after = measured(office, store)
    assert line(after.modules, ALPHA).pnl == line(before.modules, ALPHA).pnl
    assert line(after.modules, BETA).pnl.total == dollars("-4.80")
    assert after.account.pnl.total == earned - dollars("4.80") == office.ledger.book.pnl_total
    alpha = line(after.modules, ALPHA).returns
    assert alpha is not None
    assert alpha.time_weighted == pytest.approx(95.20 / 15_000), "of the budget that it was made with"
    assert after.account.returns is not None
    assert after.account.returns.time_weighted == pytest.approx(95.20 / 50_000 - 4.80 / 56_095.20, rel=1e-4)


def test_a_moved_position_is_nobodys_gain(office: BackOffice, store: MemoryStore) -> None:
    """Alpha is 50 behind with it, then beta has it and makes 20: each has what happened while it was there."""
    held = office.open("-1.20")
    office.mark(**{held: "-170"})
    office.record(ev.PositionMoved(held, BETA, "user", ""))
    office.mark(**{held: "-150"})
    found = measured(office, store)
    assert line(found.modules, ALPHA).pnl.total == dollars("-52.40")
    assert line(found.modules, BETA).pnl.total == dollars(20)
    assert found.account.pnl.total == found.symbols[0].pnl.total == dollars("-32.40")


def test_a_removed_module_keeps_what_it_made(office: BackOffice, store: MemoryStore) -> None:
    office.close(office.open("-1.20"), "0.20")
    office.record(ev.ModuleRemoved(ALPHA, "user", ""))
    row = line(measured(office, store).modules, ALPHA)
    assert (row.pnl.total, row.trades.wins) == (dollars("95.20"), 1)


# --- buying power ----------------------------------------------------------------------------------------------------
def test_buying_power_counts_for_as_long_as_it_was_used(office: BackOffice, store: MemoryStore) -> None:
    """A put at 250 uses 24,800 for two days, and 240 shares of 100 each for a day: 49,600 + 24,000 dollar-days."""
    put = office.open("-2.00", structure=SHORT_PUT)
    used = office.ledger.book.positions[put].used
    start = office.at
    office.at = start + dt.timedelta(days=2) - dt.timedelta(seconds=1)
    office.end(put, PUT, ActivityKind.EXPIRED, "251")
    stock = shares_of("KO")
    office.fill(office.intend(structure=stock, quantity=240, module_id=BETA, position_id="P000002"), "100")
    bought = office.at
    found = measured(office, store, now=bought + dt.timedelta(days=1))
    worked = used / 10_000 * 2
    assert line(found.symbols, "TSLA").power.dollar_days == pytest.approx(worked)
    assert line(found.modules, ALPHA).power.dollar_days == pytest.approx(worked)
    assert line(found.symbols, "KO").power.dollar_days == pytest.approx(24_000)
    assert found.account.power.dollar_days == pytest.approx(worked + 24_000)
    power = line(found.modules, ALPHA).power
    assert power.per_day == pytest.approx(199.40 / worked)
    assert power.per_year == pytest.approx(365 * 199.40 / worked)
    assert measured(BackOffice(ledger(MemoryStore())), MemoryStore()).account.power.per_day is None


# --- what was written later, or never --------------------------------------------------------------------------------
def test_a_history_that_is_newer_than_the_book_adds_nothing(office: BackOffice, store: MemoryStore) -> None:
    office.close(office.open("-1.20"), "0.20")
    office.open("-1.00")
    before = measured(office, store)
    book, at = Ledger(store).book, office.at
    office.close("P000002", "0.10")
    office.deposit("500")
    bell(office, TUESDAY)
    office.ledger.commit()
    assert performance(read_history(MemoryHistory(store), at), book, at, 0.0) == before


def test_a_lineage_without_an_opening_row_goes_by_what_it_is(office: BackOffice, store: MemoryStore) -> None:
    office.open("-2.00", structure=SHORT_PUT)
    office.ledger.commit()
    history = read_history(MemoryHistory(store), office.at)
    assert [type(row) for row in history.openings] == [OpeningRow]
    found = performance(replace(history, openings=()), office.ledger.book, office.at, 0.0)
    assert [row.key for row in found.structures] == ["Short Put"]


def test_trades_that_the_broker_broke_count_as_what_is_left_of_them(office: BackOffice, store: MemoryStore) -> None:
    """One sale is broken whole; of another the closing is, and it is closed again: one trade, -80 and its costs."""
    order_id = office.intend()
    opening = office.ledger.book.orders[order_id]
    office.fill(order_id, "-1.20")
    office.bust(ev.OrderFilled(order_id, 1, 1, dollars("-1.20"), (0, dollars("1.20"), 0, 0), dollars("2.40")), opening)
    position_id = office.open("-1.20")
    order_id = office.intend_close(position_id)
    closing = office.ledger.book.orders[order_id]
    office.fill(order_id, "0.80")
    again = office.bust(
        ev.OrderFilled(order_id, 1, 1, dollars("0.80"), (0, dollars("0.80"), 0, 0), dollars("2.40")), closing, "880"
    )
    assert measured(office, store).account.trades.closed == 0, "it goes on"
    office.close(again, "2.00")
    found = measured(office, store).account
    assert (found.trades.closed, found.trades.wins, found.trades.opened_this_month) == (1, 0, 1)
    assert found.trades.best == found.trades.worst == found.pnl.total == dollars("-84.80")
    (row,) = (each for each in month_statement(chained(store.entries()), NOW.date().replace(day=1)).modules
              if each.module_id == ALPHA)  # fmt: skip
    assert (row.trades, row.wins, row.pnl) == (1, 0, dollars("-84.80"))
    (trade,) = allocations_of(office.ledger).trades
    assert trade.net == dollars("-84.80")


def test_a_trade_whose_parts_end_in_two_modules_counts_once_where_it_ended(
    office: BackOffice, store: MemoryStore
) -> None:
    """Two puts for 800 less 1.20; one is bought back for 50 and 0.60, 100 shares at 250 are given away and sold at 240.

    What was earned stays with who earned it: alpha 800 - 50 - 1.80, beta the 1,000 on the shares that it took at cost.
    """
    put = office.open("-4.00", structure=SHORT_PUT, quantity=2)
    shares = office.end(put, PUT, ActivityKind.ASSIGNED, "250.00")
    office.close(put, "0.50")
    office.mark(**{shares: "25000"})
    office.record(ev.PositionMoved(shares, BETA, "user", "beta likes shares"))
    assert measured(office, store).account.trades.closed == 0, "a part of it is open"
    office.close(shares, "-240.00")
    whole = dollars("-251.80")
    found, book = measured(office, store), office.ledger.book
    alpha, beta = line(found.modules, ALPHA), line(found.modules, BETA)
    assert (alpha.pnl.total, beta.pnl.total) == (book.pnl(ALPHA), book.pnl(BETA)) == (dollars("748.20"), dollars(-1000))
    assert (alpha.trades.closed, beta.trades.closed, found.account.trades.closed) == (0, 1, 1)
    assert beta.trades.worst == found.account.trades.worst == whole
    assert (book.modules[ALPHA].stats.closed, book.modules[BETA].stats.closed) == (0, 1)
    assert book.modules[BETA].stats.lost == whole
    months = month_statement(chained(store.entries()), NOW.date().replace(day=1)).modules
    assert [(each.module_id, each.trades, each.wins) for each in months] == [(ALPHA, 0, 0), (BETA, 1, 0)]
    (trade,) = allocations_of(office.ledger).trades
    assert (trade.module_id, trade.net) == (BETA, whole)
