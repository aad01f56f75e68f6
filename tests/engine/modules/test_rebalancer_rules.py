"""The Rebalancer's settings: the product's thresholds, and what contradicts itself."""

import pytest

from tests.engine.modules.rebalancer_books import rules


def test_the_defaults_are_the_products() -> None:
    found = rules()
    assert (found.max_symbol_pct, found.max_correlation, found.sessions, found.max_sector_pct) == (15, 0.80, 60, 40)
    assert (found.cool_down_hours, found.max_suggestions) == (24, 2)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"min_days": 50, "max_days": 40}, "min_days 50 is above max_days 40"),
        ({"min_long_delta": 45.0, "max_long_delta": 40.0}, "min_long_delta 45 is above max_long_delta 40"),
        ({"min_short_delta": 20.0, "max_short_delta": 15.0}, "min_short_delta 20 is above max_short_delta 15"),
        ({"max_short_delta": 35.0}, "max_short_delta 35 is not below min_long_delta 35"),
        ({"exit_days": 30}, "exit_days 30 would close at once what opens at 30 days"),
        ({"max_symbol_pct": 101.0}, "max_symbol_pct"),
        ({"sessions": 39}, "sessions"),
    ],
)
def test_what_cannot_be_is_refused_by_name(given: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        rules(**given)


def test_the_boundaries_are_allowed() -> None:
    assert rules(min_days=45, max_days=45, exit_days=44, max_short_delta=34.9).exit_days == 44
