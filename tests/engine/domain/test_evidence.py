"""When a backtest's trades are said to stand for fewer."""

import pytest

from engine.domain.evidence import Evidence


@pytest.mark.parametrize(("independent", "expected"), [(None, False), (10.0, False), (9.9, True), (11.0, False)])
def test_it_is_said_when_more_than_a_tenth_is_missing(independent: float | None, expected: bool) -> None:
    evidence = Evidence(trades=11, win_rate=0.5, expectancy=0, source="by hand", independent=independent)
    assert evidence.is_overlapping is expected
