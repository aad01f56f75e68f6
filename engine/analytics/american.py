"""American options: prices and Greeks, quick ones for scans and precise ones for the book, the ticket and the gate."""

from dataclasses import dataclass
from enum import StrEnum

from engine.analytics import kernel
from engine.analytics.columns import columns, side_of
from engine.analytics.kernel import FlagLike, Flags, FloatLike
from engine.domain.chain import Floats


class Method(StrEnum):
    """How early exercise is valued: how far off the price of an ordinary option is, and what one costs."""

    SCAN = "scan"
    """A tree with extrapolation: 2e-3 of a percent of the spot, about 6 us."""

    BOOK = "book"
    """The exercise boundary: 3e-5 of a percent of the spot, about 25 us."""


@dataclass(frozen=True, slots=True, eq=False)
class AmericanValues:
    """Values per share; every array in the common shape of the inputs, NaN where `valid` is False.

    price: $; delta: $ per $1 of spot; gamma: delta per $1 of spot; theta: $ per calendar day with carry, rate and
    volatility unchanged; vega: $ per volatility point (0.01). An option worth exercising at once is worth its
    intrinsic value, with a delta of one (a put: minus one) and no other sensitivity.
    """

    price: Floats
    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats
    valid: Flags


def american(
    spot: FloatLike,
    forward: FloatLike,
    strike: FloatLike,
    years: FloatLike,
    rate: FloatLike,
    volatility: FloatLike,
    is_put: FlagLike,
    method: Method = Method.BOOK,
) -> AmericanValues:
    """Value American options with a continuous carry; inputs broadcast against each other.

    Units as in `black_scholes.european`, whose rows are valid here too, with one exception: where the rate is negative
    and the yield lower still (for calls the other way round) exercise has two boundaries, which is not priced. The
    yield is what explains the forward: forward = spot * exp((rate - yield) * years). For dividends paid as cash on
    known days see `american_dividends`. Raises ValueError when the shapes do not broadcast.
    """
    inputs = columns(spot, forward, strike, years, rate, volatility, side_of(is_put))
    out, valid = kernel.american(*inputs.flat, precise=method is Method.BOOK)
    price, delta, gamma, theta, vega = (row.reshape(inputs.shape) for row in out[:5])
    return AmericanValues(price, delta, gamma, theta, vega, valid.reshape(inputs.shape))


def american_price(
    spot: FloatLike,
    forward: FloatLike,
    strike: FloatLike,
    years: FloatLike,
    rate: FloatLike,
    volatility: FloatLike,
    is_put: FlagLike,
    method: Method = Method.BOOK,
) -> Floats:
    """The price alone, at a third of the cost; NaN where not valid. See `american`."""
    inputs = columns(spot, forward, strike, years, rate, volatility, side_of(is_put))
    return kernel.american_price(*inputs.flat, precise=method is Method.BOOK).reshape(inputs.shape)
