"""The allocation bar: how capital is split, and where a person drafts another split.

What is dragged or typed is a draft until it is applied: Apply asks for one command, and only the engine's answer moves
the bar, or lets it spring back with the reason. The parts are the strip, the rows and the footer; this file knows
what state they are in.
"""

from enum import Enum, auto

from PySide6.QtCore import QRectF, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence, QPainter, QPaintEvent, QPen, QRegion, QUndoCommand, QUndoStack
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from engine.core.money import Money
from engine.domain.budget import BudgetPlan
from engine.domain.commands import ReallocateBudget
from engine.domain.denial import Denial
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import refusals, theme
from mindfolio_desktop.ui.announce import announce
from mindfolio_desktop.ui.widgets.allocation_draft import AllocationDraft, applied_split
from mindfolio_desktop.ui.widgets.allocation_footer import AllocationFooter, applies_on_release
from mindfolio_desktop.ui.widgets.allocation_rows import AllocationRows
from mindfolio_desktop.ui.widgets.allocation_strip import AllocationStrip
from mindfolio_desktop.ui.widgets.transfer_line import TransferLine

_WHO = "user"
_WHY = "dragged in the allocation bar"
_LOADED = "loaded as a draft in the allocation bar"


class BarState(Enum):
    """FOLLOWING the engine, DRAFTING, APPLYING (asked, not answered), SETTLING (accepted, not yet published)."""

    FOLLOWING = auto()
    DRAFTING = auto()
    APPLYING = auto()
    SETTLING = auto()


_FRAMED = frozenset({BarState.DRAFTING, BarState.APPLYING})
_EDGE = 4
"""Pixels within which the frame of a draft is painted; no part stands so far out."""


