"""Snapshots: a module is found by its id, and says by how much it is over its budget."""

from dataclasses import replace

import pytest

from engine.core.money import Money
from engine.domain.snapshot import MarketView
from engine.portfolio.aggregate import aggregate
from tests.builders import BETA, NOW, ledger

SNAPSHOT = aggregate(ledger().book, {}, MarketView(NOW, NOW.date(), True, None, 1.0), rate=0.04)


def test_a_module_is_found_by_its_id() -> None:
    found = SNAPSHOT.module(BETA)
    assert found is not None
    assert found.spec.module_id == BETA
    assert SNAPSHOT.module("ghost") is None


@pytest.mark.parametrize(("available", "over_by"), [(100, 0), (0, 0), (-1, 1), (-750, 750)])
def test_a_negative_figure_is_shown_as_over_by(available: Money, over_by: Money) -> None:
    assert replace(SNAPSHOT.modules[0], available=available).over_by == over_by
