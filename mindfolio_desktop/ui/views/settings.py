"""The settings of the window: how it looks, where the data lives, and what program this is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.later import later
from mindfolio_desktop.ui.look import Look, Theme
from mindfolio_desktop.ui.outside import Outside
from mindfolio_desktop.ui.remembered import Whose, remember
from mindfolio_desktop.ui.widgets.allocation_footer import APPLIES_ON_RELEASE, applies_on_release
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.environment_banner import ENVIRONMENTS
from mindfolio_desktop.ui.widgets.page import Page
from mindfolio_desktop.ui.widgets.panel import Facts, Panel
from mindfolio_desktop.ui.widgets.push_panel import PushPanel
from mindfolio_desktop.ui.widgets.segments import Segments
from mindfolio_desktop.ui.widgets.text import Text

_COPIED_MS = 2000
_DRAFT, _AT_ONCE = "draft", "apply"
_ON_RELEASE = ((_DRAFT, "Keep a draft"), (_AT_ONCE, "Apply at once"))
_SYSTEM_UNKNOWN = "This system does not tell which theme it has, so the dark one is used."


@dataclass(frozen=True, slots=True)
class About:
    """What the program knows of itself: where its data is, and what it is made of (name and version of each)."""

    data_dir: Path
    versions: tuple[tuple[str, str], ...]
    outside: Outside | None = None
    """What sends alerts to a person's phone, where the program has that."""


AboutOf = Callable[[], About]
"""Asked when the page is first turned to."""


class SettingsPage(Page):
    """Every choice is applied and remembered at once."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("settings", parent)
        self._look: Look | None = None
        self._theme = Segments("theme", "Theme", [(one.value, one.words) for one in Theme])
        sizes = [(str(percent), fmt.percent(percent, 0)) for percent in theme.TEXT_SIZES]
        self._text_size = Segments("text_size", "Text size", sizes)
        self._release = Segments("release", "When a budget's drag is let go", _ON_RELEASE)
        self._release.chosen.connect(self._choose_release)
        self._show_release()
        self._system = Text("", "muted", wraps=True, name="system_unknown")
        self._path = QLineEdit()
        self._copy = Button("Copy", "copy_data_dir")
        self._program = Facts("program")
        self._environment = Text("", "muted", 12, wraps=True, name="environment_means")
        self._theme.chosen.connect(self._choose_theme)
        self._text_size.chosen.connect(self._choose_text_size)
        self._copy.clicked.connect(self._copy_path)
        self.add_heading("Settings")
        self._data = self._data_panel()
        for panel in (self._look_panel(), self._budgets_panel(), self._data, self._program_panel()):
            self.column.addWidget(panel)
        self.column.addStretch(1)

    def introduce(self, look: Look, about_of: AboutOf | None) -> None:
        """Change this look, and show what is known of the program."""
        self._look = look
        look.theme_changed.connect(self._show_look)
        self._show_look()
        if about_of is not None:
            about = about_of()
            self._show_about(about)
            if about.outside is not None:
                self.column.insertWidget(self.column.indexOf(self._data), PushPanel(about.outside))

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Which environment this mindfolio trades in."""
        where = snapshot.environment
        self._program.show_fact("environment", fmt.environment(where))
        self._environment.show_text(f"{ENVIRONMENTS[where].capitalize()}.")

    @Slot()
    def _show_look(self) -> None:
        look = self._look
        if look is not None:
            self._theme.show_chosen(look.theme.value)
            self._text_size.show_chosen(str(look.text_size))
            self._system.show_or_hide("" if look.knows_system else _SYSTEM_UNKNOWN)

    def _show_about(self, about: About) -> None:
        self._path.setText(str(about.data_dir))
        self._path.setCursorPosition(0)
        for name, version in about.versions:
            key = name.lower().replace(" ", "_")
            self._program.add(key, name)
            self._program.show_fact(key, version)

    def _look_panel(self) -> Panel:
        panel = Panel("Look", "look_panel")
        panel.body.addWidget(Text("Theme", "muted"))
        panel.body.addWidget(self._theme)
        panel.body.addWidget(self._system)
        panel.body.addWidget(Text("Text size", "muted"))
        panel.body.addWidget(self._text_size)
        note = "Another size lays every page out anew. A split of budgets that is not applied yet is dropped."
        panel.body.addWidget(Text(note, "muted", 12, wraps=True))
        return panel

    def _budgets_panel(self) -> Panel:
        panel = Panel("Budgets", "budgets_panel")
        panel.body.addWidget(Text("When a divider or a row's knob is let go", "muted"))
        panel.body.addWidget(self._release)
        note = "A draft shows what it changes before anything moves. Typed amounts and transfers always wait for Apply."
        panel.body.addWidget(Text(note, "muted", 12, wraps=True))
        return panel

    def _data_panel(self) -> Panel:
        panel = Panel("Where your data lives", "data_panel")
        self._path.setObjectName("data_dir")
        self._path.setAccessibleName("Folder of all ledgers, recordings and modules")
        self._path.setReadOnly(True)
        self._copy.setAccessibleName("Copy the path of the data folder")
        across = QHBoxLayout()
        across.setSpacing(theme.SPACE)
        across.addWidget(self._path, 1)
        across.addWidget(self._copy)
        panel.body.addLayout(across)
        words = (
            "Ledgers, imported recordings and your own modules. Keep a copy of this folder, and you keep everything."
        )
        panel.body.addWidget(Text(words, "muted", 12, wraps=True))
        return panel

    def _program_panel(self) -> Panel:
        panel = Panel("This program", "program_panel")
        self._program.add("environment", "Environment")
        self._program.show_fact("environment", "waiting for the engine")
        panel.body.addWidget(self._program)
        panel.body.addWidget(self._environment)
        return panel

    def _show_release(self) -> None:
        self._release.show_chosen(_AT_ONCE if applies_on_release() else _DRAFT)

    @Slot(str)
    def _choose_release(self, key: str) -> None:
        remember(APPLIES_ON_RELEASE, key == _AT_ONCE, Whose.USER)
        self._show_release()

    @Slot(str)
    def _choose_text_size(self, key: str) -> None:
        if self._look is not None:
            self._look.choose_text_size(int(key))

    @Slot(str)
    def _choose_theme(self, key: str) -> None:
        if self._look is not None:
            self._look.choose_theme(Theme(key))

    @Slot()
    def _copy_path(self) -> None:
        QGuiApplication.clipboard().setText(self._path.text())
        self._copy.setText("Copied")
        later(self, _COPIED_MS, self._offer_copy)

    @Slot()
    def _offer_copy(self) -> None:
        self._copy.setText("Copy")
