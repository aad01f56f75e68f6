"""Trades that somebody may think of: legs near the money out of what a chain lists."""

import datetime as dt
import random

import numpy as np

from engine.core.money import UNIT, Money
from engine.domain.chain import Chain
from engine.domain.contract_keys import decode_keys
from engine.domain.instrument import OptionContract, Right
from engine.domain.structure import Leg, Structure, shares_of
from engine.domain.structure_shapes import held_structure

KINDS = (
    "put spread", "call spread", "condor", "short put", "long call", "long put", "straddle", "calendar", "shares",
    "naked call", "short strangle",
)  # fmt: skip


def thought_of(dice: random.Random, chain: Chain, today: dt.date, kind: str = "") -> Structure | None:
    """A structure of a kind (any) at listed strikes near the spot; None where the chain has too few."""
    kind = kind or dice.choice(KINDS)
    if kind == "shares":
        return shares_of(chain.symbol)
    ends, _, strikes = decode_keys(chain.key)
    days = [int(day) for day in np.unique(ends) if day >= today.toordinal()]
    if not days:
        return None
    first = min(dice.choice((0, 0, 0, 1, 2, 4)), len(days) - 1)
    listed = np.unique(strikes[ends == days[first]])
    middle = int(np.searchsorted(listed, chain.spot * UNIT)) + dice.randint(-2, 2)
    if not 3 <= middle < listed.size - 4:
        return None
    day = dt.date.fromordinal(days[first])
    wide, gap = dice.choice((1, 1, 2)), dice.choice((0, 1, 2))

    def leg(step: int, right: Right, ratio: int, on: dt.date = day) -> Leg:
        return Leg(OptionContract(chain.symbol, on, Money(int(listed[middle + step])), right), ratio)

    put, call, sign = Right.PUT, Right.CALL, dice.choice((1, -1))
    later = dt.date.fromordinal(days[min(first + 1, len(days) - 1)])
    if kind == "calendar" and (later == day or listed[middle] not in strikes[ends == later.toordinal()]):
        return None
    legs: dict[str, tuple[Leg, ...]] = {
        "put spread": (leg(-wide, put, sign), leg(0, put, -sign)),
        "call spread": (leg(wide, call, sign), leg(0, call, -sign)),
        "condor": (leg(-1 - wide, put, 1), leg(-1, put, -1), leg(gap, call, -1), leg(gap + wide, call, 1)),
        "straddle": (leg(0, put, 1), leg(gap, call, 1)),
        "short strangle": (leg(-1, put, -1), leg(gap, call, -1)),
        "calendar": (leg(0, put, -1), leg(0, put, 1, later)),
        "short put": (leg(0, put, -1),),
        "long put": (leg(0, put, 1),),
        "long call": (leg(0, call, 1),),
        "naked call": (leg(0, call, -1),),
    }
    return held_structure(chain.symbol, legs[kind], 0)[0]
