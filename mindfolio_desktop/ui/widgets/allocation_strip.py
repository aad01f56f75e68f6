"""The painted bar of the split: a segment per module, the reserve at the right end, a handle on every divider."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QVariantAnimation, Signal, Slot
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.core.money import UNIT
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.allocation_draft import AllocationDraft, snapped
from mindfolio_desktop.ui.widgets.divider_handle import HANDLE_WIDTH, DividerHandle
from mindfolio_desktop.ui.widgets.strip_painter import Cell, paint_grip, paint_strip

BAR_HEIGHT = 58
LANE_HEIGHT = 18
MAGNET_PIXELS = 6
_SIDE = HANDLE_WIDTH // 2 + 1
_TICK = 8
_DRAG_THRESHOLD = 3
_SPRING_MS = 260


@dataclass(slots=True)
class _Drag:
    index: int
    pressed_x: float
    offset: float = 0.0
    is_moving: bool = False


class AllocationStrip(QWidget):
    """Shows a draft (or the applied split) and reports what a person does with its dividers.

    `divider_moved(index, dollars)`: the segment left of the divider should have that much. `gesture_began` precedes
    the changes of one gesture; `gesture_cancelled` takes the running drag back; `let_go` ends a drag; `escaped` is Esc
    outside a drag.
    """

    divider_moved = Signal(int, int)
    gesture_began = Signal()
    gesture_cancelled = Signal()
    let_go = Signal()
    escaped = Signal()
    dropped_on = Signal(int, int)
    """A segment was dropped on another: their places; the reserve's is the last."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allocation_strip")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._draft: AllocationDraft | None = None
        self._shown: tuple[float, ...] = ()
        self._handles: list[DividerHandle] = []
        self._drag: _Drag | None = None
        self._carried: int | None = None
        self._spring_from: tuple[float, ...] = ()
        self._spring = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=_SPRING_MS)
        self._spring.valueChanged.connect(self._on_spring)

    # --- what is shown --------------------------------------------------------------------------------------------
    def show_split(self, draft: AllocationDraft) -> None:
        """Show a split at once; handles are made anew when the modules are others than before."""
        ids = [portion.module_id for portion in draft.portions]
        if self._draft is None or ids != [portion.module_id for portion in self._draft.portions]:
            self._rebuild(draft)
        self._spring.stop()
        if self._draft is None or self._draft.portions != draft.portions:
            self.update()
        self._draft = draft
        self._show_amounts(tuple(float(amount) for amount in draft.amounts))
        for index, handle in enumerate(self._handles):
            handle.show_dollars(draft.dollars(index), draft.divider_max(index))

    def set_locked(self, locked: frozenset[str]) -> None:
        """Dividers beside a locked segment do not move: each would change it."""
        draft = self._draft
        if draft is None:
            return
        held = [portion.module_id in locked for portion in draft.portions]
        for index, handle in enumerate(self._handles):
            handle.setEnabled(not (held[index] or (index + 1 < len(held) and held[index + 1])))

    def spring_back(self, draft: AllocationDraft) -> None:
        """Show a split by moving there, so that a person sees what was not done."""
        before = self._shown
        self.show_split(draft)
        if len(before) == len(self._shown):
            self._spring_from = before
            self._show_amounts(before)
            self._spring.start()

    def cancel_drag(self) -> None:
        """Forget a drag that is going on; moves until the button is released do nothing."""
        self._drag = None

    @property
    def is_dragging(self) -> bool:
        """A divider is held with the mouse and was moved."""
        return self._drag is not None and self._drag.is_moving

    def handle(self, index: int) -> DividerHandle:
        """The handle between segment `index` and the next."""
        return self._handles[index]

    def divider_x(self, index: int) -> float:
        """Where a divider is drawn, in this widget's pixels."""
        return self._edges()[index + 1]

    def sizeHint(self) -> QSize:
        return QSize(640, self._lanes() * theme.px(LANE_HEIGHT) + theme.px(BAR_HEIGHT) + _TICK)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.sizeHint().height())

    def _rebuild(self, draft: AllocationDraft) -> None:
        for handle in self._handles:
            handle.hide()
            handle.deleteLater()
        self._handles = [self._make_handle(index, draft) for index in range(len(draft.portions))]
        self._drag = None
        self.updateGeometry()

    def _make_handle(self, index: int, draft: AllocationDraft) -> DividerHandle:
        names = [*(portion.name for portion in draft.portions), "Reserve"]
        handle = DividerHandle(self)
        handle.setObjectName(f"divider_{draft.portions[index].module_id}")
        handle.setAccessibleName(f"Divider: dollars of {names[index]}, traded with {names[index + 1]}")
        handle.setToolTip(f"Move money between {names[index]} and {names[index + 1]}")
        handle.gesture_began.connect(self.gesture_began)
        handle.escaped.connect(self._on_escape)
        handle.dropped.connect(self._on_dropped)
        handle.valueChanged.connect(lambda dollars, at=index: self.divider_moved.emit(at, dollars))
        handle.grabbed.connect(lambda x, at=index: self._on_grabbed(at, x))
        handle.dragged.connect(self._on_dragged)
        handle.look_changed.connect(self.update)
        handle.show()
        return handle

    @Slot(object)
    def _on_spring(self, progress: object) -> None:
        if self._draft is not None and isinstance(progress, float):
            eased = 1 - (1 - progress) ** 3
            pairs = zip(self._spring_from, self._draft.amounts, strict=True)
            self._show_amounts(tuple(start + (end - start) * eased for start, end in pairs))

    def _show_amounts(self, amounts: tuple[float, ...]) -> None:
        before = self._edges() if len(amounts) == len(self._shown) else []
        self._shown = amounts
        self._place_handles()
        self._update_between(before, self._edges())

    # --- geometry -------------------------------------------------------------------------------------------------
    def _lanes(self) -> int:
        modules = len(self._handles)
        return 1 if modules <= 4 else 2 if modules <= 8 else 3

    def _bar(self) -> QRectF:
        top = self._lanes() * theme.px(LANE_HEIGHT)
        return QRectF(_SIDE, top, max(1, self.width() - 2 * _SIDE), theme.px(BAR_HEIGHT))

    def _edges(self) -> list[float]:
        """Left edge of every segment and the right end of the last, in pixels."""
        bar, capital = self._bar(), sum(self._shown) or 1.0
        return [bar.left() + bar.width() * part / capital for part in accumulate(self._shown, initial=0.0)]

    def _place_handles(self) -> None:
        top, height = round(self._bar().top()), theme.px(BAR_HEIGHT)
        for index, handle in enumerate(self._handles):
            handle.setGeometry(round(self.divider_x(index)) - HANDLE_WIDTH // 2, top, HANDLE_WIDTH, height)

    def _update_between(self, before: Sequence[float], after: Sequence[float]) -> None:
        """Paint anew the labels, and of the bar what moved: a divider moves two segments of a dozen."""
        if len(before) != len(after):
            self.update()
            return
        moved = [edge for edges in zip(before, after, strict=True) if edges[0] != edges[1] for edge in edges]
        if not moved:
            return
        # The whole of every segment that has one of these edges: its figures may stand anywhere in it.
        left = max((edge for edge in (*before, *after) if edge < min(moved)), default=0.0)
        right = min((edge for edge in (*before, *after) if edge > max(moved)), default=float(self.width()))
        top = self._lanes() * theme.px(LANE_HEIGHT)
        self.update(0, 0, self.width(), top)
        first, last = int(left) - HANDLE_WIDTH, int(right) + HANDLE_WIDTH
        self.update(first, top, last - first, self.height() - top)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_handles()

    # --- dragging -------------------------------------------------------------------------------------------------
    def _on_grabbed(self, index: int, x: float) -> None:
        self._drag = _Drag(index, x)

    @Slot(float, bool)
    def _on_dragged(self, x: float, is_free: bool) -> None:
        drag, draft = self._drag, self._draft
        if drag is None or draft is None:
            return
        if not drag.is_moving:
            if abs(x - drag.pressed_x) < _DRAG_THRESHOLD:
                return
            drag.index = self._meant(drag.index, draft, x > drag.pressed_x)
            drag.offset = drag.pressed_x - self.divider_x(drag.index)
            drag.is_moving = True
            self.gesture_began.emit()
        per_pixel = draft.capital / UNIT / self._bar().width()
        dollars = round((x - drag.offset - self._edges()[drag.index]) * per_pixel)
        if not is_free:
            dollars = snapped(dollars, draft.divider_magnets(drag.index), round(MAGNET_PIXELS * per_pixel))
        self.divider_moved.emit(drag.index, dollars)

    def _meant(self, index: int, draft: AllocationDraft, is_rightwards: bool) -> int:
        """Which of several dividers on one spot is meant: the one that has money to move in that direction."""
        here = self.divider_x(index)
        near = [
            at
            for at, handle in enumerate(self._handles)
            if handle.isEnabled() and abs(self.divider_x(at) - here) <= HANDLE_WIDTH / 2
        ]
        giving = [at for at in near if draft.dollars(at + 1 if is_rightwards else at) > 0]
        if index in giving or not giving:
            return index
        return giving[-1] if is_rightwards else giving[0]

    @Slot()
    def _on_dropped(self) -> None:
        was_dragging = self.is_dragging
        self._drag = None
        if was_dragging:
            self.let_go.emit()

    @Slot()
    def _on_escape(self) -> None:
        if self.is_dragging:
            self._drag = None
            self.gesture_cancelled.emit()
        else:
            self.escaped.emit()

    # --- carrying a segment to another ----------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of a segment: dividers take their own presses."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._carried = self._segment_at(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show whether it can be let go here."""
        if self._carried is not None:
            target = self._segment_at(event.position())
            can_drop = target not in {None, self._carried}
            self.setCursor(Qt.CursorShape.DragMoveCursor if can_drop else Qt.CursorShape.ClosedHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go over another segment: how much goes there is asked next."""
        source, self._carried = self._carried, None
        self.unsetCursor()
        target = self._segment_at(event.position())
        if source is not None and target is not None and target != source:
            self.dropped_on.emit(source, target)

    def _segment_at(self, at: QPointF) -> int | None:
        """The place of the segment under a point of this widget."""
        if self._draft is None or not self._bar().contains(at):
            return None
        return next((i for i, edge in enumerate(self._edges()[1:]) if at.x() < edge), len(self._draft.portions))

    # --- drawing --------------------------------------------------------------------------------------------------
    def _cells(self) -> Iterator[Cell]:
        draft = self._draft
        if draft is None:
            return
        edges, capital = self._edges(), draft.capital or 1
        per_money = self._bar().width() / capital
        for index, (left, right) in enumerate(pairwise(edges)):
            is_reserve = index == len(draft.portions)
            portion = None if is_reserve else draft.portions[index]
            yield Cell(
                index=None if is_reserve else index,
                name="Reserve" if portion is None else portion.name,
                amount=round(self._shown[index]),
                capital=draft.capital,
                left=left,
                right=right,
                used=0.0 if portion is None else portion.used * per_money,
                held=0.0 if portion is None else portion.held * per_money,
                is_over=portion is not None and draft.over_by(index) > 0,
            )

    def _ghosts(self) -> list[float]:
        """Dividers of the applied split, where the draft has others."""
        draft = self._draft
        if draft is None or not draft.is_changed:
            return []
        bar, capital = self._bar(), draft.capital or 1
        applied = accumulate(portion.applied for portion in draft.portions)
        edges = [bar.left() + bar.width() * part / capital for part in applied]
        return [edge for at, edge in enumerate(edges) if abs(edge - self.divider_x(at)) > 1]

    def paintEvent(self, event: QPaintEvent) -> None:
        top = self._lanes() * theme.px(LANE_HEIGHT)
        seen = QRectF(event.region().intersected(QRect(0, top, self.width(), self.height() - top)).boundingRect())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if not self.isEnabled():
                painter.setOpacity(0.75)
            paint_strip(
                painter, self._bar(), tuple(self._cells()), self._ghosts(), (self._lanes(), theme.px(LANE_HEIGHT)), seen
            )
            for handle in self._handles:
                if not event.region().intersects(handle.geometry()):
                    continue
                paint_grip(
                    painter,
                    QRectF(handle.geometry()),
                    is_enabled=handle.isEnabled(),
                    is_lit=handle.underMouse(),
                    has_focus=handle.hasFocus(),
                )

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._tip(event.pos().x()), self)
            return True
        return super().event(event)

    def _tip(self, x: float) -> str:
        draft = self._draft
        if draft is None:
            return ""
        at = self._segment_at(QPointF(x, self._bar().center().y()))
        if at is None or at == len(draft.portions):
            return f"Reserve: {fmt.exact_money(draft.reserve)} that no module has"
        portion, over = draft.portions[at], draft.over_by(at)
        lines = [
            f"{portion.name}: budget {fmt.exact_money(draft.amounts[at])}",
            f"used {fmt.exact_money(portion.used)}, held {fmt.exact_money(portion.held)}",
            "Drag it onto another segment to move money there",
        ]
        if over:
            lines.append(f"over by {fmt.exact_money(over)}: new trades wait")
        return "\n".join(lines)
