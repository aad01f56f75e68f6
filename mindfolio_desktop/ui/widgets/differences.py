"""What book and broker do not agree on, and the question whose it is. Nothing is opened there until it is answered."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from engine.domain.account import CASH_ID, EXTERNAL, Difference, Resolution
from engine.domain.commands import Command, ResolveDifference
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.icon import Icon
from mindfolio_desktop.ui.widgets.text import Text

WHO = "user"

_IGNORE = "IGNORE"


class DifferencesPanel(QFrame):
    """One line for each difference, with who may take it; hidden while everything agrees."""

    resolved = Signal(object)
    """A `ResolveDifference`."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("differences_panel")
        theme.set_role(self, "stop-panel")
        self._shown: tuple[object, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(2 * theme.SPACE, 8, 2 * theme.SPACE, 8)
        self._column.setSpacing(6)
        self._rows: list[_Row] = []
        self.hide()

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show what differs now; what is being answered stays as it is."""
        owners = tuple((view.spec.module_id, view.spec.name) for view in snapshot.modules)
        what = (snapshot.differences, owners)
        if what != self._shown:
            self._shown = what
            for row in self._rows:
                self._column.removeWidget(row)
                row.deleteLater()
            self._rows = [_Row(difference, owners) for difference in snapshot.differences]
            for row in self._rows:
                row.answered.connect(self.resolved)
                self._column.addWidget(row)
        self.setVisible(bool(self._rows))

    @Slot(object, object)
    def on_denied(self, command: Command, _denials: object) -> None:
        """The engine refused an answer: let the person give another."""
        if isinstance(command, ResolveDifference):
            for row in self._rows:
                row.ask_again()


class _Row(QWidget):
    """One difference: what it is, and the answer."""

    answered = Signal(object)

    def __init__(self, difference: Difference, owners: tuple[tuple[str, str], ...]) -> None:
        super().__init__()
        self._difference = difference
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(12)
        across.addWidget(Icon("warning", "stop_icon", 20))
        text = Text(wraps=True, name=f"difference_{difference.instrument}")
        text.show_text(difference_words(difference))
        across.addWidget(text, 1)
        self._owner = QComboBox()
        self._owner.setObjectName(f"difference_owner_{difference.instrument}")
        self._owner.setAccessibleName(f"Whose {difference.instrument} is")
        if difference.instrument != CASH_ID:
            for module_id, name in owners:
                self._owner.addItem(f"It is {name}'s", module_id)
        self._owner.addItem("It is not traded here", EXTERNAL)
        self._owner.addItem("Ignore it from now on", _IGNORE)
        self._owner.setCurrentIndex(self._owner.findData(EXTERNAL))
        self._answer = Button("Record", f"difference_record_{difference.instrument}")
        self._answer.clicked.connect(self._record)
        across.addWidget(self._owner)
        across.addWidget(self._answer)

    def ask_again(self) -> None:
        """Take an answer."""
        self._answer.setEnabled(True)

    @Slot()
    def _record(self) -> None:
        owner = str(self._owner.currentData())
        how = Resolution.IGNORE if owner == _IGNORE else Resolution.ASSIGN
        split = {EXTERNAL if owner == _IGNORE else owner: self._difference.missing}
        why = self._owner.currentText()
        self._answer.setEnabled(False)
        self.answered.emit(ResolveDifference(self._difference.instrument, how, split, WHO, why))


def difference_words(difference: Difference) -> str:
    """The sentence of a line: what differs, by how much, and what that means until it is answered."""
    if difference.instrument == CASH_ID:
        ours, theirs = (fmt.money(amount, cents=True) for amount in (difference.ledger, difference.broker))
        return f"Book and broker differ in cash: {ours} here, {theirs} at the broker."
    return (
        f"Book and broker differ in {difference.instrument}: {difference.ledger} here, {difference.broker} at the "
        f"broker. Nothing is opened in {difference.symbol} until you say whose it is."
    )
