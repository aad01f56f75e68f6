"""One proposal for another split of capital: what would move, why, and what it would do to each module."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout

from engine.core.money import Money
from engine.domain.reallocation import ModuleEffect, Proposal, ProposalKind
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.text import ElidedText, Text

_TITLES = {
    ProposalKind.EQUAL: "Equal shares",
    ProposalKind.PERFORMANCE: "By performance",
    ProposalKind.RISK_PARITY: "Risk parity",
    ProposalKind.KELLY: "Capped Kelly",
    ProposalKind.WINNER_FROM_LOSER: "Fund the winner from the loser",
}

ARROW = "\N{RIGHTWARDS ARROW}"


class ProposalCard(QFrame):
    """Shows one proposal. `load_asked` carries its plan, to be opened as a draft: nothing is applied by it."""

    load_asked = Signal(object)

    def __init__(self, proposal: Proposal) -> None:
        super().__init__()
        self._plan = proposal.plan
        key = proposal.kind.value.lower()
        self.setObjectName(f"proposal_{key}")
        self.setAccessibleName(f"Proposal: {_TITLES[proposal.kind]}. {proposal.summary}")
        theme.set_role(self, "card")
        self._load = Button("Load as draft", f"load_{key}")
        self._load.setAccessibleName(f"Load {_TITLES[proposal.kind]} as a draft in the allocation bar")
        self._load.clicked.connect(self._on_load)
        self._can_load = proposal.is_change
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.SPACE, 12, 2 * theme.SPACE, 2 * theme.SPACE)
        column.setSpacing(theme.SPACE)
        column.addWidget(Text(_TITLES[proposal.kind], weight=theme.BOLD, pixels=14, name=f"title_{key}"))
        column.addWidget(Text(fmt.told(proposal.summary), wraps=True, name=f"summary_{key}"))
        column.addLayout(self._amounts(proposal, key))
        for effect in proposal.effects:
            column.addWidget(Text(reason_words(effect), "muted", 12, wraps=True))
            if warning := warning_words(effect):
                column.addWidget(Text(warning, "warning", 12, wraps=True))
        column.addStretch(1)
        foot = Flow()
        moved = f"{fmt.money(proposal.turnover)} changes hands" if proposal.is_change else "Changes nothing"
        foot.add(Text(moved, "muted", name=f"turnover_{key}"), least=0)
        foot.add(self._load)
        column.addLayout(foot)
        self.show_current(is_current=True)

    def show_current(self, *, is_current: bool) -> None:
        """Whether the proposal still begins at the split in force: one that does not is not loaded."""
        self._load.setEnabled(self._can_load and is_current)

    def _amounts(self, proposal: Proposal, key: str) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.SPACE)
        grid.setVerticalSpacing(theme.SPACE // 2)
        grid.setColumnStretch(0, 1)
        rows = [(each.module_id, each.name, each.before, each.after) for each in proposal.effects]
        rows.append(("reserve", "Reserve", proposal.before.reserve, proposal.plan.reserve))
        for at, (name, words, before, after) in enumerate(rows):
            grid.addWidget(ElidedText(words), at, 0)
            is_moved = before != after
            role = "" if is_moved else "muted"
            amount = Text(moved_words(before, after), role, name=f"move_{key}_{name}")
            amount.setAccessibleName(f"{words}: {moved_words(before, after)}")
            grid.addWidget(amount, at, 1, Qt.AlignmentFlag.AlignRight)
        return grid

    @Slot()
    def _on_load(self) -> None:
        self.load_asked.emit(self._plan)


def moved_words(before: Money, after: Money) -> str:
    """`$15,000 -> $13,500`, or the amount alone where it stays."""
    if before == after:
        return fmt.exact_money(after)
    return f"{fmt.exact_money(before)} {ARROW} {fmt.exact_money(after)}"


def reason_words(effect: ModuleEffect) -> str:
    """Why a module gets what it gets."""
    return f"{effect.name}: {fmt.told(effect.reason)}."


def warning_words(effect: ModuleEffect) -> str:
    """What a person should know of a module under the proposal, "" for nothing."""
    if effect.is_reduce_only:
        return f"{effect.name} would be over by {fmt.money(effect.over_by)}: it could only reduce."
    if effect.before == effect.after or effect.worst_case_at_same_use is None:
        return ""
    if effect.worst_case and effect.worst_case_at_same_use > effect.worst_case:
        now, then = fmt.money(effect.worst_case), fmt.money(effect.worst_case_at_same_use)
        return f"{effect.name}: worst case {now} now, {then} once the new budget is used alike."
    return ""
