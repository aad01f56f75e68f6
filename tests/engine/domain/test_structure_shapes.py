"""Names for legs: every shape found again from its own legs, and nothing named that has no name."""

import csv
import datetime as dt
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.structure import Leg, StructureKind, shares_of
from engine.domain.structure_shapes import SHAPES, Shape, build, held_structure, identify, netted, recognise

FRONT, BACK = dt.date(2026, 4, 17), dt.date(2026, 5, 15)
STRIKES = {0: (), 1: (100,), 2: (100, 110), 3: (100, 110, 120), 4: (100, 110, 120, 130)}
ALIASES = {
    "NakedCall": "Short Call",
    "NakedPut": "Short Put",
    "ProtectiveCollar": "Collar",
    "ReverseConversion": "Reverse Conversion",
    "Straddle": "Long Straddle",
    "Strangle": "Long Strangle",
    "ShortButterflyCall": "Short Butterfly",
    "ShortButterflyPut": "Short Butterfly",
    "ButterflyCall": "Butterfly",
    "ButterflyPut": "Butterfly",
    "CallCalendarSpread": "Calendar",
    "PutCalendarSpread": "Calendar",
    "ShortCallCalendarSpread": "Short Calendar",
    "ShortPutCalendarSpread": "Short Calendar",
    "BoxSpread": "Box",
    "ShortBoxSpread": "Short Box",
    "IronButterfly": "Iron Condor",
    "ShortIronButterfly": "Long Iron Condor",
    "ShortIronCondor": "Long Iron Condor",
}
"""Names of the margin table that differ from ours."""


def legs_of(shape: Shape, units: int = 1) -> tuple[tuple[Leg, ...], int]:
    strikes = [dollars(strike) for strike in STRIKES[shape.strikes]]
    if shape.rule is not None and not shape.rule(strikes):
        strikes[-1] += dollars(5)
    return build(shape, "TSLA", strikes, (FRONT, BACK)[: shape.expirations], units)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{shape.kind}: {shape.text}")
def test_every_shape_is_found_again_from_its_own_legs(shape: Shape) -> None:
    legs, shares = legs_of(shape)
    assert recognise(legs, shares) is shape.kind
    many, more = legs_of(shape, 7)
    found = identify(tuple(reversed(many)), more)
    assert found is not None
    assert (found.kind, found.units, found.legs, found.shares) == (shape.kind, 7, legs, shares)


def test_every_kind_has_a_shape_and_every_legs_one_name() -> None:
    assert {shape.kind for shape in SHAPES} == set(StructureKind) - {StructureKind.CUSTOM}
    signatures = Counter((shape.legs, shape.shares, shape.rule) for shape in SHAPES)
    assert max(signatures.values()) == 1


def test_the_sides_turned_round_are_the_other_of_the_pair() -> None:
    for there, back in zip(SHAPES[::2], SHAPES[1::2], strict=True):
        assert [leg.ratio for leg in there.legs] == [-leg.ratio for leg in back.legs]
        assert there.shares == -back.shares


def test_the_same_contract_in_two_places_counts_once() -> None:
    put = OptionContract("TSLA", FRONT, dollars(100), Right.PUT)
    found = identify((Leg(put, -1), Leg(put, -2), Leg(put, 1)))
    assert found is not None
    assert (found.kind, found.units) == (StructureKind.SHORT_PUT, 2)
    assert identify((Leg(put, 1), Leg(put, -1))) is None
    assert recognise((Leg(put, -2),)) is None


@pytest.mark.parametrize("shares", [1, 50, 150, -99])
def test_odd_lots_are_no_structure(shares: int) -> None:
    call = OptionContract("TSLA", FRONT, dollars(100), Right.CALL)
    assert identify((Leg(call, -1),), shares) is None


def test_what_has_no_name_gets_none() -> None:
    call, put = (OptionContract("TSLA", FRONT, dollars(100), right) for right in (Right.CALL, Right.PUT))
    other = OptionContract("SPY", FRONT, dollars(110), Right.CALL)
    third = OptionContract("TSLA", dt.date(2026, 6, 19), dollars(100), Right.CALL)
    back = OptionContract("TSLA", BACK, dollars(100), Right.CALL)
    assert identify(()) is None
    assert identify((Leg(call, 1), Leg(other, -1))) is None
    assert identify((Leg(call, 1), Leg(put, -3))) is None
    assert identify((Leg(call, -1), Leg(back, 1), Leg(third, 1))) is None
    assert identify((Leg(call, -2),), 100) is None


CONTRACTS = [
    OptionContract("TSLA", day, dollars(strike), right)
    for day in (FRONT, BACK)
    for strike in (100, 105, 110)
    for right in Right
]


@given(st.lists(st.tuples(st.sampled_from(CONTRACTS), st.integers(-4, 4)), max_size=5), st.integers(-3, 3))
def test_any_legs_get_a_name_that_gives_them_back_or_none(raw: list[tuple[OptionContract, int]], lots: int) -> None:
    found = identify(tuple(Leg(contract, ratio) for contract, ratio in raw), lots * 100)
    if found is not None:
        held: Counter[OptionContract] = Counter()
        for contract, ratio in raw:
            held[contract] += ratio
        again = {leg.contract: leg.ratio * found.units for leg in found.legs}
        assert again == {contract: count for contract, count in held.items() if count}
        assert found.shares * found.units == lots * 100


