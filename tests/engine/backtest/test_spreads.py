"""What an order pays in a backtest, by hand, and how wide quotes are where none are recorded."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.backtest.spreads import fill, half_spreads, share_pct
from engine.core.money import CENT, Money
from engine.domain.instrument import OptionContract, Right
from engine.domain.order import OrderPurpose
from engine.domain.package import package_quote
from engine.domain.quote import Quote
from engine.domain.structure import Leg, Structure, StructureKind

AT = dt.datetime(2026, 3, 16, 19, 59, tzinfo=dt.UTC)
DAY = dt.date(2026, 4, 17)


def quote(bid: int | None, ask: int | None) -> Quote:
    """Prices in cents."""
    return Quote(None if bid is None else bid * CENT, None if ask is None else ask * CENT, AT)


def leg(strike: int, right: Right, ratio: int, symbol: str = "SPY") -> Leg:
    return Leg(OptionContract(symbol, DAY, strike * 10_000, right), ratio)


CONDOR = Structure(
    StructureKind.IRON_CONDOR,
    (leg(90, Right.PUT, 1), leg(95, Right.PUT, -1), leg(105, Right.CALL, -1), leg(110, Right.CALL, 1)),
)
CONDOR_QUOTES = (quote(95, 105), quote(195, 205), quote(195, 205), quote(95, 105))
"""Credit $2.00 at mid, $1.80 at natural; the spreads are 40 of 600 cents: tight."""


def short_put(symbol: str = "SPY") -> Structure:
    return Structure(StructureKind.SHORT_PUT, (leg(95, Right.PUT, -1, symbol),))


@pytest.mark.parametrize(
    ("purpose", "expected"),
    [
        (OrderPurpose.OPEN, -191 * CENT),  # -2.00 + 44 % of 0.20 = -1.912, a cent's tick against us
        (OrderPurpose.CLOSE, 210 * CENT),  # 2.00 + 48 % of 0.20 = 2.096
    ],
)
def test_a_condor_pays_near_half_of_the_way_to_natural(purpose: OrderPurpose, expected: Money) -> None:
    assert fill(CONDOR, CONDOR_QUOTES, purpose) == expected


def test_the_share_grows_with_the_legs() -> None:
    tight = quote(195, 205)

    shares = [share_pct((tight,) * legs, OrderPurpose.OPEN) for legs in (1, 2, 3, 4)]

    assert shares == [20, 30, 40, 44]
    assert [share_pct((tight,) * legs, OrderPurpose.CLOSE) for legs in (1, 2, 3, 4)] == [20, 30, 40, 48]


@pytest.mark.parametrize(
    ("bid", "ask", "share"),
    [
        (190, 210, 20),  # 10 % of the mid: the widest that is tight
        (189, 211, 20),  # 11 %: 80 x 1 // 90 is nothing yet
        (188, 212, 21),  # 12 %: 80 x 2 // 90
        (100, 200, 69),  # 66 %: 20 + 80 x 56 // 90
        (0, 10, 100),  # twice as wide as it is dear
    ],
)
def test_wide_quotes_ask_for_more_of_the_way(bid: int, ask: int, share: int) -> None:
    assert share_pct((quote(bid, ask),), OrderPurpose.OPEN) == share


def test_one_option_by_itself_is_rounded_to_its_own_grid() -> None:
    assert fill(short_put(), (quote(100, 110),), OrderPurpose.OPEN) == -104 * CENT
    # 18 % wide: 27 % of the way from -1.10 to -1.00 is -1.073, and a nickel's tick against us -1.05.
    assert fill(short_put("ZZZ"), (quote(100, 120),), OrderPurpose.OPEN) == -105 * CENT


def test_a_quote_of_one_cent_is_crossed() -> None:
    assert fill(short_put(), (quote(100, 101),), OrderPurpose.OPEN) == -100 * CENT


def test_a_leg_without_a_quote_is_not_traded() -> None:
    missing = (quote(95, 105), None, quote(195, 205), quote(95, 105))
    half = (quote(95, 105), quote(None, 205), quote(195, 205), quote(95, 105))

    assert fill(CONDOR, missing, OrderPurpose.OPEN) is None
    assert fill(CONDOR, half, OrderPurpose.CLOSE) is None


def test_a_worthless_wing_goes_along_when_closing_and_rolling_only() -> None:
    worthless = (quote(0, 5), quote(195, 205), quote(195, 205), quote(95, 105))
    sold = Structure(StructureKind.IRON_CONDOR, tuple(Leg(each.contract, -each.ratio) for each in CONDOR.legs))

    assert fill(CONDOR, worthless, OrderPurpose.CLOSE) is not None
    assert fill(sold, worthless, OrderPurpose.OPEN) is None
    # As it trades, the roll is what closing the condor is.
    assert fill(sold, worthless, OrderPurpose.ROLL) == fill(CONDOR, worthless, OrderPurpose.CLOSE)


def test_shares_trade_at_natural() -> None:
    shares = Structure(StructureKind.LONG_STOCK, (), shares=100, underlying="SPY")

    assert fill(shares, (quote(10_000, 10_002),), OrderPurpose.OPEN) == 10_002 * CENT
    assert fill(shares, (quote(10_000, 10_002),), OrderPurpose.CLOSE) == -10_000 * CENT


cents = st.integers(1, 2_000)
sides = st.tuples(cents, st.integers(0, 300)).map(lambda pair: quote(pair[0], sum(pair)))


@given(quotes=st.tuples(sides, sides, sides, sides), purpose=st.sampled_from((OrderPurpose.OPEN, OrderPurpose.CLOSE)))
def test_no_fill_is_better_than_mid_or_worse_than_natural(quotes: tuple[Quote, ...], purpose: OrderPurpose) -> None:
    package = package_quote(CONDOR.legs, quotes, purpose)
    price = fill(CONDOR, quotes, purpose)

    assert package is not None
    assert price is not None
    assert package.mid <= price <= package.natural


def test_widths_by_hand() -> None:
    one = np.array([1.0])

    # exp(-5.640 + 0.135 + 0.305 ln 5) and exp(-5.326 + 0.113 + 0.375 ln 5)
    assert half_spreads("SPY", one, 0.0, 5.0) == pytest.approx([0.00664], abs=1e-5)
    assert half_spreads("NVDA", one, 0.0, 5.0) == pytest.approx([0.00996], abs=1e-5)


def test_no_width_is_below_half_a_tick() -> None:
    assert half_spreads("SPY", np.array([0.004]), 0.01, 5.0).tolist() == [0.005]
    assert half_spreads("NVDA", np.array([3.0]), 0.0, 5.0).tolist() == [0.025], "nickels from three dollars"
    assert half_spreads("ZZZ", np.array([1.0]), 0.0, 5.0).tolist() == [0.025]


def test_a_class_that_nobody_recorded_is_twice_as_wide() -> None:
    mid = np.array([10.0])

    assert half_spreads("ZZZ", mid, 0.5, 60.0) == pytest.approx(2 * half_spreads("NVDA", mid, 0.5, 60.0))


@given(
    mid=st.floats(0.01, 500),
    delta=st.floats(-1, 1),
    days=st.floats(0, 800),
    symbol=st.sampled_from(("SPY", "NVDA", "ZZZ", "SPX")),
)
def test_every_contract_has_a_width(mid: float, delta: float, days: float, symbol: str) -> None:
    half = half_spreads(symbol, np.array([mid]), np.array([delta]), np.array([days]))

    assert np.isfinite(half).all()
    assert (half >= 0.005).all()
    assert (half <= max(mid, 0.05)).all()
