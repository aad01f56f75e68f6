"""A chain's own smile: it follows the quotes, and only those that can be believed."""

import math
from dataclasses import replace

import numpy as np

from engine.analytics.american import Method
from engine.analytics.chain_smile import chain_smile
from engine.analytics.chain_values import chain_values
from engine.analytics.smile import SmileSource
from engine.core.money import UNIT
from engine.domain.contract_keys import decode_keys
from tests.engine.analytics.test_chain_values import EXPIRATIONS, NOW, RATE, model_chain, smile, with_quotes

NEAR, FAR = EXPIRATIONS[1].toordinal(), EXPIRATIONS[2].toordinal()


def test_the_smile_goes_through_the_quotes() -> None:
    chain, _ = model_chain()
    values = chain_values(chain, NOW, RATE, method=Method.BOOK)
    found = chain_smile(chain, values, FAR)
    assert found.valid
    strikes = np.arange(92.0, 110.0, 2.0)
    rows = values.forward[decode_keys(chain.key)[0] == FAR]
    years = values.years[decode_keys(chain.key)[0] == FAR]
    expected = smile(strikes, np.full(strikes.size, years[0]))
    # The quotes have a corner at the money that five numbers round off.
    np.testing.assert_allclose(found.volatility_at(strikes), expected, atol=0.012)
    assert found.forward == rows[0]


def test_stale_quotes_and_wings_without_a_bid_do_not_count() -> None:
    chain, _ = model_chain()
    bid, ask = chain.bid.copy(), chain.ask.copy()
    ordinals, is_put, strikes = decode_keys(chain.key)
    wing = (ordinals == NEAR) & ~is_put & (strikes == 110 * UNIT)
    bid[wing], ask[wing] = 0.0, 30.0
    spoilt = with_quotes(chain, bid, ask)
    values = chain_values(spoilt, NOW, RATE)
    clean = chain_smile(chain, chain_values(chain, NOW, RATE), NEAR)
    assert chain_smile(spoilt, values, NEAR).quotes == clean.quotes - 1
    old = (ordinals == NEAR) & (np.abs(strikes - 100 * UNIT) == 10 * UNIT)
    quoted = chain.quoted_at.copy()
    quoted[old] -= 16 * 60 * 1_000_000
    aged = replace(chain, quoted_at=quoted)
    left = chain_smile(aged, chain_values(aged, NOW, RATE), NEAR)
    assert left.quotes == clean.quotes - 2


def test_an_expiration_that_is_not_there_has_no_smile() -> None:
    chain, _ = model_chain()
    values = chain_values(chain, NOW, RATE)
    found = chain_smile(chain, values, 1)
    assert found.source is SmileSource.NO_QUOTES
    assert math.isnan(found.at_the_money)
    nothing = chain_values(chain, NOW, RATE, wanted=np.zeros(chain.key.size, dtype=np.bool_))
    assert not chain_smile(chain, nothing, NEAR).valid
