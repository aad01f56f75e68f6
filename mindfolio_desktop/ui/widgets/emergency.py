"""What came of an emergency stop, told from the engine's snapshots, and the way back."""

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout

from engine.domain.closing import ClosingPlan
from engine.domain.commands import Command, RearmMindfolio
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.announce import announce
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.icon import Icon
from mindfolio_desktop.ui.widgets.text import Text

PATIENCE_MS = 3000
"""After this time without the engine's confirmation the panel says so."""


class StopPanel(QFrame):
    """What is known of an emergency stop, from the snapshot only; and the way back, with a typed reason."""

    rearm_requested = Signal(str)
    """The reason."""
    plan_requested = Signal()
    """Work out what to close, riskiest first."""
    plan_confirmed = Signal(str)
    """The id of the plan that was read."""
    focus_left = Signal()
    """The stop is lifted while the keyboard was here: it belongs somewhere else now."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("stop_panel")
        self._plan_id = ""
        theme.set_role(self, "stop-panel")
        self._is_confirmed = False
        self._is_sent = False
        """A re-arm was sent, and the engine has not answered yet: it can neither be taken back nor sent twice."""
        self._waiting = QElapsedTimer()
        self._impatience = QTimer(self, interval=1000)
        self._impatience.timeout.connect(self._show_waiting)
        self._title = Text(pixels=15, weight=theme.BOLD, name="stop_title")
        self._why = Text(wraps=True, name="stop_why")
        self._facts = Text(wraps=True, name="stop_facts")
        self._plan = Button("Close riskiest…", "plan_open")
        self._carry_out = Button("Carry out", "plan_confirm")
        self._plan.setToolTip("Works out what to close, riskiest first, and what it costs. Nothing is sent by this.")
        self._plan.clicked.connect(self.plan_requested)
        self._carry_out.clicked.connect(self._confirm_plan)
        self._open = Button("Re-arm…", "rearm_open")
        self._reason = _ReasonField()
        self._send = Button("Re-arm", "rearm_send")
        self._cancel = Button("Keep stopped", "rearm_cancel")
        self._open.clicked.connect(self._ask_reason)
        self._send.setEnabled(False)
        self._cancel.clicked.connect(self._forget_reason)
        self._send.clicked.connect(self._rearm)
        self._reason.returnPressed.connect(self._rearm)
        self._reason.cancelled.connect(self._forget_reason)
        self._reason.textChanged.connect(self._reason_changed)
        self._lay_out()
        self._forget_reason()
        self.hide()

    def show_requested(self) -> None:
        """The stop was pressed; nothing is confirmed yet."""
        if self._is_confirmed:
            return
        self._waiting.start()
        self._impatience.start()
        self._show_waiting()
        announce(self, "Stop sent, waiting for the engine to confirm it.")

    @property
    def is_waiting(self) -> bool:
        """A stop was sent, and the engine has not confirmed it yet."""
        return self._impatience.isActive()

    @Slot(object, object)
    def on_denied(self, command: Command, _denials: object) -> None:
        """The engine refused a re-arm: let the person try again."""
        if isinstance(command, RearmMindfolio):
            self._await_answer(is_sent=False)

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show the stop as the engine reports it, or hide the panel once it is lifted."""
        if snapshot.halted:
            self._show_halted(snapshot.halted)
            return
        is_stopped = snapshot.status is MindfolioStatus.STOPPED
        if not is_stopped and not snapshot.breaker:
            if self._is_confirmed:
                self._is_confirmed = False
                self._end()
            return
        self._impatience.stop()
        if not self._is_confirmed:
            self._is_confirmed = True
            announce(self, "The mindfolio is stopped." if is_stopped else "The mindfolio is paused by a limit.")
        since = f"STOPPED since {fmt.moment(snapshot.stopped_at)}"
        self._title.show_text(since if is_stopped else "PAUSED by an account limit")
        why = snapshot.stop_why if is_stopped else snapshot.status_why
        self._why.show_text(f"Why: {why or 'no reason recorded'}")
        self._facts.show_text(_facts(snapshot))
        self._open.setVisible(self._reason.isHidden())
        self._show_plan(snapshot)
        self.show()

    def _show_halted(self, why: str) -> None:
        """The engine stopped by itself. There is no way back from here but a restart once the cause is mended."""
        self._impatience.stop()
        if not self._reason.isHidden():
            self._clear_reason()
        if self._title.text() != "TRADING HALTED":
            announce(self, "Trading is halted.")
        self._title.show_text("TRADING HALTED")
        self._why.show_text(f"Why: {why}")
        self._facts.show_text("Nothing is sent any more. Mend the cause, then start Mindfolio again.")
        for button in (self._open, self._plan, self._carry_out):
            button.hide()
        self.show()

    @Slot()
    def _show_waiting(self) -> None:
        seconds = self._waiting.elapsed() // 1000
        self._title.show_text("Stop sent")
        if self._waiting.elapsed() < PATIENCE_MS:
            self._why.show_text("Waiting for the engine to confirm it.")
        else:
            self._why.show_text(
                f"The engine has not confirmed it for {seconds} s. Do not rely on it: "
                "check and cancel working orders at the broker."
            )
        self._facts.show_text("")
        for button in (self._open, self._plan, self._carry_out):
            button.hide()
        self.show()

    def _show_plan(self, snapshot: MindfolioSnapshot) -> None:
        """The closing plan, if there is one: what it closes and costs, and how far the worst case comes down."""
        plan, is_calm = snapshot.closing, self._reason.isHidden()
        self._plan_id = "" if plan is None or snapshot.closing_by else plan.plan_id
        self._plan.setVisible(is_calm and not snapshot.closing_by and bool(snapshot.positions))
        self._plan.setText("Close riskiest…" if plan is None else "Plan again")
        self._carry_out.setVisible(is_calm and bool(self._plan_id))
        if plan is not None:
            self._facts.show_text(f"{_facts(snapshot)}\n{_plan_words(plan, snapshot.closing_by)}")

    @Slot()
    def _confirm_plan(self) -> None:
        if self._plan_id:
            self.plan_confirmed.emit(self._plan_id)

    @Slot()
    def _ask_reason(self) -> None:
        for widget in (self._reason, self._send, self._cancel):
            widget.show()
        for button in (self._open, self._plan, self._carry_out):
            button.hide()
        self._reason.setFocus()

    @Slot()
    def _forget_reason(self) -> None:
        """Give up; not once it is sent."""
        if self._is_sent:
            return
        has_keyboard = self._has_keyboard()
        self._clear_reason()
        self._open.setVisible(self._is_confirmed)
        if has_keyboard:
            self._open.setFocus()

    def _clear_reason(self) -> None:
        self._reason.clear()
        self._await_answer(is_sent=False)
        for widget in (self._reason, self._send, self._cancel):
            widget.hide()

    def _end(self) -> None:
        """There is nothing to tell any more."""
        has_keyboard = self._has_keyboard()
        self._clear_reason()
        self.hide()
        if has_keyboard:
            self.focus_left.emit()

    def _has_keyboard(self) -> bool:
        focused = QApplication.focusWidget()
        return focused is not None and self.isAncestorOf(focused)

    @Slot()
    def _reason_changed(self) -> None:
        self._send.setEnabled(bool(self._reason.text().strip()) and not self._is_sent)

    @Slot()
    def _rearm(self) -> None:
        reason = self._reason.text().strip()
        if not reason or self._is_sent:
            return
        self._reason.setFocus()  # before its buttons are disabled: the keyboard would go to the next that is not
        self._await_answer(is_sent=True)
        self.rearm_requested.emit(reason)

    def _await_answer(self, *, is_sent: bool) -> None:
        """Between the re-arm and the engine's answer its reason can be read, and nothing be done."""
        self._is_sent = is_sent
        self._reason.setReadOnly(is_sent)
        self._cancel.setEnabled(not is_sent)
        self._send.setText("Re-arming…" if is_sent else "Re-arm")
        self._reason_changed()

    def _lay_out(self) -> None:
        across = QHBoxLayout(self)
        across.setContentsMargins(2 * theme.SPACE, 10, 2 * theme.SPACE, 10)
        across.setSpacing(12)
        across.addWidget(Icon("stop", "stop_icon", 28))
        words = QVBoxLayout()
        words.setSpacing(2)
        for text in (self._title, self._why, self._facts):
            words.addWidget(text)
        across.addLayout(words, 1)
        for widget in (self._reason, self._send, self._cancel, self._plan, self._carry_out, self._open):
            across.addWidget(widget)


