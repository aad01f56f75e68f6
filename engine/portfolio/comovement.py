"""How what is held moves, with each other and the index: daily closes -> betas and correlations. Pure."""

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from engine.analytics.correlation import SESSIONS, betas, correlations, returns_of
from engine.domain.concentration import Comovement, NameBeta, PairCorrelation
from engine.domain.scan import Past

INDEX = "SPY"
"""What betas are to, by the product's terms."""

BETA_SESSIONS = 252
"""Daily returns behind a beta: a year of them..."""

FEWEST_BETA_SESSIONS = 60
"""...and below these it is unknown."""


def comovement_of(symbols: Sequence[str], pasts: Mapping[str, Past], day: dt.date) -> Comovement:
    """Betas of each symbol to the index and correlations of each pair, of the closes known before `day`.

    Correlations are of the newest 60 sessions and shrunk.
    """
    names = tuple(sorted(symbols))
    table = correlations(returns_of(names, pasts, SESSIONS))
    pairs = (
        PairCorrelation(
            names[one],
            names[other],
            _known(float(table.shrunk[one, other])),
            _known(float(table.sample[one, other])),
            int(table.sessions[one, other]),
        )
        for one, other in combinations(range(len(names)), 2)
    )
    return Comovement(day, INDEX, betas_of(names, pasts), tuple(pairs))


def betas_of(symbols: Sequence[str], pasts: Mapping[str, Past]) -> tuple[NameBeta, ...]:
    """Betas of each symbol to the index, by name, of up to 252 sessions. The index has a beta of one."""
    names = tuple(sorted(symbols))
    returns = returns_of((*names, INDEX), pasts, BETA_SESSIONS)
    found = betas(returns[:, :-1], returns[:, -1], FEWEST_BETA_SESSIONS)
    rows = zip(names, found.beta.tolist(), found.error.tolist(), found.sessions.tolist(), strict=True)
    return tuple(
        NameBeta(name, 1.0, 0.0, sessions) if name == INDEX else NameBeta(name, _known(beta), _known(error), sessions)
        for name, beta, error, sessions in rows
    )


def known_betas(found: Iterable[NameBeta]) -> dict[str, float]:
    """Beta by symbol, of those that have one."""
    return {row.symbol: row.beta for row in found if row.beta is not None}


def _known(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None
