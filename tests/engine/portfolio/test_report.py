"""The report: amounts and Greeks as JSON shows them, trades in full, and a summary for a terminal."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import UNIT, Money, dollars
from engine.domain.concentration import Comovement, Concentration, NameBeta, PairCorrelation
from engine.domain.greeks import Greeks, WeightedGreeks
from engine.domain.records import TradeRow
from engine.domain.snapshot import MarketView, MindfolioSnapshot
from engine.domain.worst_case import WorstCaseView
from engine.portfolio.aggregate import aggregate
from engine.portfolio.report import amount, as_document, as_text
from tests.builders import ALPHA, NOW, Clerk


@pytest.fixture(scope="module")
def clerk() -> Clerk:
    """Alpha closed a trade and holds one that is marked."""
    clerk = Clerk()
    clerk.close(clerk.open("-1.20"), "0.55")
    clerk.mark(**{clerk.open("-1.20", quantity=2): "-200"})
    return clerk


@pytest.fixture(scope="module")
def snapshot(clerk: Clerk) -> MindfolioSnapshot:
    market = MarketView(clerk.at, clerk.at.date(), is_open=True, next_open=None, speed=1.0)
    return aggregate(clerk.ledger.book, {}, market, rate=0.04)


@pytest.fixture(scope="module")
def document(snapshot: MindfolioSnapshot, clerk: Clerk) -> dict[str, Any]:
    closed = clerk.closed.values()
    made = as_document(snapshot, {ALPHA: [TradeRow(each, each.net_pnl) for each in closed]})
    read: dict[str, Any] = json.loads(json.dumps(made, allow_nan=False))
    return read


@pytest.mark.parametrize(
    ("money", "shown"),
    [
        (None, "null"), (0, "0"), (dollars(15_000), "15000"), (dollars(-1), "-1"), (dollars("60.20"), "60.2"),
        (dollars("-0.05"), "-0.05"), (dollars("0.0001"), "0.0001"), (dollars("-120.0034"), "-120.0034"),
        (dollars("99999999999.9999"), "99999999999.9999"),
    ],
)  # fmt: skip
def test_amounts_are_whole_where_whole_and_exact_to_the_last_decimal(money: Money | None, shown: str) -> None:
    assert json.dumps(amount(money)) == shown


@given(st.integers(-(10**15), 10**15))
def test_no_unit_is_lost_on_the_way_to_json(money: Money) -> None:
    shown = amount(money)
    assert shown is not None
    assert dollars(json.dumps(shown) if "e" not in json.dumps(shown) else f"{shown:.4f}") == money
    assert isinstance(shown, int) is (money % UNIT == 0)


@pytest.mark.parametrize(
    ("value", "shown"), [(60.45, 60.5), (-60.45, -60.5), (0.05, 0.1), (-0.04, 0.0), (12.34, 12.3), (1e-7, 0.0)]
)
def test_greeks_go_to_one_decimal_with_halves_away_from_zero(
    snapshot: MindfolioSnapshot, value: float, shown: float
) -> None:
    modules = tuple(replace(view, greeks_missing=0) for view in snapshot.modules)
    made = as_document(replace(snapshot, greeks=Greeks(value, -value, 0.0, 250.5), modules=modules), {})
    totals = made["aggregate"]
    assert isinstance(totals, dict)
    greeks = totals["greeks"]
    assert greeks == {"delta": shown, "gamma": -shown, "theta": 0.0, "vega": 250.5}
    assert "-0.0" not in json.dumps(greeks)


def test_the_head_says_what_is_shown_and_when(document: dict[str, Any], clerk: Clerk) -> None:
    assert (document["name"], document["environment"], document["status"]) == ("Sample", "replay", "ACTIVE")
    assert document["as_of"] == clerk.at.isoformat()
    assert document["as_of"].endswith("+00:00")
    assert (document["journal_seq"], document["waived"]) == (clerk.ledger.book.seq, ["evidence"])
    assert (document["capital"], document["reserve"], document["pnl_policy"]) == (50_000, 15_000, "isolate")


def test_a_module_is_shown_with_its_limits_and_figures(document: dict[str, Any]) -> None:
    alpha, beta = document["modules"]
    shown = {
        "module": "alpha", "kind": "IV_SERVICE", "name": "Alpha", "status": "ACTIVE", "autotrade": True,
        "structures": ["Iron Condor"], "budget": 15_000, "max_risk_per_trade": 500, "daily_loss_limit": 1_000,
        "used": 1_760, "held": 0, "available": 13_240, "utilisation_pct": 11.7, "positions": 1,
        "pnl": 95.4, "pnl_pct": 0.6, "realised": 55.4, "unrealised": 40, "wins": 1, "closed_trades": 1,
        "win_rate": 1.0, "trades_this_month": 2,
    }  # fmt: skip
    assert {name: alpha[name] for name in shown} == shown
    assert (beta["module"], beta["trades"], beta["open_positions"], beta["win_rate"]) == ("beta", [], [], None)


LEGS = [
    {"contract": "TSLA260417P00240000", "ratio": 1},
    {"contract": "TSLA260417P00250000", "ratio": -1},
    {"contract": "TSLA260417C00270000", "ratio": -1},
    {"contract": "TSLA260417C00280000", "ratio": 1},
]


def test_a_closed_trade_can_be_checked_by_hand(document: dict[str, Any]) -> None:
    (trade,) = document["modules"][0]["trades"]
    assert trade == {
        "position": "P000001", "symbol": "TSLA", "structure": "Iron Condor", "quantity": 1, "legs": LEGS,
        "opened_at": "2026-03-16T19:00:04+00:00", "opening_cost": -120,
        "closed_at": "2026-03-16T19:00:08+00:00", "closing_cash": -55,
        "commissions": 4.8, "fees": 0, "why_closed": "target", "net_pnl": 60.2,
    }  # fmt: skip


def test_an_open_position_is_shown_with_its_mark(document: dict[str, Any]) -> None:
    (held,) = document["modules"][0]["open_positions"]
    shown = {
        "position": "P000002", "quantity": 2, "opening_cost": -240, "mark": -200, "pnl": 40, "dte": 32,
        "closed_at": None,
    }  # fmt: skip
    assert {name: held[name] for name in shown} == shown


def test_the_summary_has_a_line_for_the_whole_and_one_for_each_module(snapshot: MindfolioSnapshot) -> None:
    head, sums, alpha, beta, waived = as_text(as_document(snapshot, {})).splitlines()
    assert head == f"Sample (replay, ACTIVE) as of {snapshot.market.now.isoformat()}"
    assert sums.startswith("NAV 50095.4  P&L 95.4 (0.2 %)  reserve 15000  allocated 35000  used 1760")
    assert alpha.split()[:4] == ["Alpha", "ACTIVE", "budget", "15000"]
    assert beta.split()[:2] == ["Beta", "ACTIVE"]
    assert waived == "waived in this environment: evidence"


def test_the_summary_says_where_a_loss_has_no_bound(snapshot: MindfolioSnapshot) -> None:
    assert "worst case unbounded" in as_text(as_document(replace(snapshot, worst_case=None), {}))
    assert "unbounded" not in as_text(as_document(snapshot, {}))


def test_the_summary_of_a_run_says_what_its_quotes_were_like(snapshot: MindfolioSnapshot) -> None:
    document = as_document(snapshot, {})
    document["quotes"] = {"rows": 12_000, "untradable": 17, "faults": {"crossed": 17, "locked": 1_234}}
    assert "12,000 quotes, 17 not tradable: 17 crossed, 1,234 locked" in as_text(document).splitlines()
    document["quotes"] = {"rows": 0, "untradable": 0, "faults": {}}
    assert "0 quotes, 0 not tradable" in as_text(document).splitlines()


def test_the_summary_of_a_run_says_what_was_recorded(snapshot: MindfolioSnapshot) -> None:
    document = as_document(snapshot, {})
    document["recorded"] = {"folder": "there", "rows": 12_000, "fault": ""}
    assert "12,000 quotes recorded in there" in as_text(document).splitlines()
    assert "RECORDING ENDED" not in as_text(document)
    document["recorded"] = {"folder": "there", "rows": 0, "fault": "the disk is full"}
    assert "RECORDING ENDED: the disk is full" in as_text(document).splitlines()


def test_the_summary_of_a_run_says_what_became_of_skips(snapshot: MindfolioSnapshot) -> None:
    document = as_document(snapshot, {})
    row = {"module": "IV Service", "month": "2026-03", "reason": "BUDGET", "ended": 3, "result": -310}
    document["skipped_trades"] = [{**row, "still_open": 0, "open_result": 0}]
    line = "  IV Service: skips of 2026-03 for BUDGET would have made -310 (3 ended)"
    assert line in as_text(document).splitlines()
    document["skipped_trades"] = [{**row, "still_open": 1, "open_result": 25.5}]
    line = "  IV Service: skips of 2026-03 for BUDGET would have made -310 (3 ended, 1 still open at 25.5)"
    assert line in as_text(document).splitlines()


def test_the_summary_of_a_run_says_what_its_pnl_came_from(snapshot: MindfolioSnapshot) -> None:
    document = as_document(snapshot, {})
    parts = {"delta": -12.5, "gamma": 0, "theta": 30}
    document["explained_pnl"] = [{"session": "2026-03-17", "module": "IV Service", "pnl": 17.5, "parts": parts}]
    assert "  IV Service: P&L of 2026-03-17 17.5 = delta -12.5, theta 30" in as_text(document).splitlines()


def test_what_greeks_weigh_and_where_it_leans_is_told_with_what_is_unknown(snapshot: MindfolioSnapshot) -> None:
    weighted = WeightedGreeks(
        dollars(4_000), dollars("-31.64"), -16.126, dollars(6_500), dollars(-12), 13.0, None, ("KO", "NEW")
    )
    seen = replace(
        snapshot,
        weighted=weighted,
        modules=tuple(replace(view, greeks_missing=0) for view in snapshot.modules),
        concentrations=(Concentration("TSLA", dollars(1_760), 3.5, 0, 0.0, 1),),
        sectors=(Concentration("", dollars(1_760), None, 0, None, 1),),
        comovement=Comovement(
            snapshot.market.now.date(),
            "SPY",
            (NameBeta("KO", None, None, 12),),
            (PairCorrelation("KO", "TSLA", 0.31, 0.35, 60),),
        ),
    )
    made: dict[str, Any] = json.loads(json.dumps(as_document(seen, {}), allow_nan=False))
    assert made["weighted_greeks"] == {
        "dollar_delta": 4_000, "dollar_gamma_1pct": -31.64, "vega_30d": -16.13, "beta_dollar_delta": 6_500,
        "beta_dollar_gamma_1pct": -12, "beta_delta": 13.0, "beta_gamma": None, "without_beta": ["KO", "NEW"],
    }  # fmt: skip
    assert made["concentration"] == [
        {
            "name": "TSLA",
            "power": 1_760,
            "power_pct": 3.5,
            "dollar_delta": 0,
            "dollar_delta_pct": 0.0,
            "unknown_deltas": 1,
        }
    ]
    assert made["sectors"][0]["name"] is None
    assert made["betas"] == [{"symbol": "KO", "index": "SPY", "beta": None, "error": None, "sessions": 12}]
    assert made["correlations"][0]["symbols"] == ["KO", "TSLA"]
    assert made["modules"][0]["weighted_greeks"]["without_beta"] == ["TSLA"]
    assert "beta-weighted 6500 without KO, NEW" in as_text(made)


@pytest.mark.parametrize(("nav", "share"), [("1000", 10.0), ("0", None), ("-1000", None)])
def test_the_worst_case_is_no_share_of_a_nav_that_is_not_there(
    snapshot: MindfolioSnapshot, nav: str, share: float | None
) -> None:
    loss = dollars(100)
    worst = WorstCaseView(NOW, loss, loss, loss, loss, 0, None, (), (), (), loss, 0)
    made: Any = as_document(replace(snapshot, nav=dollars(nav), worst=worst), {})["worst_case_from_here"]
    assert made["pct_of_nav"] == share
