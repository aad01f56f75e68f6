"""A figure is read with its caption, and its detail gives its room back when there is none."""

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.figure import Figure


def test_value_and_detail(qtbot: QtBot) -> None:
    figure = Figure("Used", "used", tooltip="Buying power of open positions")
    qtbot.addWidget(figure)
    figure.show_value("$8,500", "warning", "56.7% of capital")
    value = figure.findChild(QLabel, "used_value")
    assert isinstance(value, QLabel)
    assert (figure.value, figure.detail) == ("$8,500", "56.7% of capital")
    assert value.accessibleName() == "Used: $8,500 56.7% of capital"
    assert value.property("role") == "warning"
    assert figure.toolTip() == "Buying power of open positions"


def test_without_a_detail_it_is_lower(qtbot: QtBot) -> None:
    figure = Figure("Used", "used")
    qtbot.addWidget(figure)
    figure.show()
    figure.show_value("$8,500", detail="56.7%")
    high = figure.sizeHint().height()
    figure.show_value("$8,500")
    assert figure.sizeHint().height() < high
