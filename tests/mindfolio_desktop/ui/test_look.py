"""Theme and text size: applied to everything, remembered for the user, and following the system where it tells."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.look import Look, Theme
from mindfolio_desktop.ui.remembered import Whose, remember, use


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, qapp: QApplication) -> Iterator[None]:
    use({Whose.USER: tmp_path / "settings.ini"})
    yield
    use({})
    theme.apply(qapp)


class SystemFake(QObject):
    """A platform that tells its scheme."""

    colorSchemeChanged = Signal(Qt.ColorScheme)  # noqa: N815 - Qt's name

    def __init__(self) -> None:
        super().__init__()
        self.scheme = Qt.ColorScheme.Unknown
        self.asked: list[str] = []

    def colorScheme(self) -> Qt.ColorScheme:  # noqa: N802 - Qt's name
        return self.scheme

    def setColorScheme(self, scheme: Qt.ColorScheme) -> None:  # noqa: N802 - Qt's name
        self.asked.append(scheme.name)

    def unsetColorScheme(self) -> None:  # noqa: N802 - Qt's name
        self.asked.append("unset")

    def change(self, scheme: Qt.ColorScheme) -> None:
        self.scheme = scheme
        self.colorSchemeChanged.emit(scheme)


@pytest.fixture
def system(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> SystemFake:
    made = SystemFake()
    monkeypatch.setattr(qapp, "styleHints", lambda: made)
    return made


def test_what_was_chosen_is_chosen_again_at_the_next_start(qapp: QApplication) -> None:
    first = Look(qapp)
    first.choose_theme(Theme.LIGHT)
    first.choose_text_size(150)
    theme.apply(qapp)
    again = Look(qapp)
    assert (again.theme, again.text_size) == (Theme.LIGHT, 150)
    assert theme.scheme() is theme.Scheme.LIGHT
    assert (theme.text_size(), theme.px(10), theme.font(12).pixelSize()) == (150, 15, 18)
    assert qapp.font().pixelSize() == theme.px(13)


def test_what_the_file_says_is_not_believed_blindly(qapp: QApplication) -> None:
    remember("look/theme", "pink", Whose.USER)
    remember("look/text_size", 1000, Whose.USER)
    look = Look(qapp)
    assert (look.theme, look.text_size) == (Theme.DARK, 100)


def test_a_size_that_is_not_offered_is_refused_and_the_same_size_changes_nothing(qapp: QApplication) -> None:
    look, resized = Look(qapp), []
    look.text_resized.connect(lambda: resized.append(True))
    with pytest.raises(ValueError, match="90 %"):
        look.choose_text_size(90)
    look.choose_text_size(100)
    assert resized == []
    look.choose_text_size(200)
    assert resized == [True]


def test_the_system_is_followed_while_it_is_chosen_and_only_then(
    qapp: QApplication, system: SystemFake, qtbot: QtBot
) -> None:
    look, changes = Look(qapp), []
    look.theme_changed.connect(lambda: changes.append(theme.scheme()))
    system.change(Qt.ColorScheme.Light)
    assert theme.scheme() is theme.Scheme.DARK
    look.choose_theme(Theme.SYSTEM)
    system.change(Qt.ColorScheme.Dark)
    system.change(Qt.ColorScheme.Dark)
    system.change(Qt.ColorScheme.Light)
    look.choose_theme(Theme.DARK)
    system.change(Qt.ColorScheme.Light)
    dark, light = theme.Scheme.DARK, theme.Scheme.LIGHT
    assert changes == [light, dark, light, dark]
    assert "unset" in system.asked
    assert system.asked[-1] == "Dark"


def test_a_system_that_tells_nothing_gives_the_dark_theme_and_is_said_to(
    qapp: QApplication, system: SystemFake
) -> None:
    look = Look(qapp)
    assert look.knows_system
    look.choose_theme(Theme.SYSTEM)
    assert theme.scheme() is theme.Scheme.DARK
    assert not look.knows_system


def test_the_other_scheme_of_what_is_seen(qapp: QApplication, system: SystemFake) -> None:
    look = Look(qapp)
    system.scheme = Qt.ColorScheme.Light
    look.choose_theme(Theme.SYSTEM)
    chosen = []
    for _ in range(2):
        look.toggle()
        chosen.append(look.theme)
    assert chosen == [Theme.DARK, Theme.LIGHT]
