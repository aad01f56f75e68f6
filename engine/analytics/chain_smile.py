"""The smile of one expiration of a chain, from the volatilities that its quotes imply."""

import numpy as np

from engine.analytics.chain_values import ChainValues
from engine.analytics.forward import is_fresh
from engine.analytics.smile import Smile, SmileSource, no_smile
from engine.analytics.smile_fit import fit_smile
from engine.analytics.surface import iv_uncertainty
from engine.core.money import UNIT
from engine.domain.chain import Chain
from engine.domain.instrument import decode_keys


def chain_smile(chain: Chain, values: ChainValues, expiration: int) -> Smile:
    """Fit the expiration (an ordinal day) of a chain that was valued; see `fit_smile`.

    Of each strike the out-of-the-money side counts, if it has a bid and a fresh quote (`is_fresh`).
    Invalid, with the reason, where nothing of the expiration was valued.
    """
    ordinals, is_put, strikes = decode_keys(chain.key)
    strike = strikes / UNIT
    of_expiration = ordinals == expiration
    wanted = of_expiration & values.valid & (chain.bid > 0) & (is_put == (strike < values.forward))
    wanted &= is_fresh(chain)
    rows = np.flatnonzero(wanted)
    if not rows.size:
        known = np.flatnonzero(of_expiration)
        forward, years = (float(c[known[0]]) if known.size else float("nan") for c in (values.forward, values.years))
        return no_smile(forward, years, SmileSource.NO_QUOTES)
    uncertainty = iv_uncertainty(chain.bid[rows], chain.ask[rows], values.vega[rows])
    years, forward = float(values.years[rows[0]]), float(values.forward[rows[0]])
    return fit_smile(years, forward, strike[rows], values.iv[rows], uncertainty)
