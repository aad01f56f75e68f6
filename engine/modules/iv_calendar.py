"""The calendar of the IV Service: one strike at the money, sold in the front expiration and bought in the back one.

Source of rules and defaults: product terms, section 3. It is paid for, loses at most what it cost, and earns most where
the price ends at the strike when the front expires.
"""

import numpy as np

from engine.core.money import UNIT
from engine.domain.scan import ScanContext
from engine.domain.structure import StructureKind
from engine.modules.iv_rules import IvRules
from engine.modules.iv_two_expiries import Terms, target_refusal, two_legs
from engine.modules.proposal import Package, Skip, plain, right_word

_FURTHEST_PCT = 2.5
"""From the front's forward, in percent of it: no strike further off is at the money."""


def calendar(terms: Terms, context: ScanContext, rules: IvRules) -> tuple[Package | Skip, str]:
    """The calendar of two expirations, or why they give none; and why it is of calls or of puts.

    Of one strike both are worth the same but for carry, so the one that is cheaper to trade is taken: the package with
    the narrower spread, then the smaller debit, then calls. A strike nearer the forward comes before that.
    """
    found: list[tuple[float, Package]] = []
    skips: list[Skip] = []
    for puts in (False, True):
        rows = _rows(terms, puts=puts)
        if isinstance(rows, Skip):
            skips.append(rows)
            continue
        distance, front, back = rows
        package = two_legs((terms.front, front), (terms.back, back), StructureKind.CALENDAR, context)
        if isinstance(package, Skip):
            skips.append(package)
        else:
            found.append((round(distance, 6), package))
    if not found:
        return skips[0], ""
    found.sort(key=lambda each: (each[0], each[1].slip, each[1].net_price))
    package = found[0][1]
    refusal = target_refusal(package, rules)
    return (Skip(refusal), "") if refusal else (package, _why(*(each for _, each in found)))


def _rows(terms: Terms, *, puts: bool) -> tuple[float, int, int] | Skip:
    """Of one right: distance from the forward, $, and the rows of both terms of the nearest strike that both quote.

    Of two strikes equally near it is the lower.
    """
    front, back = terms.front.board, terms.back.board
    sold = np.flatnonzero(front.listed(terms.front.ordinal, puts=puts))
    bought = np.flatnonzero(back.listed(terms.back.ordinal, puts=puts))
    strikes, of_sold, of_bought = np.intersect1d(
        front.strike[sold], back.strike[bought], assume_unique=True, return_indices=True
    )
    word = "put" if puts else "call"
    if strikes.size == 0:
        return Skip(f"no {word} strike that both {terms.front.day} and {terms.back.day} quote")
    forward = float(front.values.forward[sold[0]])
    distance = np.abs(strikes / UNIT - forward)
    place = int(np.argmin(np.round(distance, 6)))
    if distance[place] * 100 > _FURTHEST_PCT * forward:
        at = f"{strikes[place] / UNIT:g}"
        return Skip(f"no {word} strike at the money: {at} is the nearest to {forward:.2f} that both expiries quote")
    return float(distance[place]), int(sold[of_sold[place]]), int(bought[of_bought[place]])


def _why(taken: Package, other: Package | None = None) -> str:
    """Why calls were taken and not puts, or the other way round."""
    word = right_word(taken)
    if other is None:
        return f"{word}s, as the others make none"
    if taken.structure.strikes != other.structure.strikes:
        return f"{word}s, whose strike is nearer the forward"
    if taken.slip != other.slip:
        return f"{word}s, the cheaper to trade: {plain(taken.slip)} a share beyond mid against {plain(other.slip)}"
    return f"{word}s, for {plain(taken.net_price)} against {plain(other.net_price)}"
