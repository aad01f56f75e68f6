"""What a module's page says in figures: its money at a glance, how it performs, and how it is set up."""

from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from engine.domain.mindfolio import ModuleSpec, Parameter
from engine.domain.snapshot import ModuleView
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.figure import Figure
from mindfolio_desktop.ui.widgets.panel import Facts, Panel
from mindfolio_desktop.ui.widgets.reflow import Beside, stacked

_LISTED = 6
"""Most symbols of a universe that are named; the tool tip names all."""


class Setting(Protocol):
    """One setting of a strategy as it is shown, defaults included."""

    @property
    def label(self) -> str: ...
    @property
    def value(self) -> int | float: ...
    @property
    def unit(self) -> str: ...
    @property
    def help(self) -> str: ...


SettingsOf = Callable[[ModuleSpec], Sequence[Setting]]
"""All settings of a module's strategy, given by who knows the strategies."""


class MoneyBand(QFrame):
    """Budget, used, held, available, P&L, day P&L and worst case of one module, side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("module_money")
        theme.set_role(self, "card")
        self._figures = {
            "budget": Figure("Budget", "detail_budget"),
            "used": Figure("Used", "detail_used", tooltip="Buying power of open positions"),
            "held": Figure("Held", "detail_held", tooltip="Buying power reserved by working orders"),
            "available": Figure("Available", "detail_available", tooltip="What may still be put at work"),
            "pnl": Figure("Total P&L", "detail_pnl", tooltip="Realised and open, after costs"),
            "day": Figure("Day P&L", "detail_day_pnl", tooltip="Since the previous session's close, costs included"),
            "worst": Figure("Worst case", "detail_worst_case", tooltip="Largest loss at expiry, netted per underlying"),
        }
        across = Beside(aligned=True)
        for figure in self._figures.values():
            across.add(figure)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.SPACE, 14, 2 * theme.SPACE, 14)
        column.addLayout(across)

    def show_view(self, view: ModuleView) -> None:
        """Show a module's money."""
        show = {key: figure.show_value for key, figure in self._figures.items()}
        over = view.over_by
        show["budget"](fmt.exact_money(view.budget))
        show["used"](fmt.money(view.used), detail=f"{fmt.percent(view.utilisation_pct)} of budget")
        show["held"](fmt.money(view.held), detail=fmt.counted(len(view.orders), "order"))
        if over:
            show["available"](f"over by {fmt.money(over)}", "warning", "new trades wait", "warning")
        else:
            show["available"](fmt.money(view.available), detail="for new trades")
        show["pnl"](
            f"{fmt.arrow(view.pnl)} {fmt.signed_money(view.pnl)}".strip(),
            theme.gain_role(view.pnl),
            f"{fmt.signed_percent(view.pnl_pct)} of budget",
        )
        show["day"](
            f"{fmt.arrow(view.day_pnl)} {fmt.signed_money(view.day_pnl)}".strip(), theme.gain_role(view.day_pnl)
        )
        worst = view.worst_case
        show["worst"](fmt.UNBOUNDED if worst is None else fmt.money(worst), detail="loss at expiry")


class PerformancePanel(Panel):
    """What a module earned: realised and open apart, the win rate with its counts, the ends of the range."""

    def __init__(self) -> None:
        super().__init__("Performance", "performance_panel")
        self.facts = Facts("performance")
        for key, caption, tip in (
            ("realised", "Realised P&L", "Closed trades, after costs"),
            ("unrealised", "Open P&L", "Open positions at mid"),
            ("win_rate", "Win rate", "Closed trades with a net gain after costs; open ones are not counted"),
            ("average_win", "Average win", ""),
            ("average_loss", "Average loss", ""),
            ("best", "Best trade", ""),
            ("worst", "Worst trade", ""),
            ("month", "Trades this month", ""),
            ("scans", "Scans today", ""),
        ):
            self.facts.add(key, caption, tip)
        self.body.addWidget(self.facts)
        self.body.addStretch(1)

    def show_view(self, view: ModuleView) -> None:
        """Show a module's performance."""
        for key, amount in (
            ("realised", view.realised),
            ("unrealised", view.unrealised),
            ("average_win", view.average_win),
            ("average_loss", view.average_loss),
            ("best", view.best_trade),
            ("worst", view.worst_trade),
        ):
            self.facts.show_fact(key, fmt.signed_money(amount, cents=True), theme.gain_role(amount))
        self.facts.show_fact("win_rate", win_rate_words(view))
        self.facts.show_fact("month", str(view.trades_this_month))
        self.facts.show_fact("scans", f"{view.scans_today}, {view.executed_today} executed")


