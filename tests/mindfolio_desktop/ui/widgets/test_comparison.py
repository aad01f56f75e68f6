"""Two states side by side: what they show, and what a screen reader hears."""

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.comparison import Comparison


@pytest.fixture
def rows(qtbot: QtBot) -> Comparison:
    made = Comparison("budget", "Now", "After")
    qtbot.addWidget(made)
    made.add("used", "Used", "what it means")
    made.add("held", "Held")
    made.show()
    return made


def label(rows: Comparison, name: str) -> QLabel:
    found = rows.findChild(QLabel, f"budget_{name}")
    assert found is not None
    return found


def test_a_row_shows_both_and_says_which_is_which(rows: Comparison) -> None:
    rows.show_row("used", "$1.00", "$2.00", "warning")
    assert rows.values("used") == ("$1.00", "$2.00")
    assert label(rows, "used_before").accessibleName() == "Used, now: $1.00"
    assert label(rows, "used_after").accessibleName() == "Used, after: $2.00"
    assert label(rows, "used_after").property("role") == "warning"
    assert label(rows, "used_after").toolTip() == "what it means"


def test_a_row_may_be_called_otherwise_and_be_left_out(rows: Comparison) -> None:
    rows.show_row("held", "a", "b", caption="Technology")
    assert label(rows, "held_after").accessibleName() == "Technology, after: b"
    rows.hide_row("held")
    assert not label(rows, "held_after").isVisible()
    rows.show_row("held", "a", "c")
    assert label(rows, "held_after").isVisible()
