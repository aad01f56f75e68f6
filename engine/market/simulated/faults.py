"""What is wrong with the simulated market's quotes now and then: broken, stale and missing ones, and halts.

Which ones follows from seed, contract and time alone. Rates are those of a market on a good day.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.calendar import Session
from engine.core.clock import epoch_us
from engine.domain.chain import Floats, Ints
from engine.market.simulated.universe import COUNT, IS_FUND

Hashes = NDArray[np.uint64]
Flags = NDArray[np.bool_]

BAD_QUOTE_RATE = 0.002
"""Share of quotes that are broken at an instant: without sides, without bid, or crossed, a third each."""

STALE_NAMES, STALE_CONTRACTS = 0.05, 0.04
"""Share of names that a market maker neglects for some minutes, and the share of each one's contracts whose quote
stands still then: two contracts in a thousand."""

STALE_SLOT = dt.timedelta(minutes=15)
"""How long neglect lasts; in the first minute of each slot, and before the first slot, everything is quoted."""
_FIRST_SLOT = dt.timedelta(minutes=8)
"""After the open: whoever looks on the quarter hours meets quotes that have stood still for six minutes."""
_FRESH = dt.timedelta(minutes=1)

_HALT_CHANCE = 0.004
"""Of a company, a session."""
_HALTS_FROM, _SHORTEST_HALT, _LONGEST_HALT = 30, 5, 20
"""Minutes: none begins sooner after the open; how long they last."""

_STALE_STREAM, _HALT_STREAM = 0x57A1E, 105
_WORD = 0xFFFFFFFFFFFFFFFF


@dataclass(frozen=True, slots=True, eq=False)
class Halts:
    """Minutes from the open in which each name has no quotes: from `begins` until before `ends`, (COUNT,) each."""

    begins: Ints
    ends: Ints

    def halted(self, minute: int) -> Flags:
        """Which names are halted in a minute, (COUNT,)."""
        halted: Flags = (self.begins <= minute) & (minute < self.ends)
        return halted


def halts(seed: int, session: Session) -> Halts:
    """The halts of a session: at most one a company; none touches the session's end."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, session.day.toordinal(), _HALT_STREAM])))
    is_halted = (rng.random(COUNT) < _HALT_CHANCE) & ~IS_FUND
    length = rng.integers(_SHORTEST_HALT, _LONGEST_HALT + 1, COUNT)
    latest = (session.closes - session.opens) // dt.timedelta(minutes=1) - _LONGEST_HALT - _SHORTEST_HALT
    begins = _HALTS_FROM + (rng.random(COUNT) * (latest - _HALTS_FROM)).astype(np.int64)
    return Halts(begins, np.where(is_halted, begins + length, begins))


def identities(seed: int, name: Ints, key: Ints) -> Hashes:
    """A well-mixed word for each contract of a market, (n,)."""
    return mixed((key.astype(np.uint64) + (name.astype(np.uint64) << np.uint64(57))) ^ salt(seed))


def is_fresh(session: Session, at: dt.datetime) -> bool:
    """Whether every contract is quoted at an instant of a session, but for halts."""
    since = at - session.opens - _FIRST_SLOT
    return since < _FRESH or since % STALE_SLOT < _FRESH


def stale_since(session: Session, at: dt.datetime) -> dt.datetime:
    """From when on the contracts that are stale at an instant have had no quote."""
    return at - (at - session.opens - _FIRST_SLOT) % STALE_SLOT + _FRESH


def neglected(seed: int, session: Session, at: dt.datetime) -> Flags:
    """Which names have contracts that stand still at an instant of a session, (COUNT,)."""
    if is_fresh(session, at):
        return np.zeros(COUNT, dtype=np.bool_)
    names = np.arange(COUNT, dtype=np.uint64)
    return uniform(mixed(_slot(session, at) ^ salt(seed) ^ names)) < STALE_NAMES


def stale(session: Session, at: dt.datetime, identity: Hashes) -> Flags:
    """Which of a neglected name's contracts stand still at an instant of a session, (n,)."""
    return uniform(mixed(identity ^ _slot(session, at))) < STALE_CONTRACTS


def break_some(identity: Hashes, at: dt.datetime, bid: Floats, ask: Floats) -> None:
    """Spoil the set share of quotes in place."""
    drawn = uniform(mixed(identity ^ salt(epoch_us(at))))
    rows = np.flatnonzero(drawn < BAD_QUOTE_RATE)
    kind = drawn[rows] / BAD_QUOTE_RATE
    crossed = rows[kind < 1 / 3]
    bid[crossed], ask[crossed] = ask[crossed], bid[crossed]
    bid[rows[kind >= 1 / 3]] = np.nan
    ask[rows[kind >= 2 / 3]] = np.nan


def mixed(words: Hashes) -> Hashes:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014): the same well-mixed words on every machine."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def salt(number: int) -> Hashes:
    """A word for a number, (1,)."""
    return mixed(np.array([(number + 1) * 0x9E3779B97F4A7C15 & _WORD], dtype=np.uint64))


def _slot(session: Session, at: dt.datetime) -> Hashes:
    return salt(epoch_us(stale_since(session, at)) + _STALE_STREAM)


def uniform(words: Hashes) -> Floats:
    """Uniform on [0, 1) from the upper 53 bits."""
    drawn: Floats = (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return drawn
