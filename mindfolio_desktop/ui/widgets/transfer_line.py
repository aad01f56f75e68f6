"""Moving an amount from one module, or the reserve, to another: where a row that is dropped on another ends up."""

from PySide6.QtCore import QPointF, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from engine.core.money import UNIT
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.allocation_draft import AllocationDraft
from mindfolio_desktop.ui.widgets.amount_box import AmountBox
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.text import ElidedText, Text

_DRAG_THRESHOLD = 4


class TransferLine(QWidget):
    """Hidden until `open_for` is called. `transfer_asked(source, target, dollars)`: places in the draft."""

    transfer_asked = Signal(int, int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transfer_line")
        self._draft: AllocationDraft | None = None
        self._is_refused = False
        self._names: list[str] = []
        self._locked: frozenset[str] = frozenset()
        self._source, self._target = QComboBox(), QComboBox()
        for box, name, words in (
            (self._source, "transfer_from", "Move money from"),
            (self._target, "transfer_to", "Move money to"),
        ):
            box.setObjectName(name)
            box.setAccessibleName(words)
            box.currentIndexChanged.connect(self._show_most)
        self._amount = AmountBox()
        self._amount.setObjectName("transfer_amount")
        self._amount.setAccessibleName("Amount to move, in dollars")
        self._amount.setFixedWidth(theme.px(120))
        self._amount.lineEdit().returnPressed.connect(self._move)
        self._amount.escaped.connect(self.hide)
        self._amount.lineEdit().textEdited.connect(self._on_edited)
        self._amount.misread.connect(self._on_misread)
        self._amount.limited.connect(self._on_limited)
        self._most = Text("", "muted", name="transfer_most")
        self._go, self._cancel = Button("Move", "transfer_go"), Button("Cancel", "transfer_cancel")
        self._go.clicked.connect(self._move)
        self._cancel.clicked.connect(self.hide)
        across = Flow()
        across.add_group(Text("Move"), self._amount)
        across.add_group(Text("from"), self._source)
        across.add_group(Text("to"), self._target)
        across.add(self._most, least=120)
        across.add_group(self._go, self._cancel)
        inset = QVBoxLayout(self)
        inset.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        inset.addLayout(across)
        self.hide()

    def show_split(self, draft: AllocationDraft, locked: frozenset[str]) -> None:
        """Follow the draft; what is locked neither gives nor gets."""
        names = [*(portion.name for portion in draft.portions), "Reserve"]
        if names != self._names:
            self._names = names
            for box in (self._source, self._target):
                box.clear()
                box.addItems(names)
        self._draft, self._locked = draft, locked
        self._show_most()

    def open_for(self, source: int, target: int) -> None:
        """Ask how much goes from one place to another."""
        self._source.setCurrentIndex(source)
        self._target.setCurrentIndex(target)
        self.show()
        self._show_most()
        self._amount.setFocus()
        self._amount.selectAll()

    def _ends(self) -> tuple[int, int]:
        return self._source.currentIndex(), self._target.currentIndex()

    @Slot()
    def _show_most(self) -> None:
        draft, (source, target) = self._draft, self._ends()
        if draft is None or min(source, target) < 0:
            return
        problem = self._problem(draft, source, target)
        most = 0 if problem else draft.dollars(source)
        self._amount.show_amount(min(self._amount.value(), most) * UNIT, most, draft.capital)
        self._most.show_text(problem or f"at most {fmt.money(most * UNIT)}", "warning" if problem else "muted")
        self._go.setEnabled(not problem)

    def _problem(self, draft: AllocationDraft, source: int, target: int) -> str:
        if source == target:
            return "choose two different ones"
        ids = [*(portion.module_id for portion in draft.portions), ""]
        held = [self._names[end] for end in (source, target) if ids[end] in self._locked]
        return f"{' and '.join(held)} {'are' if len(held) > 1 else 'is'} locked" if held else ""

    @Slot()
    def _on_edited(self) -> None:
        self._is_refused = False

    @Slot(str)
    def _on_misread(self, text: str) -> None:
        self._refuse(self._amount.misread_words(text))

    @Slot(int)
    def _on_limited(self, asked: int) -> None:
        most = fmt.money(self._amount.maximum() * UNIT)
        self._refuse(f"at most {most}, not {fmt.money(asked * UNIT)}")

    def _refuse(self, words: str) -> None:
        """Say it beside the field, and let a Return that was meant for what was typed move nothing."""
        self._is_refused = True
        self._most.show_text(words, "warning")

    @Slot()
    def _move(self) -> None:
        source, target = self._ends()
        self._amount.interpretText()
        was_refused, self._is_refused = self._is_refused, False
        if not was_refused and self._go.isEnabled() and self._amount.value():
            self.transfer_asked.emit(source, target, self._amount.value())
            self.hide()


class RowName(ElidedText):
    """A row's name, which can be dragged onto another row. `dropped` carries the place in global pixels."""

    dropped = Signal(QPointF)

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(words)
        self.setParent(parent)
        self._pressed: QPointF | None = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed = event.globalPosition()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go: a drop, where it was moved at all."""
        pressed, self._pressed = self._pressed, None
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        if pressed is not None and (event.globalPosition() - pressed).manhattanLength() >= _DRAG_THRESHOLD:
            self.dropped.emit(event.globalPosition())
