"""The way between pages: a button for each page and for each module, under quiet headings, scrolling where it must."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from engine.domain.mindfolio import ModuleStatus
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.icon import IconButton
from mindfolio_desktop.ui.widgets.text import Text

DASHBOARD, APPROVALS, MESSAGES, SETTINGS = "dashboard", "approvals", "messages", "settings"
POSITIONS, ORDERS, BUDGETS, GALLERY = "positions", "orders", "budgets", "gallery"
WIDTH = 196

_GROUPS = (
    ("", (DASHBOARD,)),
    ("Trading", (APPROVALS, "positions", "orders", "market")),
    ("Account", ("risk", "budgets", "ledger", "day")),
    ("Program", (MESSAGES, SETTINGS)),
)
"""Headings and the keys of the pages below them; a page of no group stands at the end of the account's."""

_OTHERS = "Account"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page is found: its key, its name, its drawing and its keys."""

    key: str
    title: str
    icon: str
    keys: str


class Navigation(QFrame):
    """Emits `page_chosen` with a page's key, or `module_chosen` with a module's id."""

    page_chosen = Signal(str)
    module_chosen = Signal(str)
    theme_toggled = Signal()

    def __init__(self, places: Sequence[Place]) -> None:
        super().__init__()
        self.setObjectName("navigation")
        self.setAccessibleName("Pages and modules")
        theme.set_role(self, "navigation")
        self.setFixedWidth(theme.px(WIDTH))
        self._pages = {place.key: _page_button(place) for place in places}
        self._modules: dict[str, NavigationButton] = {}
        self._where = DASHBOARD
        self._theme = NavigationButton("", "theme", "toggle_theme", "")
        self.show_scheme(theme.scheme())
        self._theme.setCheckable(False)
        self._theme.clicked.connect(self.theme_toggled)
        self._add = NavigationButton("Add New Module", "gallery", "go_gallery", GALLERY)
        self._module_column = QVBoxLayout()
        self._module_column.setSpacing(2)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("navigation_scroll")
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._list(places))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.SPACE, 0, theme.SPACE)
        column.setSpacing(theme.SPACE // 2)
        column.addWidget(self._scroll, 1)
        column.addWidget(self._theme)

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show the modules, and how many approvals wait."""
        waiting = sum(len(view.approvals) for view in snapshot.modules)
        self._pages[APPROVALS].show_count(waiting)
        if [view.spec.module_id for view in snapshot.modules] != list(self._modules):
            self._build(snapshot)
        for view in snapshot.modules:
            button = self._modules[view.spec.module_id]
            is_paused = view.status is ModuleStatus.PAUSED
            button.show_words(view.spec.name, is_paused=is_paused)

    def show_unread(self, count: int) -> None:
        """How many messages came since the list was looked at."""
        self._pages[MESSAGES].show_count(count)

    def show_page(self, key: str) -> None:
        """Mark where we are, and bring it into sight: a page's key or a module's id."""
        self._where = key
        for one, button in (*self._pages.items(), *self._modules.items(), (GALLERY, self._add)):
            button.setChecked(one == key)
            if one == key:
                self._scroll.ensureWidgetVisible(button)

    def show_scheme(self, scheme: theme.Scheme) -> None:
        """Offer the other scheme."""
        self._theme.setText("Light theme" if scheme is theme.Scheme.DARK else "Dark theme")

    def changeEvent(self, event: QEvent) -> None:
        """Another scheme is used now."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.show_scheme(theme.scheme())

    def _list(self, places: Sequence[Place]) -> QWidget:
        """Everything that scrolls: pages by group, then the modules."""
        inside = QWidget()
        theme.set_role(inside, "page")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for heading, keys in _grouped(places):
            if heading:
                column.addWidget(_heading(heading))
            for key in keys:
                button = self._pages[key]
                button.chosen.connect(self.page_chosen)
                button.focused.connect(self._scroll.ensureWidgetVisible)
                column.addWidget(button)
        column.addWidget(_heading("Modules"))
        column.addLayout(self._module_column)
        self._add.chosen.connect(self.page_chosen)
        self._add.focused.connect(self._scroll.ensureWidgetVisible)
        column.addWidget(self._add)
        column.addStretch(1)
        return inside

    def _build(self, snapshot: MindfolioSnapshot) -> None:
        for button in self._modules.values():
            self._module_column.removeWidget(button)
            button.deleteLater()
        self._modules = {}
        for index, view in enumerate(snapshot.modules):
            module_id = view.spec.module_id
            button = NavigationButton(view.spec.name, "", f"go_module_{module_id}", module_id, index)
            button.chosen.connect(self.module_chosen)
            button.focused.connect(self._scroll.ensureWidgetVisible)
            self._module_column.addWidget(button)
            self._modules[module_id] = button
        self.show_page(self._where)


class NavigationButton(IconButton):
    """A page's button: a drawing or a module's colour, its name, and a count or the mark of a pause."""

    chosen = Signal(str)
    focused = Signal(QWidget)
    """Itself, when the keyboard comes to it."""

    def __init__(self, words: str, icon: str, name: str, key: str, index: int | None = None) -> None:
        super().__init__(words, icon, "muted", name)
        theme.set_role(self, "navigation" if index is None else "navigation-module")
        self.setCheckable(True)
        self.setAutoDefault(True)
        self._key, self._index = key, index
        self._note, self._is_paused = "", False
        self.clicked.connect(self._choose)

    @property
    def note(self) -> str:
        """The count at the right, "" for none."""
        return self._note

    def show_count(self, count: int) -> None:
        """A count in a pill, none for zero."""
        note = str(count) if count else ""
        if note != self._note:
            self._note = note
            self.setAccessibleDescription(f"{note} new" if note else "")
            self.update()

    def show_words(self, words: str, *, is_paused: bool) -> None:
        """A name, cut where it does not fit, and two bars at the right of what is paused."""
        if is_paused != self._is_paused:
            self._is_paused = is_paused
            self.setAccessibleDescription("paused" if is_paused else "")
            self.update()
        space = theme.px(WIDTH - 38) - (38 if is_paused else 20)
        shown = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, space)
        if shown != self.text():
            self.setText(shown)
            self.setToolTip(words)
            self.setAccessibleName(words)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Be brought into sight."""
        super().focusInEvent(event)
        self.focused.emit(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The button, then the module's colour and the note."""
        super().paintEvent(event)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            middle = self.height() / 2
            if self._index is not None:
                side = theme.px(10)
                painter.setPen(theme.colour(theme.tokens().text, 0.35))
                painter.setBrush(theme.module_colour(self._index))
                painter.drawRoundedRect(QRectF(17.5, middle - side / 2, side, side), 3, 3)
            if self._is_paused:
                for x in (self.width() - 24, self.width() - 18):
                    painter.fillRect(QRectF(x, middle - 5, 3, 10), QColor(theme.tokens().warning))
            if self._note:
                self._paint_note(painter, middle)

    def _paint_note(self, painter: QPainter, middle: float) -> None:
        current = theme.tokens()
        painter.setFont(theme.font(11, theme.MEDIUM))
        width = painter.fontMetrics().horizontalAdvance(self._note)
        high = theme.px(20)
        pill = max(high, width + 12.0)
        area = QRectF(self.width() - 14 - pill, middle - high / 2, pill, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(current.accent))
        painter.drawRoundedRect(area, high / 2, high / 2)
        painter.setPen(QColor(current.on_accent))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._note)

    @Slot()
    def _choose(self) -> None:
        self.chosen.emit(self._key)


def _page_button(place: Place) -> NavigationButton:
    button = NavigationButton(place.title, place.icon, f"go_{place.key}", place.key)
    button.setToolTip(f"{place.title} ({place.keys})" if place.keys else place.title)
    button.setAccessibleName(place.title)
    if place.key == APPROVALS:
        button.setAccessibleDescription("Trades that wait for a decision")
    return button


def _heading(words: str) -> Text:
    heading = Text(words, "faint", 11, theme.MEDIUM)
    heading.setContentsMargins(17, theme.SPACE, 0, 2)
    return heading


def _grouped(places: Sequence[Place]) -> Iterator[tuple[str, list[str]]]:
    """Headings with the keys of the pages that are there, in the order of `places` within each."""
    known = {key: heading for heading, keys in _GROUPS for key in keys}
    for heading, _ in _GROUPS:
        found = [place.key for place in places if known.get(place.key, _OTHERS) == heading]
        if found:
            yield heading, found
