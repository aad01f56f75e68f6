"""The legs of a waiting trade, and the strikes that a person would rather have."""

from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from engine.core.money import Money
from engine.domain.candidate import Candidate
from engine.domain.order import OrderPurpose
from engine.domain.restriking import UnfitStrikes, moved_strike, restruck, strikes_of_legs
from engine.domain.structure import Leg, Structure, StructureKind
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.text import Text

_STEP_WIDTH = 40
_STRIKE_WIDTH = 64
OWN = (
    "Your strikes: no backtest speaks for them, and the module's reasons and backtest below are of those it asked for. "
    "The figures are of yours, at the prices of now."
)


class TicketLegs(QWidget):
    """Shows legs; once a person asks to change strikes, each can be stepped to those that are quoted beside it.

    `asked`: the quoted strikes are wanted, see `show_strikes`; `changed`: the strikes are other ones now.
    """

    asked = Signal()
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("ticket_legs")
        self._candidate: Candidate | None = None
        self._strikes: tuple[Money, ...] = ()
        self._listed: tuple[tuple[Money, ...], ...] = ()
        self._steps: list[tuple[Button, Button, Text]] = []
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(2 * theme.SPACE)
        self._grid.setVerticalSpacing(4)
        self._edit = Button("Change strikes", "ticket_strikes_edit", "link")
        self._restore = Button("Take back", "ticket_strikes_restore", "link")
        self._note = Text(OWN, "muted", 12, wraps=True, name="ticket_strikes_note")
        self._problem = Text(role="warning", wraps=True, name="ticket_strikes_problem")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._grid)
        links = QHBoxLayout()
        links.setSpacing(2 * theme.SPACE)
        links.addWidget(self._edit)
        links.addWidget(self._restore)
        links.addStretch(1)
        column.addLayout(links)
        column.addWidget(self._problem)
        column.addWidget(self._note)
        self._edit.clicked.connect(self._on_edit)
        self._restore.clicked.connect(self._on_restore)
        self._show_state()

    # --- what is shown --------------------------------------------------------------------------------------------
    @property
    def strikes(self) -> tuple[Money, ...]:
        """The strikes that a person wants, () while they are those that were asked for."""
        return self._strikes if self._candidate is not None and self._strikes != self._found else ()

    @property
    def structure(self) -> Structure | None:
        """The trade at these strikes, None where they make no such structure."""
        if self._candidate is None:
            return None
        try:
            return restruck(self._candidate.structure, self._strikes)
        except UnfitStrikes:
            return None

    def show_candidate(self, candidate: Candidate) -> None:
        """Show another trade as it was asked for."""
        self._candidate = candidate
        self._strikes, self._listed = strikes_of_legs(candidate.structure), ()
        self._show_rows()
        self._show_state()

    def show_strikes(self, listed: tuple[tuple[Money, ...], ...] | None) -> None:
        """Let each strike be stepped through those that are quoted for its leg."""
        if self._candidate is None or listed is None or len(listed) != len(self._strikes):
            self.show_no_strikes("it does not wait any more")
            return
        self._listed = listed
        self._show_rows()
        self._show_state()
        if self._steps:
            self._steps[0][0].setFocus()

    def show_no_strikes(self, why: str) -> None:
        """Say why no strikes are offered."""
        self._edit.setEnabled(True)
        self._problem.show_or_hide(f"There are no strikes to choose from: {why}.")

    @property
    def _found(self) -> tuple[Money, ...]:
        return () if self._candidate is None else strikes_of_legs(self._candidate.structure)

    def _show_rows(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._steps = []
        candidate = self._candidate
        if candidate is None:
            return
        sign = -1 if candidate.purpose is OrderPurpose.CLOSE else 1
        for at, leg in enumerate(candidate.structure.legs):
            for column, widget in enumerate(_leg_texts(leg, sign * candidate.quantity)):
                self._grid.addWidget(widget, at, column)
            if self._listed:
                self._grid.addWidget(self._stepper(at, leg), at, 3)
        self._grid.setColumnStretch(4, 1)

    def _stepper(self, at: int, leg: Leg) -> QWidget:
        """Lower, the strike, higher."""
        of = f"the {'bought' if leg.ratio > 0 else 'sold'} {leg.contract.right.word}"
        lower, higher = Button("−", f"ticket_strike_{at}_lower"), Button("+", f"ticket_strike_{at}_higher")  # noqa: RUF001
        strike = Text("", weight=theme.MEDIUM, name=f"ticket_strike_{at}")
        strike.setAlignment(Qt.AlignmentFlag.AlignCenter)
        strike.setMinimumWidth(theme.px(_STRIKE_WIDTH))
        box = QWidget()
        across = QHBoxLayout(box)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(theme.SPACE // 2)
        for button, words, by in ((lower, "Lower", -1), (higher, "Higher", 1)):
            button.setFixedWidth(theme.px(_STEP_WIDTH))
            button.setAccessibleName(f"{words} strike of {of}")
            button.setToolTip(f"{words} strike of {of}")
            button.clicked.connect(partial(self._step, at, by))
        for widget in (lower, strike, higher):
            across.addWidget(widget)
        self._steps.append((lower, higher, strike))
        return box

    def _show_state(self) -> None:
        candidate, is_open = self._candidate, bool(self._listed)
        self._edit.setVisible(not is_open and candidate is not None and may_change_strikes(candidate))
        self._edit.setEnabled(True)
        self._restore.setVisible(is_open and bool(self.strikes))
        self._note.setVisible(bool(self.strikes))
        self._problem.show_or_hide(self._unfit())
        for at, (lower, higher, strike) in enumerate(self._steps):
            listed, chosen = self._listed[at], self._strikes[at]
            strike.show_text(fmt.strike(chosen), "" if chosen == self._found[at] else "warning")
            lower.setEnabled(any(each < chosen for each in listed))
            higher.setEnabled(any(each > chosen for each in listed))

    def _unfit(self) -> str:
        """What is wrong with the strikes, "" for nothing."""
        if self._candidate is None or not self.strikes:
            return ""
        try:
            restruck(self._candidate.structure, self._strikes)
        except UnfitStrikes as error:
            return f"{error}."
        return ""

    # --- a person's wishes ----------------------------------------------------------------------------------------
    @Slot()
    def _on_edit(self) -> None:
        self._edit.setEnabled(False)
        self._problem.show_or_hide("")
        self.asked.emit()

    @Slot()
    def _on_restore(self) -> None:
        self._strikes = self._found
        self._show_state()
        if self._steps:
            self._steps[0][0].setFocus()
        self.changed.emit()

    def _step(self, at: int, by: int) -> None:
        """The next quoted strike on that side, and with it those that must share it."""
        if self._candidate is None:
            return
        chosen = self._strikes[at]
        beyond = [each for each in self._listed[at] if (each > chosen if by > 0 else each < chosen)]
        if not beyond:
            return
        nearest = min(beyond) if by > 0 else max(beyond)
        self._strikes = moved_strike(self._candidate.structure, self._strikes, at, nearest)
        self._show_state()
        self.changed.emit()


def may_change_strikes(candidate: Candidate) -> bool:
    """Whether another trade can be made of it: a new structure of options alone that has a name."""
    structure = candidate.structure
    is_named = structure.kind is not StructureKind.CUSTOM
    return candidate.purpose is OrderPurpose.OPEN and is_named and bool(structure.legs) and not structure.shares


def _leg_texts(leg: Leg, quantity: int) -> tuple[Text, Text, Text]:
    """Texts of a leg; a negative quantity turns it round, as a closing does."""
    traded = leg.ratio * quantity
    is_bought = traded > 0
    side = Text("Buy" if is_bought else "Sell", "muted" if is_bought else "", weight=theme.MEDIUM)
    count = Text(f"{abs(traded)}")
    return side, count, Text(fmt.contract(leg.contract), "muted" if is_bought else "")
