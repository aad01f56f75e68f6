"""The owner's acceptance cases: from the modules' figures to the aggregate, exactly, as the report shows them."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import DenialCode
from engine.core.money import Money, dollars, percent
from engine.domain.budget import BudgetPlan, available
from engine.domain.greeks import Greeks, WeightedGreeks
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import Environment, MindfolioStatus, ModuleKind, ModuleStatus, PnlPolicy
from engine.domain.snapshot import MarketView, MindfolioSnapshot, ModuleView, PositionView
from engine.portfolio.aggregate import ModuleFigures, aggregate, totals
from engine.portfolio.report import as_document
from tests.builders import ALPHA, NOW, Clerk, ledger, mindfolio_spec, module_spec, position

Case = dict[str, Any]
GIVEN = ("module", "budget", "used", "held", "positions", "pnl", "greeks")
DERIVED = ("available", "utilisation_pct", "pnl_pct")
SHOWN = (*GIVEN, *DERIVED, "max_risk_per_trade", "daily_loss_limit", "autotrade", "status", "win_rate",
         "trades_this_month")  # fmt: skip


def greeks(delta: float, gamma: float, theta: float, vega: float) -> dict[str, float]:
    return {"delta": delta, "gamma": gamma, "theta": theta, "vega": vega}


def module(name: str, given: tuple[int, int, int, int], derived: tuple[int, float, float], of: Any) -> Case:
    """One module: (budget, used, positions, P&L) give (available, utilisation %, P&L %)."""
    budget, used, positions, pnl = given
    return {
        "module": name, "budget": budget, "used": used, "held": 0, "positions": positions, "pnl": pnl, "greeks": of,
        **dict(zip(DERIVED, derived, strict=True)),
    }  # fmt: skip


AGGRESSIVE: Case = {
    "capital": 50_000,
    "reserve": 5_000,
    "modules": [
        module("IV_SERVICE", (15_000, 8_500, 3, 1_250), (6_500, 56.7, 8.3), greeks(60.5, -4.2, -12.2, 0.0)),
        module("SELL_PUTS_ENGINE", (20_000, 12_000, 2, 1_500), (8_000, 60.0, 7.5), greeks(240.0, 10.5, -20.0, 0.0)),
        module("SMART_REBALANCER", (10_000, 3_200, 1, -300), (6_800, 32.0, -3.0), greeks(-50.0, 6.0, -13.0, 0.0)),
    ],
    "aggregate": {
        "nav": 52_450, "pnl": 2_450, "pnl_pct": 4.9, "cash_available": 5_000,
        "allocated": 45_000, "allocated_pct": 90.0, "used": 23_700, "used_pct": 47.4, "held": 0, "positions": 6,
        "best_module_by_dollars": ["SELL_PUTS_ENGINE", 1_500], "worst_module_by_dollars": ["SMART_REBALANCER", -300],
        "best_module_by_percent": ["IV_SERVICE", 8.3], "worst_module_by_percent": ["SMART_REBALANCER", -3.0],
        "greeks": greeks(250.5, 12.3, -45.2, 0.0),
    },
}  # fmt: skip
PRODUCTION: Case = {
    "capital": 100_000,
    "reserve": 5_000,
    "modules": [
        module("IV_SERVICE", (30_000, 18_500, 6, 2_850), (11_500, 61.7, 9.5), greeks(120.2, -14.0, -61.3, -80.5)),
        module("SELL_PUTS_ENGINE", (40_000, 28_000, 4, 3_200), (12_000, 70.0, 8.0), greeks(410.5, 22.5, -40.5, 301.0)),
        module("SMART_REBALANCER", (15_000, 4_200, 2, -450), (10_800, 28.0, -3.0), greeks(-80.5, 20.0, -24.0, 100.0)),
        module("GAMMA_SCALPER", (10_000, 0, 0, 0), (10_000, 0.0, 0.0), greeks(0.0, 0.0, 0.0, 0.0)),
    ],
    "aggregate": {
        "nav": 105_600, "pnl": 5_600, "pnl_pct": 5.6, "cash_available": 5_000,
        "allocated": 95_000, "allocated_pct": 95.0, "used": 50_700, "used_pct": 50.7, "held": 0, "positions": 12,
        "best_module_by_dollars": ["SELL_PUTS_ENGINE", 3_200], "worst_module_by_dollars": ["SMART_REBALANCER", -450],
        "best_module_by_percent": ["IV_SERVICE", 9.5], "worst_module_by_percent": ["SMART_REBALANCER", -3.0],
        "greeks": greeks(450.2, 28.5, -125.8, 320.5),
    },
}  # fmt: skip
CASES = {"aggressive_growth_50k": AGGRESSIVE, "production_100k": PRODUCTION}


# --- from figures to a snapshot --------------------------------------------------------------------------------------
def figures(case: Case) -> ModuleFigures:
    budget, pnl = dollars(case["budget"]), dollars(case["pnl"])
    return ModuleFigures(
        module_id=case["module"],
        budget=budget,
        used=dollars(case["used"]),
        held=dollars(case["held"]),
        positions=case["positions"],
        pnl=pnl,
        pnl_pct=percent(pnl, budget),
        greeks=Greeks(**case["greeks"]),
    )


def held() -> PositionView:
    return PositionView(position(), 0, NOW, 0, None, 32, None, None, None)


def module_view(case: Case) -> ModuleView:
    given = figures(case)
    limits = ModuleLimits(dollars(case.get("max_risk_per_trade", 0)), dollars(case.get("daily_loss_limit", 0)))
    spec = module_spec(given.module_id, kind=ModuleKind.IV_SERVICE, limits=limits, autotrade=case.get("autotrade"))
    return ModuleView(
        spec=spec, status=ModuleStatus(case.get("status", "ACTIVE")), status_why="",
        budget=given.budget, used=given.used, held=given.held,
        available=available(PnlPolicy.FIXED, given.budget, given.used, given.held, given.pnl),
        utilisation_pct=percent(given.used, given.budget),
        realised=given.pnl, unrealised=0, pnl=given.pnl, pnl_pct=given.pnl_pct, day_pnl=0,
        open_positions=(held(),) * given.positions, greeks=given.greeks, greeks_missing=0,
        wins=0, closed_trades=0, win_rate=case.get("win_rate"), average_win=None, average_loss=None,
        best_trade=None, worst_trade=None, trades_this_month=case.get("trades_this_month", 0),
        scans_today=0, executed_today=0, worst_case=0,
    )  # fmt: skip


def snapshot(case: Case, worst: Money = 0) -> MindfolioSnapshot:
    capital, reserve = dollars(case["capital"]), dollars(case["reserve"])
    sums = totals(capital, [figures(each) for each in case["modules"]])
    return MindfolioSnapshot(
        seq=1, environment=Environment.REPLAY, name="Golden", status=MindfolioStatus.ACTIVE, stop_why="",
        stopped_at=None, cancels_unconfirmed=0, pnl_policy=PnlPolicy.FIXED, waived=(),
        market=MarketView(NOW, NOW.date(), is_open=True, next_open=None, speed=1.0),
        version=1, capital=capital, reserve=reserve, cash=sums.nav, nav=sums.nav, liquidation=None,
        pnl=sums.pnl, pnl_pct=sums.pnl_pct, day_pnl=0, allocated=sums.allocated, allocated_pct=sums.allocated_pct,
        used=sums.used, used_pct=sums.used_pct, held=sums.held, available=0, positions=sums.positions,
        greeks=sums.greeks, weighted=WeightedGreeks(), worst_case=worst, worst_case_by_symbol={},
        worst_case_pct_of_capital=percent(worst, capital), worst_case_pct_of_nav=percent(worst, sums.nav),
        best_by_dollars=sums.best_by_dollars, worst_by_dollars=sums.worst_by_dollars,
        best_by_percent=sums.best_by_percent, worst_by_percent=sums.worst_by_percent,
        modules=tuple(module_view(each) for each in case["modules"]),
    )  # fmt: skip


def shown(case: Case, worst: Money = 0) -> dict[str, Any]:
    """The report of a case, as it is after a round trip through JSON."""
    document: dict[str, Any] = json.loads(json.dumps(as_document(snapshot(case, worst), {}), allow_nan=False))
    return document


def assert_shown(case: Case) -> None:
    document = shown(case)
    expected = case["aggregate"]
    assert {name: document["aggregate"][name] for name in expected} == expected
    assert (document["capital"], document["reserve"]) == (case["capital"], case["reserve"])
    for view, owners in zip(document["modules"], case["modules"], strict=True):
        names = [name for name in SHOWN if name in owners]
        assert {name: view[name] for name in names} == {name: owners[name] for name in names}


# --- the cases -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", CASES)
def test_the_modules_figures_give_exactly_the_aggregate(name: str) -> None:
    assert_shown(CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_whole_amounts_are_shown_as_whole_numbers(name: str) -> None:
    document = shown(CASES[name])
    for figure in ("nav", "pnl", "cash_available", "allocated", "used", "held"):
        assert type(document["aggregate"][figure]) is int


@pytest.mark.parametrize("name", CASES)
def test_the_owners_files_say_the_same_and_more(name: str, shared_dir: Path) -> None:
    case = json.loads((shared_dir / "spec" / "golden" / f"{name}.json").read_text(encoding="utf-8"))
    assert case["pnl_policy"] == PnlPolicy.FIXED
    assert_shown(case)
    ours = CASES[name]
    assert case["aggregate"] == ours["aggregate"]
    for owners, hand_written in zip(case["modules"], ours["modules"], strict=True):
        assert {key: owners[key] for key in hand_written} == hand_written


def test_the_worst_case_is_17_percent_of_capital_and_16_2_of_nav() -> None:
    assert shown(AGGRESSIVE, dollars(8_500))["worst_case"] == {
        "loss": 8_500,
        "pct_of_capital": 17.0,
        "pct_of_nav": 16.2,
    }


def test_15_wins_of_22_trades_are_1210_realised_and_40_open_apart() -> None:
    spec = mindfolio_spec(pnl_policy=PnlPolicy.FIXED)
    clerk = Clerk(ledger(spec=spec), commission=0)
    for price in ["0.75"] * 15 + ["2.95"] * 7:
        clerk.close(clerk.open("-2.00"), price)
    clerk.mark(**{clerk.open("-2.00"): "-160"})
    market = MarketView(clerk.at, clerk.at.date(), is_open=True, next_open=None, speed=1.0)
    seen = aggregate(clerk.ledger.book, {}, market, rate=0.04).module(ALPHA)
    assert seen is not None
    assert (seen.wins, seen.closed_trades, seen.win_rate, percent(15, 22)) == (15, 22, 0.6818, 68.2)
    assert (seen.average_win, seen.average_loss) == (dollars(125), dollars(-95))
    assert (seen.realised, seen.unrealised, seen.pnl) == (dollars(1_210), dollars(40), dollars(1_250))


REALLOCATED = {"IV_SERVICE": 15_000, "SELL_PUTS_ENGINE": 25_000, "SMART_REBALANCER": 5_000}


def test_5000_moved_from_the_rebalancer_to_the_puts_is_their_next_limit() -> None:
    budgets = {each["module"]: dollars(each["budget"]) for each in AGGRESSIVE["modules"]}
    capital = dollars(50_000)
    moved = BudgetPlan(budgets, dollars(5_000)).moved(dollars(5_000), "SMART_REBALANCER", "SELL_PUTS_ENGINE")
    assert moved.budgets == {name: dollars(amount) for name, amount in REALLOCATED.items()}
    assert moved.check(capital, frozenset(budgets)) == ()
    left = {
        each["module"]: available(PnlPolicy.FIXED, moved.budgets[each["module"]], dollars(each["used"]), 0, 0)
        for each in AGGRESSIVE["modules"]
    }
    assert left == {
        "IV_SERVICE": dollars(6_500), "SELL_PUTS_ENGINE": dollars(13_000), "SMART_REBALANCER": dollars(1_800),
    }  # fmt: skip
    too_much = moved.moved(dollars(5_000) + 1, "SMART_REBALANCER", "SELL_PUTS_ENGINE")
    assert [denial.code for denial in too_much.check(capital, frozenset(budgets))] == [DenialCode.NEGATIVE_AMOUNT]


def test_the_three_cases_above_are_the_owners(shared_dir: Path) -> None:
    path = shared_dir / "spec" / "golden" / "aggressive_growth_50k.json"
    golden = json.loads(path.read_text(encoding="utf-8"))
    document = shown(golden, dollars(golden["worst_case"]["loss"]))
    assert document["worst_case"] == {key: golden["worst_case"][key] for key in document["worst_case"]}
    wins = golden["win_rate_case"]
    assert (wins["wins"], wins["trades"], wins["realised"]) == (15, 22, 1_210)
    assert (wins["avg_win"], wins["avg_loss"]) == (125, -95)
    assert wins["shown"].startswith(f"{wins['wins'] / wins['trades']:.0%}".replace("%", " %"))
    assert golden["reallocation"]["to"] == REALLOCATED
    assert golden["reallocation"]["from"] == {each["module"]: each["budget"] for each in AGGRESSIVE["modules"]}
