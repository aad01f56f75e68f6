"""American options on an underlying that pays known cash dividends: single names, and funds on their ex-days."""

from dataclasses import dataclass

import numpy as np

from engine.analytics import kernel
from engine.analytics.american import AmericanValues, american
from engine.analytics.columns import columns, side_of
from engine.analytics.kernel import DAYS_PER_YEAR, VOLATILITY_POINT, FlagLike, Flags, FloatLike
from engine.domain.chain import Floats

_VEGA_STEP = 0.03
"""Of the volatility, each way: wide enough to drown the lattice's own ripple."""


@dataclass(frozen=True, slots=True, eq=False)
class CashDividends:
    """Dividends to come: `years` (m,) until each ex-day's opening, ascending, and `amounts` (m,) in $ a share.

    Raises ValueError for other orders, other shapes, or figures that are not finite and above zero.
    """

    years: Floats
    amounts: Floats

    def __post_init__(self) -> None:
        if self.years.ndim != 1 or self.years.shape != self.amounts.shape:
            raise ValueError("dividends need one amount for each ex-day")
        figures = np.concatenate((self.years, self.amounts))
        if not (np.isfinite(figures).all() and (figures > 0).all() and (np.diff(self.years) > 0).all()):
            raise ValueError("dividends must be finite, above zero, and in order of their ex-days")

    def before(self, years: float) -> "CashDividends":
        """Those whose ex-day comes before `years` are over."""
        count = int(np.searchsorted(self.years, years))
        return CashDividends(self.years[:count], self.amounts[:count])

    def present_value(self, years: float, rate: float) -> float:
        """What those before `years` are worth today, $."""
        paid = self.before(years)
        return float(paid.amounts @ np.exp(-rate * paid.years))


NO_DIVIDENDS = CashDividends(np.empty(0), np.empty(0))


def american_with_dividends(
    spot: FloatLike,
    strike: FloatLike,
    years: FloatLike,
    rate: FloatLike,
    volatility: FloatLike,
    is_put: FlagLike,
    dividends: CashDividends,
    dividend_yield: FloatLike = 0.0,
) -> AmericanValues:
    """Value American options under cash dividends; inputs broadcast against each other, units as in `american`.

    `dividend_yield` is a continuous carry beside the dividends, such as the cost of borrowing the shares. Options
    without a dividend before their expiry are valued as by `american` (book). Not valid is what is not valid there,
    and a spot that the dividends would eat up. Expiries are worked on one by one, the options of each together.
    Raises ValueError when the shapes do not broadcast.
    """
    inputs = columns(spot, strike, years, rate, volatility, dividend_yield, side_of(is_put))
    s, k, t, r, sigma, q, side = inputs.flat
    with np.errstate(all="ignore"):
        plain = american(s, s * np.exp((r - q) * t), k, t, r, sigma, side < 0)
    out = np.stack((plain.price, plain.delta, plain.gamma, plain.theta, plain.vega))
    valid = plain.valid.copy()
    chance = valid & (sigma * np.sqrt(np.maximum(t, 0.0)) > 0)
    for expiry in np.unique(t[chance]).tolist():
        paid = dividends.before(expiry)
        if not paid.years.size:
            continue
        rows = np.flatnonzero(chance & (t == expiry))
        ruined = s[rows] <= paid.amounts.sum()
        valid[rows[ruined]] = False
        rows = rows[~ruined]
        out[:, rows] = _values(s[rows], k[rows], r[rows], q[rows], sigma[rows], side[rows], expiry, paid)
    # Without chance the lattice has no width; such rows count only where no dividend comes.
    uncertain_rows = valid & ~chance & (t > (dividends.years[0] if dividends.years.size else np.inf))
    valid &= ~uncertain_rows
    out[:, ~valid] = np.nan
    price, delta, gamma, theta, vega = (row.reshape(inputs.shape) for row in out)
    return AmericanValues(price, delta, gamma, theta, vega, valid.reshape(inputs.shape))


def _values(
    spot: Floats,
    strike: Floats,
    rate: Floats,
    carry: Floats,
    volatility: Floats,
    side: Floats,
    years: float,
    paid: CashDividends,
) -> Floats:
    """Price, delta, gamma, theta, vega (5, n) of options of one expiry."""

    def lattice(sigma: Floats) -> Floats:
        return kernel.dividend_lattice(
            spot, strike, rate, carry, sigma, side, years, ex_years=paid.years, amounts=paid.amounts
        )

    price, delta, gamma = lattice(volatility)
    up, down = (lattice(volatility * factor)[0] for factor in (1.0 + _VEGA_STEP, 1.0 - _VEGA_STEP))
    intrinsic = side * (spot - strike)
    exercised: Flags = price <= intrinsic
    # The pricing equation gives the passing of time; at once exercised options have none.
    decay = rate * price - (rate - carry) * spot * delta - 0.5 * np.square(volatility * spot) * gamma
    vega = (up - down) / (2.0 * _VEGA_STEP * volatility)
    values = np.stack((price, delta, gamma, decay / DAYS_PER_YEAR, vega * VOLATILITY_POINT))
    values[1, exercised], values[2:, exercised] = side[exercised], 0.0
    return values