class SettingsPanel(Panel):
    """A module's limits, universe and structures."""

    def __init__(self) -> None:
        super().__init__("Settings", "settings_panel")
        self.facts = Facts("settings")
        for key, caption, tip in (
            ("max_risk", "Max risk per trade", "A trade that may lose more is not opened"),
            ("daily_loss", "Daily loss limit", "At this loss in a day the module is paused"),
            ("autotrade", "Autotrade", "Off: every trade waits for a decision"),
            ("structures", "Structures", ""),
            ("universe", "Universe", "Symbols that are scanned"),
        ):
            self.facts.add(key, caption, tip)
        self.body.addWidget(self.facts)
        self.body.addStretch(1)

    def show_spec(self, spec: ModuleSpec) -> None:
        """Show how a module is set up."""
        for key, limit in (("max_risk", spec.limits.max_risk_per_trade), ("daily_loss", spec.limits.daily_loss_limit)):
            missing = limit is None
            self.facts.show_fact(key, "not set: nothing opens" if missing else fmt.exact_money(limit), _alarm(missing))
        self.facts.show_fact("autotrade", "on" if spec.autotrade else "off, asks first")
        self.facts.show_fact("structures", ", ".join(fmt.kind(one) for one in spec.structures) or "none enabled")
        named = ", ".join(spec.universe[:_LISTED])
        more = f" and {len(spec.universe) - _LISTED} more" if len(spec.universe) > _LISTED else ""
        self.facts.show_fact("universe", f"{named}{more}" or "no symbols")
        self.facts.setToolTip(", ".join(spec.universe) if more else "")


class ParametersPanel(Panel):
    """The strategy's own settings with their units, in columns."""

    _COLUMNS = 3

    def __init__(self, settings_of: SettingsOf | None) -> None:
        super().__init__("Strategy settings", "parameters_panel")
        self._settings_of = settings_of
        self._shown: ModuleSpec | None = None
        self._columns: QWidget | None = None

    def show_spec(self, spec: ModuleSpec) -> None:
        """Show the settings of a module's strategy; they are laid out anew only when it is another specification."""
        if spec == self._shown:
            return
        self._shown = spec
        lines = setting_lines(spec, self._settings_of)
        self.setVisible(bool(lines))
        if self._columns is not None:
            self.body.removeWidget(self._columns)
            self._columns.hide()
            self._columns.deleteLater()
        self._columns = self._laid_out(lines)
        self.body.addWidget(self._columns)

    def lines(self) -> list[str]:
        """Captions and values as shown, in order."""
        if self._shown is None:
            return []
        return [f"{label}: {value}" for label, value, _ in setting_lines(self._shown, self._settings_of)]

    def _laid_out(self, lines: Sequence[tuple[str, str, str]]) -> QWidget:
        columns, across = QWidget(), Beside(4 * theme.SPACE)
        columns.setLayout(across)
        height = -(-len(lines) // self._COLUMNS)
        for column in range(self._COLUMNS):
            facts = Facts(f"parameters_{column}")
            for at, (label, value, about) in enumerate(lines[column * height : (column + 1) * height]):
                facts.add(str(at), label, about)
                facts.show_fact(str(at), value)
            across.add(stacked(facts))
        return columns


def setting_lines(spec: ModuleSpec, settings_of: SettingsOf | None) -> list[tuple[str, str, str]]:
    """Label, value with unit, and help of every setting; without a source of them, what the module itself carries."""
    if settings_of is not None:
        return [(one.label, _with_unit(one.value, one.unit), one.help) for one in settings_of(spec)]
    return [_own_line(name, value) for name, value in spec.parameters.items()]


def _own_line(name: str, value: Parameter) -> tuple[str, str, str]:
    """A parameter by its name alone: `_pct`, `_usd` and days say their unit in it."""
    unit = "%" if name.endswith("_pct") else "$" if name.endswith("_usd") else "days" if _is_days(name) else ""
    words = name.removesuffix("_pct").removesuffix("_usd").replace("_", " ").replace("iv ", "IV ")
    return words[:1].upper() + words[1:], _with_unit(value, unit), name


def _is_days(name: str) -> bool:
    return name.endswith(("_days", "_dte"))


def _with_unit(value: Parameter, unit: str) -> str:
    if isinstance(value, str):
        return value
    if unit == "0 or 1":
        return "yes" if value else "no"
    digits = 0 if float(value).is_integer() else 2
    number = fmt.number(float(value), digits)
    if unit == "$":
        return f"${number}"
    if unit.startswith("%"):
        return f"{number}{unit}"
    return f"{number} {unit}".strip()


def win_rate_words(view: ModuleView) -> str:
    """`68% (15 wins / 22 trades)`; without a closed trade there is no rate."""
    if not view.closed_trades:
        return "no closed trades yet"
    wins, trades = fmt.counted(view.wins, "win"), fmt.counted(view.closed_trades, "trade")
    return f"{fmt.fraction(view.win_rate)} ({wins} / {trades})"


def _alarm(is_missing: bool) -> str:
    return "warning" if is_missing else ""
