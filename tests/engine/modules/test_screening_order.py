"""In which order a scan looks at its universe, and where it stops."""

from dataclasses import replace
from typing import Any

import pytest

from engine.domain.candidate import Finding
from engine.domain.limits import Costs
from engine.domain.mindfolio import Waivers
from engine.domain.scan import IvRank, ScanContext
from engine.modules.screening import by_rank, looked_at
from tests.builders import NOW, candidate, module_spec


def context(**ranks: float | None) -> ScanContext:
    return ScanContext(
        now=NOW,
        generation=1,
        module=module_spec(universe=tuple(ranks)),
        chains={},
        iv_ranks={symbol: IvRank(percent, 252) for symbol, percent in ranks.items()},
        available=0,
        open_positions=(),
        busy_symbols=frozenset(),
        costs=Costs(),
        waivers=Waivers(),
        rate=0.04,
        outlooks={},
    )


def test_the_highest_rank_comes_first_and_the_unknown_last() -> None:
    seen = context(A=20.0, B=None, C=80.0, D=20.0, E=float("nan"))
    assert by_rank(seen, highest_first=True) == ("C", "A", "D", "B", "E")
    assert by_rank(seen, highest_first=False) == ("A", "D", "C", "B", "E")


def test_a_symbol_without_any_rank_is_unknown() -> None:
    seen = context(A=1.0)
    seen = replace(seen, module=replace(seen.module, universe=("Z", "A")))
    assert by_rank(seen, highest_first=True) == ("A", "Z")


class Looks:
    """Finds a candidate in upper-case symbols and counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, symbol: str) -> list[Finding]:
        self.asked.append(symbol)
        found: Any = candidate() if symbol.isupper() else None
        return [Finding(symbol, found, "because")]


@pytest.mark.parametrize(
    ("room", "asked"), [(1, ["a", "B"]), (2, ["a", "B", "c", "D"]), (9, ["a", "B", "c", "D", "E"])]
)
def test_looking_ends_where_the_room_is_taken(room: int, asked: list[str]) -> None:
    look = Looks()
    findings = looked_at(("a", "B", "c", "D", "E"), look, room)
    assert look.asked == asked
    assert sorted(finding.symbol for finding in findings) == ["B", "D", "E", "a", "c"], "each has a finding"
    made = [finding.symbol for finding in findings if finding.candidate is not None]
    assert made == [symbol for symbol in asked if symbol.isupper()]
    assert [finding.symbol for finding in findings[: len(made)]] == made, "candidates come first"


def test_what_was_not_looked_at_says_why() -> None:
    *_, last = looked_at(("A", "B"), Looks(), 1)
    assert last == Finding("B", None, "not looked at: symbols ranked before it take the room for 1 position")


def test_without_room_every_symbol_says_its_own_reason() -> None:
    look = Looks()
    looked_at(("a", "b"), look, 0)
    assert look.asked == ["a", "b"]
