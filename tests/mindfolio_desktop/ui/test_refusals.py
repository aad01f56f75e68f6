"""Refusals as sentences: what was measured, the limit, the gap, and never a raw value."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.core.errors import DenialCode, Fact
from engine.core.money import dollars
from engine.domain.denial import Denial
from mindfolio_desktop.ui import refusals

MINUS, UNKNOWN = "\N{MINUS SIGN}", "\N{EN DASH}"


LEG: dict[str, Fact] = {"leg": "SPY260417P00600000", "why": "spread"}


@pytest.mark.parametrize(
    ("denial", "sentence"),
    [
        (
            Denial(DenialCode.BUDGET, dollars(43_000), dollars(8_000), "usd"),
            "Budget: needs $43,000.00, available $8,000.00, short by $35,000.00",
        ),
        (
            Denial(DenialCode.BUDGET, dollars("100.0001"), dollars(100), "usd"),
            "Budget: needs $100.0001, available $100.00, short by $0.0001",
        ),
        (
            Denial(DenialCode.MAX_RISK, dollars(750), dollars(500), "usd", {"symbol": "TSLA"}),
            "Max risk per trade: $750.00, limit $500.00, over by $250.00 (TSLA)",
        ),
        (
            Denial(DenialCode.MAX_RISK, dollars(750), None, "usd"),
            "Max risk per trade: $750.00, and no limit is set: nothing opens until one is",
        ),
        (
            Denial(DenialCode.MAX_RISK, math.nan, dollars(500), "usd"),
            "Max risk per trade: the figure is unknown, limit $500.00",
        ),
        (
            Denial(DenialCode.DAILY_LOSS, dollars(-1050), dollars(-1000), "usd"),
            "Daily loss: lost $1,050.00 today, limit $1,000.00, over by $50.00",
        ),
        (
            Denial(DenialCode.DAILY_LOSS, dollars(-1000), dollars(-1000), "usd"),
            "Daily loss: lost $1,000.00 today, limit $1,000.00, limit reached",
        ),
        (
            Denial(DenialCode.SUM_MISMATCH, dollars(49_000), dollars(50_000), "usd"),
            "Budgets: they add up to $49,000.00, capital is $50,000.00, $1,000.00 missing",
        ),
        (
            Denial(DenialCode.NEGATIVE_AMOUNT, dollars(-500), 0, "usd"),
            f"Negative amount: {MINUS}$500.00, at least $0.00 needed, short by $500.00",
        ),
        (
            Denial(DenialCode.LIQUIDITY, 48.04, 35.0, "pct", LEG),
            "Liquidity: spread 48.0%, limit 35.0%, over by 13.0% (SPY 17 Apr 600 put)",
        ),
        (
            Denial(DenialCode.LIQUIDITY, 4, 10, "contracts", {"why": "open interest"}),
            "Liquidity: open interest 4 contracts, at least 10 contracts needed, short by 6 contracts",
        ),
        (
            Denial(DenialCode.DATA_STALE, 42.0, 15.0, "s", {"leg": "nonsense"}),
            "Quote age: 42 s, limit 15 s, over by 27 s (nonsense)",
        ),
        (
            Denial(DenialCode.DATA_STALE, None, 15.0, "s", {"leg": "SPY260230P00600000", "why": "no quote"}),
            "Quote age: no quote, limit 15 s (SPY260230P00600000)",
        ),
        (Denial(DenialCode.DATA_BAD, "bid above ask", "0 < bid <= ask"), "Quotes: bid above ask"),
        (
            Denial(DenialCode.TICK, dollars("2.503"), dollars("0.01"), "usd"),
            "Price: $2.503 is not a whole number of $0.01 steps",
        ),
        (
            Denial(DenialCode.EVIDENCE, 4, 30, "", {"why": "insufficient evidence"}),
            "Evidence: insufficient evidence 4, at least 30 needed, short by 26",
        ),
        (
            Denial(DenialCode.EVIDENCE, 60.0, 60.0, "pct", {"why": "win rate"}),
            "Evidence: win rate 60.0%, more than 60.0% needed",
        ),
        (
            Denial(DenialCode.STALE_VERSION, 4, 5),
            "Changed meanwhile: the budgets changed after you began, look at them again and apply once more",
        ),
        (
            Denial(DenialCode.APPROVAL_EXPIRED, dollars("-2.10"), dollars("-2.35"), "usd", {"why": "the price moved"}),
            "Approval: the price moved: $2.10 credit now, at worst $2.35 credit was approved",
        ),
        (
            Denial(DenialCode.STOPPED, "STOPPED", "ACTIVE", facts={"why": "feed looked wrong"}),
            "Emergency stop: everything is stopped until a person re-arms: feed looked wrong",
        ),
        (
            Denial(DenialCode.TICK, facts={"error": "TypeError"}),
            "Price: the check itself failed (TypeError), so nothing was done",
        ),
    ],
)
def test_a_refusal_is_one_sentence_with_measured_limit_and_gap(denial: Denial, sentence: str) -> None:
    assert refusals.denial(denial) == sentence


facts_of_any_kind = st.none() | st.text(max_size=8) | st.integers() | st.floats()


@given(
    st.sampled_from(list(DenialCode)),
    facts_of_any_kind,
    facts_of_any_kind,
    st.sampled_from(["", "usd", "s", "pct", "contracts"]),
    st.dictionaries(st.sampled_from(["why", "leg", "also", "symbol", "error"]), facts_of_any_kind),
)
@example(DenialCode.DATA_STALE, 1e300, 15.0, "s", {})
@example(DenialCode.DATA_STALE, -4.25, 15.0, "s", {})
@example(DenialCode.BUDGET, 1e300, -1e300, "usd", {})
@example(DenialCode.LIQUIDITY, 10**400, 1, "contracts", {})
def test_no_refusal_breaks_the_window_or_shows_a_raw_value(
    code: DenialCode, measured: Fact, limit: Fact, unit: str, facts: dict[str, Fact]
) -> None:
    sentence = refusals.denial(Denial(code, measured, limit, unit, facts))
    own_words = (str(part) for part in (measured, *facts.values()))
    for part in own_words:
        sentence = sentence.replace(part, "")
    assert "None" not in sentence
    assert "nan" not in sentence
    assert "inf," not in sentence


def test_every_code_has_a_sentence_of_its_own() -> None:
    sentences = {refusals.denial(Denial(code, 3, 2)) for code in DenialCode}
    assert len(sentences) == len(DenialCode)
    assert refusals.denials([Denial(DenialCode.NOT_STOPPED), Denial(DenialCode.REASON_MISSING)]).count("\n") == 1


def test_a_new_limit_beyond_the_worst_price_is_said_in_net_prices() -> None:
    facts = {"order": "O1", "why": "beyond the worst price that was checked: cancel it and enter a new one"}
    one = Denial(DenialCode.MAX_RISK, dollars("-0.50"), dollars("-0.69"), "usd", {**facts})
    assert refusals.denial(one) == (
        "Max risk per trade: $0.50 credit, $0.69 credit at worst, beyond the worst price that was checked: "
        "cancel it and enter a new one"
    )
