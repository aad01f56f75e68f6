"""The strip that rolls: which legs, to where, what it brings, and why not."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.denial import Denial
from engine.domain.instrument import OptionContract, Right
from engine.domain.structure import Leg
from engine.domain.structure_shapes import held_structure
from mindfolio_desktop.ui.widgets.roll_strip import RollStrip
from tests.mindfolio_desktop.ui.sheets import CONDOR, MAY, roll, terms
from tests.mindfolio_desktop.ui.snapshots import APRIL, position_view

PUT = Leg(OptionContract("TSLA", APRIL, dollars(250), Right.PUT), -1)
SHORT_PUT = position_view(structure=held_structure("TSLA", [PUT], 0)[0]).position


@pytest.fixture
def strip(qtbot: QtBot) -> RollStrip:
    made = RollStrip()
    qtbot.addWidget(made)
    made.open_for(SHORT_PUT, "a short put")
    return made


def words(strip: RollStrip, name: str) -> str:
    label = strip.findChild(QLabel, name)
    assert label is not None
    return label.text() if not label.isHidden() else ""


def confirm(strip: RollStrip) -> QPushButton:
    found = strip.findChild(QPushButton, "roll_strip_confirm")
    assert found is not None
    return found


def combo(strip: RollStrip, name: str) -> QComboBox:
    found = [one for one in strip.findChildren(QComboBox, name) if not one.isHidden()]
    assert len(found) == 1
    return found[0]


def moved(strike: int, right: Right = Right.PUT, ratio: int = -1) -> Leg:
    return Leg(OptionContract("TSLA", MAY, dollars(strike), right), ratio)


def test_one_leg_goes_to_the_next_expiration_at_its_strike_to_begin_with(strip: RollStrip, qtbot: QtBot) -> None:
    with qtbot.waitSignal(strip.asked) as asked:
        strip.show_terms(terms())
    assert asked.args == [(PUT,), (moved(250),)]
    assert combo(strip, "roll_expiration").currentText() == "15 May 2026  (60 days)"
    assert not confirm(strip).isEnabled()
    strip.show_quote((PUT,), (moved(250),), roll())
    assert words(strip, "roll_strip_cost") == (
        "At mid: receive $40.00 ($0.40 credit a share)\n"
        "At worst, the furthest it walks: receive $30.00 ($0.30 credit a share)"
    )
    assert (confirm(strip).isEnabled(), strip.limit) == (True, None)


def test_another_strike_and_another_expiration_are_asked_for(strip: RollStrip, qtbot: QtBot) -> None:
    strip.show_terms(terms())
    with qtbot.waitSignal(strip.asked) as asked:
        QTest.keyClick(combo(strip, "roll_strike_0"), Qt.Key.Key_Up)
    assert asked.args == [(PUT,), (moved(240),)]
    strip.show_quote((PUT,), (moved(250),), roll())
    assert not confirm(strip).isEnabled(), "an answer about another strike"
    with qtbot.waitSignal(strip.asked) as asked:
        QTest.keyClick(combo(strip, "roll_expiration"), Qt.Key.Key_Up)
    opened = asked.args[1][0]
    assert (opened.contract.expiration, opened.contract.strike) == (APRIL, dollars(240))
    assert strip.legs == ((PUT,), (opened,))


def test_a_leg_that_stays_where_it_is_is_no_roll(strip: RollStrip) -> None:
    strip.show_terms(terms())
    QTest.keyClick(combo(strip, "roll_expiration"), Qt.Key.Key_Up)
    assert words(strip, "roll_strip_refused").startswith("A leg would be rolled to where it is")
    assert strip.legs == ((), ())
    assert not confirm(strip).isEnabled()


def test_what_the_engine_would_refuse_cannot_be_pressed_and_says_why(strip: RollStrip) -> None:
    strip.show_terms(terms())
    strip.show_quote((PUT,), (moved(250),), roll(denials=(Denial(DenialCode.MODULE_STATUS),)))
    assert words(strip, "roll_strip_refused") == ("Module status: it is paused, new trades wait until it is resumed")
    assert not confirm(strip).isEnabled()


def test_without_a_price_only_the_reason_is_shown(strip: RollStrip) -> None:
    strip.show_terms(terms())
    denial = Denial(DenialCode.DATA_BAD, facts={"why": "no price to roll at"})
    strip.show_quote((PUT,), (moved(250),), roll(mid=None, at_mid=None, worst=None, at_worst=None, denials=(denial,)))
    assert (words(strip, "roll_strip_cost"), words(strip, "roll_strip_refused")) == ("", "Quotes: no price to roll at")


def test_a_side_of_a_condor_is_rolled_within_its_expiration_and_no_more_than_two_legs(qtbot: QtBot) -> None:
    strip = RollStrip()
    qtbot.addWidget(strip)
    strip.open_for(position_view(structure=CONDOR).position, "a condor")
    strip.show_terms(terms())
    boxes = [strip.findChild(QCheckBox, f"roll_leg_{at}") for at in range(4)]
    assert [box.isChecked() for box in boxes if box is not None] == [True, True, False, False]
    assert combo(strip, "roll_expiration").currentText() == "17 Apr 2026  (32 days)"
    assert not combo(strip, "roll_strike_2").isEnabled()
    QTest.keyClick(combo(strip, "roll_strike_0"), Qt.Key.Key_Up)
    assert words(strip, "roll_strip_refused").startswith("A leg would be rolled to where it is"), "the other one"
    QTest.keyClick(combo(strip, "roll_strike_1"), Qt.Key.Key_Up)
    closes, opens = strip.legs
    assert closes == CONDOR.legs[:2]
    assert [(leg.contract.strike, leg.ratio) for leg in opens] == [(dollars(230), 1), (dollars(240), -1)]
    assert boxes[2] is not None
    QTest.keyClick(boxes[2], Qt.Key.Key_Space)
    assert words(strip, "roll_strip_refused") == "One order takes at most 4 legs: roll two legs at a time."
    for box in boxes[:3]:
        assert box is not None
        QTest.keyClick(box, Qt.Key.Key_Space)
    assert words(strip, "roll_strip_refused") == "Choose what is rolled."


def test_a_chain_without_terms_says_so(strip: RollStrip) -> None:
    strip.show_terms(())
    assert words(strip, "roll_strip_refused") == "The chain shows no expiration to roll to."


def test_a_limit_is_sent_as_typed(strip: RollStrip) -> None:
    strip.show_terms(terms())
    strip.show_quote((PUT,), (moved(250),), roll())
    button = strip.findChild(QPushButton, "roll_price_rest")
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert strip.limit == dollars("-0.40")
    assert confirm(strip).isEnabled()
