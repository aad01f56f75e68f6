"""What is shown of an error that nobody expected: what it was, what became of trading, what to do, details to copy."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from engine.domain.mindfolio import MindfolioStatus
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.announce import announce
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.text import Text

_LOOK_MS = 250
_WIDE, _HIGH, _LEAST = 620, 200, 40
_FREE = 72
"""At the window's top, where its emergency stop is, below a margin that has one size."""
_LONGEST = 20_000

_HALTED = "Trading has stopped in a safe state: openings are cancelled, and no new order is sent."
_TO_DO = {
    "go on": "Look at your positions and orders. When they are as they should be, press Resume everything on the "
    "dashboard. If this comes again, start Mindfolio anew.",
    "start": "Look at your positions and orders at the broker, then start Mindfolio anew: it picks up where its ledger "
    "ends.",
    "wait": "If this comes again, start Mindfolio anew.",
}
_REPORT = "To report it, copy the details, or run `mindfolio diagnose`. Neither holds your account, nor a secret."


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error that nobody expected, in words for a person; `details` hold no secrets."""

    what: str
    details: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How trading stands: the newest figures, and whether the engine has ended, or never began."""

    snapshot: MindfolioSnapshot | None
    has_ended: bool


class TroubleDialog(QDialog):
    """Not modal, so that the emergency stop keeps working beside it. What comes while it is open is told in it."""

    def __init__(self, trouble: Trouble, standing: Callable[[], Standing], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("trouble")
        self.setWindowTitle("Something went wrong")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._standing, self._troubles, self._over = standing, [trouble], parent
        self._what = Text("", "", 16, theme.BOLD, wraps=True, name="trouble_what")
        self._state = Text(wraps=True, name="trouble_state")
        self._to_do = Text(wraps=True, name="trouble_to_do")
        self._report = Text(_REPORT, "muted", wraps=True, name="trouble_report")
        self._details = QPlainTextEdit()
        self._details.setObjectName("trouble_details")
        self._details.setAccessibleName("Details of the error")
        self._details.setReadOnly(True)
        self._details.setTabChangesFocus(True)
        self._details.hide()
        self._fold = Button("Show details", "trouble_fold")
        self._fold.clicked.connect(self._turn)
        self._copy = Button("Copy details", "trouble_copy")
        self._copy.clicked.connect(self._copy_details)
        self._close = Button("Close", "trouble_close", "primary")
        self._close.setDefault(True)
        self._close.clicked.connect(self.accept)
        self._lay_out()
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._show_standing)
        self._look.start()
        self._show()
        self._show_standing()
        self._close.setFocus()
        announce(self, f"{self._what.text()} {self._state.text()}")

    def add(self, trouble: Trouble) -> None:
        """Another one came."""
        self._troubles.append(trouble)
        self._show()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self._fold)
        buttons.addStretch(1)
        buttons.addWidget(self._copy)
        buttons.addWidget(self._close)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(20), theme.px(18), theme.px(20), theme.px(18))
        column.setSpacing(theme.px(12))
        for part in (self._what, self._state, self._to_do, self._report, self._details):
            column.addWidget(part)
        column.addStretch(1)
        column.addLayout(buttons)
        self.setMinimumWidth(min(theme.px(_WIDE), self._over.window().width()))

    def showEvent(self, event: QShowEvent) -> None:
        """As high as its words are at its width."""
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As high as what is in it, and below the emergency stop of the window over which it stands.

        Details take what is left there; where that is too little, advice makes room for them.
        """
        self.ensurePolished()
        window = self._over.window().geometry()
        top = window.top() + theme.px(_FREE) + 12
        room = window.bottom() - top - theme.SPACE
        self._details.setFixedHeight(theme.px(_LEAST))
        self._show_advice(is_shown=True)
        if not self._details.isHidden() and self._high() > room:
            self._show_advice(is_shown=False)
        self._details.setFixedHeight(min(theme.px(_HIGH), theme.px(_LEAST) + max(0, room - self._high())))
        high = self._high()
        self.setMinimumHeight(high)
        self.resize(self.width(), high)
        self.move(self.x(), max(top, min(self.y(), window.bottom() - high - theme.SPACE)))

    def _high(self) -> int:
        self._column.activate()
        return self._column.totalHeightForWidth(self.width())

    def _show_advice(self, *, is_shown: bool) -> None:
        for part in (self._to_do, self._report):
            part.setVisible(is_shown)

    def _show(self) -> None:
        newest = self._troubles[-1]
        count = len(self._troubles)
        self._what.show_text(newest.what if count == 1 else f"{newest.what} It is error number {count}.")
        self._details.setPlainText("\n\n".join(each.details for each in reversed(self._troubles))[:_LONGEST])

    @Slot()
    def _show_standing(self) -> None:
        state, to_do = _words(self._standing())
        self._state.show_text(state)
        self._to_do.show_text(_TO_DO[to_do])

    @Slot()
    def _turn(self) -> None:
        is_open = self._details.isHidden()
        self._details.setVisible(is_open)
        self._fold.setText("Hide details" if is_open else "Show details")
        self._fit()

    @Slot()
    def _copy_details(self) -> None:
        state = f"{self._what.text()}\n{self._state.text()}\n\n"
        QGuiApplication.clipboard().setText(state + self._details.toPlainText())
        self._copy.setText("Copied")


def _words(standing: Standing) -> tuple[str, str]:
    """What became of trading, and which advice follows. Nothing is said that the engine has not confirmed."""
    snapshot = standing.snapshot
    if standing.has_ended:
        told = "No engine runs: nothing is watched and nothing is sent. What was recorded is kept.", "start"
    elif snapshot is None:
        told = "Nothing is traded yet.", "wait"
    elif snapshot.halted:
        told = _HALTED, "start"
    elif snapshot.status is MindfolioStatus.STOPPED:
        told = "The emergency stop holds: nothing new is opened.", "wait"
    elif snapshot.status is MindfolioStatus.PAUSED:
        told = "Trading is paused, to be safe: nothing new is opened. Exits and hedges go on.", "go on"
    else:
        told = "Mindfolio pauses trading, to be safe. The engine has not confirmed it yet.", "go on"
    return told
