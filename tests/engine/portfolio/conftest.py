"""Chains with one known volatility, so that what positions are worth can be reckoned apart from the program."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest

from engine.core.calendar import years_to_expiry
from engine.core.clock import epoch_us
from engine.core.money import UNIT
from engine.domain.chain import Chain
from engine.domain.contract_keys import contract_keys
from tests.american_oracle import american_by_quantlib
from tests.builders import APRIL, MAY, NOW

RATE = 0.04
VOLATILITY = 0.25
EXPIRATIONS = (APRIL, MAY)

MakeChain = Callable[..., Chain]


@pytest.fixture(scope="session")
def make_chain() -> MakeChain:
    """A chain of a symbol at a spot: every strike of a list in dollars, calls and puts of APRIL and MAY, mids exact."""

    def make(symbol: str, spot: float, strikes: tuple[int, ...], half_spread: float = 0.05) -> Chain:
        strike = np.array(sorted(strikes), dtype=np.int64) * UNIT
        blocks = [(day, is_put) for day in EXPIRATIONS for is_put in (False, True)]
        key, mid = [], []
        for day, is_put in blocks:
            years = years_to_expiry(NOW, day)
            side = np.full(strike.size, is_put)
            key.append(contract_keys(np.full(strike.size, day.toordinal(), dtype=np.int64), side, strike))
            forward = spot * np.exp(RATE * years)
            prices = [
                american_by_quantlib(spot, forward, level, years, RATE, VOLATILITY, is_put=is_put)
                for level in (strike / UNIT).tolist()
            ]
            mid.append(np.array(prices))
        rows = len(blocks) * strike.size
        mids = np.concatenate(mid)
        return Chain(
            symbol=symbol,
            generation=1,
            at=NOW,
            spot=spot,
            spot_at=NOW,
            key=np.concatenate(key),
            bid=np.maximum(mids - half_spread, 0.0),
            ask=mids + half_spread,
            volume=np.full(rows, 100.0),
            open_interest=np.full(rows, 1000.0),
            quoted_at=np.full(rows, epoch_us(NOW - dt.timedelta(seconds=5)), dtype=np.int64),
        )

    return make
