"""The table of legs: quotes as quoted, unknown as unknown."""

import datetime as dt

import pytest
from PySide6.QtCore import Qt

from engine.core.money import dollars
from engine.domain.position_sheet import LegLine
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.models.legs import LegsModel
from tests.mindfolio_desktop.ui.sheets import legs
from tests.mindfolio_desktop.ui.snapshots import NOW


@pytest.fixture
def model(qapp: object) -> LegsModel:
    return LegsModel()


def row(model: LegsModel, at: int) -> list[str]:
    return [model.item(at, column).text() for column in range(model.columnCount())]


def test_a_quoted_leg_and_one_without_a_quote(model: LegsModel) -> None:
    model.show_legs(legs(), NOW + dt.timedelta(seconds=12), "TSLA")
    assert row(model, 0) == ["TSLA 17 Apr 240 put", "+1", "$1.00", "$1.10", "$1.05", "50.0%", "+12.5", "12 s"]
    assert row(model, 1)[:2] == ["TSLA 17 Apr 250 put", f"{fmt.MINUS}1"]
    assert row(model, 3) == ["TSLA 17 Apr 280 call", "+1", *[fmt.UNKNOWN] * 6]


def test_shares_and_a_borrowed_volatility(model: LegsModel) -> None:
    borrowed = LegLine(legs()[0].contract, 1, volatility=0.31, is_borrowed=True, delta=1.0)
    model.show_legs((LegLine(None, -100, dollars(260), delta=-100.0, at=NOW), borrowed), NOW, "TSLA")
    assert row(model, 0)[:3] == ["TSLA shares", f"{fmt.MINUS}100", "$260.00"]
    assert row(model, 1)[5] == "≈ 31.0%"
    assert "the other side's" in str(model.item(1, 5).data(Qt.ItemDataRole.ToolTipRole))
