"""Every reason for showing or sending nothing has its sentence, the gravest first."""

from dataclasses import replace

import pytest

from engine.core.errors import GATE_CODES, DenialCode
from engine.core.money import dollars
from engine.domain.chain_view import ChainView
from engine.domain.denial import Denial
from engine.domain.structure import Leg
from mindfolio_desktop.ui.views.market_words import checked_words, opens_words, unfit_words, why_no_chain, why_not_sent
from tests.mindfolio_desktop.ui.chains import chain_view, contract, nothing_quoted, ticket_view
from tests.mindfolio_desktop.ui.snapshots import MANUAL, NOW, aggressive_growth, market, stopped

FIGURES = ticket_view((Leg(contract(605), -1),))


def test_what_can_be_sent_needs_no_words() -> None:
    assert why_not_sent(aggressive_growth(), FIGURES, MANUAL) == ""


def test_the_gravest_reason_comes_first() -> None:
    closed = stopped(market=market(is_open=False), halted="no space left")
    assert why_not_sent(closed, None, "") == "Trading is halted: no space left"
    assert why_not_sent(replace(closed, halted=""), None, "").startswith("Everything is stopped")


def test_a_ticket_without_figures_price_or_module_is_not_sent() -> None:
    assert why_not_sent(aggressive_growth(), None, MANUAL) == "Working out its figures…"
    without = replace(FIGURES, no_price="nobody bids for the 71 put")
    assert why_not_sent(aggressive_growth(), without, MANUAL) == "It has no price: nobody bids for the 71 put."
    assert why_not_sent(aggressive_growth(), FIGURES, "") == "No module may trade this."


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (chain_view(), ""),
        (nothing_quoted("GME", is_listed=False), "The market here does not show GME."),
        (nothing_quoted(), "No quotes of SPY yet: they come when its market opens."),
        (chain_view(rows=(), expirations=()), "SPY has no options that still live."),
    ],
    ids=["rows", "not listed", "not quoted", "all expired"],
)
def test_an_empty_chain_says_why(view: ChainView, words: str) -> None:
    assert why_no_chain(view) == words


def test_when_the_market_opens_is_told_as_far_as_it_is_known() -> None:
    assert opens_words(aggressive_growth()) == ""
    assert opens_words(aggressive_growth(market=market(is_open=False, next_open=None))) == ""
    assert opens_words(aggressive_growth(market=market(is_open=False))) == "It opens Tue 17 Mar 2026 09:30 ET."


def test_modules_with_one_reason_are_told_together() -> None:
    assert unfit_words([]) == ""
    reasons = [("A", "GME is not in its universe"), ("B", "condor is not enabled in it")]
    assert unfit_words([*reasons, ("C", "GME is not in its universe")]) == (
        "Not for A, C: GME is not in its universe; Not for B: condor is not enabled in it"
    )


def test_a_check_tells_what_fails_with_its_figures_and_what_passes() -> None:
    all_pass, role = checked_words((), NOW)
    assert f"nothing was sent. All {len(GATE_CODES)} checks pass: Emergency stop, Module status" in all_pass
    assert role == "muted"
    short = Denial(DenialCode.BUDGET, dollars(43_000), dollars(8_000), "usd")
    words, role = checked_words((short,), NOW)
    first, failed, passed = words.split("\n")
    assert first.endswith("It would be refused.")
    assert "$43,000" in failed
    assert "$8,000" in failed
    assert "Emergency stop" in passed
    assert "Budget" not in passed
    assert role == "warning"


def test_what_the_gate_never_came_to_see_passes_nothing() -> None:
    words, _role = checked_words((Denial(DenialCode.UNKNOWN_MODULE, "x"),), NOW)
    assert "Passes" not in words
