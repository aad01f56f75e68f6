"""What is paused by a stop that was lifted, or everything at once; and the one button that lets all of it go on."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout

from engine.domain.mindfolio import PAUSED_BY_STOP, MindfolioStatus, ModuleStatus
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.icon import Icon
from mindfolio_desktop.ui.widgets.text import Text

_NAMED = 3
"""So many modules are named; of more than that, how many."""


class ResumeStrip(QFrame):
    """Hidden while nothing of it is paused, while a stop holds, and while a limit's pause waits to be re-armed.

    What a person paused in a module it leaves alone.
    """

    resume_requested = Signal(object)
    """The ids of the modules, a tuple."""
    everything_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("resume_strip")
        theme.set_role(self, "card")
        self._ids: tuple[str, ...] = ()
        self._is_everything = False
        self._words = Text(wraps=True, name="resume_words")
        self._resume = Button("Resume", "resume_stopped", "primary")
        self._resume.clicked.connect(self._ask)
        across = QHBoxLayout(self)
        across.setContentsMargins(2 * theme.SPACE, theme.SPACE, 2 * theme.SPACE, theme.SPACE)
        across.setSpacing(12)
        across.addWidget(Icon("stop", "warning", 20))
        across.addWidget(self._words, 1)
        across.addWidget(self._resume)
        self.hide()

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show that everything is paused, or what is still paused by a stop that was lifted."""
        self._is_everything = snapshot.status is MindfolioStatus.PAUSED and not snapshot.breaker and not snapshot.halted
        if self._is_everything:
            why = f": {snapshot.status_why}" if snapshot.status_why else ""
            self._words.show_text(f"Everything is paused{why}. Nothing new is opened; exits and hedges go on.")
            self._words.setToolTip("")
            self._resume.setText("Resume everything")
            self.show()
            return
        found = [
            view.spec
            for view in snapshot.modules
            if view.status is ModuleStatus.PAUSED and view.status_why == PAUSED_BY_STOP
        ]
        self._ids = tuple(spec.module_id for spec in found)
        if found:
            names = ", ".join(spec.name for spec in found)
            which = names if len(found) <= _NAMED else fmt.counted(len(found), "module")
            verb = "is" if len(found) == 1 else "are"
            self._words.show_text(f"{which} {verb} still paused by the emergency stop: nothing new is opened there.")
            self._words.setToolTip(names)
            self._resume.setText("Resume it" if len(found) == 1 else f"Resume all {len(found)}")
        is_lifted = snapshot.status is MindfolioStatus.ACTIVE and not snapshot.halted
        self.setVisible(bool(found) and is_lifted)

    @Slot()
    def _ask(self) -> None:
        if self._is_everything:
            self.everything_requested.emit()
        else:
            self.resume_requested.emit(self._ids)
