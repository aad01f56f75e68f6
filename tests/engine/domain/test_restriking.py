"""Other strikes: a structure stays what it is, or is refused in words that say what it would be."""

import pytest

from engine.core.money import Money, dollars
from engine.domain.instrument import Right
from engine.domain.restriking import UnfitStrikes, moved_strike, restruck, strikes_of_legs
from engine.domain.structure import Leg, Structure, StructureKind
from engine.domain.structure_shapes import held_structure
from tests.builders import condor, contract


def at(*strikes: int) -> tuple[Money, ...]:
    return tuple(dollars(each) for each in strikes)


def named(*legs: tuple[int, Right, int]) -> Structure:
    """One unit of legs (strike, right, ratio) of one expiration."""
    structure, _ = held_structure("", [Leg(contract(strike, right), ratio) for strike, right, ratio in legs], 0)
    return structure


def test_a_condor_moves_each_of_its_strikes() -> None:
    assert restruck(condor(), at(235, 250, 270, 290)) == condor((235, 250, 270, 290))
    assert restruck(condor(), strikes_of_legs(condor())) == condor()


@pytest.mark.parametrize(
    ("strikes", "words"),
    [
        ((255, 250, 270, 280), "255/250/270/280 would make no structure that has a name, not an iron condor"),
        ((250, 250, 270, 280), "not an iron condor"),
        ((240, 275, 270, 280), "not an iron condor: put the strikes in order"),
        ((240, 250, 280, 280), "not an iron condor"),
    ],
)
def test_strikes_out_of_order_are_refused_in_words(strikes: tuple[int, ...], words: str) -> None:
    with pytest.raises(UnfitStrikes) as refused:
        restruck(condor(), at(*strikes))
    assert words in str(refused.value)


def test_a_strike_for_each_leg_is_demanded() -> None:
    with pytest.raises(UnfitStrikes, match="3 strikes for 4 legs"):
        restruck(condor(), at(240, 250, 270))


def test_a_strangle_does_not_become_a_straddle_unseen() -> None:
    strangle = named((95, Right.PUT, -1), (105, Right.CALL, -1))
    assert strangle.kind is StructureKind.SHORT_STRANGLE
    with pytest.raises(UnfitStrikes, match="100/100 would make a short straddle, not a short strangle"):
        restruck(strangle, at(100, 100))


def test_what_has_no_name_cannot_be_changed() -> None:
    odd = named((95, Right.PUT, -3), (105, Right.CALL, -1), (110, Right.CALL, 7))
    with pytest.raises(UnfitStrikes):
        restruck(odd, strikes_of_legs(odd))


def test_one_leg_moves_alone_where_the_structure_allows_it() -> None:
    structure = condor()
    assert moved_strike(structure, strikes_of_legs(structure), 0, dollars(235)) == at(235, 250, 270, 280)


def test_legs_that_must_share_a_strike_move_together() -> None:
    straddle = named((100, Right.PUT, 1), (100, Right.CALL, 1))
    assert moved_strike(straddle, at(100, 100), 1, dollars(105)) == at(105, 105)


def test_the_shorts_of_an_iron_butterfly_part() -> None:
    fly = named((90, Right.PUT, 1), (100, Right.PUT, -1), (100, Right.CALL, -1), (110, Right.CALL, 1))
    assert fly.kind is StructureKind.IRON_CONDOR
    assert moved_strike(fly, at(90, 100, 100, 110), 1, dollars(95)) == at(90, 95, 100, 110)


def test_a_move_that_no_choice_can_keep_is_that_leg_alone() -> None:
    structure = condor()
    assert moved_strike(structure, strikes_of_legs(structure), 0, dollars(260)) == at(260, 250, 270, 280)
