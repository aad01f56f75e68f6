"""Other strikes for a structure that stays what it is: the same legs, rights, counts and expirations."""

from dataclasses import replace
from itertools import product

from engine.core.errors import MindfolioError
from engine.core.money import UNIT, Money
from engine.domain.structure import Leg, Structure, StructureKind
from engine.domain.structure_shapes import identify


class UnfitStrikes(MindfolioError):
    """Strikes with which a structure would not be what it is; the message says what they make instead."""


def restruck(structure: Structure, strikes: tuple[Money, ...]) -> Structure:
    """The structure at other strikes, one for each leg in the structure's order.

    Raises UnfitStrikes where it would be another structure, or none: a module's rules manage what it has asked for.
    """
    if len(strikes) != len(structure.legs):
        raise UnfitStrikes(f"{len(strikes)} strikes for {len(structure.legs)} legs")
    moved = tuple(_at(leg, strike) for leg, strike in zip(structure.legs, strikes, strict=True))
    found = identify(moved, structure.shares)
    if found is not None and found.units == 1 and found.kind is structure.kind is not StructureKind.CUSTOM:
        return replace(structure, legs=found.legs)
    are = "/".join(f"{strike / UNIT:g}" for strike in strikes)
    makes = "no structure that has a name" if found is None else f"{_with_article(found.kind)}"
    raise UnfitStrikes(f"{are} would make {makes}, not {_with_article(structure.kind)}: put the strikes in order")


def moved_strike(structure: Structure, strikes: tuple[Money, ...], at: int, strike: Money) -> tuple[Money, ...]:
    """The strikes with that of one leg moved, and with it the fewest of those beside it that the structure demands.

    The legs of a calendar or a straddle share a strike: moved alone, one would make something else of them. Where no
    such choice keeps the structure, that leg alone is moved; `restruck` then tells what is wrong.
    """
    alone = tuple(strike if each == at else old for each, old in enumerate(strikes))
    beside = [each for each, old in enumerate(strikes) if old == strikes[at] and each != at]
    for goes_along in sorted(product((False, True), repeat=len(beside)), key=sum):
        going = {each for each, goes in zip(beside, goes_along, strict=True) if goes}
        tried = tuple(strike if each in going else old for each, old in enumerate(alone))
        try:
            restruck(structure, tried)
        except UnfitStrikes:
            continue
        return tried
    return alone


def strikes_of_legs(structure: Structure) -> tuple[Money, ...]:
    """The strike of each leg, in the structure's order."""
    return tuple(leg.contract.strike for leg in structure.legs)


def _at(leg: Leg, strike: Money) -> Leg:
    return Leg(replace(leg.contract, strike=strike), leg.ratio)


def _with_article(kind: StructureKind) -> str:
    words = kind.value.lower()
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
