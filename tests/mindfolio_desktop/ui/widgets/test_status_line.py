"""The foot of the window: the last event, and how old the figures are."""

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.domain.snapshot import QuoteCounts
from mindfolio_desktop.ui.widgets.status_line import StatusLine
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth, market


def state(line: StatusLine) -> str:
    label = line.findChild(QLabel, "shown_entry")
    assert isinstance(label, QLabel)
    return label.text()


def test_before_the_engine_speaks_it_says_so(qtbot: QtBot) -> None:
    line = StatusLine()
    qtbot.addWidget(line)
    assert line.last_event == "Waiting for the engine"
    assert state(line) == ""


def test_the_first_snapshot_connects_and_the_next_leave_the_last_event_alone(qtbot: QtBot) -> None:
    line = StatusLine()
    qtbot.addWidget(line)
    line.set_snapshot(aggressive_growth())
    assert line.last_event == "Connected to the engine"
    line.show_event("one\ntwo")
    line.set_snapshot(aggressive_growth(seq=1413))
    assert line.last_event == "one · two"
    assert state(line) == "Journal entry 1,413 · updated 0 s ago"


def test_the_age_of_the_figures_grows_by_itself(qtbot: QtBot) -> None:
    line = StatusLine()
    qtbot.addWidget(line)
    line.set_snapshot(aggressive_growth())
    qtbot.waitUntil(lambda: state(line).endswith("updated 1 s ago"), timeout=3000)


def test_it_says_how_many_quotes_nobody_may_trade_on_and_why(qtbot: QtBot) -> None:
    line = StatusLine()
    qtbot.addWidget(line)
    label = line.findChild(QLabel, "quotes")
    assert isinstance(label, QLabel)
    line.set_snapshot(aggressive_growth())
    assert label.text() == ""
    quotes = QuoteCounts(20_000, 1_740, {"crossed": 30, "one_sided": 1_700})
    line.set_snapshot(aggressive_growth(market=market(quotes=quotes)))
    assert label.text() == "8.7% of quotes not tradable ·"
    assert label.toolTip().splitlines() == [
        "1,740 of 20,000 quotes since the start are marked and not traded",
        "30 crossed",
        "1,700 one sided",
    ]
