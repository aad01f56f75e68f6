"""Implied volatility and Greeks of a chain's American options, each contract from its own mid."""

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analytics.american import AmericanValues, Method, american
from engine.analytics.american_dividends import NO_DIVIDENDS, CashDividends, american_with_dividends
from engine.analytics.american_volatility import Rows, american_implied_volatility, implied_volatility_with_dividends
from engine.analytics.black_scholes import EuropeanValues, european
from engine.analytics.forward import around_dividends, carried_spot, chain_forwards, quote_mids, synchronised_spot
from engine.analytics.implied_volatility import ImpliedVolatility, implied_volatility, quote_status
from engine.analytics.kernel import Flags, IvStatus
from engine.core.calendar import years_to_expiry
from engine.core.money import UNIT
from engine.domain.chain import Chain, Floats
from engine.domain.contract_keys import decode_keys, other_right


@dataclass(frozen=True, slots=True, eq=False)
class ChainValues:
    """Columns aligned with the chain's rows, each (n,), per share and per long option.

    years to expiry; forward (NaN for an expiration without a wanted row) and mid in $; iv a year, decimal; delta,
    gamma, theta a calendar day, vega a volatility point as in `AmericanValues`. `valid` rows have all of them from
    their own mid; `borrowed` rows have them at the volatility of the other right at their strike; elsewhere they are
    NaN. `status` tells what the own mid gave (`IvStatus`, NOT_ASKED for rows that were not wanted). `spot` in $ is the
    one that the quotes had in view.
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
    borrowed: Flags

    @property
    def valid(self) -> Flags:
        """Rows whose own mid gives a volatility and Greeks."""
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
    is_european: bool = False,
) -> ChainValues:
    """Value a chain, or its `wanted` rows (n,), at `now`; `rate` continuously compounded a year.

    The forward of each expiration is the one that its quotes imply (see `chain_forwards`). What separates forward and
    spot beyond the rate counts, for the European part, as an amount fixed until expiry, not as a yield: delta and gamma
    are those of a move of spot and forward together, and theta does not earn it day by day (the escrowed dividend
    model: Hull, Options, Futures and Other Derivatives, 15.12). For early exercise it is a continuous yield, unless
    `dividends` are known, in which case both are done on their ex-days. A row is valid when 0 <= bid <= ask, ask > 0,
    there is time left, the chain has a spot, and the mid lies between the value of certain exercise and the maximum.
    Deep in the money a quote around the value of exercise often has its mid below it (BELOW_INTRINSIC), which tells no
    volatility: where the other right at the strike, quoted no earlier, has one, it is borrowed. Options
    that cannot be exercised before expiry (`is_european`) are priced in closed form, from forward and rate alone.
    """
    ordinals, is_put, strikes = decode_keys(chain.key)
    distinct, position = np.unique(ordinals, return_inverse=True)
    asked = None if wanted is None else frozenset(np.unique(ordinals[wanted]).tolist())
    forwards = chain_forwards(chain, now, rate, asked, dividends, is_european=is_european)
    days = [int(ordinal) for ordinal in distinct]
    years = np.array([years_to_expiry(now, dt.date.fromordinal(day)) for day in days], dtype=np.float64)[position]
    forward = np.array([forwards.get(day, math.nan) for day in days], dtype=np.float64)[position]
    spot = synchronised_spot(chain.spot, forwards, now, rate, dividends)
    mid = quote_mids(chain.bid, chain.ask)
    quoted = quote_status(chain.bid, chain.ask)
    status = quoted if wanted is None else np.where(wanted, quoted, np.int8(IvStatus.NOT_ASKED))
    pricer = _Pricer(spot, mid, forward, strikes / UNIT, years, is_put, rate, method, dividends, is_european)
    figures = np.full((5, chain.key.size), np.nan)
    iv, delta, gamma, theta, vega = figures
    rows = np.flatnonzero(status == IvStatus.OK)
    implied = pricer.implied(rows)
    status[rows], iv[rows] = implied.status, implied.volatility
    below = np.flatnonzero(status == IvStatus.BELOW_INTRINSIC)
    iv[below] = _lent(pricer, chain, quoted, iv, below)
    rows = np.flatnonzero(np.isfinite(iv))
    values = pricer.values(rows, iv[rows])
    figures[1:, rows] = np.stack((values.delta, values.gamma, values.theta, values.vega))
    lost = rows[~values.valid]
    figures[:, lost] = np.nan
    status[lost] = np.where(status[lost] == IvStatus.OK, np.int8(IvStatus.NO_CONVERGENCE), status[lost])
    borrowed = np.isfinite(iv) & (status == IvStatus.BELOW_INTRINSIC)
    return ChainValues(spot, years, forward, mid, iv, delta, gamma, theta, vega, status, borrowed)


def _lent(pricer: "_Pricer", chain: Chain, quoted: NDArray[np.int8], iv: Floats, rows: Rows) -> Floats:
    """Volatility of the other right at the strikes of `rows` (m,); NaN where it has none or is the older quote.

    Also NaN where even the ask is below exercise: no market has that, the quote is a fault. `iv` (n,) is known already.
    """
    wanted = other_right(chain.key[rows])
    twin = np.minimum(np.searchsorted(chain.key, wanted), chain.key.size - 1)
    able = (chain.key[twin] == wanted) & (quoted[twin] == IvStatus.OK)
    able &= chain.quoted_at[twin] >= chain.quoted_at[rows]
    able &= chain.ask[rows] >= np.where(pricer.is_put[rows], 1.0, -1.0) * (pricer.strike[rows] - pricer.spot)
    known = iv.copy()
    missing = np.unique(twin[able & np.isnan(iv[twin])])
    if missing.size:
        known[missing] = pricer.implied(missing).volatility
    return np.where(able, known[twin], np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class _Pricer:
    """A chain's columns (n,) and how its options are priced; prices `rows` of it."""

    spot: float
    mid: Floats
    forward: Floats
    strike: Floats
    years: Floats
    is_put: Flags
    rate: float
    method: Method
    dividends: CashDividends
    is_european: bool

    def implied(self, rows: Rows) -> ImpliedVolatility:
        """Volatilities that the mids imply."""
        mid, forward, strike, years, is_put = self._columns(rows)
        if self.is_european:
            return implied_volatility(mid, forward, strike, years, self.rate, is_put)
        if not self.dividends.years.size:
            spot = carried_spot(forward, years, self.rate, self.spot)
            return american_implied_volatility(mid, spot, forward, strike, years, self.rate, is_put, self.method)
        spot, rest = around_dividends(forward, years, self.rate, self.spot, self.dividends)
        return implied_volatility_with_dividends(mid, spot, strike, years, self.rate, is_put, self.dividends, rest)

    def values(self, rows: Rows, volatility: Floats) -> AmericanValues | EuropeanValues:
        """Prices and Greeks at given volatilities."""
        _, forward, strike, years, is_put = self._columns(rows)
        rate = self.rate
        if self.is_european:
            return european(forward * np.exp(-rate * years), forward, strike, years, rate, volatility, is_put)
        if self.dividends.years.size:
            spot, rest = around_dividends(forward, years, rate, self.spot, self.dividends)
            return american_with_dividends(spot, strike, years, rate, volatility, is_put, self.dividends, rest)
        carried = carried_spot(forward, years, rate, self.spot)
        values = american(carried, forward, strike, years, rate, volatility, is_put, self.method)
        with_yield = european(carried, forward, strike, years, rate, volatility, is_put)
        escrowed = european(forward * np.exp(-rate * years), forward, strike, years, rate, volatility, is_put)
        return _moved(values, with_yield, escrowed, np.where(is_put, -1.0, 1.0))

    def _columns(self, rows: Rows) -> tuple[Floats, Floats, Floats, Floats, Flags]:
        return self.mid[rows], self.forward[rows], self.strike[rows], self.years[rows], self.is_put[rows]


def _moved(values: AmericanValues, old: EuropeanValues, new: EuropeanValues, side: Floats) -> AmericanValues:
    """American values whose European part is another one; the price is the same in both.

    Nearer to exercise less of an option is European: `share` of the way from one share (what exercise gives) to the
    European delta is left of it, none once it is exercised.
    """
    with np.errstate(all="ignore"):
        share = np.clip((side - values.delta) / (side - old.delta), 0.0, 1.0)
    share[~np.isfinite(share)] = 0.0
    return AmericanValues(
        values.price,
        values.delta + share * (new.delta - old.delta),
        np.maximum(values.gamma + share * (new.gamma - old.gamma), 0.0),
        values.theta + share * (new.theta - old.theta),
        values.vega,
        values.valid,
    )
