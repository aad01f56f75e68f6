"""What the book gains or loses if prices and volatility move: now, and after some days."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Slot

from engine.core.money import Money
from engine.domain.worst_case import Scenario, ScenarioTime, StressGrid
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.choices import Choices
from mindfolio_desktop.ui.widgets.heat_map import HeatCell, HeatMap, HeatTable, WideMap
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.text import Text
from mindfolio_desktop.ui.words import scenario_words

_WHOLE = "Whole book"
_NOTE = "P&L from the marks of now: price moves across, moves of volatility down"

Net = tuple[tuple[Money, ...], ...]


class StressPanel(Panel):
    """A heat map of one grid, the whole book's or a module's, and the current cell in words."""

    def __init__(self) -> None:
        super().__init__("Stress", "stress_panel", _NOTE)
        self._grids: tuple[StressGrid, ...] = ()
        self._names: Mapping[str, str] = {}
        self._whose = Choices("stress_whose", "Whose positions")
        self._when = Choices("stress_when", "When")
        self._map = HeatMap("stress_map", "Stress grid", widest=180)
        self._wide = WideMap(self._map)
        self._words = Text("", "muted", wraps=True, name="stress_words")
        self._empty = Text("Working out what moves would do…", "muted", wraps=True, name="stress_empty")
        choices = Flow(2 * theme.SPACE)
        choices.add(self._whose, least=0)
        choices.add(self._when)
        self.body.addLayout(choices)
        self.body.addWidget(self._wide)
        self.body.addWidget(self._words)
        self.body.addWidget(self._empty)
        self._when.chosen.connect(self._show)
        self._whose.chosen.connect(self._show)
        self._map.current_changed.connect(self._tell)
        self._show_parts(is_empty=True)

    def show_grids(self, grids: Sequence[StressGrid], names: Mapping[str, str], without_price: Sequence[str]) -> None:
        """Show newer grids; `names` of modules by id; what has no price takes no part."""
        self._grids, self._names = tuple(grids), names
        if not grids or not any(grid.modules for grid in grids):
            self._empty.show_text("Nothing is held: no move of the market gains or loses anything.")
            self._show_parts(is_empty=True)
            return
        lacking = f"Without {', '.join(without_price)}: no price is known." if without_price else ""
        self._empty.show_text(lacking, "warning" if lacking else "muted")
        self._when.show_options([(str(each.days), _when_words(each.days)) for each in grids])
        holders = [each for each in names if each in grids[0].modules]
        self._whose.show_options([("", _WHOLE), *((each, names[each]) for each in holders)])
        self._show_parts(is_empty=False)
        self._show("")

    def show_trouble(self, why: str) -> None:
        """Say why there are no newer figures; those of before stay, marked as old."""
        self._empty.show_text(f"No newer figures: {why}", "warning")
        self._empty.setVisible(True)

    def _show_parts(self, *, is_empty: bool) -> None:
        for part in (self._when, self._whose, self._wide, self._words):
            part.setVisible(not is_empty)
        self._empty.setVisible(is_empty or bool(self._empty.text()))

    @Slot(str)
    def _show(self, _key: str) -> None:
        grid = next((each for each in self._grids if str(each.days) == self._when.current), None)
        if grid is None:
            return
        whose = self._whose.current
        name = self._names.get(whose, _WHOLE) if whose else _WHOLE
        is_first = not self._map.table.rows
        middle = grid.volatility_pct.index(0), grid.price_pct.index(0)
        self._map.show_table(
            stress_table(grid, grid.modules[whose] if whose else grid.net, name), middle if is_first else None
        )
        self._tell(self._map.spoken)

    @Slot(str)
    def _tell(self, words: str) -> None:
        self._words.show_text(words)


def stress_table(grid: StressGrid, net: Net, name: str) -> HeatTable:
    """A grid as the heat map shows it: volatility down, price across; `net` in the grid's own order."""
    largest = max((abs(amount) for row in net for amount in row), default=0)
    rows = tuple(_volatility_words(move) for move in grid.volatility_pct)
    columns = tuple(_move_words(move) for move in grid.price_pct)
    cells = tuple(
        tuple(
            _cell(net[across][down], largest, f"{name}, {_scenario(grid, price, volatility)}")
            for across, price in enumerate(grid.price_pct)
        )
        for down, volatility in enumerate(grid.volatility_pct)
    )
    return HeatTable(rows, columns, cells, (_volatility_words(0), _move_words(0)))


def _cell(amount: Money, largest: Money, where: str) -> HeatCell:
    words = f"{where}: {fmt.arrow(amount)} {fmt.signed_money(amount)}".replace(":  ", ": ")
    tone = "" if amount == 0 else "gain" if amount > 0 else "loss"
    return HeatCell(fmt.signed_money(amount), words, tone, abs(amount) / largest if largest else 0.0)


def _scenario(grid: StressGrid, price: int, volatility: int) -> str:
    when = ScenarioTime.LATER if grid.days else ScenarioTime.NOW
    return scenario_words(Scenario("", price, volatility, when, grid.days))


def _when_words(days: int) -> str:
    return f"In {fmt.counted(days, 'day')}" if days else "Now"


def _move_words(move: int) -> str:
    return fmt.signed_percent(move, 0)


def _volatility_words(move: int) -> str:
    return f"Volatility {fmt.signed_percent(move, 0)}"
