"""After a stop was lifted, or everything was paused: what is paused is named, and one button lets that go on."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.domain.mindfolio import PAUSED_BY_STOP, MindfolioStatus, ModuleStatus
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui.widgets.resume_strip import ResumeStrip
from tests.mindfolio_desktop.ui.snapshots import AUTO, MANUAL, aggressive_growth, stopped


def after(*module_ids: str) -> MindfolioSnapshot:
    """Re-armed, with these modules still as the stop left them."""
    snapshot = aggressive_growth()
    return replace(
        snapshot,
        modules=tuple(
            replace(view, status=ModuleStatus.PAUSED, status_why=PAUSED_BY_STOP)
            if view.spec.module_id in module_ids
            else view
            for view in snapshot.modules
        ),
    )


@pytest.fixture
def strip(qtbot: QtBot) -> ResumeStrip:
    made = ResumeStrip()
    qtbot.addWidget(made)
    made.resize(1000, 60)
    return made


def words(strip: ResumeStrip) -> str:
    label = strip.findChild(QLabel, "resume_words")
    assert label is not None
    return label.text()


def button(strip: ResumeStrip) -> QPushButton:
    found = strip.findChild(QPushButton, "resume_stopped")
    assert found is not None
    return found


def test_it_asks_for_what_the_stop_paused_and_not_for_what_a_person_did(strip: ResumeStrip) -> None:
    asked: list[object] = []
    strip.resume_requested.connect(asked.append)
    strip.set_snapshot(after(AUTO, MANUAL))
    assert strip.isVisible()
    assert words(strip) == (
        "IV Service, IV Service, ask first are still paused by the emergency stop: nothing new is opened there."
    )
    assert button(strip).text() == "Resume all 2"
    QTest.mouseClick(button(strip), Qt.MouseButton.LeftButton)
    assert asked == [(AUTO, MANUAL)]
    strip.set_snapshot(after(MANUAL))
    assert words(strip).startswith("IV Service, ask first is still")
    assert button(strip).text() == "Resume it"
    strip.set_snapshot(after())
    assert strip.isHidden()


@pytest.mark.parametrize(
    "snapshot",
    [
        stopped(),
        replace(after(AUTO), status=MindfolioStatus.PAUSED, breaker="DRAWDOWN"),
        replace(after(AUTO), status=MindfolioStatus.PAUSED, halted="the disk is full"),
        replace(after(AUTO), halted="the disk is full"),
    ],
)
def test_while_nothing_may_be_opened_at_all_nothing_is_offered(strip: ResumeStrip, snapshot: MindfolioSnapshot) -> None:
    strip.set_snapshot(snapshot)
    assert strip.isHidden()


def test_while_everything_is_paused_it_says_why_and_asks_for_everything(strip: ResumeStrip) -> None:
    asked: list[str] = []
    strip.everything_requested.connect(lambda: asked.append("everything"))
    strip.resume_requested.connect(lambda _ids: asked.append("modules"))
    strip.set_snapshot(replace(after(AUTO), status=MindfolioStatus.PAUSED, status_why="an unexpected error"))
    assert words(strip) == ("Everything is paused: an unexpected error. Nothing new is opened; exits and hedges go on.")
    QTest.mouseClick(button(strip), Qt.MouseButton.LeftButton)
    assert asked == ["everything"]
    strip.set_snapshot(after(AUTO))
    QTest.mouseClick(button(strip), Qt.MouseButton.LeftButton)
    assert asked == ["everything", "modules"]
