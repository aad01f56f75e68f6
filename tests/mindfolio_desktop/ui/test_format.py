"""What a person reads: money to the unit, times in New York, refusals as sentences."""

import datetime as dt
import math
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import UNIT, dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.mindfolio import Environment
from engine.domain.structure import Leg, StructureKind
from engine.domain.structure_shapes import held_structure
from mindfolio_desktop.ui import format as fmt
from tests.builders import contract
from tests.mindfolio_desktop.ui.snapshots import NOW, condor

MINUS, UNKNOWN = "\N{MINUS SIGN}", "\N{EN DASH}"
amounts = st.integers(min_value=-(10**15), max_value=10**15)


def read_back(text: str) -> Decimal:
    return Decimal(text.replace("$", "").replace(",", "").replace(MINUS, "-").replace("+", ""))


@given(amounts)
def test_whole_dollars_are_the_exact_amount_rounded_half_away_from_zero(amount: int) -> None:
    exact = (Decimal(amount) / UNIT).quantize(Decimal(1), ROUND_HALF_UP)
    assert read_back(fmt.money(amount)) == exact


@given(amounts)
def test_cents_are_the_exact_amount_rounded_half_away_from_zero(amount: int) -> None:
    exact = (Decimal(amount) / UNIT).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert read_back(fmt.signed_money(amount, cents=True)) == exact


@given(amounts)
def test_a_price_shows_every_unit(amount: int) -> None:
    assert read_back(fmt.price(amount)) * UNIT == amount


@given(amounts)
def test_a_sign_is_shown_exactly_where_the_shown_figure_is_not_zero(amount: int) -> None:
    text = fmt.signed_money(amount)
    shown = read_back(text)
    assert text.startswith("+") == (shown > 0)
    assert text.startswith(MINUS) == (shown < 0)
    assert "-" not in text


