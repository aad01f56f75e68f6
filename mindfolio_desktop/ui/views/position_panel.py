"""The position that was chosen: its payoff, its legs, and what a person can do about it."""

from typing import Any

from PySide6.QtCore import QEvent, QTimer, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.domain.commands import ClosePosition, Command, RollPosition, SetTarget
from engine.domain.denial import Denial
from engine.domain.mindfolio import MindfolioStatus
from engine.domain.questions import ClosingOf, LegsOf, PayoffOf, Question, RollOf, RollTermsOf
from engine.domain.snapshot import MindfolioSnapshot
from engine.domain.structure import Leg
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.asker import Asker
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.models.keyed_table import SORT_ROLE
from mindfolio_desktop.ui.models.legs import LegsModel
from mindfolio_desktop.ui.models.positions import PositionRow
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.close_strip import CloseStrip
from mindfolio_desktop.ui.widgets.data_table import DataTable
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.payoff_panel import PayoffPanel
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.roll_strip import RollStrip
from mindfolio_desktop.ui.widgets.target_strip import TargetStrip
from mindfolio_desktop.ui.widgets.text import ElidedText, Text

ASK_INTERVAL_MS = 1000
"""Legs, payoff and prices are asked for at most once in this time while nothing else is chosen."""

_WHO = "user"
_LEG = 0
_NAME_WIDTH, _DONE_WIDTH = 320, 240


