"""Widgets that stand beside each other while they can be read there."""

import gc

import pytest
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.reflow import Beside, Flow
from mindfolio_desktop.ui.widgets.text import Text

LONG = "A sentence that takes several lines where there is little room for it, and one line where there is much."


class Holder(QWidget):
    """Some parts in a reflowing layout, and something below it."""

    def __init__(self, *shares: int, least: int = 200, aligned: bool = False, gap: int = 10) -> None:
        super().__init__()
        self.parts = [Text(f"part {number}", wraps=True) for number in range(len(shares))]
        self.below = Text("below")
        self.beside = Beside(gap, aligned=aligned)
        for part, share in zip(self.parts, shares, strict=True):
            self.beside.add(part, share, least)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(self.beside)
        column.addWidget(self.below)
        column.addStretch(1)

    def at(self, width: int) -> list[tuple[int, int]]:
        """Left and width of each part at a width."""
        self.resize(width, 600)
        QApplication.processEvents()
        return [(part.x(), part.width()) for part in self.parts]

    def rows(self) -> list[int]:
        """In which row each part stands."""
        tops = sorted({part.y() for part in self.parts if not part.isHidden()})
        return [tops.index(part.y()) for part in self.parts if not part.isHidden()]


def shown(qtbot: QtBot, holder: Holder) -> Holder:
    qtbot.addWidget(holder)
    holder.show()
    return holder


def test_where_all_can_be_read_they_share_one_row(qtbot: QtBot) -> None:
    holder = shown(qtbot, Holder(1, 3))
    assert holder.at(810) == [(0, 200), (210, 600)]
    assert holder.rows() == [0, 0]


def test_one_pixel_less_and_they_stand_under_each_other(qtbot: QtBot) -> None:
    holder = shown(qtbot, Holder(1, 3))
    assert holder.at(806) == [(0, 806), (0, 806)]
    assert holder.rows() == [0, 1]
    assert holder.parts[1].y() - holder.parts[0].geometry().bottom() == 11
    assert holder.below.y() - holder.parts[1].geometry().bottom() == 11
    assert holder.at(810) == [(0, 200), (210, 600)]


def test_three_become_two_and_one_which_fills_its_row(qtbot: QtBot) -> None:
    holder = shown(qtbot, Holder(1, 1, 1))
    assert holder.at(500) == [(0, 245), (255, 245), (0, 500)]
    assert holder.rows() == [0, 0, 1]


def test_figures_keep_their_columns_in_the_last_row(qtbot: QtBot) -> None:
    holder = shown(qtbot, Holder(1, 1, 1, aligned=True))
    assert holder.at(500) == [(0, 245), (255, 245), (0, 245)]


def test_what_is_hidden_takes_no_room(qtbot: QtBot) -> None:
    holder = shown(qtbot, Holder(1, 1, 1))
    holder.parts[1].hide()
    assert [holder.at(500)[at] for at in (0, 2)] == [(0, 245), (255, 245)]
    holder.parts[1].show()
    assert holder.at(501)[2] == (0, 501)
    for part in holder.parts:
        part.hide()
    holder.at(502)
    assert holder.below.y() == 0


def test_it_is_never_wider_than_the_widest_alone_needs(qtbot: QtBot) -> None:
    holder = shown(qtbot, Holder(1, 1, 1))
    widest = max(part.minimumSizeHint().width() for part in (*holder.parts, holder.below))
    assert holder.minimumSizeHint().width() == widest < 200


def test_words_that_come_later_move_what_has_no_room_for_them(qtbot: QtBot) -> None:
    holder = shown(qtbot, Holder(1, 1, least=0))
    holder.at(300)
    assert holder.rows() == [0, 0]
    holder.parts[1].setText("Unbreakable" * 4)
    qtbot.waitUntil(lambda: holder.rows() == [0, 1])


def test_what_is_below_makes_room_for_as_many_lines_as_there_are(qtbot: QtBot) -> None:
    holder = shown(qtbot, Holder(1, 1))
    holder.parts[0].setText(LONG)
    for width in (900, 420, 300):
        holder.at(width)
        first = holder.parts[0]
        assert first.height() >= first.heightForWidth(first.width())
        assert holder.below.y() == max(part.geometry().bottom() for part in holder.parts) + 11


@pytest.mark.parametrize("percent", [100, 200])
def test_the_least_width_grows_with_the_text(qtbot: QtBot, qapp: QApplication, percent: int) -> None:
    theme.apply(qapp, percent=percent)
    try:
        holder = shown(qtbot, Holder(1, 1))
        holder.at(410)
        assert holder.rows() == ([0, 0] if percent == 100 else [0, 1])
    finally:
        theme.apply(qapp)


def test_it_outlives_what_python_forgets_and_goes_with_its_widget(qtbot: QtBot) -> None:
    for _ in range(20):
        holder = Holder(1, 2, 1)
        holder.show()
        holder.at(640)
        gc.collect()
        holder.at(300)
        holder.deleteLater()
        del holder
        gc.collect()
        QApplication.processEvents()
    qtbot.wait(1)


# --- controls in rows ------------------------------------------------------------------------------------------------
class Controls(QWidget):
    """Five buttons, of which the third takes what is left over where it is told to."""

    def __init__(self, *, least: int | None = None) -> None:
        super().__init__()
        self.buttons = [QPushButton(str(number)) for number in range(5)]
        self.flow = Flow(10)
        for number, button in enumerate(self.buttons):
            button.setMinimumWidth(90)
            if number == 2:
                self.flow.add(button, least=least)
            else:
                button.setMaximumWidth(90)
                self.flow.add(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self.flow)
        column.addStretch(1)

    def at(self, width: int) -> list[tuple[int, int]]:
        """Left and row of each button at a width."""
        self.resize(width, 400)
        QApplication.processEvents()
        tops = sorted({button.y() for button in self.buttons})
        return [(button.x(), tops.index(button.y())) for button in self.buttons]


def test_controls_go_on_in_the_next_row(qtbot: QtBot) -> None:
    controls = Controls()
    qtbot.addWidget(controls)
    controls.show()
    assert controls.at(490) == [(0, 0), (100, 0), (200, 0), (300, 0), (400, 0)]
    assert controls.at(489) == [(0, 0), (100, 0), (200, 0), (300, 0), (0, 1)]
    assert controls.at(200) == [(0, 0), (100, 0), (0, 1), (100, 1), (0, 2)]
    assert controls.minimumSizeHint().width() == 90


def test_one_control_takes_the_room_left_over_in_its_row(qtbot: QtBot) -> None:
    controls = Controls(least=150)
    qtbot.addWidget(controls)
    controls.show()
    assert controls.at(700)[2:] == [(200, 0), (510, 0), (610, 0)]
    assert controls.buttons[2].width() == 300
    assert controls.at(250)[2:] == [(0, 1), (160, 1), (0, 2)]
    assert controls.buttons[2].width() == 150


def test_a_group_is_never_parted(qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    flow = Flow(10)
    caption, field, other = Text("Caption"), QPushButton("field"), QPushButton("other")
    flow.add(other)
    flow.add_group(caption, field)
    column = QVBoxLayout(holder)
    column.addLayout(flow)
    column.addStretch(1)
    holder.show()
    holder.resize(other.sizeHint().width() + caption.sizeHint().width() + 30, 300)
    QApplication.processEvents()
    places = [each.mapTo(holder, each.rect().center()).y() for each in (other, caption, field)]
    assert places[0] < places[1]
    assert abs(places[1] - places[2]) <= 1
