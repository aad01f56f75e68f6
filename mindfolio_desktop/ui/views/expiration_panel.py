"""The expiration desk: what expires when, what an assignment takes, and what will be done about it."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QModelIndex, Signal, Slot
from PySide6.QtWidgets import QWidget

from engine.domain.expiration import Ending, OpenExpiry
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.models.expirations import ENDINGS, ExpirationsModel, ExpiryRow, distance_words, ex_words
from mindfolio_desktop.ui.models.keyed_table import SORT_ROLE
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.data_table import DataTable
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.text import Text

_MODULE = 6
_WORDS_WIDTH = 280
_ASKING = "Asking what is open…"
_NOTHING = "No options are open: nothing expires."

_SENTENCES: Mapping[Ending, str] = {
    Ending.CLOSES: "A rule wants it closed now: {why}.",
    Ending.TRADES: "A rule wants to trade in it now: {why}.",
    Ending.HEDGES: "A rule hedges it now: {why}.",
    Ending.WARNS: "A rule warns: {why}.",
    Ending.CLOSES_LATER: (
        "No rule acts now. In the last hour of its last session what is near the money, or in it, is closed, because "
        "its module cannot pay for an assignment."
    ),
    Ending.IS_KEPT: "No rule acts now. Its module can pay for an assignment: the house does not close it for that.",
    Ending.IS_WORKED: "An order works on it: look under its module.",
    Ending.WAITS: "It has ended, and the broker has not said how. Until then nothing is assumed.",
    Ending.BY_HAND: "The rules of the house are off for its module: what expires, or is assigned, is yours to see to.",
    Ending.STOPPED: "The mindfolio is stopped: no rule acts until it is armed again.",
}


class ExpirationPanel(Panel):
    """The table, the chosen position in words, and a button that opens its module's page."""

    module_opened = Signal(str)
    """The id of a module whose page is wanted."""

    def __init__(self) -> None:
        super().__init__("Expiration desk", "expiration_panel", "open options by days left")
        self.model = ExpirationsModel(self)
        self._table = DataTable(
            self.model, "expirations_table", "Expiration desk", sort_role=SORT_ROLE, stretch=_MODULE, most_rows=12
        )
        self._table.explain_empty(_ASKING)
        self._summary = Text("", "warning", wraps=True, name="expirations_today")
        self._words = Text("", "muted", wraps=True, name="expiration_words")
        self._open = Button("Open its module", "expiration_open")
        self._open.setEnabled(False)
        self._current: ExpiryRow | None = None
        self._below = QWidget()
        below = Flow()
        below.add(self._words, least=_WORDS_WIDTH)
        below.add(self._open)
        self._below.setLayout(below)
        self.body.addWidget(self._summary)
        self.body.addWidget(self._table)
        self.body.addWidget(self._below)
        self._summary.hide()
        self._below.hide()
        self._table.current_changed.connect(self._on_current)
        self._table.view.activated.connect(self._activate)
        self._open.clicked.connect(self._on_open)

    def show_expiries(self, expiries: Sequence[OpenExpiry], names: Mapping[str, str]) -> None:
        """Show what is open; `names` of modules by id."""
        self.model.show_expiries(expiries, names)
        self._table.explain_empty(_NOTHING)
        self._summary.show_or_hide(summary_words(expiries))
        self._below.setVisible(bool(expiries))
        self._on_current(self._table.source_index())

    def show_trouble(self, why: str) -> None:
        """Say why there are no newer figures."""
        self._table.explain_empty(f"What is open is not known: {why}")

    @Slot(QModelIndex)
    def _on_current(self, index: QModelIndex) -> None:
        self._show_row(self.model.row_at(index.row()) if index.isValid() else None)

    def _show_row(self, row: ExpiryRow | None) -> None:
        self._current = row
        self._open.setEnabled(row is not None)
        self._open.setAccessibleName("Open its module" if row is None else f"Open {row.module}")
        self._words.show_text("Choose a position to read what comes of it." if row is None else expiry_words(row))

    @Slot(QModelIndex)
    def _activate(self, _index: QModelIndex) -> None:
        self._on_open()

    @Slot()
    def _on_open(self) -> None:
        if self._current is not None:
            self.module_opened.emit(self._current.expiry.module_id)


def summary_words(expiries: Sequence[OpenExpiry]) -> str:
    """`2 positions expire today; 1 has legs in the money`; "" while neither is so."""
    today = sum(each.is_last_day for each in expiries)
    inside = sum(bool(each.inside) for each in expiries)
    parts = []
    if today:
        parts.append(f"{fmt.counted(today, 'position')} {'expires' if today == 1 else 'expire'} today")
    if inside:
        has = "has" if inside == 1 else "have"
        parts.append(f"{fmt.counted(inside, 'position')} {has} legs in the money that expire next")
    return "; ".join(parts)


def expiry_words(row: ExpiryRow) -> str:
    """All of a position's end in sentences."""
    expiry = row.expiry
    price = "No price is known." if expiry.spot is None else f"{expiry.structure.symbol} at {fmt.price(expiry.spot)}."
    legs = ", ".join(fmt.contract(each) for each in expiry.inside)
    inside = f"In the money: {legs}." if legs else ""
    distance = ""
    if expiry.nearest is not None:
        distance = f"Nearest short strike {fmt.contract(expiry.nearest)}: {distance_words(expiry)}."
    cash = ""
    if expiry.cash is not None:
        side = "come" if expiry.shares > 0 else "go"
        cash = (
            f"An assignment takes {fmt.money(expiry.cash)} of {fmt.money(expiry.means)}; "
            f"{fmt.counted(abs(expiry.shares), 'share')} {side}."
        )
    ex_day = f"Ex-dividend before it expires: {ex_words(expiry)}."
    ending = _SENTENCES[expiry.ending].format(why=(expiry.why or ENDINGS[expiry.ending]).rstrip("."))
    return " ".join(part for part in (price, inside, distance, cash, ex_day, ending) if part)
