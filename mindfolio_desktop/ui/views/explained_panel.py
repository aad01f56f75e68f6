"""P&L explained: what each session's result came from, by module, in parts that add up to it."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QModelIndex, Slot

from engine.core.money import Money
from engine.domain.explained import PART_NAMES, ExplainedDay, PnlParts
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.models.day_sheets import SESSIONS
from mindfolio_desktop.ui.models.keyed_table import SORT_ROLE, KeyedTableModel
from mindfolio_desktop.ui.widgets.data_table import DataTable
from mindfolio_desktop.ui.widgets.heat_map import HeatCell, HeatMap, HeatTable, WideMap
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.reflow import Beside, stacked
from mindfolio_desktop.ui.widgets.text import Text

_NOTHING = "No session has closed yet. At each close the result of the day is explained here."
_NOTE = "by part and module, to the cent; the parts add up to the result"
_ACCOUNT, _ALL, _RESULT = "Account", "All", "Result"
_SESSIONS_WIDTH, _PARTS_WIDTH = 240, 520

_MEANINGS: Mapping[str, str] = {
    "delta": "the moves of the underlyings, by the delta held",
    "gamma": "half the square of the moves, by the gamma held",
    "theta": "the days that passed",
    "vega": "the moves of volatility",
    "cross": "second order besides gamma, and beyond",
    "edge": "mid at the fill against the price of the fill",
    "carry": "dividends, interest and borrow as booked",
    "costs": "commissions, fees and the broker's rounding",
    "noise": "what a leg's own mid did and its neighbours did not",
    "residual": "what none of the others explains",
    "moved": "open P&L that came or went with a position that changed hands",
    "unwatched": "what happened while no engine ran, or could not be followed",
}


class ExplainedPanel(Panel):
    """The newest sessions at the left; the parts of the chosen one, by module, at the right."""

    def __init__(self) -> None:
        super().__init__("P&L explained", "explained_panel", _NOTE)
        self._days: tuple[ExplainedDay, ...] = ()
        self._names: Mapping[str, str] = {}
        self.sessions: KeyedTableModel[ExplainedDay] = KeyedTableModel(SESSIONS, lambda row: row.session, self)
        self._table = DataTable(
            self.sessions, "explained_sessions", "Explained sessions", sort_role=SORT_ROLE, stretch=0, most_rows=13
        )
        self._table.explain_empty("Reading the ledger…")
        self._map = HeatMap("explained_map", "Parts of the result by module", widest=128)
        self._wide = WideMap(self._map)
        self._words = Text("", "muted", wraps=True, name="explained_words")
        across = Beside(3 * theme.SPACE)
        across.add(stacked(self._table), 2, _SESSIONS_WIDTH)
        across.add(stacked(self._wide, self._words), 5, _PARTS_WIDTH)
        self.body.addLayout(across)
        self._wide.hide()
        self._words.hide()
        self._table.current_changed.connect(self._on_current)
        self._map.current_changed.connect(self._tell)

    def show_days(self, days: Sequence[ExplainedDay], names: Mapping[str, str]) -> None:
        """Show the newest sessions, the newest first; `names` of modules by id."""
        self._days, self._names = tuple(days), names
        self.sessions.show_rows(self._days)
        self._table.explain_empty(_NOTHING)
        index = self._table.view.currentIndex()
        if self._days and not index.isValid():
            self._table.select_source_row(0)
        self._show(self._chosen())

    def show_trouble(self, why: str) -> None:
        """Say why there are no parts."""
        self._table.explain_empty(f"What the results came from is not known: {why}")

    def _chosen(self) -> ExplainedDay | None:
        index = self._table.source_index()
        return self.sessions.row_at(index.row()) if index.isValid() else None

    @Slot(QModelIndex)
    def _on_current(self, index: QModelIndex) -> None:
        self._show(self.sessions.row_at(index.row()) if index.isValid() else None)

    def _show(self, day: ExplainedDay | None) -> None:
        self._wide.setVisible(day is not None)
        self._words.setVisible(day is not None)
        if day is not None:
            is_first = not self._map.table.rows
            table = parts_table(day, self._names)
            self._map.show_table(table, (0, len(table.columns) - 1) if is_first else None)
            self._tell(self._map.spoken)

    @Slot(str)
    def _tell(self, words: str) -> None:
        self._words.show_text(words)


def parts_table(day: ExplainedDay, names: Mapping[str, str]) -> HeatTable:
    """A session's parts down, modules across, with the sums of both at the ends."""
    columns = [(names.get(each.module_id, each.module_id) or _ACCOUNT, each.parts.in_cents()) for each in day.modules]
    columns.append((_ALL, sum((parts for _, parts in columns), PnlParts())))
    largest = max((abs(value) for _, parts in columns for value in parts.values), default=0)
    rows = [tuple(_cell(name, part, getattr(parts, part), largest) for name, parts in columns) for part in PART_NAMES]
    result = tuple(_result(name, parts, largest) for name, parts in columns)
    return HeatTable(
        (*(part.capitalize() for part in PART_NAMES), _RESULT),
        tuple(name for name, _ in columns),
        (*rows, result),
        (_RESULT, _ALL),
    )


def _amount(amount: Money) -> str:
    return fmt.signed_money(amount, cents=True)


def _cell(name: str, part: str, amount: Money, largest: Money) -> HeatCell:
    words = f"{name}, {part}: {fmt.arrow(amount)} {_amount(amount)}".replace(":  ", ": ")
    tone = "" if amount == 0 else "gain" if amount > 0 else "loss"
    return HeatCell(_amount(amount), f"{words} ({_MEANINGS[part]})", tone, abs(amount) / largest if largest else 0.0)


def _result(name: str, parts: PnlParts, largest: Money) -> HeatCell:
    total = parts.total
    told = [f"{part} {_amount(value)}" for part, value in zip(PART_NAMES, parts.values, strict=True) if value]
    words = f"{name}, result: {fmt.arrow(total)} {_amount(total)}".replace(":  ", ": ")
    spoken = f"{words} = {', '.join(told)}" if told else words
    tone = "" if total == 0 else "gain" if total > 0 else "loss"
    return HeatCell(_amount(total), spoken, tone, min(1.0, abs(total) / largest) if largest else 0.0, is_total=True)
