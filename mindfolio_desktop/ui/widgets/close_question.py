"""Asked when a mindfolio is left over open positions: go on in the tray, or leave with what stays unattended."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QVBoxLayout, QWidget

from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.text import Text

_TRAY = "In the tray Mindfolio goes on without its window: exits are taken and limits are checked."
_NO_TRAY = "This desktop has no tray, so Mindfolio cannot go on without its window."


class CloseQuestion(QDialog):
    """Not modal, so that the emergency stop keeps working while it is open.

    Left for the end of the program, or for another mindfolio (`other`: its words). Accepted means leave; rejected means
    stay. `tray_chosen` comes before it is rejected: keep running without a window, which is offered only where the
    desktop has a tray.
    """

    tray_chosen = Signal()

    def __init__(
        self, snapshot: MindfolioSnapshot, parent: QWidget, *, has_tray: bool = False, other: str = ""
    ) -> None:
        super().__init__(parent)
        self.setObjectName("close_question")
        self.setWindowTitle(f"Switch to {other}" if other else "Close Mindfolio")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(min(theme.px(640), parent.window().width()))
        lines = unattended(snapshot)
        listed = QListWidget()
        listed.setObjectName("unattended")
        listed.setAccessibleName("Open positions and working orders")
        listed.addItems(lines)
        listed.setSizeAdjustPolicy(QListWidget.SizeAdjustPolicy.AdjustToContents)
        listed.ensurePolished()
        high = listed.sizeHintForRow(0) * len(lines) + 2 * theme.SPACE
        listed.setFixedHeight(min(high, theme.px(240)))  # the emergency stop in the window's corner stays free
        stay = Button("Stay", "close_stay", "primary")
        leave = Button("Switch all the same" if other else "Exit all the same", "close_anyway")
        hide = Button("Keep running in the tray", "close_to_tray")
        hide.setVisible(has_tray and not other)
        hide.clicked.connect(self._choose_tray)
        stay.setDefault(True)
        stay.clicked.connect(self.reject)
        leave.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(leave)
        buttons.addWidget(hide)
        buttons.addWidget(stay)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 18)
        column.setSpacing(12)
        column.addWidget(Text(f"{_counts(snapshot).capitalize()} left unattended", "", 16, theme.BOLD))
        what = f"“{snapshot.name}”" if other else "Mindfolio"
        words = f"While {what} is closed nobody watches these: no exit is taken and no limit is checked."
        column.addWidget(Text(words, "muted", wraps=True))
        column.addWidget(listed, 1)
        goes_on = _TRAY if has_tray else _NO_TRAY
        if other:
            goes_on = f"{other} opens in its place. One mindfolio runs at a time."
        column.addWidget(Text(goes_on, "muted", wraps=True, name="close_tray"))
        column.addLayout(buttons)
        stay.setFocus()

    @Slot()
    def _choose_tray(self) -> None:
        self.tray_chosen.emit()
        self.reject()


def _counts(snapshot: MindfolioSnapshot) -> str:
    positions = sum(len(view.open_positions) for view in snapshot.modules)
    orders = sum(not order.status.is_final for view in snapshot.modules for order in view.orders)
    counts = (fmt.counted(positions, "open position"), fmt.counted(orders, "working order"))
    return " and ".join(words for words, count in zip(counts, (positions, orders), strict=True) if count)


def unattended(snapshot: MindfolioSnapshot) -> list[str]:
    """Every open position and working order, one line each."""
    lines = []
    for view in snapshot.modules:
        for held in view.open_positions:
            position = held.position
            lines.append(
                f"{view.spec.name}: {fmt.held(position.structure, position.quantity)}, "
                f"{fmt.signed_money(held.pnl, cents=True)}"
            )
        lines += [
            f"{view.spec.name}: working order, {fmt.held(order.structure, order.remaining)}"
            for order in view.orders
            if not order.status.is_final
        ]
    return lines
