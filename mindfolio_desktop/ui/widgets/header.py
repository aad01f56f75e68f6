"""The head of every page: which mindfolio, what it is worth, the market's time and pace, and the emergency stop."""

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from engine.domain.snapshot import MarketView, MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.later import later
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.emergency_button import EmergencyButton
from mindfolio_desktop.ui.widgets.figure import Figure
from mindfolio_desktop.ui.widgets.text import ElidedText, Text
from mindfolio_desktop.ui.words import status_words

SPEEDS = (0.0, 1.0, 10.0, 60.0, 300.0)
"""Market seconds a real second that the selector offers; 0 holds the market still."""


OPENING = "Opening\N{HORIZONTAL ELLIPSIS}"
"""In place of a mindfolio's name, until it is known."""

_TO_COME = "\N{HORIZONTAL ELLIPSIS}"


class SpeedSelector(QWidget):
    """How fast the market's clock runs. What is chosen shows only once the engine runs at it."""

    speed_requested = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("speed")
        self.setAccessibleName("Speed of the market")
        self._speed: float | None = None
        # Not a QButtonGroup: that would take all but one of the buttons out of the keyboard's way.
        self._buttons: list[SpeedButton] = []
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        for index, speed in enumerate(SPEEDS):
            button = SpeedButton(speed)
            button.setProperty("place", "first" if index == 0 else "last" if index == len(SPEEDS) - 1 else "middle")
            button.chosen.connect(self._ask)
            across.addWidget(button)
            self._buttons.append(button)

    def show_speed(self, market: MarketView) -> None:
        """Mark the speed at which the engine runs; a market that is over has none."""
        self._speed = market.speed
        self._mark()
        self.setEnabled(not market.is_finished)

    def _mark(self) -> None:
        for button in self._buttons:
            button.setChecked(button.speed == self._speed)

    @Slot(float)
    def _ask(self, speed: float) -> None:
        self._mark()
        self.speed_requested.emit(speed)


class SpeedButton(Button):
    """One speed."""

    chosen = Signal(float)

    def __init__(self, speed: float) -> None:
        super().__init__(fmt.speed(speed), f"speed_{speed:g}", "segment")
        self.speed = speed
        self.setCheckable(True)
        words = "Hold the market still" if speed == 0 else f"{speed:g} market seconds a second"
        self.setToolTip(words)
        self.setAccessibleName(words)
        self.clicked.connect(self._choose)

    @Slot()
    def _choose(self) -> None:
        self.chosen.emit(self.speed)


class Header(QFrame):
    """Name, clock, NAV, day P&L, speed, emergency stop in the right corner. In two lines where one has no room."""

    others_wanted = Signal()
    """The list of mindfolios."""

    def __init__(self, emergency: EmergencyButton) -> None:
        super().__init__()
        self.setObjectName("header")
        theme.set_role(self, "header")
        self._name = ElidedText(OPENING, pixels=18, weight=theme.BOLD, name="mindfolio_name")
        self._status = Text(_TO_COME, "chip", pixels=12, weight=theme.MEDIUM, name="mindfolio_status")
        self._others = Button("Switch…", "mindfolios_open", "quiet")
        self._others.setAccessibleName("Mindfolios: open another, or begin a new one")
        self._others.setToolTip("Mindfolios: open another, or begin a new one")
        self._others.clicked.connect(self.others_wanted)
        self._others.hide()
        self._clock = Text(fmt.UNKNOWN, "muted", name="market_clock")
        self._session = Text(_TO_COME, "chip", pixels=12, weight=theme.MEDIUM, name="market_session")
        self._nav = Figure("NAV", "header_nav", 20, "Cash plus open positions at mid")
        self._day = Figure("Day P&L", "header_day_pnl", 20, "Since the previous session's close, after costs")
        for chip in (self._status, self._session):
            chip.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.speed = SpeedSelector()
        self._emergency = emergency
        self._who, self._figures = self._lay_out_who(), self._lay_out_figures()
        self._above, self._below = QHBoxLayout(), QHBoxLayout()
        self._above.setSpacing(3 * theme.SPACE)
        self._above.addWidget(self._who, 1)
        self._above.addWidget(self._figures)
        self._above.addWidget(emergency, 0, Qt.AlignmentFlag.AlignTop)
        self._is_wide = True
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.SPACE, 10, 2 * theme.SPACE, 10)
        column.setSpacing(theme.SPACE)
        column.addLayout(self._above)
        column.addLayout(self._below)

    def offer_others(self) -> None:
        """There are others, or could be."""
        self._others.show()

    def minimumSizeHint(self) -> QSize:
        """What two lines need: the window may be as narrow as that."""
        above = self._who.minimumSizeHint().width() + self._emergency.sizeHint().width() + 3 * theme.SPACE
        wide = max(above, self._figures.minimumSizeHint().width()) + 4 * theme.SPACE
        return QSize(wide, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One line or two."""
        super().resizeEvent(event)
        self._arrange()

    @Slot()
    def _arrange(self) -> None:
        """The figures between name and stop, or below them where that has no room."""
        parts = (self._who, self._figures, self._emergency)
        needed = sum(part.sizeHint().width() for part in parts) + 10 * theme.SPACE
        is_wide = self.width() >= needed
        if is_wide == self._is_wide:
            return
        self._is_wide = is_wide
        (self._below if is_wide else self._above).removeWidget(self._figures)
        if is_wide:
            self._above.insertWidget(1, self._figures)
        else:
            self._below.addWidget(self._figures)

    def _lay_out_who(self) -> QWidget:
        title = QHBoxLayout()
        title.setSpacing(10)
        title.addWidget(self._name)
        title.addWidget(self._status)
        title.addWidget(self._others)
        title.addStretch(1)
        time = QHBoxLayout()
        time.setSpacing(10)
        time.addWidget(self._clock)
        time.addWidget(self._session)
        time.addStretch(1)
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(title)
        column.addLayout(time)
        return part

    def _lay_out_figures(self) -> QWidget:
        pace = QVBoxLayout()
        pace.setSpacing(4)
        pace.addWidget(Text("Market speed", "caption", 12))
        pace.addWidget(self.speed)
        part = QWidget()
        across = QHBoxLayout(part)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(3 * theme.SPACE)
        across.addWidget(self._nav)
        across.addWidget(self._day)
        across.addStretch(1)
        across.addLayout(pace)
        return part

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show name, worth and time."""
        self._name.show_text(snapshot.name)
        self._status.show_text(*status_words(snapshot))
        market = snapshot.market
        self._clock.show_text(fmt.moment(market.now))
        self._session.show_text(_session(market), "chip" if market.is_open else "warning-chip")
        self._nav.show_value(fmt.money(snapshot.nav, cents=True))
        day = snapshot.day_pnl
        self._day.show_value(f"{fmt.arrow(day)} {fmt.signed_money(day, cents=True)}".strip(), theme.gain_role(day))
        self.speed.show_speed(market)
        self._arrange()
        later(self, 0, self._arrange)  # what holds other parts knows its new size only then


def _session(market: MarketView) -> str:
    if market.is_finished:
        return "Recording ended"
    if market.is_open:
        return "Market open"
    return f"Market closed, opens {fmt.short_when(market.next_open)} ET" if market.next_open else "Market closed"
