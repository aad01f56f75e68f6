"""What a page tells of one position beside the snapshot: its legs, its results over prices, what ending it costs.

Net prices are per share of what would be traded: a debit is positive, a credit negative. Amounts of whole trades are
signed alike: positive is paid, negative received.
"""

import datetime as dt
from dataclasses import dataclass

from engine.core.money import Money
from engine.domain.denial import Denial
from engine.domain.instrument import OptionContract
from engine.domain.structure import Leg, Structure


@dataclass(frozen=True, slots=True)
class LegLine:
    """One leg as it is held; `contract` None are the shares. `quantity` is signed, prices are per share.

    `delta` is of the whole leg in share equivalents. Prices, volatility (a decimal) and delta are None where the
    quotes do not tell them; `is_borrowed`: they are those of the other right at its strike.
    """

    contract: OptionContract | None
    quantity: int
    bid: Money | None = None
    ask: Money | None = None
    mid: Money | None = None
    volatility: float | None = None
    is_borrowed: bool = False
    delta: float | None = None
    at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class PayoffCurves:
    """What a position wins or loses over prices of its underlying, after the costs paid so far.

    `prices` ascend (none where nothing is known of them); the other columns are as long, or empty where they cannot be
    told. `at_expiry` is the result at the first expiration: exact where all options end there, else with the later
    ones at their model value. `today` is by the model as things are, `chosen` after some days and a move of every
    volatility. `at_spot` is `today` and `chosen` at the price of now. `profits` are the stretches of prices shown that
    end above zero. `breakevens` are to the cent.
    """

    prices: tuple[Money, ...]
    at_expiry: tuple[Money, ...]
    today: tuple[Money, ...]
    chosen: tuple[Money, ...]
    spot: Money | None
    at_spot: tuple[Money | None, Money | None]
    now: dt.date
    day: dt.date
    """The chosen day."""
    expiration: dt.date | None
    """The first one; None for shares alone."""
    days_left: int
    breakevens: tuple[Money, ...]
    profits: tuple[tuple[Money, Money], ...]
    chance: float | None
    """Of a result above zero at the first expiration, by the smile of now; None where it cannot be told."""
    best: Money | None
    """At the first expiration; None is unbounded, or not known where several expirations are held."""
    worst: Money | None
    is_exact: bool
    """Whether all options end together, so that the result at expiry rests on no model."""
    costs: Money


@dataclass(frozen=True, slots=True)
class ClosingPart:
    """One order of a closing: units of a structure, at mid and at the price that crosses the spread, a share."""

    structure: Structure
    quantity: int
    mid: Money | None
    natural: Money | None
    tick: Money


@dataclass(frozen=True, slots=True)
class ClosingQuote:
    """What ending units of a position would cost now, and why it would be refused (no denials: it would not be).

    `parts` follow one another; costs are of all of them, None while one has no price. Long legs that nobody bids for
    are left out.
    """

    quantity: int
    parts: tuple[ClosingPart, ...]
    at_mid: Money | None
    at_natural: Money | None
    denials: tuple[Denial, ...]


@dataclass(frozen=True, slots=True)
class RollExpiration:
    """An expiration that the chain shows, with the strikes of each right that are quoted, ascending."""

    day: dt.date
    dte: int
    calls: tuple[Money, ...]
    puts: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class RollQuote:
    """What exchanging legs of a whole position would bring now, and every check that refuses it.

    Net prices a share at mid, at natural, and the furthest the order may walk; None where a leg has no price.
    """

    opens: tuple[Leg, ...]
    quantity: int
    mid: Money | None
    natural: Money | None
    worst: Money | None
    at_mid: Money | None
    at_worst: Money | None
    denials: tuple[Denial, ...]
