"""Implied volatility and Greeks of a whole chain, each contract from its own mid."""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from engine.analytics.black_scholes import european
from engine.analytics.forward import chain_forwards, quote_mids
from engine.analytics.implied_volatility import implied_volatility
from engine.analytics.kernel import Flags
from engine.core.calendar import years_to_expiry
from engine.core.money import UNIT
from engine.domain.chain import Chain, Floats
from engine.domain.instrument import decode_keys


@dataclass(frozen=True, slots=True, eq=False)
class ChainValues:
    """Columns aligned with the chain's rows, each (n,), per share and per long option.

    years to expiry; forward and mid in $; iv a year, decimal; delta, gamma, theta a calendar day, vega a volatility
    point as in `EuropeanValues`. `valid` rows have all of them; elsewhere iv and Greeks are NaN. Freshness is not
    judged here: an aged quote is valued against today's spot, and `chain.quoted_at` tells its age.
    """

    years: Floats
    forward: Floats
    mid: Floats
    iv: Floats
    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats
    valid: Flags


def chain_values(chain: Chain, now: dt.datetime, rate: float) -> ChainValues:
    """Value a chain at `now`; `rate` continuously compounded a year.

    Exercise is taken as European on the forward that the chain implies (see `chain_forwards`). What separates forward
    and spot beyond the rate counts as an amount fixed until expiry (dividends to come, a spot quoted at another
    instant than the options), not as a yield: delta and gamma are those of a move of spot and forward together, and
    theta does not earn it day by day. This is the escrowed dividend model: Hull, Options, Futures and Other
    Derivatives, 15.12. A row is valid when 0 <= bid <= ask, ask > 0, there is time left, the chain has a spot, and the
    mid lies between intrinsic value and maximum.
    """
    ordinals, is_put, strikes = decode_keys(chain.key)
    distinct, position = np.unique(ordinals, return_inverse=True)
    by_expiration = chain_forwards(chain, now, rate)
    days = [int(ordinal) for ordinal in distinct]
    years = np.array([years_to_expiry(now, dt.date.fromordinal(day)) for day in days], dtype=np.float64)[position]
    forward = np.array([by_expiration[day] for day in days], dtype=np.float64)[position]
    mid = quote_mids(chain.bid, chain.ask)
    strike = strikes / UNIT
    implied = implied_volatility(mid, forward, strike, years, rate, is_put)
    escrowed_spot = forward * np.exp(-rate * years)
    values = european(escrowed_spot, forward, strike, years, rate, implied.volatility, is_put)
    iv = np.where(values.valid, implied.volatility, np.nan)
    return ChainValues(
        years, forward, mid, iv, values.delta, values.gamma, values.theta, values.vega, valid=values.valid
    )
