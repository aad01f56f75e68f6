"""One field of a settings form: its name, its value, its unit, and below it what it may be, or what is wrong."""

import re
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from engine.core.money import UNIT, Money
from engine.domain.parameter import ParameterSpec
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.allocation_draft import parse_amount
from mindfolio_desktop.ui.widgets.text import ElidedText, Text

ValueT = TypeVar("ValueT")

MOST: Money = 1_000_000_000 * UNIT
"""The largest amount that a field takes."""

NAME_MOST = 40
"""Characters of a name: as many as stand in a card, the navigation and a table."""

_SYMBOL_SHOWN, _MOST_NAMED = 12, 5


class SettingField(QWidget):
    """A line to type in. `changed` comes with every key; `problem` says what is wrong with the text as it stands."""

    changed = Signal()

    def __init__(self, name: str, label: str, about: str = "", unit: str = "") -> None:
        super().__init__()
        self.setToolTip(about)
        self.line = QLineEdit()
        self.line.setObjectName(name)
        self.line.setAccessibleName(f"{label}{f', {unit}' if unit else ''}")
        self._label = ElidedText(label, "muted", 12)
        self._hint = ElidedText("", "faint", 12, name=f"{name}_hint")
        self._allowed = ""
        across = QHBoxLayout()
        across.setSpacing(theme.SPACE)
        across.addWidget(self.line, 1)
        if unit:
            across.addWidget(Text(unit, "muted", 12))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE // 2)
        column.addWidget(self._label)
        column.addLayout(across)
        column.addWidget(self._hint)
        self.line.textChanged.connect(self._on_text)

    @property
    def problem(self) -> str:
        """What is wrong, "" for nothing."""
        return self._problem(self.line.text())

    def show_allowed(self, words: str) -> None:
        """What stands below the field while nothing is wrong."""
        self._allowed = words
        self._show_hint()

    def show_text(self, text: str) -> None:
        """Put a text into the field."""
        self.line.setText(text)
        self.line.setCursorPosition(0)
        self._show_hint()

    def _problem(self, text: str) -> str:
        del text
        return ""

    def _on_text(self) -> None:
        self._show_hint()
        self.changed.emit()

    def _show_hint(self) -> None:
        problem = self.problem
        self._hint.show_text(problem or self._allowed, "warning" if problem else "faint")
        self.line.setAccessibleDescription(problem or self._allowed)


class ReadField(SettingField, Generic[ValueT]):
    """A field whose text is read by a function that raises ValueError, in words, for what it cannot take."""

    def __init__(self, name: str, label: str, read: Callable[[str], ValueT], about: str = "", unit: str = "") -> None:
        self._read = read
        super().__init__(name, label, about, unit)

    @property
    def value(self) -> ValueT | None:
        """What was typed, None while something is wrong with it."""
        try:
            return self._read(self.line.text())
        except ValueError:
            return None

    def _problem(self, text: str) -> str:
        try:
            self._read(text)
        except ValueError as error:
            return str(error)
        return ""


def parameter_field(spec: ParameterSpec) -> "ReadField[int | float]":
    """The field of one parameter of a strategy."""
    field = ReadField(f"setting_{spec.name}", spec.label, lambda text: read_parameter(spec, text), spec.help, spec.unit)
    bounds = f"{plain(spec.minimum)} to {plain(spec.maximum)}, default {plain(spec.default)}"
    field.show_allowed(bounds)
    return field


def read_parameter(spec: ParameterSpec, text: str) -> int | float:
    """A parameter as a person types it. Raises ValueError in words, without the parameter's own name."""
    cleaned = text.replace(",", "").replace(fmt.MINUS, "-").strip()
    if not re.fullmatch(r"-?(\d+\.?\d*|\.\d+)", cleaned):
        raise ValueError("not a number")
    number = float(cleaned)
    value = int(number) if spec.is_whole and number.is_integer() else number
    problem = spec.problem(value)
    if problem is None:
        return value
    if spec.is_whole and not number.is_integer() and spec.minimum <= number <= spec.maximum:
        raise ValueError("a whole number, please")
    raise ValueError(f"outside {plain(spec.minimum)} to {plain(spec.maximum)}")


def read_money(text: str, least: Money, most: Money | None, capital: Money) -> Money:
    """Whole dollars as a person types them, `MOST` where nothing less is. Raises ValueError in words."""
    dollars = parse_amount(text, None, capital)
    if dollars is None:
        raise ValueError("not an amount: 500, 2.5k")
    amount = dollars * UNIT
    if amount < least:
        raise ValueError(f"at least {fmt.exact_money(least)}" if least > UNIT else "more than nothing, please")
    most = MOST if most is None else most
    if amount > most:
        raise ValueError(f"at most {fmt.exact_money(most)}")
    return amount


def read_name(text: str) -> str:
    """A name as a person types it. Raises ValueError in words."""
    name = " ".join(text.split())
    if not name:
        raise ValueError("a module needs a name")
    if len(name) > NAME_MOST:
        raise ValueError(f"at most {NAME_MOST} characters, this has {len(name)}")
    return name


def read_symbols(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """Symbols with commas or spaces between them; `all` is all of them. Raises ValueError in words."""
    named = [part.upper() for part in re.split(r"[,\s]+", text) if part]
    if named == ["ALL"]:
        return tuple(known)
    if not named:
        raise ValueError("name one symbol at least, or: all")
    strange = [each for each in dict.fromkeys(named) if each not in known]
    if strange:
        shown = [_cut(each) for each in strange[:_MOST_NAMED]]
        more = f" and {len(strange) - _MOST_NAMED} more" if len(strange) > _MOST_NAMED else ""
        raise ValueError(f"not in this market: {', '.join(shown)}{more}")
    return tuple(dict.fromkeys(named))


def _cut(symbol: str) -> str:
    return symbol if len(symbol) <= _SYMBOL_SHOWN else f"{symbol[:_SYMBOL_SHOWN]}\N{HORIZONTAL ELLIPSIS}"


def plain(value: float) -> str:
    """A number as it can be typed again: `50`, `1.05`."""
    return f"{value:,.6f}".rstrip("0").rstrip(".")
