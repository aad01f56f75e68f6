"""Smiles of a chain, from the volatilities that its quotes imply: of one expiration, or all as one surface."""

import numpy as np

from engine.analytics.chain_values import ChainValues
from engine.analytics.forward import is_fresh
from engine.analytics.kernel import Flags
from engine.analytics.smile import Smile, SmileSource, no_smile
from engine.analytics.smile_fit import fit_smile
from engine.analytics.surface import Surface, fit_surface, iv_uncertainty
from engine.core.money import UNIT
from engine.domain.chain import Chain
from engine.domain.contract_keys import decode_keys


def chain_smile(chain: Chain, values: ChainValues, expiration: int) -> Smile:
    """Fit the expiration (an ordinal day) of a chain that was valued; see `fit_smile`.

    Of each strike the out-of-the-money side counts, if it has a bid and a fresh quote (`is_fresh`).
    Invalid, with the reason, where nothing of the expiration was valued.
    """
    ordinals, is_put, strikes = decode_keys(chain.key)
    strike = strikes / UNIT
    of_expiration = ordinals == expiration
    rows = np.flatnonzero(of_expiration & _counts(chain, values) & (is_put == (strike < values.forward)))
    if not rows.size:
        known = np.flatnonzero(of_expiration)
        forward, years = (float(c[known[0]]) if known.size else float("nan") for c in (values.forward, values.years))
        return no_smile(forward, years, SmileSource.NO_QUOTES)
    uncertainty = iv_uncertainty(chain.bid[rows], chain.ask[rows], values.vega[rows])
    years, forward = float(values.years[rows[0]]), float(values.forward[rows[0]])
    return fit_smile(years, forward, strike[rows], values.iv[rows], uncertainty)


def chain_surface(chain: Chain, values: ChainValues) -> Surface:
    """Fit all expirations of a chain that was valued together; see `fit_surface`. Quotes count as in `chain_smile`."""
    _, is_put, strikes = decode_keys(chain.key)
    iv = np.where(_counts(chain, values), values.iv, np.nan)
    uncertainty = iv_uncertainty(chain.bid, chain.ask, values.vega)
    return fit_surface(values.years, values.forward, strikes / UNIT, iv, uncertainty, is_put)


def _counts(chain: Chain, values: ChainValues) -> Flags:
    """Rows (n,) whose volatility is their own, from a bid and a fresh quote."""
    return values.valid & (chain.bid > 0) & is_fresh(chain)
