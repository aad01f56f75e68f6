"""Structures: the iron condor is recognised for what it is and nothing else, and its buying power."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analytics.payoff import expiry_extremes
from engine.core.money import CENT, Money, dollars
from engine.domain.instrument import MULTIPLIER, Right
from engine.domain.structure import Leg, Structure, StructureKind, condor_buying_power, shares_of, widest_wing
from engine.domain.structure_shapes import recognise
from tests.builders import APRIL, MAY, condor, contract

CONDOR = condor((240, 250, 270, 280))
STRIKES = st.lists(st.integers(1, 500), min_size=4, max_size=4, unique=True).map(sorted)


def with_leg(position: int, leg: Leg) -> tuple[Leg, ...]:
    return (*CONDOR.legs[:position], leg, *CONDOR.legs[position + 1 :])


def test_a_structure_is_called_by_its_symbol_and_kind() -> None:
    assert condor().words == "TSLA iron condor"
    assert shares_of("SPY", is_long=False).words == "SPY short stock"


def test_what_a_structure_says_of_itself() -> None:
    assert CONDOR.symbol == "TSLA"
    assert CONDOR.strikes == tuple(dollars(strike) for strike in (240, 250, 270, 280))
    assert CONDOR.expiration == APRIL
    later = replace(CONDOR.legs[3], contract=contract(280, Right.CALL, expiration=MAY))
    assert Structure(StructureKind.IRON_CONDOR, with_leg(3, later)).expiration == APRIL


def test_an_iron_condor_is_recognised_also_with_both_shorts_at_one_strike() -> None:
    assert recognise(CONDOR.legs) is StructureKind.IRON_CONDOR
    assert recognise(condor((240, 260, 260, 280)).legs) is StructureKind.IRON_CONDOR


@pytest.mark.parametrize(
    "legs",
    [
        (),
        CONDOR.legs[:3],
        (*CONDOR.legs, CONDOR.legs[0]),
        with_leg(0, Leg(contract(240), 2)),
        with_leg(1, Leg(contract(250), 1)),
        with_leg(2, Leg(contract(270, Right.PUT), -1)),
        with_leg(3, Leg(contract(280, Right.CALL, expiration=MAY), 1)),
        with_leg(3, Leg(contract(280, Right.CALL, "SPY"), 1)),
        with_leg(0, Leg(contract(250), 1)),
        with_leg(3, Leg(contract(270, Right.CALL), 1)),
        with_leg(1, Leg(contract(275), -1)),
        tuple(replace(leg, ratio=2 * leg.ratio) for leg in CONDOR.legs),
    ],
)
def test_nothing_else_is_taken_for_one(legs: tuple[Leg, ...]) -> None:
    assert recognise(legs) is None


def test_turned_round_it_is_the_long_one() -> None:
    turned = tuple(replace(leg, ratio=-leg.ratio) for leg in CONDOR.legs)
    assert recognise(turned) is StructureKind.LONG_IRON_CONDOR


def test_legs_in_another_order_are_not_recognised() -> None:
    shapes = [recognise(legs) for legs in permutations(CONDOR.legs)]
    assert shapes.count(StructureKind.IRON_CONDOR) == 1


def test_the_owners_condor_needs_750() -> None:
    assert condor_buying_power(CONDOR, dollars("-2.50"), 1) == dollars(750)
    assert condor_buying_power(CONDOR, dollars("-2.50"), 2) == dollars(1500)


def test_the_wider_wing_counts_whichever_side_it_is_on() -> None:
    assert widest_wing(condor((235, 250, 270, 280))) == dollars(15)
    assert widest_wing(condor((240, 250, 270, 290))) == dollars(20)
    assert condor_buying_power(condor((235, 250, 270, 280)), dollars("-2.50"), 1) == dollars(1250)


@given(STRIKES, st.integers(1, 100), st.integers(1, 20))
def test_buying_power_is_the_exact_worst_loss_at_expiry(strikes: list[int], credit_cents: int, quantity: int) -> None:
    structure = condor((strikes[0], strikes[1], strikes[2], strikes[3]))
    credit: Money = credit_cents * CENT
    legs = [(leg.contract.right, leg.contract.strike, leg.ratio * quantity) for leg in structure.legs]
    worst = expiry_extremes(legs, credit * MULTIPLIER * quantity).worst
    assert worst == -condor_buying_power(structure, -credit, quantity)


def test_shares_alone_are_structures_of_one_share_without_expiration() -> None:
    held, short = shares_of("SPY"), shares_of("SPY", is_long=False)
    assert (held.kind, held.shares, short.kind, short.shares) == (
        StructureKind.LONG_STOCK, 1, StructureKind.SHORT_STOCK, -1,
    )  # fmt: skip
    assert (held.symbol, held.expiration, held.strikes, held.multiplier, held.contracts) == ("SPY", None, (), 1, 0)
    assert (CONDOR.multiplier, CONDOR.contracts) == (100, 4)


def test_what_comes_in_when_units_of_it_trade() -> None:
    made = condor()
    assert made.moves(-2) == {each.contract.occ: -2 * each.ratio for each in made.legs}
    assert shares_of("SPY", is_long=False).moves(30) == {"SPY": -30}
