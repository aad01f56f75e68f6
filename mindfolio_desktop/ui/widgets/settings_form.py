"""A form for all settings of a module, made from its strategy's schema: what is wrong is said beside each field."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from engine.core.money import UNIT, Money
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import ModuleSpec, Parameter
from engine.domain.module_offer import ModuleOffer
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.setting_field import (
    ReadField,
    SettingField,
    parameter_field,
    plain,
    read_money,
    read_name,
    read_symbols,
)
from mindfolio_desktop.ui.widgets.text import Text

_YES_NO = "0 or 1"
_CELL_WIDTH = 210
_MOST_COLUMNS = 5


class SettingsForm(QWidget):
    """Shows a module of an offer. `changed` comes with every key; `spec` is what stands there, None while it cannot be.

    What contradicts another field is found by the engine alone: its refusal says which.
    """

    changed = Signal()

    def __init__(
        self,
        offer: ModuleOffer,
        spec: ModuleSpec,
        symbols: Sequence[str],
        capital: Money,
        first: ReadField[Money] | None = None,
    ) -> None:
        """`first` is one more field, before all others, that is no setting."""
        super().__init__()
        self._first = first
        self.setObjectName("settings_form")
        self._offer, self._base, self._symbols, self._capital = offer, spec, tuple(symbols), capital
        self._name = ReadField("form_name", "Name", read_name)
        risk, loss = spec.limits.max_risk_per_trade, spec.limits.daily_loss_limit
        self._risk = self._money(
            "form_max_risk", "Max risk per trade", risk, "A trade that may lose more is not opened"
        )
        self._loss = self._money(
            "form_daily_loss", "Daily loss limit", loss, "At this loss in a day it is paused, alone"
        )
        self._universe = ReadField(
            "form_universe",
            "Universe",
            lambda text: read_symbols(text, self._symbols),
            "Symbols that are scanned, with commas between them; all of the market: all",
        )
        self._autotrade = QCheckBox("Trades by itself")
        self._structures = {kind: QCheckBox(_title(fmt.kind(kind))) for kind in offer.structures}
        self._parameters: dict[str, ReadField[int | float]] = {}
        self._switches: dict[str, QCheckBox] = {}
        self._grids: list[tuple[QGridLayout, list[QWidget], list[QWidget]]] = []
        self._columns = 0
        self._make_parameters()
        self._lay_out()
        self._fill(spec)
        self._connect()

    # --- set-up ---------------------------------------------------------------------------------------------------
    def _money(self, name: str, label: str, before: Money | None, about: str) -> ReadField[Money]:
        def read(text: str) -> Money:
            # Left as it was shown, a limit keeps its cents.
            is_kept = before is not None and text == fmt.exact_money(before)
            return before if is_kept and before is not None else read_money(text, UNIT, None, self._capital)

        field = ReadField(name, label, read, about)
        field.show_allowed(about)
        return field

    def _make_parameters(self) -> None:
        for spec in self._offer.parameters:
            if spec.unit == _YES_NO:
                box = QCheckBox(spec.label)
                box.setObjectName(f"setting_{spec.name}")
                box.setToolTip(spec.help)
                self._switches[spec.name] = box
            else:
                self._parameters[spec.name] = parameter_field(spec)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * theme.SPACE)
        self._universe.show_allowed(f"of {fmt.counted(len(self._symbols), 'symbol')} in this market")
        self._autotrade.setObjectName("form_autotrade")
        self._autotrade.setToolTip("Off: every trade waits for your decision")
        for kind, box in self._structures.items():
            box.setObjectName(f"form_structure_{kind.name.lower()}")
        column.addLayout(self._grid([*self._ahead(), self._name, self._risk, self._loss]))
        column.addWidget(self._universe)
        switches = Flow(2 * theme.SPACE)
        for widget in (self._autotrade, Text("Structures:", "muted"), *self._structures.values()):
            switches.add(widget)
        column.addLayout(switches)
        if self._parameters:
            column.addWidget(Text("Strategy settings", weight=theme.MEDIUM))
            column.addLayout(self._grid(list(self._parameters.values())))
        if self._switches:
            column.addLayout(self._grid(list(self._switches.values())))

    def _grid(self, widgets: list[QWidget]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * theme.SPACE)
        grid.setVerticalSpacing(theme.SPACE + theme.SPACE // 2)
        # A column without anything takes no gap, and the columns of two grids would not line up.
        fillers = [QWidget() for _ in range(_MOST_COLUMNS - len(widgets))]
        for widget in (*widgets, *fillers):
            widget.setParent(self)
            widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._grids.append((grid, widgets, fillers))
        return grid

    def _fill(self, spec: ModuleSpec) -> None:
        limits = spec.limits
        self._name.show_text(spec.name)
        for field, limit in ((self._risk, limits.max_risk_per_trade), (self._loss, limits.daily_loss_limit)):
            field.show_text("" if limit is None else fmt.exact_money(limit))
        is_all = set(spec.universe) == set(self._symbols)
        self._universe.show_text("all" if is_all else ", ".join(spec.universe))
        self._autotrade.setChecked(spec.autotrade)
        for kind, box in self._structures.items():
            box.setChecked(kind in spec.structures)
        for each in self._offer.parameters:
            value = spec.parameters.get(each.name, each.default)
            if each.name in self._switches:
                self._switches[each.name].setChecked(bool(value))
            elif isinstance(value, int | float):
                self._parameters[each.name].show_text(plain(value))

    def _connect(self) -> None:
        for field in self._fields():
            field.changed.connect(self.changed)
        for box in (self._autotrade, *self._structures.values(), *self._switches.values()):
            box.toggled.connect(self.changed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many fields side by side as fit."""
        super().resizeEvent(event)
        columns = max(1, min(_MOST_COLUMNS, self.width() // theme.px(_CELL_WIDTH)))
        if columns == self._columns:
            return
        self._columns = columns
        for grid, widgets, fillers in self._grids:
            for column in range(grid.columnCount()):
                grid.setColumnStretch(column, 0)
            for at, widget in enumerate((*widgets, *fillers)):
                widget.setVisible(at < max(len(widgets), columns))
                grid.addWidget(widget, at // columns, at % columns, Qt.AlignmentFlag.AlignTop)
            for column in range(columns):
                grid.setColumnStretch(column, 1)

    # --- what stands there ----------------------------------------------------------------------------------------
    @property
    def problem(self) -> str:
        """The first thing that is wrong, "" for nothing."""
        wrong = next((field for field in self._fields() if field.problem), None)
        if wrong is not None:
            return f"{wrong.line.accessibleName()}: {wrong.problem}"
        if self._structures and not any(box.isChecked() for box in self._structures.values()):
            return "Structures: enable one at least"
        return ""

    @property
    def spec(self) -> ModuleSpec | None:
        """The module as the form has it; None while something is wrong."""
        if self.problem:
            return None
        parameters: dict[str, Parameter] = {name: box.isChecked() * 1 for name, box in self._switches.items()}
        for name, field in self._parameters.items():
            value = field.value
            if value is not None:
                parameters[name] = value
        return replace(
            self._base,
            name=self._name.value or self._base.name,
            limits=ModuleLimits(self._risk.value, self._loss.value),
            autotrade=self._autotrade.isChecked(),
            universe=self._universe.value or (),
            structures=tuple(kind for kind, box in self._structures.items() if box.isChecked()),
            parameters=self._as_before(parameters),
        )

    def _as_before(self, parameters: dict[str, Parameter]) -> dict[str, Parameter]:
        """In the order of the module's own and no more than these where nothing differs: what is equal is the same."""
        given = self._base.parameters
        defaults = {each.name: each.default for each in self._offer.parameters}
        added = {name: value for name, value in parameters.items() if name not in given and value != defaults[name]}
        return {**{name: parameters[name] for name in given if name in parameters}, **added}

    def _ahead(self) -> tuple[SettingField, ...]:
        return () if self._first is None else (self._first,)

    @property
    def focus_order(self) -> tuple[QWidget, ...]:
        """What can be typed in and switched, as the eye meets it."""
        amounts = (*self._ahead(), self._name, self._risk, self._loss, self._universe)
        boxes = (self._autotrade, *self._structures.values())
        later = tuple(field.line for field in self._parameters.values())
        return (*(field.line for field in amounts), *boxes, *later, *self._switches.values())

    def _fields(self) -> tuple[SettingField, ...]:
        return (*self._ahead(), self._name, self._risk, self._loss, self._universe, *self._parameters.values())


def chain(*widgets: QWidget) -> None:
    """Let the focus go from each to the next."""
    for before, after in pairwise(widgets):
        QWidget.setTabOrder(before, after)


def _title(words: str) -> str:
    return words[:1].upper() + words[1:]
