"""What `mindfolio allocations` tells of a ledger: to the cent, and in words that a person can act on."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import MindfolioError
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.mindfolio import Environment
from engine.ledger.store import SqliteStore
from engine.runtime.places import Places
from mindfolio_desktop import allocations
from tests.builders import ALPHA, BETA, Clerk, ledger

DAY = dt.date(2026, 3, 16)


def a_traded_ledger(data_dir: Path) -> Places:
    """Alpha earns 65.20 on 15,000; then beta gives it 15,000 of its 20,000, and a trade of alpha's is open."""
    places = Places(data_dir, Environment.REPLAY)
    store = SqliteStore(places.ledger)
    clerk = Clerk(ledger(store))
    clerk.record(ev.SessionOpened(DAY, {ALPHA: 0, BETA: 0}))
    clerk.close(clerk.open(), "0.50")
    budgets = {ALPHA: dollars(30_000), BETA: dollars(5_000)}
    clerk.record(ev.BudgetReallocated(budgets, dollars(15_000), 2, "ann", "alpha earns"))
    clerk.mark(**{clerk.open(): "-80"})
    clerk.ledger.commit()
    store.close()
    return places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return a_traded_ledger(tmp_path)


def as_json(document: Any) -> Any:
    return json.loads(json.dumps(document, allow_nan=False))


def test_the_history_tells_who_changed_what_and_what_was_earned_under_it(places: Places) -> None:
    document = as_json(allocations.history_document(places))
    created, moved = document["changes"]
    assert (created["cause"], created["pnl_until_next"]) == ("CREATED", {ALPHA: 65.2})
    assert (moved["who"], moved["why"], moved["version"]) == ("ann", "alpha earns", 2)
    assert (moved["moved"], moved["reserve_moved"]) == ({ALPHA: 15000, BETA: -15000}, 0)
    assert moved["pnl_until_next"] == {ALPHA: 37.6}
    # 37.60 on 30,000 is 18.80 on 15,000.
    (kept,) = document["kept"]
    assert (kept["nav"], kept["kept_nav"], kept["difference"]) == (50102.8, 50084, -18.8)
    assert kept["modules"][0] == {"module": ALPHA, "budget": 15000, "pnl": 102.8, "kept_pnl": 84}


def test_the_history_as_text_says_that_counterfactuals_are_estimates(places: Places) -> None:
    text = allocations.history_text(allocations.history_document(places))
    assert "version 2  REALLOCATED by ann: alpha earns" in text
    assert "    alpha $30,000  beta $5,000  reserve $15,000\n    moved: alpha +$15,000  beta -$15,000" in text
    assert "P&L until the next change: +$65.20 (alpha +$65.20)" in text
    assert "been kept: NAV $50,084 instead of $50,102.80, -$18.80 (alpha -$18.80  beta +$0)" in text
    assert text.endswith(allocations.ESTIMATE)


def test_proposals_stand_side_by_side_with_their_reasons(places: Places) -> None:
    document = allocations.proposals_document(places)
    found = as_json(document)
    assert [each["kind"] for each in found["proposals"]] == [
        "EQUAL", "PERFORMANCE", "RISK_PARITY", "KELLY", "WINNER_FROM_LOSER",
    ]  # fmt: skip
    equal = found["proposals"][0]
    assert (equal["budgets"], equal["turnover"]) == ({ALPHA: 17500, BETA: 17500}, 12500)
    alpha = equal["modules"][0]
    assert (alpha["before"], alpha["after"], alpha["worst_case"]) == (30000, 17500, 880)
    assert alpha["worst_case_at_same_use"] == 513.3334, "880 x 17,500 / 30,000, rounded up"
    text = allocations.proposals_text(document)
    assert "alpha                       $30,000      $17,500      $30,000" in text
    assert "kelly: Nothing moves: no module has enough trades." in text
    assert text.endswith(allocations.DRAFTS)


def test_a_least_reserve_is_kept_in_every_proposal(places: Places) -> None:
    found = as_json(allocations.proposals_document(places, dollars(20_000)))
    assert all(each["reserve"] >= 20_000 for each in found["proposals"])
    performance = found["proposals"][1]
    assert performance["budgets"] == {ALPHA: 25700, BETA: 4200}, "6/7 of each, on the grid"
    assert performance["modules"][0]["reason"].startswith(
        "gives its part of the reserve's minimum, no more: 1 trade in 1 session say too"
    )


def test_what_would_be_over_is_named_with_the_consequence(tmp_path: Path) -> None:
    places = a_traded_ledger(tmp_path / "other")
    found = as_json(allocations.proposals_document(places, dollars(49_000)))
    text = allocations.proposals_text(allocations.proposals_document(places, dollars(49_000)))
    assert found["proposals"][0]["modules"][0]["over_by"] == 380, "500 of budget and 880 at work"
    assert "; over by $380, it would only reduce" in text


def test_without_a_ledger_there_is_nothing_to_tell(tmp_path: Path) -> None:
    with pytest.raises(MindfolioError):
        allocations.history_document(Places(tmp_path, Environment.REPLAY))
