"""The aggregated view of a hand-built book: every figure reckoned by hand."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.chain import Chain
from engine.domain.greeks import Greeks
from engine.domain.instrument import Right
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus, PnlPolicy
from engine.domain.position import Position
from engine.domain.snapshot import MarketView, MindfolioSnapshot, ModuleView
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from engine.ledger.book import Book
from engine.portfolio.aggregate import ModuleFigures, aggregate, totals
from engine.portfolio.booked import worst_case_by_symbol
from tests.builders import (
    ALPHA,
    APRIL,
    BETA,
    MAY,
    NOW,
    Clerk,
    approval,
    condor,
    contract,
    ledger,
    mindfolio_spec,
    position,
)

RATE = 0.04
STRIKES = (230, 240, 250, 260, 270, 280, 290)
MakeChain = Callable[..., Chain]


def market(now: dt.datetime = NOW) -> MarketView:
    return MarketView(now, now.date(), is_open=True, next_open=None, speed=1.0, spots={"TSLA": dollars(260)})


def snapshot(book: Book, *chains: Chain, now: dt.datetime = NOW) -> MindfolioSnapshot:
    return aggregate(book, {each.symbol: each for each in chains}, market(now), RATE)


def traded() -> Clerk:
    """Alpha won 60.20 and lost 84.80, and holds a condor; beta lost 2.40 + 2.40 + 100 and holds two, one order works.

    Costs are 0.60 a contract and leg. Open: alpha TSLA sold at 1.20, marked -90.50. Beta 2 x TSLA sold at 2.00,
    marked -430, and SPY sold at 1.00, marked at cost.
    """
    clerk = Clerk()
    clerk.close(clerk.open("-1.20"), "0.55")
    clerk.close(clerk.open("-1.20"), "2.00")
    clerk.close(clerk.open("-1.00", module_id=BETA), "2.00")
    first = clerk.open("-1.20")
    second = clerk.open("-2.00", module_id=BETA, quantity=2, structure=condor((235, 245, 275, 285)))
    clerk.open("-1.00", module_id=BETA, structure=condor(symbol="SPY"))
    clerk.mark(**{first: "-90.50", second: "-430"})
    clerk.intend(module_id=BETA, hold=dollars("882.40"), quantity=2, structure=condor(expiration=MAY))
    clerk.record(ev.ScanCompleted(BETA, 1, 4, 1, 0, 3, "00"))
    clerk.record(ev.ApprovalRequested(approval(module_id=BETA)))
    return clerk


@pytest.fixture(scope="module")
def seen() -> MindfolioSnapshot:
    return snapshot(traded().ledger.book)


def test_alphas_figures(seen: MindfolioSnapshot) -> None:
    alpha = seen.module(ALPHA)
    assert alpha is not None
    assert (alpha.budget, alpha.used, alpha.held) == (dollars(15_000), dollars(880), 0)
    # 60.20 - 84.80 from closed trades, 2.40 paid for the open one.
    assert alpha.realised == dollars("-27.00")
    assert alpha.unrealised == dollars("29.50")
    assert alpha.pnl == alpha.day_pnl == dollars("2.50")
    assert alpha.available == dollars("14093.00")
    assert (alpha.utilisation_pct, alpha.pnl_pct) == (5.9, 0.0)
    assert (alpha.wins, alpha.closed_trades, alpha.win_rate) == (1, 2, 0.5)
    assert (alpha.average_win, alpha.average_loss) == (dollars("60.20"), dollars("-84.80"))
    assert (alpha.best_trade, alpha.worst_trade) == (dollars("60.20"), dollars("-84.80"))
    assert (alpha.trades_this_month, alpha.scans_today, alpha.executed_today) == (3, 0, 3)
    assert alpha.worst_case == dollars(880)
    assert (alpha.approvals, alpha.orders) == ((), ())


def test_betas_figures(seen: MindfolioSnapshot) -> None:
    beta = seen.module(BETA)
    assert beta is not None
    assert (beta.used, beta.held) == (dollars(1600 + 900), dollars("1764.80"))
    # -104.80 from the closed trade, 7.20 paid for the open ones.
    assert (beta.realised, beta.unrealised) == (dollars("-112.00"), dollars("-30.00"))
    assert beta.available == dollars("15623.20")
    assert (beta.utilisation_pct, beta.pnl_pct) == (12.5, -0.7)
    assert (beta.wins, beta.win_rate, beta.average_win, beta.average_loss) == (0, 0.0, None, dollars("-104.80"))
    assert (beta.best_trade, beta.worst_trade) == (dollars("-104.80"), dollars("-104.80"))
    assert (beta.scans_today, beta.executed_today) == (1, 3)
    assert [held.position.structure.symbol for held in beta.open_positions] == ["TSLA", "SPY"]
    assert beta.worst_case == dollars(1600 + 900)
    assert [each.approval_id for each in beta.approvals] == ["A000001"]
    assert [each.quantity for each in beta.orders] == [2]


def test_the_sums_over_all_modules(seen: MindfolioSnapshot) -> None:
    assert (seen.capital, seen.reserve, seen.version) == (dollars(50_000), dollars(15_000), 1)
    assert (seen.allocated, seen.allocated_pct) == (dollars(35_000), 70.0)
    assert (seen.used, seen.used_pct, seen.held) == (dollars(3_380), 6.8, dollars("1764.80"))
    assert (seen.pnl, seen.pnl_pct, seen.day_pnl) == (dollars("-139.50"), -0.3, dollars("-139.50"))
    assert seen.nav == dollars("49860.50")
    assert seen.cash == dollars("50481.00")  # 50,000 + 120 + 400 + 100 received - 139 realised
    assert seen.nav == seen.cash - dollars("90.50") - dollars(430) - dollars(100)
    assert seen.available == dollars(50_000) - dollars(3_380) - dollars("1764.80") - dollars("139.00")
    assert seen.positions == 3
    assert (seen.best_by_dollars, seen.worst_by_dollars) == ((ALPHA, dollars("2.50")), (BETA, dollars("-142.00")))
    assert (seen.best_by_percent, seen.worst_by_percent) == ((ALPHA, 0.0), (BETA, -0.7))


def test_the_worst_case_by_symbol_and_in_percent(seen: MindfolioSnapshot) -> None:
    # TSLA: each condor loses its 10 wide wing on the same side: 3 x 1,000 - 520 received. SPY: 1,000 - 100.
    assert seen.worst_case_by_symbol == {"SPY": dollars(900), "TSLA": dollars(2_480)}
    assert seen.worst_case == dollars(3_380)
    assert (seen.worst_case_pct_of_capital, seen.worst_case_pct_of_nav) == (6.8, 6.8)


def test_the_worst_case_from_here_is_reckoned_like_the_one_against_cost(make_chain: MakeChain) -> None:
    view = snapshot(traded().ledger.book, make_chain("TSLA", 260.0, tuple(range(230, 295, 5))))
    worst = view.worst
    assert worst is not None
    assert worst.from_cost == view.worst_case == dollars(3_380)
    assert {row.name: row.alone_from_cost for row in worst.symbols} == view.worst_case_by_symbol
    assert {row.name: row.alone_from_cost for row in worst.modules} == {
        each.spec.module_id: each.worst_case for each in view.modules
    }
    assert worst.loss is not None
    assert sum(row.share or 0 for row in worst.modules) == sum(row.share or 0 for row in worst.symbols) == worst.loss
    assert worst.without_price == ("SPY",)


def test_positions_without_quotes_have_no_greeks_and_are_counted(seen: MindfolioSnapshot) -> None:
    assert [module.greeks_missing for module in seen.modules] == [1, 2]
    assert all(held.greeks is None for module in seen.modules for held in module.open_positions)
    assert seen.liquidation is None


def test_greeks_add_up_over_what_can_be_valued_and_the_rest_is_counted(make_chain: MakeChain) -> None:
    tesla = make_chain("TSLA", 260.0, tuple(range(230, 295, 5)))
    mixed = snapshot(traded().ledger.book, tesla)
    alpha, beta = mixed.modules
    assert (alpha.greeks_missing, beta.greeks_missing) == (0, 1)
    known = [held.greeks for module in (alpha, beta) for held in module.open_positions if held.greeks is not None]
    assert len(known) == 2
    total = known[0] + known[1]
    for name in ("delta", "gamma", "theta", "vega"):
        assert getattr(mixed.greeks, name) == pytest.approx(getattr(total, name), abs=2e-4)
        assert getattr(alpha.greeks, name) == pytest.approx(getattr(known[0], name), abs=1e-4)
    assert mixed.weighted.dollar_delta == pytest.approx(total.delta * 260 * 10_000, abs=2)
    assert mixed.liquidation is None
    whole = snapshot(traded().ledger.book, tesla, make_chain("SPY", 260.0, STRIKES))
    costs = [held.closing_cost for module in whole.modules for held in module.open_positions]
    assert all(cost is not None for cost in costs)
    assert whole.liquidation == whole.cash - sum(cost for cost in costs if cost is not None)
    assert whole.liquidation < whole.nav


def test_a_new_mindfolio_has_no_results_no_ranking_and_no_risk() -> None:
    fresh = snapshot(ledger().book)
    assert (fresh.nav, fresh.cash, fresh.liquidation, fresh.available) == (dollars(50_000),) * 4
    assert (fresh.pnl, fresh.pnl_pct, fresh.worst_case, fresh.worst_case_by_symbol) == (0, 0.0, 0, {})
    assert (fresh.best_by_dollars, fresh.worst_by_percent, fresh.greeks) == (None, None, Greeks())
    for module in fresh.modules:
        assert (module.win_rate, module.average_win, module.best_trade, module.closed_trades) == (None, None, None, 0)


def test_modules_with_results_but_without_budgets_are_ranked_by_dollars_alone() -> None:
    clerk = Clerk()
    clerk.open("-1.20")
    clerk.record(ev.BudgetReallocated({ALPHA: 0, BETA: 0}, dollars(50_000), 2, "user", ""))
    seen = snapshot(clerk.ledger.book)
    assert (seen.best_by_dollars, seen.worst_by_dollars) == ((BETA, 0), (ALPHA, dollars("-2.40")))
    assert (seen.best_by_percent, seen.worst_by_percent) == (None, None)
    alpha = seen.modules[0]
    assert (alpha.pnl_pct, alpha.utilisation_pct, alpha.available) == (None, None, dollars("-882.40"))
    assert alpha.over_by == dollars("882.40")


def test_a_trade_that_ends_at_zero_is_no_win() -> None:
    clerk = Clerk(commission=0)
    clerk.close(clerk.open("-1.20"), "1.20")
    alpha = snapshot(clerk.ledger.book).modules[0]
    assert (alpha.wins, alpha.closed_trades, alpha.win_rate) == (0, 1, 0.0)


def test_several_fills_and_partial_closes_are_one_trade() -> None:
    clerk = Clerk()
    order_id = clerk.intend(quantity=3)
    clerk.fill(order_id, "-1.20", 1)
    clerk.fill(order_id, "-1.20", 2)
    clerk.close("P000001", "0.55", 2)
    assert snapshot(clerk.ledger.book).modules[0].closed_trades == 0
    clerk.close("P000001", "0.55", 1)
    assert snapshot(clerk.ledger.book).modules[0].closed_trades == 1


def test_a_stop_and_its_open_questions_are_shown() -> None:
    clerk = Clerk()
    order_id = clerk.intend()
    clerk.record(ev.EmergencyStopLatched("window", "button"))
    stopped_at = clerk.at
    clerk.record(ev.ModuleStatusChanged(ALPHA, ModuleStatus.PAUSED, "window", "emergency stop", "STOPPED"))
    clerk.record(ev.OrderCancelRequested(order_id, "emergency stop"))
    seen = snapshot(clerk.ledger.book)
    assert (seen.status, seen.stop_why, seen.stopped_at) == (MindfolioStatus.STOPPED, "button", stopped_at)
    assert seen.cancels_unconfirmed == 1
    assert (seen.modules[0].status, seen.modules[0].status_why) == (ModuleStatus.PAUSED, "emergency stop")
    assert (seen.waived, seen.pnl_policy, seen.seq) == (("evidence",), PnlPolicy.ISOLATE, clerk.ledger.book.seq)


def test_nothing_is_aggregated_before_a_mindfolio_exists() -> None:
    with pytest.raises(ValueError, match="no mindfolio"):
        snapshot(Book())


def test_trades_of_a_month_are_counted_by_the_new_york_day_of_their_opening() -> None:
    clerk = Clerk()
    clerk.at = dt.datetime(2026, 4, 1, 3, 59, tzinfo=dt.UTC)  # 23:59 on 31 March in New York
    clerk.close(clerk.open("-1.20"), "0.55")
    clerk.at = dt.datetime(2026, 4, 1, 13, 31, tzinfo=dt.UTC)
    clerk.open("-1.20", structure=condor((230, 240, 280, 290)))
    book = clerk.ledger.book
    assert book.modules[ALPHA].stats.opened == {"2026-03": 1, "2026-04": 1}
    assert book.modules[BETA].stats.opened == {}


# --- worst case ------------------------------------------------------------------------------------------------------
def sold(strikes: tuple[int, int, int, int], credit: int, **changes: object) -> Position:
    """A condor sold for a credit in dollars."""
    return replace(position(structure=condor(strikes), cost=-dollars(credit)), **changes)  # type: ignore[arg-type]


def loss(*positions: Position) -> Money:
    losses = worst_case_by_symbol(positions).values()
    assert None not in losses
    return sum(each for each in losses if each is not None)


def test_condors_with_their_wide_wings_on_opposite_sides_net() -> None:
    wide_below, wide_above = sold((230, 250, 270, 275), 100), sold((245, 250, 270, 290), 100)
    assert (loss(wide_below), loss(wide_above)) == (dollars(1900), dollars(1900))
    # Below: 2,000 + 500 lost, above: 500 + 2,000; 200 received.
    assert loss(wide_below, wide_above) == dollars(2300)


def test_modules_worst_cases_are_their_own_and_the_mindfolios_is_netted() -> None:
    clerk = Clerk()
    clerk.open("-1.00", structure=condor((230, 250, 270, 275)))
    clerk.open("-1.00", structure=condor((245, 250, 270, 290)), module_id=BETA)
    seen = snapshot(clerk.ledger.book)
    assert [module.worst_case for module in seen.modules] == [dollars(1900), dollars(1900)]
    assert seen.worst_case == dollars(2300)


def test_different_expirations_and_symbols_add_up() -> None:
    april, may = sold((230, 250, 270, 275), 100), sold((245, 250, 270, 290), 100)
    may = replace(may, structure=condor((245, 250, 270, 290), expiration=MAY))
    spy = replace(april, structure=condor((230, 250, 270, 275), symbol="SPY"))
    assert loss(april, may) == dollars(3800)
    assert worst_case_by_symbol([april, may, spy]) == {"SPY": dollars(1900), "TSLA": dollars(3800)}


def test_quantity_counts_and_a_sure_gain_is_no_loss() -> None:
    assert loss(sold((230, 250, 270, 275), 300, quantity=3)) == dollars(5700)
    assert loss(sold((240, 250, 270, 280), 1100)) == 0


def test_a_book_without_bound_is_told_as_one() -> None:
    naked = Structure(StructureKind.SHORT_CALL, (Leg(contract(270, Right.CALL, expiration=APRIL), -1),))
    assert worst_case_by_symbol([position(structure=naked)]) == {"TSLA": None}
    short = position(structure=shares_of("SPY", is_long=False), quantity=100, cost=-dollars(44_000))
    assert worst_case_by_symbol([short, position()]) == {"SPY": None, "TSLA": dollars(880)}


def test_shares_can_lose_all_that_they_cost_and_cover_the_calls_sold_on_them() -> None:
    held = position(structure=shares_of("TSLA"), quantity=100, cost=dollars(26_000))
    assert worst_case_by_symbol([held]) == {"TSLA": dollars(26_000)}
    call = Structure(StructureKind.CUSTOM, (Leg(contract(270, Right.CALL, expiration=APRIL), -1),), 100)
    assert worst_case_by_symbol([position(structure=call, cost=dollars(25_700))]) == {"TSLA": dollars(25_700)}


STRIKE_SETS = st.lists(st.integers(1, 60), min_size=4, max_size=4, unique=True).map(sorted)
CONDORS = st.builds(
    lambda strikes, credit, quantity, expiration: position(
        structure=condor((strikes[0], strikes[1], strikes[2], strikes[3]), expiration=expiration),
        cost=-credit * quantity,
        quantity=quantity,
        used=max(strikes[1] - strikes[0], strikes[3] - strikes[2]) * dollars(100) * quantity - credit * quantity,
    ),
    STRIKE_SETS, st.integers(0, dollars(500)), st.integers(1, 5), st.sampled_from([APRIL, MAY]),
)  # fmt: skip


@given(st.lists(CONDORS, max_size=5))
def test_netting_never_shows_more_than_the_sum_nor_less_than_zero(positions: list[Position]) -> None:
    netted = loss(*positions)
    assert 0 <= netted <= sum(loss(each) for each in positions)


@given(CONDORS)
def test_one_condor_can_lose_what_it_uses(held: Position) -> None:
    assert loss(held) == max(0, held.used)


# --- totals ----------------------------------------------------------------------------------------------------------
def figures(module_id: str, pnl: Money, pnl_pct: float | None) -> ModuleFigures:
    return ModuleFigures(module_id, dollars(100), 0, 0, 0, pnl, pnl_pct, Greeks())


def test_the_best_by_dollars_need_not_be_the_best_by_percent() -> None:
    sums = totals(dollars(300), [figures("a", 20, 2.0), figures("b", 10, 9.5), figures("c", -5, -3.0)])
    assert (sums.best_by_dollars, sums.worst_by_dollars) == (("a", 20), ("c", -5))
    assert (sums.best_by_percent, sums.worst_by_percent) == (("b", 9.5), ("c", -3.0))


def test_a_module_without_a_budget_has_no_place_in_the_ranking_by_percent() -> None:
    sums = totals(dollars(300), [figures("a", 20, None), figures("b", 10, 9.5), figures("c", -5, -3.0)])
    assert (sums.best_by_dollars, sums.best_by_percent) == (("a", 20), ("b", 9.5))


@pytest.mark.parametrize("pnl", [0, 5])
def test_nobody_is_best_among_equals(pnl: Money) -> None:
    sums = totals(dollars(300), [figures("a", pnl, 1.0), figures("b", pnl, 1.0)])
    assert (sums.best_by_dollars, sums.worst_by_dollars, sums.best_by_percent) == (None, None, None)


def test_percentages_are_of_capital_and_unknown_without_one() -> None:
    sums = totals(0, [figures("a", 20, 2.0)])
    assert (sums.nav, sums.pnl_pct, sums.allocated_pct, sums.used_pct) == (20, None, None, None)


def test_a_view_keeps_the_modules_in_the_order_of_the_mindfolio() -> None:
    spec = mindfolio_spec()
    turned = snapshot(ledger(spec=replace(spec, modules=spec.modules[::-1])).book)
    views: tuple[ModuleView, ...] = turned.modules
    assert [view.spec.module_id for view in views] == [BETA, ALPHA]


def test_what_is_external_is_shown_beside_the_modules_and_counts_in_none() -> None:
    clerk = Clerk()
    kept, moved = clerk.open("-1.20"), clerk.open("-1.20", structure=condor(symbol="SPY"))
    clerk.record(ev.PositionMoved(moved, EXTERNAL, "user", "not ours"))
    found = snapshot(clerk.ledger.book)
    assert [view.position.position_id for view in found.external] == [moved]
    assert [view.position.position_id for view in found.modules[0].open_positions] == [kept]
    assert found.positions == 1