@pytest.mark.parametrize(
    ("amount", "whole", "cents", "signed", "exact"),
    [
        (0, "$0", "$0.00", "$0", "$0"),
        (dollars(12345), "$12,345", "$12,345.00", "+$12,345", "$12,345"),
        (dollars("12345.67"), "$12,346", "$12,345.67", "+$12,346", "$12,345.67"),
        (dollars(-300), f"{MINUS}$300", f"{MINUS}$300.00", f"{MINUS}$300", f"{MINUS}$300"),
        (dollars("-0.004"), "$0", "$0.00", "$0", "$0.00"),
        (dollars("0.50"), "$1", "$0.50", "+$1", "$0.50"),
        (dollars("999.995"), "$1,000", "$1,000.00", "+$1,000", "$1,000.00"),
        (None, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_amounts_as_traders_write_them(amount: int | None, whole: str, cents: str, signed: str, exact: str) -> None:
    assert fmt.money(amount) == whole
    assert fmt.money(amount, cents=True) == cents
    assert fmt.signed_money(amount) == signed
    assert fmt.exact_money(amount) == exact


def test_net_prices_say_credit_or_debit() -> None:
    assert fmt.net_price(dollars("-2.50")) == "$2.50 credit"
    assert fmt.net_price(dollars("3.205")) == "$3.205 debit"
    assert fmt.net_price(None) == UNKNOWN


@pytest.mark.parametrize(
    ("value", "shown"),
    [(47.4, "47.4%"), (0.0, "0.0%"), (-0.04, "0.0%"), (-3.0, f"{MINUS}3.0%"), (math.nan, UNKNOWN), (None, UNKNOWN)],
)
def test_percentages_and_unknown(value: float | None, shown: str) -> None:
    assert fmt.percent(value) == shown


def test_signed_numbers_fractions_and_greeks() -> None:
    assert fmt.signed_percent(8.3) == "+8.3%"
    assert fmt.fraction(0.68) == "68%"
    assert fmt.fraction(None) == UNKNOWN
    assert fmt.greek(60.54) == "+60.5"
    assert fmt.greek(-1234.5) == f"{MINUS}1,234.5"
    assert fmt.greek(math.inf) == UNKNOWN


def test_gains_and_losses_have_arrows_that_need_no_colour() -> None:
    assert [fmt.arrow(amount) for amount in (1, -1, 0, None, math.nan)] == ["▲", "▼", "", "", ""]


def test_plural_forms() -> None:
    assert [fmt.counted(count, "trade") for count in (0, 1, 2, 1200)] == [
        "no trades",
        "1 trade",
        "2 trades",
        "1,200 trades",
    ]
    assert fmt.kinds([condor("TSLA", (240, 250, 270, 280))] * 2) == "2 iron condors"
    assert fmt.kinds([]) == "no positions"


def test_a_hedged_straddle_is_called_a_straddle_and_its_shares() -> None:
    straddle, units = held_structure(
        "XLU", [Leg(contract(45, Right.PUT, "XLU"), 2), Leg(contract(45, Right.CALL, "XLU"), 2)], 0
    )
    assert fmt.held(straddle, units) == f"2 {fmt.TIMES} XLU 17 Apr 45/45 long straddle"
    for shares, hedge in ((34, "34 shares"), (-33, "33 shares short"), (1, "1 share")):
        hedged, units = held_structure("XLU", [Leg(leg.contract, 2) for leg in straddle.legs], shares)
        words = f"2 {fmt.TIMES} 17 Apr 45/45 long straddle and {hedge}"
        assert (hedged.kind, fmt.held(hedged, units, names_symbol=False)) == (StructureKind.CUSTOM, words)
        assert fmt.kinds([hedged]) == "1 long straddle"


def test_what_has_no_name_with_or_without_its_shares_stays_custom() -> None:
    odd, units = held_structure(
        "XLU", [Leg(contract(45, Right.PUT, "XLU"), 3), Leg(contract(46, Right.CALL, "XLU"), 2)], 7
    )
    assert fmt.held(odd, units) == f"1 {fmt.TIMES} XLU 17 Apr 45/46 custom"


def test_instants_are_shown_in_new_york_on_both_sides_of_the_clock_change() -> None:
    winter = dt.datetime(2026, 3, 6, 20, 55, 30, tzinfo=dt.UTC)
    assert fmt.when(NOW) == "Mon 16 Mar 2026 15:55 ET"
    assert fmt.when(winter) == "Fri 6 Mar 2026 15:55 ET"
    assert fmt.moment(winter) == "Fri 6 Mar 2026 15:55:30 ET"
    assert fmt.clock(winter) == "15:55:30 ET"
    assert fmt.short_when(winter) == "6 Mar 15:55"
    assert fmt.short_moment(winter) == "6 Mar 15:55:30"
    assert fmt.when(None) == fmt.clock(None) == fmt.moment(None) == fmt.short_moment(None) == UNKNOWN


def test_an_instant_after_midnight_utc_is_still_the_day_before_in_new_york() -> None:
    assert fmt.when(dt.datetime(2026, 3, 17, 1, 0, tzinfo=dt.UTC)) == "Mon 16 Mar 2026 21:00 ET"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-5, "0 s"), (12, "12 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (7500, "2 h 5 min"), (90000, "1 day")],
)
def test_ages(seconds: int, shown: str) -> None:
    assert fmt.age(dt.timedelta(seconds=seconds)) == shown


def test_structures_and_contracts() -> None:
    held = condor("TSLA", (240, 250, 270, 280))
    assert fmt.structure(held) == "TSLA 17 Apr 240/250/270/280 iron condor"
    assert fmt.legs(held).splitlines()[1] == "sell 1 TSLA 17 Apr 250 put (\N{MULTIPLICATION SIGN} 100)"
    half = OptionContract("SPY", dt.date(2026, 4, 17), dollars("242.5"), Right.CALL)
    assert fmt.contract(half) == "SPY 17 Apr 242.5 call"


def test_environments_and_speeds() -> None:
    assert [fmt.environment(one) for one in Environment] == ["SIMULATED", "REPLAY"]
    assert [fmt.speed(one) for one in (0, 1, 300, 0.5)] == ["Hold", "1x", "300x", "0.5x"]


def test_what_the_engine_wrote_reads_as_the_rest() -> None:
    words = "16.8 % of NAV, earnings on 2026-01-20; 100 % sure, 2026-13-40 is no day"
    assert fmt.told(words) == "16.8% of NAV, earnings on 20 Jan 2026; 100% sure, 2026-13-40 is no day"
    assert fmt.told("nothing to change") == "nothing to change"
