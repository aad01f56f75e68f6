"""Implied volatility and Greeks of a chain's American options, each contract from its own mid."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analytics.american import AmericanValues, Method, american
from engine.analytics.american_dividends import CashDividends, american_with_dividends
from engine.analytics.american_volatility import american_implied_volatility, implied_volatility_with_dividends
from engine.analytics.black_scholes import EuropeanValues, european
from engine.analytics.forward import carried_spot, chain_forwards, quote_mids, synchronised_spot
from engine.analytics.implied_volatility import ImpliedVolatility, quote_status
from engine.analytics.kernel import Flags, IvStatus
from engine.core.calendar import years_to_expiry
from engine.core.money import UNIT
from engine.domain.chain import Chain, Floats
from engine.domain.instrument import decode_keys

NO_DIVIDENDS = CashDividends(np.empty(0), np.empty(0))


@dataclass(frozen=True, slots=True, eq=False)
class ChainValues:
    """Columns aligned with the chain's rows, each (n,), per share and per long option.

    years to expiry; forward and mid in $; iv a year, decimal; delta, gamma, theta a calendar day, vega a volatility
    point as in `AmericanValues`. `valid` rows have all of them; elsewhere iv and Greeks are NaN, and `status` tells
    why (`IvStatus`, NOT_ASKED for rows that were not wanted). `spot` in $ is the one that the quotes had in view.
    Freshness is not judged here: an aged quote is valued against today's spot, and `chain.quoted_at` tells its age.
    """

    spot: float
    years: Floats
    forward: Floats
    mid: Floats
    iv: Floats
    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats
    status: NDArray[np.int8]

    @property
    def valid(self) -> Flags:
        """Rows with a volatility and Greeks."""
        valid: Flags = self.status == IvStatus.OK
        return valid


def chain_values(
    chain: Chain,
    now: dt.datetime,
    rate: float,
    *,
    wanted: Flags | None = None,
    method: Method = Method.SCAN,
    dividends: CashDividends = NO_DIVIDENDS,
) -> ChainValues:
    """Value a chain, or its `wanted` rows (n,), at `now`; `rate` continuously compounded a year.

    The forward of each expiration is the one that its quotes imply (see `chain_forwards`). What separates forward and
    spot beyond the rate counts, for the European part, as an amount fixed until expiry, not as a yield: delta and gamma
    are those of a move of spot and forward together, and theta does not earn it day by day (the escrowed dividend
    model: Hull, Options, Futures and Other Derivatives, 15.12). For early exercise it is a continuous yield, unless
    `dividends` are known, in which case both are done on their ex-days. A row is valid when 0 <= bid <= ask, ask > 0,
    there is time left, the chain has a spot, and the mid lies between the value of certain exercise and the maximum.
    """
    ordinals, is_put, strikes = decode_keys(chain.key)
    distinct, position = np.unique(ordinals, return_inverse=True)
    forwards = chain_forwards(chain, now, rate)
    days = [int(ordinal) for ordinal in distinct]
    years = np.array([years_to_expiry(now, dt.date.fromordinal(day)) for day in days], dtype=np.float64)[position]
    forward = np.array([forwards[day] for day in days], dtype=np.float64)[position]
    spot = synchronised_spot(chain.spot, forwards, now, rate)
    mid = quote_mids(chain.bid, chain.ask)
    status = quote_status(chain.bid, chain.ask)
    if wanted is not None:
        status[~wanted] = IvStatus.NOT_ASKED
    rows = np.flatnonzero(status == IvStatus.OK)
    columns = (mid[rows], forward[rows], strikes[rows] / UNIT, years[rows], is_put[rows])
    if dividends.years.size:
        implied, values = _with_dividends(spot, *columns, rate, dividends)
    else:
        implied, values = _with_yield(spot, *columns, rate, method)
    status[rows] = implied.status
    good = implied.valid & values.valid
    status[rows[implied.valid & ~values.valid]] = IvStatus.NO_CONVERGENCE
    figures = np.full((5, chain.key.size), np.nan)
    found = (implied.volatility, values.delta, values.gamma, values.theta, values.vega)
    figures[:, rows[good]] = np.stack(found)[:, good]
    iv, delta, gamma, theta, vega = figures
    return ChainValues(spot, years, forward, mid, iv, delta, gamma, theta, vega, status)


def _with_yield(
    spot: float,
    mid: Floats,
    forward: Floats,
    strike: Floats,
    years: Floats,
    is_put: Flags,
    rate: float,
    method: Method,
) -> tuple[ImpliedVolatility, AmericanValues]:
    carried = carried_spot(forward, years, rate, spot)
    implied = american_implied_volatility(mid, carried, forward, strike, years, rate, is_put, method)
    values = american(carried, forward, strike, years, rate, implied.volatility, is_put, method)
    with_yield = european(carried, forward, strike, years, rate, implied.volatility, is_put)
    escrowed = european(forward * np.exp(-rate * years), forward, strike, years, rate, implied.volatility, is_put)
    return implied, _moved(values, with_yield, escrowed)


def _moved(values: AmericanValues, old: EuropeanValues, new: EuropeanValues) -> AmericanValues:
    """American values whose European part is another one; the price is the same in both."""
    return AmericanValues(
        values.price,
        values.delta + (new.delta - old.delta),
        values.gamma + (new.gamma - old.gamma),
        values.theta + (new.theta - old.theta),
        values.vega,
        values.valid,
    )


def _with_dividends(
    spot: float,
    mid: Floats,
    forward: Floats,
    strike: Floats,
    years: Floats,
    is_put: Flags,
    rate: float,
    dividends: CashDividends,
) -> tuple[ImpliedVolatility, AmericanValues]:
    """What the dividends do not explain of the forward is a yield (the cost of borrowing, the rate's own error)."""
    distinct, position = np.unique(years, return_inverse=True)
    paid = np.array([dividends.present_value(expiry, rate) for expiry in distinct.tolist()], dtype=np.float64)[position]
    with np.errstate(all="ignore"):
        bare = carried_spot(forward, years, rate, spot - paid)
        rest = rate - np.log(forward / bare) / years
    implied = implied_volatility_with_dividends(mid, bare + paid, strike, years, rate, is_put, dividends, rest)
    values = american_with_dividends(bare + paid, strike, years, rate, implied.volatility, is_put, dividends, rest)
    return implied, values
