"""The foot of the allocation bar: what the draft would change, what it says, Apply and Revert."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.core.errors import DenialCode
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import refusals, theme
from mindfolio_desktop.ui.remembered import Whose, recall
from mindfolio_desktop.ui.widgets.allocation_draft import AllocationDraft
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.text import Text

APPLIES_ON_RELEASE = "budgets/apply_on_release"
"""What is remembered for the user: whether a drag is applied as it is let go."""

_HINT = "Dividers trade between neighbours, rows with the reserve."
_UNTIL_APPLY = "Nothing changes until you apply."
_ON_RELEASE = "A drag is applied as you let go (Settings); what is typed waits for Apply."
_AS_APPLIED = "As applied now: nothing to change."
_NO_BREAK = "\N{NO-BREAK SPACE}"


class AllocationFooter(QWidget):
    """The preview strip and its two buttons."""

    apply_clicked = Signal()
    revert_clicked = Signal()
    transfer_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._badge = Text("DRAFT, not applied", "warning-chip", 12, theme.MEDIUM, name="draft_badge")
        self._preview = Text(hint(), wraps=True, name="draft_preview")
        self._over = Text(role="warning", wraps=True, name="draft_over")
        self._said = Text(role="warning", wraps=True, name="allocation_message")
        self._revert = Button("Revert", "revert_allocation")
        self._apply = Button("Apply", "apply_allocation", "primary")
        self._worst = Text(role="muted", wraps=True, name="draft_worst")
        self._transfer = Button("Transfer…", "transfer", "quiet")
        self._transfer.setToolTip(
            "Move an amount from one module to another; a segment, or a row's name, can be dragged there too"
        )
        self._transfer.clicked.connect(self.transfer_clicked)
        self._apply.clicked.connect(self.apply_clicked)
        self._revert.clicked.connect(self.revert_clicked)
        self._arrange()

    def _arrange(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(theme.SPACE // 2)
        for label in (self._preview, self._worst, self._over, self._said):
            words.addWidget(label)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        layout.setSpacing(theme.SPACE + theme.SPACE // 2)
        top = Qt.AlignmentFlag.AlignTop
        layout.addWidget(self._badge, 0, top)
        layout.addLayout(words, 1)
        layout.addWidget(self._transfer, 0, top)
        layout.addWidget(self._revert, 0, top)
        layout.addWidget(self._apply, 0, top)

    def say(self, text: str) -> None:
        """Put a sentence beside the bar until the next gesture; "" takes it away."""
        self._said.show_or_hide(text)

    def show_split(self, draft: AllocationDraft | None, *, is_draft: bool, is_applying: bool) -> None:
        """Show what a draft changes, or how to begin one."""
        is_open = is_draft or is_applying
        self._badge.setVisible(is_open)
        self._badge.show_text("applying…" if is_applying else "DRAFT, not applied")
        self._revert.setVisible(is_open)
        self._apply.setVisible(is_open)
        self._revert.setEnabled(is_draft)
        self._apply.setEnabled(is_draft and draft is not None and draft.is_changed)
        self._apply.setText("Applying…" if is_applying else "Apply")
        words = (preview(draft) or _AS_APPLIED) if is_open and draft is not None else hint()
        self._preview.show_text(words, "" if is_open else "muted")
        self._transfer.setEnabled(draft is not None and not is_applying)
        self._worst.show_or_hide(worst_words(draft) if is_open and draft is not None else "")
        self._over.show_or_hide(warnings_of(draft) if is_open and draft is not None else "")


def applies_on_release() -> bool:
    """Whether the user wants a drag to be applied as it is let go."""
    return recall(APPLIES_ON_RELEASE, default=False, whose=Whose.USER)


def hint() -> str:
    """How to begin, and what it takes to carry it out."""
    return f"{_HINT} {_ON_RELEASE if applies_on_release() else _UNTIL_APPLY}"


def preview(draft: AllocationDraft) -> str:
    """Every change of a draft: `Sell Puts $20,000 → $24,500`, in order, the reserve last."""
    return "    ".join(
        f"{one.name} {fmt.exact_money(one.before)} → {fmt.exact_money(one.after)}".replace(" ", _NO_BREAK)
        for one in draft.changes
    )


def worst_words(draft: AllocationDraft) -> str:
    """What the split does to what may be lost: nothing now, and what follows once it is used alike."""
    now, then = draft.worst_cases
    held = "unbounded or unknown" if now is None else fmt.money(now)
    if now == 0:
        return "Worst case: nothing is at risk now, so no split can be compared."
    used = "not known" if then is None else fmt.money(then)
    return f"Worst case of the open positions: {held}, which no split changes; with the new budgets used alike: {used}."


def warnings_of(draft: AllocationDraft) -> str:
    """What a person should know before applying: modules over their drafted budget, and what would be refused."""
    lines = [
        f"{portion.name} over by {fmt.exact_money(draft.over_by(index))}: new trades wait, no position is closed."
        for index, portion in enumerate(draft.portions)
        if draft.over_by(index)
    ]
    for denial in draft.denials:
        if denial.code is DenialCode.STALE_VERSION:
            lines.append(
                f"The budgets were changed while you were drafting (version {denial.measured} is now "
                f"{denial.limit}). Apply will be refused; revert to begin on the new ones."
            )
        else:
            lines.append(f"Apply will be refused. {refusals.denial(denial)}")
    return "\n".join(lines)
