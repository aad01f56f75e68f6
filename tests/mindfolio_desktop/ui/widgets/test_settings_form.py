"""The form of a module's settings: what stands there is the module, or it is said why it cannot be."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLineEdit
from pytestqt.qtbot import QtBot

from engine.core.money import Money, dollars
from engine.domain.limits import ModuleLimits
from engine.domain.structure import StructureKind
from mindfolio_desktop.ui.widgets.setting_field import ReadField, read_money
from mindfolio_desktop.ui.widgets.settings_form import SettingsForm, chain
from tests.mindfolio_desktop.ui.offered import OFFER, SPEC, SYMBOLS


@pytest.fixture
def form(qtbot: QtBot) -> SettingsForm:
    made = SettingsForm(OFFER, SPEC, SYMBOLS, dollars(50_000))
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show()
    return made


def line(form: SettingsForm, name: str) -> QLineEdit:
    found = form.findChild(QLineEdit, name)
    assert found is not None
    return found


def retype(form: SettingsForm, name: str, text: str) -> None:
    field = line(form, name)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)


def tick(form: SettingsForm, name: str) -> None:
    box = form.findChild(QCheckBox, name)
    assert box is not None
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Space)


def test_untouched_it_is_the_module_itself_to_the_cent(form: SettingsForm) -> None:
    assert form.problem == ""
    assert form.spec == SPEC
    assert line(form, "form_daily_loss").text() == "$1,000.50"
    assert line(form, "form_universe").text() == "all"


def test_every_field_changes_what_it_is_about(form: SettingsForm) -> None:
    changes: list[None] = []
    form.changed.connect(lambda: changes.append(None))
    retype(form, "form_name", "Calm")
    retype(form, "form_max_risk", "250")
    retype(form, "form_daily_loss", "1k")
    retype(form, "form_universe", "spy ko")
    retype(form, "setting_max_days", "30")
    retype(form, "setting_wing_width", "2.5")
    tick(form, "form_autotrade")
    tick(form, "form_structure_calendar")
    tick(form, "setting_at_loss")
    assert form.spec == replace(
        SPEC,
        name="Calm",
        limits=ModuleLimits(dollars(250), dollars(1_000)),
        universe=("SPY", "KO"),
        autotrade=True,
        structures=(StructureKind.IRON_CONDOR,),
        parameters={"max_days": 30, "wing_width": 2.5, "at_loss": 1},
    )
    assert len(changes) > 9


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("form_name", " ", "Name: a module needs a name"),
        ("form_max_risk", "0", "Max risk per trade: more than nothing, please"),
        ("form_universe", "ZZZ", "Universe: not in this market: ZZZ"),
        ("setting_max_days", "999", "Expiry to, days: outside 1 to 365"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_sent_of_it(form: SettingsForm, name: str, text: str, words: str) -> None:
    retype(form, name, text)
    assert form.problem == words
    assert form.spec is None


def test_a_module_without_a_structure_trades_nothing(form: SettingsForm) -> None:
    tick(form, "form_structure_calendar")
    tick(form, "form_structure_iron_condor")
    assert form.problem == "Structures: enable one at least"


def test_a_limit_that_is_not_set_has_to_be(qtbot: QtBot) -> None:
    made = SettingsForm(OFFER, replace(SPEC, limits=ModuleLimits(None, None)), SYMBOLS, dollars(50_000))
    qtbot.addWidget(made)
    assert made.problem.startswith("Max risk per trade: not an amount")


def test_one_more_field_comes_first_and_counts(qtbot: QtBot) -> None:
    def read(text: str) -> Money:
        return read_money(text, 0, dollars(5_000), dollars(50_000))

    budget = ReadField("form_budget", "Budget", read)
    budget.show_text("9k")
    made = SettingsForm(OFFER, SPEC, SYMBOLS, dollars(50_000), budget)
    qtbot.addWidget(made)
    assert made.problem == "Budget: at most $5,000"
    assert made.focus_order[0] is budget.line


def test_the_focus_goes_as_the_eye_does(form: SettingsForm) -> None:
    chain(*form.focus_order)
    names = [widget.objectName() for widget in form.focus_order]
    assert names[:4] == ["form_name", "form_max_risk", "form_daily_loss", "form_universe"]
    form.focus_order[0].setFocus()
    seen = []
    for _ in names:
        widget = form.focusWidget()
        assert widget is not None
        seen.append(widget.objectName())
        QTest.keyClick(widget, Qt.Key.Key_Tab)
    assert seen == names


def test_fields_stand_side_by_side_as_they_fit(form: SettingsForm) -> None:
    form.resize(1200, 500)
    assert form._columns == 5
    form.resize(430, 900)
    assert form._columns == 2
