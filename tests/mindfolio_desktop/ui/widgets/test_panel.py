"""A card has a title that assistive technology reads, and facts in rows."""

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.panel import Facts, Panel


def test_a_panel_is_named_by_its_title_and_shows_its_note(qtbot: QtBot) -> None:
    panel = Panel("Greeks", "greeks", "all positions")
    qtbot.addWidget(panel)
    assert panel.accessibleName() == "Greeks"
    assert [label.text() for label in panel.findChildren(QLabel)] == ["Greeks", "all positions"]


def test_facts_change_in_place_and_are_read_with_their_caption(qtbot: QtBot) -> None:
    facts = Facts("risk")
    qtbot.addWidget(facts)
    facts.add("delta", "Delta", "in shares")
    facts.show_fact("delta", "+5.0", "gain")
    label = facts.findChild(QLabel, "risk_delta")
    assert isinstance(label, QLabel)
    assert (label.text(), label.accessibleName(), label.property("role")) == ("+5.0", "Delta: +5.0", "gain")
    facts.show_fact("delta", "0.0")
    assert facts.text("delta") == "0.0"
    assert facts.findChildren(QLabel, "risk_delta") == [label]


def test_a_fact_that_says_nothing_here_is_left_out_until_it_does(qtbot: QtBot) -> None:
    facts = Facts("risk")
    qtbot.addWidget(facts)
    facts.add("delta", "Delta")
    facts.show()
    label = facts.findChild(QLabel, "risk_delta")
    assert label is not None
    facts.hide_fact("delta")
    assert not label.isVisible()
    facts.show_fact("delta", "+5.0")
    assert label.isVisible()