def test_a_builder_refuses_strikes_that_make_something_else() -> None:
    butterfly = next(shape for shape in SHAPES if shape.kind is StructureKind.BUTTERFLY)
    for strikes in ((100, 110), (100, 110, 125), (110, 100, 120), (100, 100, 110)):
        with pytest.raises(ValueError, match="strikes"):
            build(butterfly, "TSLA", [dollars(strike) for strike in strikes], (FRONT,))


def margin_rows(path: Path) -> list[tuple[str, int, tuple[Leg, ...], int]]:
    """Name, quantity, legs and shares of the margin table's rows."""
    rows = []
    with path.open(newline="") as file:
        for row in list(csv.reader(file))[1:]:
            quantity, legs, shares = int(row[2]), [], 0
            for word in row[4].split(" ; "):
                size = word.split(" @ ")[0].split(" x ")[1].replace("n", "1")
                count = eval(size, {"__builtins__": {}}) * quantity  # noqa: S307 - digits and a times sign
                found = re.match(r"SPY (\d{4}-\d\d-\d\d) (\d+)([CP])", word)
                if found is None:
                    shares += count
                else:
                    day = dt.date.fromisoformat(found[1])
                    legs.append(Leg(OptionContract("SPY", day, dollars(found[2]), Right(found[3])), count))
            rows.append((row[1].split("(")[0], quantity, tuple(legs), shares))
    return rows


def test_the_margin_tables_structures_are_recognised_by_name(shared_dir: Path) -> None:
    pairs = {shape.kind: other.kind for shape, other in zip(SHAPES[::2], SHAPES[1::2], strict=True)}
    pairs |= {other: kind for kind, other in pairs.items()}
    compared = 0
    for name, quantity, legs, shares in margin_rows(
        shared_dir / "data" / "reference" / "option_strategy_margin_vs_ib.csv"
    ):
        found = identify(legs, shares)
        assert found is not None, name
        spaced = ALIASES.get(name, re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
        # A negative quantity turns every side round; jelly rolls have no agreed side.
        kind = found.kind if quantity > 0 else pairs[found.kind]
        assert spaced in ((kind.value, pairs[kind].value) if "JellyRoll" in name else (kind.value,)), (name, quantity)
        compared += 1
    assert compared == 51


def test_two_legs_of_one_right_at_two_strikes_are_always_a_vertical_or_a_ratio() -> None:
    strikes = [dollars(strike) for strike in (90, 100, 110, 120)]
    for low, high in combinations(strikes, 2):
        legs = (
            Leg(OptionContract("TSLA", FRONT, low, Right.CALL), 1),
            Leg(OptionContract("TSLA", FRONT, high, Right.CALL), -1),
        )
        assert recognise(legs) is StructureKind.BULL_CALL_SPREAD


def test_what_is_held_has_a_name_or_is_custom_in_as_many_units_as_divide_it() -> None:
    call, put = (OptionContract("TSLA", FRONT, dollars(100), right) for right in (Right.CALL, Right.PUT))
    assert held_structure("TSLA", (), -50) == (shares_of("TSLA", is_long=False), 50)
    covered, units = held_structure("TSLA", (Leg(call, -2),), 200)
    assert (covered.kind, covered.shares, units) == (StructureKind.COVERED_CALL, 100, 2)
    odd, units = held_structure("TSLA", (Leg(call, -2),), 150)
    assert (odd.kind, odd.legs, odd.shares, units) == (StructureKind.CUSTOM, (Leg(call, -1),), 75, 2)
    mixed, units = held_structure("TSLA", (Leg(call, 2), Leg(put, -6)), 0)
    # Puts stand before calls of their strike.
    assert (mixed.legs, units) == ((Leg(put, -3), Leg(call, 1)), 2)
    for legs in ((), (Leg(call, 1), Leg(call, -1))):
        with pytest.raises(ValueError, match="nothing of TSLA"):
            held_structure("TSLA", legs, 0)


@given(st.lists(st.tuples(st.sampled_from(CONTRACTS), st.integers(-4, 4)), max_size=6), st.integers(-300, 300))
def test_whatever_is_held_the_structure_times_its_units_is_it(
    raw: list[tuple[OptionContract, int]], shares: int
) -> None:
    legs = tuple(Leg(contract, ratio) for contract, ratio in raw)
    if not netted(legs) and not shares:
        return
    structure, units = held_structure("TSLA", legs, shares)
    assert units >= 1
    assert structure.symbol == "TSLA"
    assert structure.shares * units == shares
    assert netted(Leg(leg.contract, leg.ratio * units) for leg in structure.legs) == netted(legs)
    found = identify(legs, shares)
    if legs and found is not None and structure.legs:
        assert (structure.kind, units) == (found.kind, found.units)
