"""What moves together: correlations of the held names as a map, and their betas."""

from PySide6.QtCore import Slot

from engine.domain.concentration import Comovement, PairCorrelation
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.models.keyed_table import SORT_ROLE
from mindfolio_desktop.ui.models.risk import BetasModel
from mindfolio_desktop.ui.widgets.data_table import DataTable
from mindfolio_desktop.ui.widgets.heat_map import HeatCell, HeatMap, HeatTable, WideMap
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.reflow import Beside, stacked
from mindfolio_desktop.ui.widgets.text import Text

_TOGETHER, _AGAINST = "warning", "accent"
_MAP_WIDTH, _BETAS_WIDTH = 420, 240


class ComovementPanel(Panel):
    """The map at the left with the current pair in words, betas at the right."""

    def __init__(self) -> None:
        super().__init__("What moves together", "comovement_panel", "daily returns of the names that are held")
        self._shown: Comovement | None = None
        self._map = HeatMap("correlation_map", "Correlations", widest=72)
        self._wide = WideMap(self._map)
        self._words = Text("", "muted", wraps=True, name="correlation_words")
        self.betas = BetasModel(self)
        self._table = DataTable(self.betas, "betas_table", "Betas", sort_role=SORT_ROLE, stretch=0)
        self._note = Text("", "muted", 12, wraps=True, name="betas_note")
        across = Beside(3 * theme.SPACE)
        across.add(stacked(self._wide, self._words), 9, _MAP_WIDTH)
        across.add(stacked(self._table, self._note), 4, _BETAS_WIDTH)
        self.body.addLayout(across)
        self._map.current_changed.connect(self._tell)
        self.show_comovement(None)

    def show_comovement(self, moving: Comovement | None) -> None:
        """Show what the newest closes say; None while nothing is held."""
        if moving is not None and moving == self._shown:
            return
        self._shown = moving
        self._wide.setVisible(moving is not None and bool(moving.pairs))
        self._table.setVisible(moving is not None)
        if moving is None:
            self.betas.show_rows([])
            self._words.show_text("Nothing is held: there is nothing to move together.")
            self._note.show_or_hide("")
            return
        self.betas.show_rows(moving.betas)
        self._note.show_or_hide(f"To {moving.index}, of closes before {fmt.date(moving.day)}")
        if not moving.pairs:
            self._words.show_text("One name alone has nothing to move together with.")
            return
        self._map.show_table(correlation_table(moving))
        self._tell(self._map.spoken)

    @Slot(str)
    def _tell(self, words: str) -> None:
        self._words.show_text(words)


def correlation_table(moving: Comovement) -> HeatTable:
    """Each name against each."""
    names = tuple(row.symbol for row in moving.betas)
    known = {(pair.first, pair.second): pair for pair in moving.pairs}
    cells = tuple(
        tuple(_cell(one, other, known.get((one, other)) or known.get((other, one))) for other in names) for one in names
    )
    return HeatTable(names, names, cells)


def _cell(one: str, other: str, pair: PairCorrelation | None) -> HeatCell:
    if one == other:
        return HeatCell("", f"{one} with itself")
    if pair is None or pair.correlation is None:
        days = 0 if pair is None else pair.sessions
        return HeatCell(fmt.UNKNOWN, f"{one} and {other}: not known, {fmt.counted(days, 'day')} in common")
    value = pair.correlation
    tone = _TOGETHER if value > 0 else _AGAINST
    sample = f", {fmt.number(pair.sample, 2)} as observed" if pair.sample is not None else ""
    words = f"{one} and {other}: correlation {fmt.number(value, 2)}{sample}, {fmt.counted(pair.sessions, 'day')}"
    return HeatCell(fmt.number(value, 2), words, tone, abs(value))
