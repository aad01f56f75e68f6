"""The foot of the allocation bar: what the draft would change, what it says, Apply and Revert."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.allocation_draft import AllocationDraft

_HINT = (
    "Drag a divider to move money between its neighbours, or a row to trade with the reserve. "
    "Nothing changes until you apply."
)
_NO_BREAK = "\N{NO-BREAK SPACE}"


class AllocationFooter(QWidget):
    """The preview strip and its two buttons."""

    apply_clicked = Signal()
    revert_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._badge = QLabel("DRAFT, not applied")
        self._preview = QLabel(_HINT)
        self._over = QLabel()
        self._said = QLabel()
        self._revert = QPushButton("Revert")
        self._apply = QPushButton("Apply")
        for widget, name in (
            (self._badge, "draft_badge"),
            (self._preview, "draft_preview"),
            (self._over, "draft_over"),
            (self._said, "allocation_message"),
            (self._revert, "revert_allocation"),
            (self._apply, "apply_allocation"),
        ):
            widget.setObjectName(name)
        theme.set_role(self._badge, "warning-chip")
        theme.set_role(self._apply, "primary")
        for label in (self._over, self._said):
            theme.set_role(label, "warning")
        self._apply.clicked.connect(self.apply_clicked)
        self._revert.clicked.connect(self.revert_clicked)
        self._arrange()

    def _arrange(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(theme.SPACE // 2)
        for label in (self._preview, self._over, self._said):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            words.addWidget(label)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        layout.setSpacing(theme.SPACE + theme.SPACE // 2)
        top = Qt.AlignmentFlag.AlignTop
        layout.addWidget(self._badge, 0, top)
        layout.addLayout(words, 1)
        layout.addWidget(self._revert, 0, top)
        layout.addWidget(self._apply, 0, top)

    def say(self, text: str) -> None:
        """Put a sentence beside the bar until the next gesture; "" takes it away."""
        self._said.setText(text)
        self._said.setVisible(bool(text))

    def show_split(self, draft: AllocationDraft | None, *, is_draft: bool, is_applying: bool) -> None:
        """Show what a draft changes, or how to begin one."""
        is_open = is_draft or is_applying
        self._badge.setVisible(is_open)
        self._badge.setText("applying…" if is_applying else "DRAFT, not applied")
        self._revert.setVisible(is_open)
        self._apply.setVisible(is_open)
        self._revert.setEnabled(is_draft)
        self._apply.setEnabled(is_draft)
        self._apply.setText("Applying…" if is_applying else "Apply")
        self._preview.setText(preview(draft) if is_open and draft is not None else _HINT)
        theme.set_role(self._preview, "body" if is_open else "muted")
        warnings = warnings_of(draft) if is_open and draft is not None else ""
        self._over.setText(warnings)
        self._over.setVisible(bool(warnings))


def preview(draft: AllocationDraft) -> str:
    """Every change of a draft: `Sell Puts $20,000 → $24,500`, in order, the reserve last."""
    return "    ".join(
        f"{one.name} {fmt.exact_money(one.before)} → {fmt.exact_money(one.after)}".replace(" ", _NO_BREAK)
        for one in draft.changes
    )


def warnings_of(draft: AllocationDraft) -> str:
    """What a person should know before applying: modules over their drafted budget, and a split that moved on."""
    lines = [
        f"{portion.name} over by {fmt.exact_money(draft.over_by(index))}: new trades wait, no position is closed."
        for index, portion in enumerate(draft.portions)
        if draft.over_by(index)
    ]
    if draft.is_stale:
        lines.append(
            f"The budgets were changed while you were drafting (version {draft.version} is now "
            f"{draft.applied_version}). Apply will be refused; revert to begin on the new ones."
        )
    return "\n".join(lines)
