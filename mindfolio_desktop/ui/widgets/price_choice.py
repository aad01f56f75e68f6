"""How an order is priced: it walks from mid towards natural by itself, or rests at a limit that a person types."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QWidget

from engine.core.money import Money
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.price_field import PriceField
from mindfolio_desktop.ui.widgets.reflow import Flow


class PriceChoice(QWidget):
    """`changed` comes with every change by a person."""

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._mid: Money | None = None
        self._walk = Button("Walk from mid", f"{name}_walk", "segment")
        self._rest = Button("Limit", f"{name}_rest", "segment")
        self._field = PriceField(f"{name}_limit", "Limit, net a share")
        ways = QButtonGroup(self)
        for button, place, tip in (
            (self._walk, "first", "Start at mid and be repriced in steps towards the natural price"),
            (self._rest, "last", "Rest at a price of your own until it is filled or cancelled"),
        ):
            button.setCheckable(True)
            button.setProperty("place", place)
            button.setToolTip(tip)
            ways.addButton(button)
        self._walk.setChecked(True)
        self._field.hide()
        across = Flow()
        across.add_group(self._walk, self._rest, gap=0)
        across.add(self._field)
        self.setLayout(across)
        ways.buttonClicked.connect(self._on_way)
        self._field.changed.connect(self.changed)

    @property
    def limit(self) -> Money | None:
        """The limit a share, None where the order walks (and where the words are no price: see `is_ready`)."""
        return self._field.price if self._rest.isChecked() else None

    @property
    def is_ready(self) -> bool:
        """Whether it can be sent as it stands."""
        return self._walk.isChecked() or self._field.price is not None

    def show_mid(self, mid: Money | None) -> None:
        """Where a limit starts; what a person has typed stays."""
        self._mid = mid

    def begin(self) -> None:
        """Another order: it walks, until a person says otherwise."""
        self._mid = None
        self._walk.setChecked(True)
        self._field.hide()

    @Slot()
    def _on_way(self) -> None:
        is_limit = self._rest.isChecked()
        if is_limit and self._field.isHidden():
            self._field.show_price(self._mid)
        self._field.setVisible(is_limit)
        if is_limit:
            self._field.setFocus()
        self.changed.emit()
