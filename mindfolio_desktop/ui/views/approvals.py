"""Trades that wait for a person: the list of all modules' requests, and the ticket of the chosen one."""

import datetime as dt
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QElapsedTimer, QEvent, QModelIndex, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from engine.domain.commands import ApproveTrade, RefuseTrade
from engine.domain.denial import Denial
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.preview import TradePreview
from engine.domain.questions import PreviewTrade, Question
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import refusals, theme
from mindfolio_desktop.ui.asker import Asker
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.models.approvals import URGENT_SECONDS, ApprovalRow, ApprovalsModel, countdown, waiting
from mindfolio_desktop.ui.models.keyed_table import KEY_ROLE, SORT_ROLE
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.data_table import DataTable
from mindfolio_desktop.ui.widgets.page import Page
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.text import Text
from mindfolio_desktop.ui.widgets.trade_ticket import TradeTicket

_WHO = "user"
_LIST_LEAST, _LIST_MOST = 400, 460
_SIDE_BY_SIDE = 1020
_NO_MAXIMUM = (1 << 24) - 1
"""Qt's own word for "no maximum"; the bindings do not export it."""
_TRADE = 0
REFRESH_MS = 2000
"""How often prices, checks and changes of the chosen trade are asked for anew."""


class ApprovalsView(Page):
    """Approve and refuse send one command each; what the check at the click found is shown beside the ticket."""

    _model: ApprovalsModel | None = None

    def __init__(self, bridge: EngineBridge, parent: QWidget | None = None) -> None:
        super().__init__("approvals", parent)
        self._asker = Asker(bridge, parent=self)
        self._rows: dict[str, ApprovalRow] = {}
        self._chosen = ""
        self._denied: dict[str, tuple[Denial, ...]] = {}
        self._snoozed: dict[str, dt.datetime] = {}
        """Trades that a person has put off, and until when."""
        self._snapshot: MindfolioSnapshot | None = None
        self._since_asked = QElapsedTimer()
        model = ApprovalsModel(self)
        self._model = model
        self._table = DataTable(
            model, "approvals_table", "Waiting approvals", sort_role=SORT_ROLE, stretch=_TRADE, most_rows=12
        )
        self._ticket = TradeTicket()
        self._empty = Text("Waiting for the engine…", "muted", wraps=True, name="approvals_empty")
        self._gone = Text(role="warning", wraps=True, name="approvals_message")
        self._recall = Button("", "approvals_recall", "link")
        self._nothing, self._some = Panel("Nothing waits for a decision", "approvals_nothing"), QWidget()
        self._across = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._list = Panel("Waiting approvals", "approvals_list", "first to expire on top")
        self._lay_out()
        self._table.current_changed.connect(self._on_current)
        self._ticket.approved.connect(self._approve)
        self._ticket.refused.connect(self._refuse)
        self._ticket.snoozed.connect(self._snooze)
        self._ticket.quantity_changed.connect(self._ask)
        self._recall.clicked.connect(self._bring_back)
        self._asker.listen(self._on_answered, self._on_unanswered, self._on_accepted, self._on_denied)

    def _lay_out(self) -> None:
        margin = 2 * theme.SPACE
        self._nothing.body.addWidget(self._empty)
        self._nothing.body.addStretch(1)
        across = self._across
        self._some.setLayout(across)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(margin)
        self._list.body.addWidget(self._table)
        self._list.body.addStretch(1)
        self._list.setMinimumWidth(theme.px(_LIST_LEAST))
        across.addWidget(self._list, 5)
        across.addWidget(self._ticket, 6)
        self.add_heading("Approvals")
        self.column.addWidget(self._gone)
        self.column.addWidget(self._recall, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(self._nothing, 1)
        self.column.addWidget(self._some, 1)
        self._some.hide()
        self._gone.show_or_hide("")
        self._recall.hide()

    # --- what is shown --------------------------------------------------------------------------------------------
    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show what waits now; the chosen ticket stays chosen as long as it waits."""
        self._snapshot = snapshot
        everything = waiting(snapshot)
        rows = self._in_sight(everything)
        self._rows = {row.approval.approval_id: row for row in rows}
        self._denied = {key: denials for key, denials in self._denied.items() if key in self._rows}
        if self._model is not None:
            self._model.show_rows(rows)
        if self._nothing.isHidden() != bool(rows):
            self._nothing.setVisible(not rows)
            self._some.setVisible(bool(rows))
        if not rows:
            self._chosen = ""
            why = f"Nothing else waits. {_snoozed_words(self._snoozed)}." if everything else why_nothing_waits(snapshot)
            self._empty.show_text(why)
            return
        if self._chosen not in self._rows:
            self._choose(rows[0].approval.approval_id)
        else:
            self._show_ticket()

    def _in_sight(self, rows: Sequence[ApprovalRow]) -> tuple[ApprovalRow, ...]:
        """What is not put off now."""
        waits = {row.approval.approval_id: row.now for row in rows}
        self._snoozed = {key: until for key, until in self._snoozed.items() if key in waits and waits[key] < until}
        self._recall.setText(f"{_snoozed_words(self._snoozed)}: show now" if self._snoozed else "")
        self._recall.setVisible(bool(self._snoozed))
        return tuple(row for row in rows if row.approval.approval_id not in self._snoozed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Side by side where there is room for the ticket, else one above the other."""
        super().resizeEvent(event)
        is_wide = self.width() >= theme.px(_SIDE_BY_SIDE)
        direction = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        self._across.setDirection(direction)
        self._across.setStretch(0, 5 if is_wide else 0)
        self._list.setMaximumWidth(theme.px(_LIST_MOST) if is_wide else _NO_MAXIMUM)

    def _choose(self, approval_id: str) -> None:
        self._chosen = approval_id
        row = self._model.row_of(approval_id) if self._model is not None else None
        if row is not None:
            self._table.select_source_row(row)
        self._show_ticket()

    @Slot(QModelIndex)
    def _on_current(self, current: QModelIndex) -> None:
        approval_id = current.siblingAtColumn(0).data(KEY_ROLE)
        if isinstance(approval_id, str) and approval_id in self._rows and approval_id != self._chosen:
            self._chosen = approval_id
            self._gone.show_or_hide("")
            self._show_ticket()

    def _show_ticket(self) -> None:
        row = self._rows.get(self._chosen)
        if row is None:
            return
        is_other = self._ticket.approval_id != self._chosen
        self._ticket.show_approval(row.approval, row.module)
        seconds = row.seconds_left
        self._ticket.show_time_left(seconds, countdown(seconds), is_urgent=seconds < URGENT_SECONDS)
        self._ticket.show_waiting(is_waiting=self._asker.waits(self._chosen))
        if is_other and self._chosen in self._denied:
            self._ticket.show_denied(self._denied[self._chosen])
        if is_other or not self._since_asked.isValid() or self._since_asked.elapsed() >= REFRESH_MS:
            self._ask(self._chosen, self._ticket.quantity)

    # --- figures of now -------------------------------------------------------------------------------------------
    @Slot(str, int)
    def _ask(self, approval_id: str, quantity: int) -> None:
        self._since_asked.start()
        self._asker.ask(PreviewTrade(approval_id, quantity))

    @Slot(object, object)
    def _on_answered(self, _question: Question, preview: TradePreview | None) -> None:
        if self._snapshot is None:
            return
        module = None if preview is None else self._snapshot.module(preview.module_id)
        self._ticket.show_preview(preview, "" if module is None else module.spec.name)

    @Slot(object, str)
    def _on_unanswered(self, _question: Question, why: str) -> None:
        self._ticket.show_no_preview(why)

    # --- not now --------------------------------------------------------------------------------------------------
    @Slot(str, int)
    def _snooze(self, approval_id: str, minutes: int) -> None:
        """Hide a trade for some market minutes; it goes on waiting, and its time goes on running out."""
        row = self._rows.get(approval_id)
        if row is None or self._snapshot is None:
            return
        self._snoozed[approval_id] = min(row.approval.expires_at, row.now + dt.timedelta(minutes=minutes))
        self.set_snapshot(self._snapshot)

    @Slot()
    def _bring_back(self) -> None:
        self._snoozed.clear()
        if self._snapshot is not None:
            self.set_snapshot(self._snapshot)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._model is not None:
            self._model.refresh_colours()

    # --- decisions ------------------------------------------------------------------------------------------------
    @Slot(str, int)
    def _approve(self, approval_id: str, quantity: int) -> None:
        row = self._rows.get(approval_id)
        is_edited = row is not None and quantity != row.approval.candidate.quantity
        self._send(approval_id, ApproveTrade(approval_id, _WHO, quantity if is_edited else None))

    @Slot(str, str)
    def _refuse(self, approval_id: str, why: str) -> None:
        self._send(approval_id, RefuseTrade(approval_id, _WHO, why))

    def _send(self, approval_id: str, command: ApproveTrade | RefuseTrade) -> None:
        """Send once: until the answer comes, the ticket takes no second decision."""
        if self._asker.waits(approval_id):
            return
        self._denied.pop(approval_id, None)
        self._gone.show_or_hide("")
        self._ticket.show_waiting(is_waiting=True)
        self._asker.send(command, approval_id)

    @Slot(object)
    def _on_accepted(self, command: ApproveTrade | RefuseTrade) -> None:
        if command.approval_id == self._chosen:
            self._show_ticket()

    @Slot(object, object)
    def _on_denied(self, command: ApproveTrade | RefuseTrade, denials: tuple[Denial, ...]) -> None:
        approval_id = command.approval_id
        if approval_id not in self._rows:
            # It stopped waiting meanwhile: there is no ticket left to show the reason on.
            self._gone.show_or_hide(f"Not done. {refusals.denials(denials)}")
            return
        self._denied[approval_id] = denials
        if approval_id == self._chosen:
            self._show_ticket()
            self._ticket.show_denied(denials)


def _snoozed_words(snoozed: Mapping[str, dt.datetime]) -> str:
    """`2 trades snoozed, the first until 15:58:00 ET`."""
    first = fmt.clock(min(snoozed.values()))
    return f"{fmt.counted(len(snoozed), 'trade')} snoozed{', the first' if len(snoozed) > 1 else ''} until {first}"


def why_nothing_waits(snapshot: MindfolioSnapshot) -> str:
    """Why the page is empty, and what would fill it."""
    if snapshot.status is MindfolioStatus.STOPPED:
        return "Everything is stopped: waiting trades were voided, and none is looked for until a person re-arms."
    asking = [view for view in snapshot.modules if not view.spec.autotrade]
    if not asking:
        return "All modules trade by themselves (autotrade is on), so none of them asks."
    active = [view.spec.name for view in asking if view.status is ModuleStatus.ACTIVE]
    if not active:
        names = _listed([view.spec.name for view in asking])
        return f"Only {names} would ask here, but nothing is looked for while paused."
    closed = (
        "" if snapshot.market.is_open else f" The market is closed; it opens {fmt.when(snapshot.market.next_open)}."
    )
    verb = "asks" if len(active) == 1 else "ask"
    return f"{_listed(active)} {verb} here when a scan finds a trade that passes every check.{closed}"


def _listed(names: Sequence[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
