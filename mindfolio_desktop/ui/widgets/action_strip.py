"""A strip in which a person confirms one thing: what it does, what it costs, why it is refused, and the button."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout

from engine.domain.denial import Denial
from mindfolio_desktop.ui import refusals, theme
from mindfolio_desktop.ui.later import later
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.text import Text

_SETTLE_MS = 60
"""How long the page is given to make room for it."""


class ActionStrip(QFrame):
    """Hidden until `open`. Put controls into `controls`; `dismissed` comes when a person leaves it, Esc included.

    The button waits for the engine's answer once it was pressed, and is off while what is known says that the engine
    would refuse.
    """

    confirmed = Signal()
    dismissed = Signal()

    def __init__(self, name: str, title: str, button: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        theme.set_role(self, "action-strip")
        self._is_waiting = False
        self._is_possible = False
        self._title = Text(title, weight=theme.BOLD, wraps=True, name=f"{name}_title")
        self._cost = Text("", wraps=True, name=f"{name}_cost")
        self._refused = Text("", "warning", wraps=True, name=f"{name}_refused")
        self._words = button
        self._confirm = Button(button, f"{name}_confirm", "primary")
        self._dismiss = Button("Not now", f"{name}_dismiss")
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.SPACE, 12, 2 * theme.SPACE, 12)
        column.setSpacing(theme.SPACE)
        column.addWidget(self._title)
        self.controls = QVBoxLayout()
        self.controls.setSpacing(theme.SPACE)
        column.addLayout(self.controls)
        column.addWidget(self._cost)
        column.addWidget(self._refused)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACE)
        buttons.addWidget(self._confirm)
        buttons.addWidget(self._dismiss)
        buttons.addStretch(1)
        column.addLayout(buttons)
        self._confirm.clicked.connect(self._on_confirm)
        self._dismiss.clicked.connect(self.dismissed)
        self._refused.hide()
        self.hide()

    def open(self, title: str) -> None:
        """Ask about something new: nothing is known of it yet."""
        self._title.show_text(title)
        self._is_waiting = False
        self.show_cost("")
        self.show_refused("")
        self.show_possible(is_possible=False)
        self.show()
        later(self, _SETTLE_MS, self._come_into_sight)

    def show_cost(self, words: str) -> None:
        """What it would cost, in as many lines as it takes."""
        self._cost.show_or_hide(words)

    def show_possible(self, *, is_possible: bool) -> None:
        """Whether the button may be pressed."""
        self._is_possible = is_possible
        self._show_button()

    def show_refused(self, words: str) -> None:
        """Why it is, or would be, refused; "" where it is not."""
        self._refused.show_or_hide(words)

    def show_denied(self, denials: tuple[Denial, ...]) -> None:
        """The engine's answer to the button: no, and why."""
        self._is_waiting = False
        self.show_refused(f"Not done.\n{refusals.denials(denials) or 'No reason was given.'}")
        self._show_button()

    @Slot()
    def _come_into_sight(self) -> None:
        """Scroll to it where it opened below what is in sight."""
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        if above is not None and not self.isHidden():
            above.ensureWidgetVisible(self, 0, 2 * theme.SPACE)

    @property
    def is_waiting(self) -> bool:
        """Whether the engine's answer is awaited."""
        return self._is_waiting

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismissed.emit()
        else:
            super().keyPressEvent(event)

    def _show_button(self) -> None:
        self._confirm.setEnabled(self._is_possible and not self._is_waiting)
        self._confirm.setText("Sending…" if self._is_waiting else self._words)

    @Slot()
    def _on_confirm(self) -> None:
        if not self._confirm.isEnabled():
            return
        self._is_waiting = True
        self.show_refused("")
        self._show_button()
        self.confirmed.emit()
