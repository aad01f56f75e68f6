"""The day page: what expires, the sheets before and after a session, and what the results came from."""

import datetime as dt
from typing import Any

from PySide6.QtCore import QElapsedTimer, QEvent, Slot

from engine.domain.day_sheet import DaySheets
from engine.domain.questions import ExpirationsOf, ExplainedDays, Question, SheetsOf
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.views.expiration_panel import ExpirationPanel
from mindfolio_desktop.ui.views.explained_panel import ExplainedPanel
from mindfolio_desktop.ui.views.sheet_panels import EndPanel, StartPanel
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.page import Page
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.text import Text

DESK_INTERVAL_MS = 3000
"""The expiration desk is asked for at most once in this time, and only while the page is in sight."""

LEDGER_INTERVAL_MS = 15_000
"""The same of the sheets of a day that is not over, for which the whole journal is read."""

TROUBLE_INTERVAL_MS = 60_000
"""The same of both after a question that failed: each failure is a message, too."""


class DayPage(Page):
    """Asks for what no snapshot holds, and shows it. It sends nothing."""

    def __init__(self, bridge: EngineBridge) -> None:
        super().__init__("day_page")
        self._bridge = bridge
        self._names: dict[str, str] = {}
        self._asked_desk, self._asked_sheets = QElapsedTimer(), QElapsedTimer()
        self._in_trouble: set[type] = set()
        self._session: object = None
        self._seq: int | None = None
        self._wanted: dt.date | None = None
        self._sheets: DaySheets | None = None
        self._expirations, self._explained = ExpirationPanel(), ExplainedPanel()
        self._start, self._end = StartPanel(), EndPanel()
        self._earlier = Button("← Earlier", "day_earlier")
        self._later = Button("Later →", "day_later")
        self._newest = Button("Newest", "day_newest")
        self._day = Text("", pixels=16, weight=theme.BOLD, name="day_shown")
        self._lay_out()
        self._mark()
        self._expirations.module_opened.connect(self.module_opened)
        self._earlier.clicked.connect(self._go_earlier)
        self._later.clicked.connect(self._go_later)
        self._newest.clicked.connect(self._go_newest)
        bridge.answered.connect(self._on_answer)
        bridge.unanswered.connect(self._on_trouble)

    def _lay_out(self) -> None:
        self.add_heading("Day")
        self.column.addWidget(self._expirations)
        across = Flow()
        across.add(self._day, least=0)
        for button, words in (
            (self._earlier, "Sheets of the session before"),
            (self._later, "Sheets of the session after"),
            (self._newest, "Sheets of the newest session"),
        ):
            button.setToolTip(words)
            button.setAccessibleName(words)
        across.add_group(self._earlier, self._later, self._newest)
        self.column.addLayout(across)
        for part in (self._start, self._end, self._explained):
            self.column.addWidget(part)
        self.column.addStretch(1)

    # --- what is asked --------------------------------------------------------------------------------------------
    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Ask for what may have changed since it was asked for."""
        self._names = {view.spec.module_id: view.spec.name for view in snapshot.modules}
        if self._is_due(self._asked_desk, ExpirationsOf, DESK_INTERVAL_MS):
            self._asked_desk.start()
            self._bridge.ask(ExpirationsOf())
        session = snapshot.market.session
        if session != self._session or self._seq is None:
            self._session = session
            self._bridge.ask(ExplainedDays())
        is_stale = self._seq != snapshot.seq and (self._sheets is None or not self._is_settled())
        if is_stale and self._is_due(self._asked_sheets, SheetsOf, LEDGER_INTERVAL_MS):
            self._seq = snapshot.seq
            self._ask_sheets()

    def _is_due(self, since: QElapsedTimer, question: type, interval_ms: int) -> bool:
        interval = max(interval_ms, TROUBLE_INTERVAL_MS) if question in self._in_trouble else interval_ms
        return not since.isValid() or since.hasExpired(interval)

    def _is_settled(self) -> bool:
        """Whether the day that is shown is over, and is not simply the newest one."""
        sheets = self._sheets
        return sheets is not None and self._wanted is not None and sheets.is_over and sheets.later is not None

    def _ask_sheets(self) -> None:
        self._asked_sheets.start()
        self._bridge.ask(SheetsOf(self._wanted))

    @Slot()
    def _go_earlier(self) -> None:
        if self._sheets is not None and self._sheets.earlier is not None:
            self._turn_to(self._sheets.earlier)

    @Slot()
    def _go_later(self) -> None:
        if self._sheets is not None and self._sheets.later is not None:
            self._turn_to(self._sheets.later)

    @Slot()
    def _go_newest(self) -> None:
        self._turn_to(None)

    def _turn_to(self, day: dt.date | None) -> None:
        """Ask for the sheets of another day; those in sight stay until they are there."""
        self._wanted = day
        self._ask_sheets()

    # --- what is answered -----------------------------------------------------------------------------------------
    @Slot(object, object)
    def _on_answer(self, question: Question, answer: Any) -> None:
        self._in_trouble.discard(type(question))
        match question:
            case ExpirationsOf():
                self._expirations.show_expiries(answer, self._names)
            case ExplainedDays():
                self._explained.show_days(answer, self._names)
            case SheetsOf(day) if day == self._wanted:
                self._show_sheets(answer)

    def _show_sheets(self, sheets: DaySheets) -> None:
        self._sheets = sheets
        self._start.show_sheet(sheets.start)
        self._end.show_sheets(sheets)
        self._mark()

    @Slot(object, str)
    def _on_trouble(self, question: Question, why: str) -> None:
        self._in_trouble.add(type(question))
        match question:
            case ExpirationsOf():
                self._expirations.show_trouble(why)
            case ExplainedDays():
                self._explained.show_trouble(why)
            case SheetsOf():
                words = f"There is no sheet: {why}."
                self._start.show_trouble(words)
                self._end.show_trouble(words)
                self._mark()

    def _mark(self) -> None:
        """Name the day in sight, and offer the days beside it."""
        sheets = self._sheets
        had_focus = self.focusWidget()
        self._day.show_text("Sheets of the day" if sheets is None else f"Sheets of {fmt.weekday_date(sheets.day)}")
        self._earlier.setEnabled(sheets is not None and sheets.earlier is not None)
        self._later.setEnabled(sheets is not None and sheets.later is not None)
        self._newest.setEnabled(self._wanted is not None)
        # A button that goes out of use would hand the focus to whatever comes next, and the page would jump there.
        if had_focus in (self._earlier, self._later, self._newest) and not had_focus.isEnabled():
            (self._earlier if self._earlier.isEnabled() else self._later).setFocus()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for part in (self._expirations.model, self._start, self._end, self._explained.sessions):
                part.refresh_colours()
