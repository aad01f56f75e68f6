"""The strip that gives one position a profit target and a stop of its own."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QAbstractSpinBox, QSpinBox

from engine.domain.position import OwnExits, Position
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.action_strip import ActionStrip
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.text import Text

_ALL, _MOST = 100, 1000


class TargetStrip(ActionStrip):
    """Percent of what the position cost or brought; 0 is none."""

    def __init__(self) -> None:
        super().__init__("target_strip", "Target and stop", "Set")
        self._before = OwnExits()
        self._profit, self._stop = _box("target_profit", "Profit target"), _box("target_stop", "Stop")
        across = Flow(2 * theme.SPACE)
        for words, box in (("Profit target", self._profit), ("Stop at a loss of", self._stop)):
            across.add_group(Text(words, "muted"), box)
            box.valueChanged.connect(self._show)
        self.controls.addLayout(across)

    @property
    def exits(self) -> OwnExits:
        """What was chosen."""
        return OwnExits(self._profit.value() or None, self._stop.value() or None)

    def open_for(self, position: Position, own: OwnExits | None, words: str) -> None:
        """Ask about a position's own target and stop, as they are now."""
        self._before = own or OwnExits()
        # A credit is the most that can be won with it, a debit the most that can be lost.
        most = (_ALL, _MOST) if position.cost < 0 else (_MOST, _ALL)
        values = self._before.profit_pct, self._before.stop_pct
        for box, value, bound in zip((self._profit, self._stop), values, most, strict=True):
            blocked = box.blockSignals(True)
            box.setRange(0, bound)
            box.setValue(value or 0)
            box.blockSignals(blocked)
        self.open(f"Target and stop of {words}")
        side = "credit received" if position.cost < 0 else "debit paid"
        self.show_cost(
            f"In percent of the {fmt.money(abs(position.cost), cents=True)} {side}; 0 is none. They stand beside the "
            "module's own rules: whichever is reached first closes the position, from mid towards natural."
        )
        self._profit.setFocus()
        self._show()

    @Slot()
    def _show(self) -> None:
        self.show_possible(is_possible=self.exits != self._before)


def _box(name: str, title: str) -> QSpinBox:
    made = QSpinBox()
    made.setObjectName(name)
    made.setAccessibleName(title)
    made.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
    made.setToolTip("Type it, or use the up and down keys")
    made.setSuffix("%")
    made.setSpecialValueText("none")
    made.setFixedWidth(theme.px(88))
    return made