class _ReasonField(QLineEdit):
    """Where the reason is typed; Escape gives up."""

    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("rearm_reason")
        self.setPlaceholderText("Why is it safe to trade again? (recorded)")
        self.setAccessibleName("Reason for re-arming")
        self.setMinimumWidth(theme.px(240))
        self.setMaxLength(500)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape gives up; all else is typing."""
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)


def _facts(snapshot: MindfolioSnapshot) -> str:
    unconfirmed = snapshot.cancels_unconfirmed
    cancels = (
        f"{fmt.counted(unconfirmed, 'cancel')} not yet confirmed by the broker"
        if unconfirmed
        else "no cancel is waiting for the broker"
    )
    if snapshot.orders_unknown:
        cancels += f" · {fmt.counted(snapshot.orders_unknown, 'order')} of unknown fate, the broker is being asked"
    if not snapshot.is_compared:
        cancels += " · the broker's account is not heard yet"
    exits = "automatic exits are off" if snapshot.status is MindfolioStatus.STOPPED else "exits go on"
    paused = sum(view.status is ModuleStatus.PAUSED for view in snapshot.modules)
    held = f"{fmt.counted(snapshot.positions, 'position')} open, {exits}" if snapshot.positions else "no open positions"
    return f"{paused} of {fmt.counted(len(snapshot.modules), 'module')} paused · {cancels} · {held}"


def _plan_words(plan: ClosingPlan, who: str) -> str:
    """`Plan: close 3 structures for about $85; worst case $4,120 to $2,010`."""
    after = plan.steps[-1].worst_case if plan.steps else plan.worst_before
    before = fmt.UNBOUNDED if plan.worst_before is None else fmt.money(plan.worst_before)
    steps = fmt.counted(len(plan.steps), "structure")
    verb = "Closing" if who else "Plan: close"
    words = f"{verb} {steps} for about {fmt.money(plan.cost)}; worst case {before} to {fmt.money(after)}"
    return f"{words}; {fmt.counted(len(plan.left), 'position')} cannot be closed now" if plan.left else words
