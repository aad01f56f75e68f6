"""Which holdings may be closed on a suggestion: ours, priced, nothing under way."""

from typing import Any

import pytest

from engine.domain.account import EXTERNAL
from engine.domain.position import PositionStatus
from tests.engine.modules.rebalancer_books import holding


@pytest.mark.parametrize(
    ("changes", "is_closable"),
    [
        ({}, True),
        ({"position": {"status": PositionStatus.ASSIGNED}}, True),
        ({"position": {"module_id": EXTERNAL}}, False),
        ({"position": {"status": PositionStatus.AWAITING}}, False),
        ({"position": {"status": PositionStatus.CLOSING}}, False),
        ({"is_busy": True}, False),
        ({"mark": None}, False),
        ({"closing_cost": None}, False),
    ],
)
def test_what_may_be_closed(changes: dict[str, Any], is_closable: bool) -> None:
    assert holding("P1", "TSLA", 100, **changes).is_closable is is_closable