class PositionPanel(QWidget):
    """Shows one position, and asks for what the snapshot does not tell of it. Each action is confirmed in a strip."""

    orders_wanted = Signal()

    def __init__(self, bridge: EngineBridge) -> None:
        super().__init__()
        self.setObjectName("position_panel")
        self._asker = Asker(bridge, parent=self)
        self._row: PositionRow | None = None
        self._payoff_of: object = None
        self._name = ElidedText(pixels=16, weight=theme.BOLD, name="position_name")
        self._module = Text("", "muted", name="position_module")
        self._state = Text("", "warning", wraps=True, name="position_state")
        self._done = Text("", "muted", wraps=True, name="position_done")
        self._orders = Button("See orders", "position_orders", "link")
        self._close, self._roll = Button("Close…", "position_close"), Button("Roll…", "position_roll")
        self._target = Button("Target…", "position_target")
        self._own = Text("", "muted", name="position_own_exits")
        self._close_strip, self._roll_strip, self._target_strip = CloseStrip(), RollStrip(), TargetStrip()
        self._payoff = PayoffPanel()
        self._legs = LegsModel(self)
        self._table = DataTable(self._legs, "legs_table", "Legs", sort_role=SORT_ROLE, stretch=_LEG, most_rows=8)
        self._ask_later = QTimer(self, singleShot=True, interval=ASK_INTERVAL_MS)
        self._is_due = False
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * theme.SPACE)
        heading = Flow(theme.SPACE + theme.SPACE // 2)
        heading.add(self._name, least=_NAME_WIDTH)
        heading.add(self._own)
        heading.add(self._module)
        heading.add_group(self._close, self._roll, self._target)
        column.addLayout(heading)
        sent = Flow()
        sent.add(self._done, least=_DONE_WIDTH)
        sent.add(self._orders)
        column.addWidget(self._state)
        column.addLayout(sent)
        for strip in (self._close_strip, self._roll_strip, self._target_strip):
            column.addWidget(strip)
        column.addWidget(self._payoff)
        legs = Panel("Legs", "legs_panel", "prices a share")
        legs.body.addWidget(self._table)
        column.addWidget(legs)
        self._state.hide()
        self._show_done("")

    def _connect(self) -> None:
        self._close.clicked.connect(self._on_close)
        self._roll.clicked.connect(self._on_roll)
        self._close_strip.asked.connect(self._ask_closing)
        self._close_strip.confirmed.connect(self._send_close)
        self._close_strip.dismissed.connect(self._dismiss)
        self._roll_strip.asked.connect(self._ask_roll)
        self._roll_strip.confirmed.connect(self._send_roll)
        self._roll_strip.dismissed.connect(self._dismiss)
        self._target.clicked.connect(self._on_target)
        self._target_strip.confirmed.connect(self._send_target)
        self._target_strip.dismissed.connect(self._dismiss)
        self._payoff.wanted.connect(self._ask_payoff)
        self._orders.clicked.connect(self.orders_wanted)
        self._ask_later.timeout.connect(self._on_interval)
        self._asker.listen(self._on_answer, self._on_unanswered, self._on_accepted, self._on_denied)

    # --- what is shown --------------------------------------------------------------------------------------------
    @property
    def position_id(self) -> str:
        """The position shown, "" for none."""
        return "" if self._row is None else self._row.view.position.position_id

    def show_row(self, row: PositionRow, snapshot: MindfolioSnapshot) -> None:
        """Show a position as it is now; another one than before starts anew."""
        is_other = row.view.position.position_id != self.position_id
        self._row = row
        position = row.view.position
        self._name.show_text(fmt.held(position.structure, position.quantity))
        self._module.show_text(row.module, "warning" if row.is_external else "muted")
        if is_other:
            self._begin()
        why = _why_not(row, snapshot)
        self._state.show_or_hide(why)
        self._close.setEnabled(not why)
        self._roll.setEnabled(not why and bool(position.structure.legs))
        self._roll.setToolTip("" if position.structure.legs else "Shares have no expiration to roll")
        self._target.setEnabled(not why and position.cost != 0)
        self._target.setToolTip("" if position.cost else "It cost nothing that a share could be measured of")
        self._own.show_or_hide(_own_words(row))
        if why:
            self._hide_strips()
        if is_other:
            self._ask(is_new=True)
        elif not self._ask_later.isActive():
            self._ask()
        else:
            self._is_due = True

    def _begin(self) -> None:
        self._hide_strips()
        self._show_done("")
        self._asker.forget()
        self._payoff_of = None
        self._legs.show_rows([])
        self._table.explain_empty("Reading the quotes…")
        self._payoff.begin()

    def _show_done(self, words: str) -> None:
        self._done.show_or_hide(words)
        self._orders.setVisible(bool(words))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_legs"):
            self._legs.refresh_colours()

    # --- questions ------------------------------------------------------------------------------------------------
    def _ask(self, *, is_new: bool = False) -> None:
        """Ask for what may have moved."""
        row = self._row
        if row is None:
            return
        self._is_due = False
        self._ask_later.start()
        key = self.position_id
        self._asker.ask_again(LegsOf(key))
        moved = (row.view, row.now.replace(second=0, microsecond=0))
        if is_new or moved != self._payoff_of:
            self._payoff_of = moved
            self._asker.ask_again(PayoffOf(key, *self._payoff.moves))
        if not self._close_strip.isHidden():
            self._ask_closing(self._close_strip.quantity)
        closes, opens = self._roll_strip.legs
        if not self._roll_strip.isHidden() and closes:
            self._ask_roll(closes, opens)

    @Slot()
    def _on_interval(self) -> None:
        if self._is_due and self.isVisible():
            self._ask()

    @Slot(int, int)
    def _ask_payoff(self, days: int, volatility_pct: int) -> None:
        if self._row is not None:
            self._asker.ask(PayoffOf(self.position_id, days, volatility_pct))

    @Slot(int)
    def _ask_closing(self, quantity: int) -> None:
        self._asker.ask_again(ClosingOf(self.position_id, quantity))

    @Slot(object, object)
    def _ask_roll(self, closes: tuple[Leg, ...], opens: tuple[Leg, ...]) -> None:
        self._asker.ask_again(RollOf(self.position_id, closes, opens))

    @Slot(object, object)
    def _on_answer(self, question: Question, answer: Any) -> None:
        if self._row is None:
            return
        if answer is None:
            self._payoff.show_nothing("It is not open any more.")
            return
        match question:
            case LegsOf():
                self._legs.show_legs(answer, self._row.now, self._row.view.position.symbol)
                self._table.explain_empty("It holds nothing.")
            case PayoffOf():
                self._payoff.show_curves(answer)
            case ClosingOf():
                self._close_strip.show_quote(answer)
            case RollTermsOf():
                self._roll_strip.show_terms(answer)
            case RollOf(_, closes, opens):
                self._roll_strip.show_quote(closes, opens, answer)

    @Slot(object, str)
    def _on_unanswered(self, question: Question, why: str) -> None:
        """Say so where the answer would have stood."""
        words = f"There are no figures: {why}"
        match question:
            case LegsOf():
                self._table.explain_empty(words)
            case PayoffOf():
                self._payoff.show_nothing(words)
            case ClosingOf():
                self._close_strip.show_refused(words)
            case RollTermsOf() | RollOf():
                self._roll_strip.show_refused(words)

    # --- actions --------------------------------------------------------------------------------------------------
    @Slot()
    def _on_close(self) -> None:
        if self._row is not None:
            self._hide_strips()
            self._show_done("")
            self._asker.drop(ClosingOf)
            position = self._row.view.position
            self._close_strip.open_for(position, fmt.held(position.structure, position.quantity))

    @Slot()
    def _on_roll(self) -> None:
        if self._row is not None:
            self._hide_strips()
            self._show_done("")
            self._asker.drop(RollTermsOf, RollOf)
            position = self._row.view.position
            self._roll_strip.open_for(position, fmt.held(position.structure, position.quantity))
            self._asker.ask(RollTermsOf(self.position_id))

    @Slot()
    def _on_target(self) -> None:
        if self._row is not None:
            self._hide_strips()
            self._show_done("")
            view = self._row.view
            words = fmt.held(view.position.structure, view.position.quantity)
            self._target_strip.open_for(view.position, view.own_exits, words)

    @Slot()
    def _dismiss(self) -> None:
        buttons = {self._roll_strip: self._roll, self._target_strip: self._target}
        opened = next((button for strip, button in buttons.items() if not strip.isHidden()), self._close)
        self._hide_strips()
        opened.setFocus()

    def _hide_strips(self) -> None:
        for strip in (self._close_strip, self._roll_strip, self._target_strip):
            strip.hide()

    @Slot()
    def _send_close(self) -> None:
        row, strip = self._row, self._close_strip
        if row is not None:
            quantity = None if strip.quantity == row.view.position.quantity else strip.quantity
            self._asker.send(
                ClosePosition(self.position_id, quantity, strip.limit, _WHO, "closed on the positions page")
            )

    @Slot()
    def _send_roll(self) -> None:
        strip = self._roll_strip
        closes, opens = strip.legs
        self._asker.send(
            RollPosition(self.position_id, closes, opens, strip.limit, _WHO, "rolled on the positions page")
        )

    @Slot()
    def _send_target(self) -> None:
        own = self._target_strip.exits
        why = "set on the positions page"
        self._asker.send(SetTarget(self.position_id, own.profit_pct, own.stop_pct, _WHO, why))

    @Slot(object)
    def _on_accepted(self, command: Command) -> None:
        # The focus goes back to where it came from: a page scrolls to what Qt would pick instead.
        self._dismiss()
        if isinstance(command, SetTarget):
            return  # it stands beside the position's name
        verb = "roll" if isinstance(command, RollPosition) else "closing"
        self._show_done(f"The {verb} is ordered; it works on the orders page until it is filled.")

    @Slot(object, object)
    def _on_denied(self, command: Command, denials: tuple[Denial, ...]) -> None:
        strips = {RollPosition: self._roll_strip, SetTarget: self._target_strip}
        strips.get(type(command), self._close_strip).show_denied(denials)


def _own_words(row: PositionRow) -> str:
    """`Own target 60%, own stop 150%`; "" where there is none."""
    own = row.view.own_exits
    if own is None:
        return ""
    named = (("target", own.profit_pct), ("stop", own.stop_pct))
    return ", ".join(f"own {name} {fmt.percent(share, 0)}" for name, share in named if share is not None).capitalize()


def _why_not(row: PositionRow, snapshot: MindfolioSnapshot) -> str:
    """Why nothing can be done about a position now, "" where something can."""
    if row.is_external:
        return "It is in the account and belongs to no module here: trade it where it was opened."
    if snapshot.halted:
        return f"Trading is halted, so nothing can be closed or rolled: {snapshot.halted}"
    if snapshot.status is MindfolioStatus.STOPPED:
        return "Everything is stopped: nothing is closed or rolled until a person re-arms, or confirms a closing plan."
    return ""
