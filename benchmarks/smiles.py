"""The smile and the term structure of recorded chains: `uv run python -m benchmarks.smiles`.

What `engine.backtest.modelled` takes its parameters from. Of each expiration in 5 to 100 days: volatility at the
forward over the chain's 30-day one, by the logarithm of the term; and of each strike out of the money its volatility
over that at the forward, by standard deviations and their squares on either side. Needs ../shared.
"""

import sys
from collections.abc import Iterable

import numpy as np

from benchmarks.real_chains import SHARED, spy_2021, yahoo
from engine.backtest.valuing import value_chains
from engine.core.calendar import market_day
from engine.core.money import UNIT
from engine.domain.chain import Chain
from engine.domain.contract_keys import decode_keys

RATE = 0.037
FROM, TO = -3.5, 2.5
"""Deviations between which strikes count."""
NEAREST = 6
"""Strikes whose volatilities tell that at the forward."""


def main() -> None:
    """Print a line for each symbol."""
    if not SHARED.is_dir():
        sys.exit("the folder of recorded market data (../shared) is not here")
    fit("SPY 2021", (chain for chain, _, _ in spy_2021()))
    for symbol in ("SPY", "QQQ", "TSLA", "NVDA"):
        fit(symbol, (chain for chain, _, _ in yahoo(symbol)))


def fit(name: str, chains: Iterable[Chain]) -> None:
    """Fit all chains of one symbol together and print what comes out."""
    away, over, terms, levels = [], [], [], []
    for chain in chains:
        valued = value_chains([chain], RATE)
        values, month = valued.values[0], float(valued.month[0])
        ordinal, is_put, strikes = decode_keys(chain.key)
        days = ordinal - market_day(chain.at).toordinal()
        usable = values.valid & (chain.bid > 0) & (is_put == (strikes / UNIT < values.forward))
        for term in np.unique(days[(days >= 5) & (days <= 100)]).tolist():
            rows = np.flatnonzero(usable & (days == term))
            k = np.log(strikes[rows] / UNIT / values.forward[rows])
            nearest = np.argsort(np.abs(k))[:NEAREST]
            if rows.size < NEAREST or not (k[nearest].min() < 0 < k[nearest].max()):
                continue
            level = float(np.polyfit(k[nearest], values.iv[rows[nearest]], 1)[1])
            deviations = k / (level * np.sqrt(term / 365))
            inside = (deviations > FROM) & (deviations < TO)
            away.append(deviations[inside])
            over.append(values.iv[rows[inside]] / level - 1)
            if np.isfinite(month):
                terms.append(np.log(term / 30))
                levels.append(np.log(level / month))
    x, y = np.concatenate(away), np.concatenate(over)
    low, high = np.minimum(x, 0), np.maximum(x, 0)
    basis = np.stack((low, low**2, high, high**2), axis=1)
    found = np.linalg.lstsq(basis, y, rcond=None)[0]
    term, level_ = np.array(terms), np.array(levels)
    exponent = float(term @ level_ / (term @ term))
    print(
        f"{name:9} {x.size:5} strikes: below {found[0]:+.3f} {found[1]:+.3f}, above {found[2]:+.3f} {found[3]:+.3f}, "
        f"left {np.std(y - basis @ found):.3f}; {term.size:3} terms: exponent {exponent:+.3f}, "
        f"left {np.std(level_ - exponent * term):.3f}"
    )


if __name__ == "__main__":
    main()
