"""A mindfolio to write trades into, where a test needs no other one."""

import pytest

from tests.builders import Clerk


@pytest.fixture
def clerk() -> Clerk:
    """$50,000: 15,000 for alpha, 20,000 for beta, 15,000 in reserve."""
    return Clerk()
