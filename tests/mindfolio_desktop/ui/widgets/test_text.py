"""Labels that cut, wrap, hide, and leave the screen alone when nothing changed."""

from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.text import ElidedText, Text, breakable

LONG = "a sentence that is far too long for the room it has been given"


def test_a_role_and_words_are_shown_together(qtbot: QtBot) -> None:
    text = Text()
    qtbot.addWidget(text)
    text.show_text("+$5", "gain")
    assert (text.text(), text.property("role")) == ("+$5", "gain")


def test_words_that_are_html_are_shown_as_they_are(qtbot: QtBot) -> None:
    text, bold = Text("<b>x</b>"), Text("x", weight=theme.BOLD)
    for one in (text, bold):
        qtbot.addWidget(one)
    assert text.sizeHint().width() > 3 * bold.sizeHint().width()


def test_a_hidden_text_comes_back_with_its_words(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    text = Text()
    QVBoxLayout(host).addWidget(text)
    host.show()
    text.show_or_hide("")
    assert not text.isVisible()
    text.show_or_hide("because")
    assert text.isVisible()


def test_a_text_that_elides_gives_way_and_keeps_the_whole_in_the_tooltip(qtbot: QtBot) -> None:
    cut, whole = ElidedText(), Text(LONG)
    for one in (cut, whole):
        qtbot.addWidget(one)
    cut.show_text(LONG)
    assert cut.toolTip() == LONG
    assert cut.minimumSizeHint().width() < 50 < whole.minimumSizeHint().width()
    cut.resize(120, 20)
    narrow = cut.grab().toImage()
    cut.resize(1000, 20)
    assert cut.grab().toImage().copy(0, 0, 120, 20) != narrow  # the cut one ends in dots


def test_a_text_that_wraps_gets_the_height_of_its_lines(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    column = QVBoxLayout(host)
    text = Text(LONG, wraps=True)
    column.addWidget(text)
    column.addStretch(1)
    host.resize(160, 300)
    host.show()
    qtbot.waitUntil(lambda: text.height() >= 3 * text.fontMetrics().height())


def test_a_word_that_no_line_could_hold_may_break(qtbot: QtBot) -> None:
    text = Text(f"Its hash is {'0123456789abcdef' * 4}.", wraps=True)
    qtbot.addWidget(text)
    assert text.minimumSizeHint().width() < Text("0123456789abcdef" * 3).sizeHint().width()
    text.show_text("short words stay as they are")
    assert text.text() == "short words stay as they are"
    assert breakable(breakable("x" * 500)) == breakable("x" * 500)
    assert breakable("x" * 500).replace("\N{ZERO WIDTH SPACE}", "") == "x" * 500
