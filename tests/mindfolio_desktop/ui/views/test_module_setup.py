"""A module's settings are changed by one command; it is removed with a reason, and a place for what it holds."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode
from engine.domain.account import EXTERNAL
from engine.domain.commands import ChangeModule, RemoveModule
from engine.domain.denial import Denial
from engine.domain.module_offer import Offers
from engine.domain.notices import CommandAccepted, CommandDenied
from engine.domain.questions import Answer, ModuleOffers
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.views.module_setup import ModuleSetup
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.offered import OFFER
from tests.mindfolio_desktop.ui.snapshots import AUTO, MANUAL, PAUSED, aggressive_growth, with_module

_PLAIN = aggressive_growth()
SPEC = replace(_PLAIN.modules[0].spec, parameters={"max_days": 45})
SNAPSHOT = with_module(_PLAIN, AUTO, spec=SPEC)
OFFERS = Offers((replace(OFFER, spec=replace(OFFER.spec, kind=SPEC.kind)),), (*SPEC.universe, "ZZZ"))


@pytest.fixture
def setup(qtbot: QtBot, bridge: EngineBridge) -> ModuleSetup:
    made = ModuleSetup(bridge)
    qtbot.addWidget(made)
    for each in (made.edit, made.remove):
        qtbot.addWidget(each)
    made.resize(1000, 700)
    made.show_view(SNAPSHOT.module(AUTO), SNAPSHOT)
    return made


def click(setup: ModuleSetup, name: str) -> None:
    found = setup.findChild(QPushButton, name)
    assert found is not None
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def press(button: QPushButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def text(setup: ModuleSetup, name: str) -> str:
    found = setup.findChild(QLabel, name)
    assert found is not None
    return found.text()


def edited(setup: ModuleSetup, bridge: EngineBridge, qtbot: QtBot, offers: Offers = OFFERS) -> None:
    press(setup.edit)
    bridge.notify(Answer(ModuleOffers(), lambda: offers))
    qtbot.waitUntil(lambda: not text(setup, "editor_answer").startswith("Asking"))


def retype(setup: ModuleSetup, name: str, words: str) -> None:
    field = setup.findChild(QLineEdit, name)
    assert field is not None
    field.selectAll()
    QTest.keyClicks(field, words)


# --- settings -----------------------------------------------------------------------------------------------------
def test_save_sends_the_whole_of_the_new_settings_once(
    setup: ModuleSetup, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    edited(setup, bridge, qtbot)
    assert text(setup, "editor_answer") == "Nothing is changed yet."
    click(setup, "save_settings")
    assert engine.commands == []
    retype(setup, "form_name", "Calm")
    click(setup, "save_settings")
    click(setup, "save_settings")
    (command,) = engine.commands
    assert isinstance(command, ChangeModule)
    assert (command.module_id, command.who, command.spec.name) == (AUTO, "user", "Calm")
    assert command.spec.limits == SPEC.limits
    bridge.notify(CommandAccepted(command))
    qtbot.waitUntil(setup.isHidden)


def test_a_refusal_says_why_and_what_was_typed_stays(
    setup: ModuleSetup, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    edited(setup, bridge, qtbot)
    retype(setup, "form_name", "Calm")
    click(setup, "save_settings")
    denial = Denial(DenialCode.SETTINGS, "min_days 44 is above max_days 40")
    bridge.notify(CommandDenied(engine.commands[0], (denial,)))
    qtbot.waitUntil(lambda: text(setup, "editor_answer") == "Not saved. Settings: min_days 44 is above max_days 40")
    setup.show_view(SNAPSHOT.module(AUTO), SNAPSHOT)
    click(setup, "save_settings")
    assert len(engine.commands) == 2


def test_what_is_wrong_is_said_and_cannot_be_saved(
    setup: ModuleSetup, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    edited(setup, bridge, qtbot)
    retype(setup, "form_universe", "NOWHERE")
    assert text(setup, "editor_answer") == "Universe: not in this market: NOWHERE"
    click(setup, "save_settings")
    assert engine.commands == []
    click(setup, "cancel_settings")
    assert setup.isHidden()


def test_a_program_that_is_not_enabled_any_more_cannot_be_set(
    setup: ModuleSetup, bridge: EngineBridge, qtbot: QtBot
) -> None:
    edited(setup, bridge, qtbot, Offers((), ()))
    assert "not enabled any more" in text(setup, "editor_answer")
    press(setup.edit)
    bridge.unanswered.emit(ModuleOffers(), "a fault")
    assert text(setup, "editor_answer") == "What can be set cannot be told: a fault"


def test_another_module_closes_what_was_open(setup: ModuleSetup, bridge: EngineBridge, qtbot: QtBot) -> None:
    edited(setup, bridge, qtbot)
    assert not setup.isHidden()
    setup.show_view(SNAPSHOT.module(MANUAL), SNAPSHOT)
    assert setup.isHidden()
    setup.show_view(None, SNAPSHOT)
    assert not setup.edit.isEnabled()


# --- removing -----------------------------------------------------------------------------------------------------
def choose(setup: ModuleSetup, words: str) -> None:
    box = setup.findChild(QComboBox, "remove_to")
    assert box is not None
    box.setCurrentText(words)


def test_positions_go_where_a_person_says_and_a_reason_is_typed_first(
    setup: ModuleSetup, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    press(setup.remove)
    assert text(setup, "remove_fate").startswith("It holds 3 iron condors: say where they go. Its budget of $15,000")
    click(setup, "confirm_remove")
    assert engine.commands == []
    assert text(setup, "remove_answer") == "Type a reason first, it is recorded."
    retype(setup, "remove_why", "enough of it")
    choose(setup, "To IV Service, ask first")
    click(setup, "confirm_remove")
    command = RemoveModule(AUTO, MANUAL, "user", "enough of it")
    assert engine.commands == [command]
    bridge.notify(CommandDenied(command, (Denial(DenialCode.NOT_FLAT, "O1", facts={"why": "orders are still live"}),)))
    qtbot.waitUntil(lambda: "orders are still live" in text(setup, "remove_answer"))
    choose(setup, "Nobody here (EXTERNAL)")
    click(setup, "confirm_remove")
    assert engine.commands[1] == RemoveModule(AUTO, EXTERNAL, "user", "enough of it")
    with qtbot.waitSignal(setup.removed):
        bridge.notify(CommandAccepted(engine.commands[1]))
    assert setup.isHidden()


def test_a_flat_module_just_goes_and_may_be_kept(setup: ModuleSetup, engine: EngineFake) -> None:
    setup.show_view(SNAPSHOT.module(PAUSED), SNAPSHOT)
    press(setup.remove)
    assert text(setup, "remove_fate").startswith("It is flat. Its budget of $10,000 goes to the reserve")
    click(setup, "cancel_remove")
    assert setup.isHidden()
    press(setup.remove)
    retype(setup, "remove_why", "done")
    click(setup, "confirm_remove")
    assert engine.commands == [RemoveModule(PAUSED, "", "user", "done")]
