"""The account at the broker: what a difference says."""

import pytest

from engine.domain.account import Difference


@pytest.mark.parametrize(("ours", "theirs", "missing"), [(0, 100, 100), (2, -1, -3), (-1, 0, 1)])
def test_what_is_missing_is_what_the_broker_has_more(ours: int, theirs: int, missing: int) -> None:
    assert Difference("SPY", "SPY", ours, theirs).missing == missing