class AllocationBar(QWidget):
    """Segments, rows, preview, Apply and Revert over one draft.

    `apply_requested` carries a `ReallocateBudget`; its answer comes back through `show_accepted` or `show_denied`.
    """

    apply_requested = Signal(object)
    moved = Signal()
    """A hand moves a divider or a row, not for the last time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allocation_bar")
        self.setAccessibleName("Budget allocation")
        self._state = BarState.FOLLOWING
        self._applied: AllocationDraft | None = None
        self._draft: AllocationDraft | None = None
        self._why = _WHY
        self._gesture = 0
        self._gesture_source = ""
        self._is_framed = False
        self._undo = QUndoStack(self)
        self._strip = AllocationStrip(self)
        self._rows = AllocationRows(self)
        self._transfer = TransferLine(self)
        self._footer = AllocationFooter(self)
        layout = QVBoxLayout(self)
        gap = theme.SPACE + theme.SPACE // 2
        layout.setContentsMargins(theme.SPACE, gap, theme.SPACE, gap)
        layout.setSpacing(gap)
        for part in (self._strip, self._rows, self._transfer, self._footer):
            layout.addWidget(part)
        self._connect()
        self._refresh()

    def _connect(self) -> None:
        self._strip.divider_moved.connect(self._on_divider)
        self._rows.budget_moved.connect(self._on_budget)
        for part in (self._strip, self._rows):
            part.gesture_began.connect(self._on_gesture)
            part.gesture_cancelled.connect(self._on_gesture_cancelled)
            part.let_go.connect(self._on_let_go)
            part.escaped.connect(self.revert)
        self._rows.undo_asked.connect(self._on_undo)
        self._rows.redo_asked.connect(self._on_redo)
        self._rows.said.connect(self._footer.say)
        self._rows.locks_changed.connect(self._show_locks)
        for part in (self._strip, self._rows):
            part.dropped_on.connect(self._transfer.open_for)
        self._transfer.transfer_asked.connect(self._on_transfer)
        self._footer.transfer_clicked.connect(self._open_transfer)
        self._footer.apply_clicked.connect(self.apply)
        self._footer.revert_clicked.connect(self.revert)
        for keys, slot in (
            (QKeySequence.StandardKey.Undo, self._on_undo),
            (QKeySequence.StandardKey.Redo, self._on_redo),
        ):
            action = QAction(self)
            action.setShortcuts(keys)
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(slot)
            self.addAction(action)

    @property
    def state(self) -> BarState:
        """Whether a draft is open, on its way, or none."""
        return self._state

    @property
    def draft(self) -> AllocationDraft | None:
        """What the bar shows: the draft, or the applied split; None before the first snapshot."""
        return self._draft

    @property
    def locked(self) -> frozenset[str]:
        """Modules whose budgets nothing here moves, and no proposal should."""
        return self._rows.locked

    # --- the engine's side ----------------------------------------------------------------------------------------
    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Take newer figures. Without a draft the bar follows; a draft is kept and shown over them."""
        applied = applied_split(snapshot)
        before, self._applied = self._applied, applied
        if applied == before:
            return
        draft = self._draft
        if draft is None or before is None or self._state is BarState.FOLLOWING:
            if before is None or applied.amounts != before.amounts:
                self._undo.clear()
            self._draft = applied
            self._refresh()
            return
        kept = draft.on_top_of(applied)
        if kept is None:
            self._follow()
            self._footer.say("The draft was dropped: modules or capital changed, so it no longer adds up.")
        elif self._is_carried_out(draft, applied) or (self._state is BarState.DRAFTING and not kept.is_changed):
            self._follow()
        else:
            self._draft = kept
            self._refresh()

    def show_denied(self, denials: tuple[Denial, ...]) -> None:
        """The engine refused: spring back to the applied split and say why."""
        text = f"Not applied. {refusals.denials(denials) or 'No reason was given.'}"
        if self._state is BarState.APPLYING and self._applied is not None:
            self._follow(is_springing=True)
        self._footer.say(text)
        announce(self, text)

    def show_accepted(self) -> None:
        """The engine carried the split out; it stays on screen until the snapshot that carries it comes."""
        announce(self, "The new budgets are applied.")
        if self._state is not BarState.APPLYING or self._draft is None:
            return
        self._state = BarState.SETTLING
        if self._applied is not None and self._is_carried_out(self._draft, self._applied):
            self._follow()
        else:
            self._undo.clear()
            self._refresh()

    def _is_carried_out(self, draft: AllocationDraft, applied: AllocationDraft) -> bool:
        """Whether a newer applied split answers the draft that was sent."""
        if self._state not in (BarState.APPLYING, BarState.SETTLING) or applied.version <= draft.version:
            return False
        return self._state is BarState.SETTLING or applied.plan == draft.plan

    # --- the person's side ----------------------------------------------------------------------------------------
    def focus_module(self, module_id: str) -> None:
        """Put the keyboard into a module's amount."""
        row = self._rows.row(module_id)
        if row is not None:
            row.amount.setFocus(Qt.FocusReason.OtherFocusReason)
            row.amount.selectAll()

    def load(self, plan: BudgetPlan) -> None:
        """Open a split as a draft, as one step to undo; where it fits no more, a sentence says so."""
        draft = self._draft
        if draft is None or self._state not in (BarState.FOLLOWING, BarState.DRAFTING):
            self._footer.say("Nothing was loaded: another split is being applied.")
            return
        ids = [portion.module_id for portion in draft.portions]
        if plan.budgets.keys() != set(ids) or plan.total != draft.capital:
            self._footer.say("Nothing was loaded: modules or capital changed, so that split no longer adds up.")
            return
        amounts = [plan.budgets[each] for each in ids]
        moved = {each for each, old, new in zip(ids, draft.amounts, amounts, strict=False) if old != new}
        if held := [portion.name for portion in draft.portions if portion.module_id in moved & self.locked]:
            self._footer.say(f"Nothing was loaded: {', '.join(held)} is locked.")
            return
        self._on_gesture()
        self._why = _LOADED
        self._change(draft.with_amounts((*amounts, plan.reserve)), "load")

    @Slot()
    def apply(self) -> None:
        """Ask for the draft to be carried out."""
        draft = self._draft
        if draft is None or self._state is not BarState.DRAFTING:
            return
        self._state = BarState.APPLYING
        self._strip.cancel_drag()
        self._footer.say("")
        self._refresh()
        self.apply_requested.emit(ReallocateBudget(draft.plan, draft.version, _WHO, self._why))

    @Slot()
    def revert(self) -> None:
        """Give the draft up."""
        if self._state is BarState.DRAFTING:
            self._footer.say("")
            self._follow()

    @Slot(int, int)
    def _on_divider(self, index: int, dollars: int) -> None:
        self.moved.emit()
        if self._draft is not None:
            self._change(self._draft.with_divider(index, dollars), f"divider {index}")

    @Slot(int, int)
    def _on_budget(self, index: int, dollars: int) -> None:
        self.moved.emit()
        if self._draft is not None:
            self._change(self._draft.with_budget(index, dollars), f"budget {index}")

    @Slot()
    def _open_transfer(self) -> None:
        if self._draft is not None:
            self._transfer.open_for(0, min(1, len(self._draft.portions)))

    @Slot(int, int, int)
    def _on_transfer(self, source: int, target: int, dollars: int) -> None:
        if self._draft is not None:
            self._on_gesture()
            self._change(self._draft.with_transfer(source, target, dollars), "transfer")

    @Slot()
    def _show_locks(self) -> None:
        self._strip.set_locked(self.locked)
        if self._draft is not None:
            self._transfer.show_split(self._draft, self.locked)

    def _change(self, wanted: AllocationDraft, source: str) -> None:
        draft = self._draft
        if draft is None or self._state not in (BarState.FOLLOWING, BarState.DRAFTING):
            self._refresh()
            return
        if source != self._gesture_source:
            self._gesture += 1
            self._gesture_source = source
        if wanted.amounts == draft.amounts:
            self._refresh()
            return
        self._undo.push(_Step(self, draft.amounts, wanted.amounts, self._gesture))
        self._end_draft_at_first_step()

    @Slot()
    def _on_gesture(self) -> None:
        self._gesture += 1
        self._gesture_source = ""
        self._footer.say("")

    @Slot()
    def _on_gesture_cancelled(self) -> None:
        """Take the running gesture back, without leaving it to be redone."""
        step = self._undo.command(self._undo.index() - 1)
        if isinstance(step, _Step) and step.gesture == self._gesture:
            self._on_undo()
            # An obsolete step is dropped, not carried out, when the stack comes to redo it.
            step.setObsolete(True)
            self._undo.redo()

    @Slot()
    def _on_let_go(self) -> None:
        """A drag has ended: apply it where the user wants that, unless it changed a draft that waits for Apply."""
        if self._undo.index() == 1 and applies_on_release():
            self.apply()
        else:
            self._refresh()  # what was held open for the drag may close

    @Slot()
    def _on_undo(self) -> None:
        if self._state is BarState.DRAFTING:
            self._undo.undo()
            self._end_draft_at_first_step()

    @Slot()
    def _on_redo(self) -> None:
        if self._state in (BarState.FOLLOWING, BarState.DRAFTING):
            self._undo.redo()

    def _end_draft_at_first_step(self) -> None:
        """With every step taken back there is no draft, even where the applied split moved on meanwhile."""
        if self._undo.index() == 0 and self._state is BarState.DRAFTING:
            self._state, self._draft, self._why = BarState.FOLLOWING, self._applied, _WHY
            self._refresh()

    def set_amounts(self, amounts: tuple[Money, ...]) -> None:
        """For the undo stack: draft other amounts."""
        if self._draft is not None:
            self._draft, self._state = self._draft.with_amounts(amounts), BarState.DRAFTING
            self._refresh()

    # --- showing --------------------------------------------------------------------------------------------------
    def _follow(self, *, is_springing: bool = False) -> None:
        """No draft any more: show what is applied."""
        self._why = _WHY
        self._state, self._draft = BarState.FOLLOWING, self._applied
        self._undo.clear()
        self._strip.cancel_drag()
        self._refresh(is_springing=is_springing)

    def _keep_focus(self) -> None:
        """Before a button of the foot is disabled or hidden: the focus would go on elsewhere, and the page with it."""
        focused: object = QApplication.focusWidget()
        if isinstance(focused, QWidget) and self._footer.isAncestorOf(focused):
            self.setFocus()

    def _refresh(self, *, is_springing: bool = False) -> None:
        self._keep_focus()
        draft = self._draft
        if draft is not None:
            if is_springing:
                self._strip.spring_back(draft)
            else:
                self._strip.show_split(draft)
            self._rows.show_split(draft)
            self._show_locks()
        is_open = draft is not None and self._state in (BarState.FOLLOWING, BarState.DRAFTING)
        self._strip.setEnabled(is_open)
        self._rows.set_open(is_open=is_open)
        # Where a drag comes across the applied split nothing is drafted, but the page must not jump under the hand.
        is_draft = self._state is BarState.DRAFTING or self._strip.is_dragging
        self._footer.show_split(draft, is_draft=is_draft, is_applying=self._state is BarState.APPLYING)
        is_framed = is_draft or self._state in _FRAMED
        if is_framed is not self._is_framed:  # the edge alone: painting the bar paints every part of it
            self._is_framed = is_framed
            self.update(QRegion(self.rect()) - QRegion(self.rect().adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_framed:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            pen = QPen(theme.colour(theme.tokens().warning), 1.5, Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)


class _Step(QUndoCommand):
    """One gesture: amounts before and after. What follows in the same gesture joins it."""

    def __init__(self, bar: AllocationBar, before: tuple[Money, ...], after: tuple[Money, ...], gesture: int) -> None:
        super().__init__("change of budgets")
        self._bar = bar
        self.before, self.after, self.gesture = before, after, gesture

    def undo(self) -> None:
        self._bar.set_amounts(self.before)

    def redo(self) -> None:
        self._bar.set_amounts(self.after)

    def id(self) -> int:
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Step) or other.gesture != self.gesture:
            return False
        self.after = other.after
        self.setObsolete(self.after == self.before)
        return True
