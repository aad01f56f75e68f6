"""The market page: a symbol's chain and volatility, and a person's own ticket over them."""

import datetime as dt

from PySide6.QtCore import QEvent, Qt, QTimer, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from engine.domain.chain_view import ChainView
from engine.domain.commands import Command, EnterTrade
from engine.domain.denial import Denial
from engine.domain.instrument import OptionContract
from engine.domain.questions import ChainOf, CheckTrade, Question, TicketOf
from engine.domain.snapshot import MindfolioSnapshot
from engine.domain.structure import Leg
from engine.domain.ticket_view import TicketView
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import refusals, theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.models.chain import STRIKE, WEIGHTS, ChainModel
from mindfolio_desktop.ui.models.keyed_table import SORT_ROLE
from mindfolio_desktop.ui.views.market_words import checked_words, opens_words, unfit_words, why_no_chain, why_not_sent
from mindfolio_desktop.ui.widgets.chain_table import MOST_ROWS, ChainTable
from mindfolio_desktop.ui.widgets.data_table import ROW_HEIGHT
from mindfolio_desktop.ui.widgets.manual_ticket import ManualTicket
from mindfolio_desktop.ui.widgets.market_band import MarketBand
from mindfolio_desktop.ui.widgets.page import Page
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.reflow import Beside
from mindfolio_desktop.ui.widgets.symbol_box import SymbolBox
from mindfolio_desktop.ui.widgets.text import Text
from mindfolio_desktop.ui.widgets.volatility_panels import VolatilityPanels

WHO = "user"
BY_HAND = "entered by hand on the market page"
ASK_INTERVAL_MS = 500
"""The chain is asked for at most once in this time, and only while it is in sight."""

MOST_CONTRACTS = 50
"""Of one leg: beyond it, raise the quantity."""

_SIDE_BY_SIDE = 1700
_CHAIN_WIDTH, _CHARTS_WIDTH = 1200, 400
_AROUND_THE_TABLE = 520
"""What stands above the chain's rows, and the ticket below them. Pixels at 100 %, as all figures here."""

_LIST_WIDTH = 128
_STAYS_TO = 125
"""Percent of the text up to which the ticket stays in sight; at more it would leave no room for the chain."""


class MarketPage(QWidget):
    """Symbol, chain and charts scroll; the ticket stays in sight below them, or below the chain where text is large."""

    _model: ChainModel | None = None

    def __init__(self, bridge: EngineBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("market")
        self._bridge = bridge
        self._snapshot: MindfolioSnapshot | None = None
        self._view: ChainView | None = None
        self._figures: TicketView | None = None
        self._figures_of: Question | None = None
        self._expiration: dt.date | None = None
        self._counts: dict[OptionContract, int] = {}
        self._sent: EnterTrade | None = None
        self._checking: CheckTrade | None = None
        self._must_center = True
        self._wanted = False
        self._ask_later = QTimer(self, singleShot=True, interval=ASK_INTERVAL_MS)
        self._ask_later.timeout.connect(self._ask_if_wanted)
        self._model = ChainModel(self)
        self._symbol = SymbolBox("market_symbol")
        self._band = MarketBand()
        self._expirations = QListWidget()
        self._table = ChainTable(self._model, sort_role=SORT_ROLE, home=STRIKE + 1, weights=WEIGHTS)
        self._ticket = ManualTicket()
        self._chain_panel = Panel("Option chain", "market_chain_panel", "in the money shaded, faulty or aged grey")
        self._charts = VolatilityPanels()
        self._below = QVBoxLayout()
        self._lay_out()
        self._connect()
        self._expirations.hide()
        self._explain("Waiting for the engine's first figures.")

    def _lay_out(self) -> None:
        page = Page("market_page")
        label = Text("Symbol", "caption", 12)
        label.setBuddy(self._symbol)
        page.add_heading("Market", label, self._symbol)
        page.column.addWidget(self._band)
        self._place_chain(page)
        page.column.addStretch(1)
        self._expirations.setObjectName("market_expirations")
        self._expirations.setAccessibleName("Expirations")
        self._expirations.setFixedWidth(theme.px(_LIST_WIDTH))
        theme.set_role(self._expirations, "compact")
        self._expirations.setFont(theme.font(12))
        self._expirations.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self._expirations.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QHBoxLayout()
        inside.setSpacing(12)
        inside.addWidget(self._expirations)
        inside.addLayout(self._chain_column(), 1)
        self._chain_panel.body.addLayout(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(page, 1)
        outer.addLayout(self._below)
        self._bar = page.verticalScrollBar()
        self._bar.rangeChanged.connect(self._align)
        self._align()

    def _place_chain(self, page: Page) -> None:
        """The chain with its charts, and the ticket."""
        if theme.text_size() > _STAYS_TO:
            page.column.addWidget(self._chain_panel)
            page.column.addWidget(self._ticket)
            page.column.addLayout(self._charts)
            return
        charts, across = QWidget(), Beside()
        charts.setLayout(self._charts)
        across.add(self._chain_panel, 3, _CHAIN_WIDTH)
        across.add(charts, 1, _CHARTS_WIDTH)
        page.column.addLayout(across)
        self._below.addWidget(self._ticket)

    @Slot()
    def _align(self) -> None:
        """End the ticket where the panels above it end, beside the scroll bar."""
        if not self._below.count():
            return
        margin = 2 * theme.SPACE
        taken = self._bar.sizeHint().width() if self._bar.maximum() else 0
        self._below.setContentsMargins(margin, theme.SPACE, margin + taken, theme.SPACE)

    def _chain_column(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(4)
        sides = QHBoxLayout()
        for words, share in (("Calls", 7), ("", 1), ("Puts", 7)):
            side = Text(words, "muted", 12, theme.MEDIUM)
            side.setAlignment(Qt.AlignmentFlag.AlignCenter)
            sides.addWidget(side, share)
        column.addLayout(sides)
        column.addWidget(self._table)
        column.addStretch(1)
        return column

    def _connect(self) -> None:
        self._symbol.symbol_chosen.connect(self._on_symbol)
        self._expirations.currentItemChanged.connect(self._on_expiration)
        self._table.taken.connect(self._on_taken)
        self._ticket.changed.connect(self._on_changed)
        self._ticket.checked.connect(self._check)
        self._ticket.sent.connect(self._send)
        self._ticket.cleared.connect(self._on_cleared)
        bridge = self._bridge
        bridge.answered.connect(self._on_answer)
        bridge.unanswered.connect(self._on_unanswered)
        bridge.command_accepted.connect(self._on_accepted)
        bridge.command_denied.connect(self._on_denied)

    # --- what is shown --------------------------------------------------------------------------------------------
    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Look at the market again where it has moved."""
        before, self._snapshot = self._snapshot, snapshot
        self._symbol.show_symbols(sorted(snapshot.market.spots))
        if not snapshot.market.spots and self._view is None:
            self._explain("No quotes yet: nothing was quoted since the start. " + opens_words(snapshot))
        if before is None or before.market.now != snapshot.market.now or self._view is None:
            self._ask()
        self._show_ticket()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many rows as there is room for, where nothing comes below them."""
        super().resizeEvent(event)
        is_wide = self.width() >= theme.px(_SIDE_BY_SIDE)
        room = (self.height() - theme.px(_AROUND_THE_TABLE)) // theme.px(ROW_HEIGHT)
        self._table.show_at_most(max(MOST_ROWS, room) if is_wide else MOST_ROWS)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._model is not None:
            self._model.refresh_colours()

    def _explain(self, why: str) -> None:
        self._table.explain_empty(why)
        self._charts.explain(why)

    def _ask(self) -> None:
        """Ask for chain and ticket: now, or when the interval is over."""
        self._wanted = True
        if not self._ask_later.isActive():
            self._ask_if_wanted()

    @Slot()
    def _ask_if_wanted(self) -> None:
        if not (self._wanted and self._symbol.symbol and self.isVisible()):
            return
        self._wanted = False
        self._ask_later.start()
        self._bridge.ask(ChainOf(self._symbol.symbol, self._expiration))
        self._ask_ticket()

    @Slot(object, object)
    def _on_answer(self, question: Question, answer: object) -> None:
        match answer:
            case ChainView() if question == ChainOf(self._symbol.symbol, self._expiration):
                self._show_chain(answer)
            case TicketView() if question == self._ticket_question():
                self._figures, self._figures_of = answer, question
                self._show_ticket()
            case tuple() if question == self._checking and self._snapshot is not None:
                self._ticket.show_answer(*checked_words(answer, self._snapshot.market.now))

    @Slot(object, str)
    def _on_unanswered(self, question: Question, why: str) -> None:
        if question == ChainOf(self._symbol.symbol, self._expiration) and self._view is None:
            self._explain(f"There is no chain to show: {why}")
        elif question == self._checking:
            self._ticket.show_answer(f"Not checked: {why}")

    def _show_chain(self, view: ChainView) -> None:
        is_new = self._view is None or (view.symbol, view.expiration) != (self._view.symbol, self._view.expiration)
        self._view, self._expiration = view, view.expiration
        self._band.show_view(view)
        self._show_expirations(view)
        if self._model is not None:
            self._model.show_chain(view, self._counts)
        self._table.explain_empty(why_no_chain(view))
        if (is_new or self._must_center) and view.center is not None and self._model is not None:
            row = self._model.row_of(view.center)
            self._must_center = False
            if row is not None:
                self._table.center_on(row)
        self._charts.show_view(view, why_no_chain(view))

    def _show_expirations(self, view: ChainView) -> None:
        shown = [self._expirations.item(at).data(Qt.ItemDataRole.UserRole) for at in range(self._expirations.count())]
        blocked = self._expirations.blockSignals(True)
        if shown != [(each.day, each.days) for each in view.expirations]:
            self._expirations.clear()
            for each in view.expirations:
                item = QListWidgetItem(f"{fmt.short_date(each.day)} · {each.days} d")
                item.setData(Qt.ItemDataRole.UserRole, (each.day, each.days))
                item.setToolTip(f"{fmt.weekday_date(each.day)}, {fmt.counted(each.days, 'day')} left")
                self._expirations.addItem(item)
        days = [each.day for each in view.expirations]
        if view.expiration in days and self._expirations.currentRow() != days.index(view.expiration):
            self._expirations.setCurrentRow(days.index(view.expiration))
        self._expirations.setVisible(bool(days))
        self._expirations.blockSignals(blocked)

    # --- choosing -------------------------------------------------------------------------------------------------
    @Slot(str)
    def _on_symbol(self, _symbol: str) -> None:
        self._view, self._expiration, self._must_center = None, None, True
        self._band.show_view(None)
        self._expirations.hide()
        if self._model is not None:
            self._model.show_rows([])
        self._explain("Reading the chain…")
        if self._counts:
            self._drop("Cleared: a ticket holds legs of one symbol.")
        self._ask_now()

    @Slot(QListWidgetItem)
    def _on_expiration(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._expiration = item.data(Qt.ItemDataRole.UserRole)[0]
            self._ask_now()

    def _ask_now(self) -> None:
        self._ask_later.stop()
        self._ask()

    # --- the ticket -----------------------------------------------------------------------------------------------
    @Slot(int, int)
    def _on_taken(self, row: int, column: int) -> None:
        taken = self._model.quote_at(row, column) if self._model is not None else None
        if taken is None or self._sent is not None or self._view is None:
            return
        quote, side = taken
        count = self._counts.get(quote.contract, 0) + side
        if abs(count) > MOST_CONTRACTS:
            return
        self._counts = {**self._counts, quote.contract: count}
        if count == 0:
            del self._counts[quote.contract]
        self._checking = None
        self._ticket.show_answer("")
        self._show_legs()

    def _show_legs(self) -> None:
        self._figures = None
        self._ticket.show_legs(self._legs())
        if self._view is not None and self._model is not None:
            self._model.show_chain(self._view, self._counts)
        self._ask_ticket()
        self._show_ticket()

    def _legs(self) -> tuple[Leg, ...]:
        return tuple(Leg(contract, count) for contract, count in sorted(self._counts.items()))

    def _ticket_question(self) -> TicketOf | None:
        legs, ticket = self._legs(), self._ticket
        return TicketOf(legs, ticket.quantity.value(), ticket.own_limit, ticket.own_worst) if legs else None

    def _ask_ticket(self) -> None:
        question = self._ticket_question()
        if question is not None:
            self._bridge.ask(question)

    @Slot()
    def _on_changed(self) -> None:
        if self._ticket_question() != self._figures_of:
            self._figures = None
            self._ask_ticket()
        if self._checking is not None:  # what was said of another ticket says nothing of this one
            self._checking = None
            self._ticket.show_answer("")
        self._show_ticket()

    @Slot()
    def _on_cleared(self) -> None:
        self._drop("")

    def _drop(self, words: str) -> None:
        self._counts, self._checking = {}, None
        self._show_legs()
        self._ticket.show_answer(words, "muted")

    def _show_ticket(self) -> None:
        snapshot, figures, ticket = self._snapshot, self._figures, self._ticket
        if snapshot is None or not self._counts:
            return
        names = {view.spec.module_id: view.spec.name for view in snapshot.modules}
        if figures is not None:
            fits = [(fit, names[fit.module_id]) for fit in figures.fits if fit.module_id in names]
            ticket.show_modules(
                [(fit.module_id, name) for fit, name in fits if not fit.why_not],
                unfit_words([(name, fit.why_not) for fit, name in fits if fit.why_not]),
            )
            module = snapshot.module(ticket.module_id)
            ticket.show_figures(figures, None if module is None else module.available)
        blocked = why_not_sent(snapshot, figures, ticket.module_id)
        ticket.show_state(blocked, is_waiting=self._sent is not None, can_check=self._trade() is not None)

    def _trade(self) -> EnterTrade | None:
        """What the ticket says now, None while it is no trade."""
        figures, ticket = self._figures, self._ticket
        if figures is None or figures.limit is None or figures.worst is None or not ticket.module_id:
            return None
        why = ticket.reason.text().strip() or BY_HAND
        return EnterTrade(ticket.module_id, figures.structure, figures.quantity, figures.limit, figures.worst, WHO, why)

    @Slot()
    def _check(self) -> None:
        trade = self._trade()
        if trade is not None and self._sent is None:
            self._checking = CheckTrade(trade)
            self._ticket.show_answer("Checking…", "muted")
            self._bridge.ask(self._checking)

    @Slot()
    def _send(self) -> None:
        trade = self._trade()
        if trade is None or self._sent is not None:
            return
        self._sent, self._checking = trade, None
        self._ticket.show_answer("")
        self._show_ticket()
        self._bridge.send(trade)

    @Slot(object)
    def _on_accepted(self, command: Command) -> None:
        if self._sent is None or command != self._sent:
            return
        sent, self._sent = self._sent, None
        module = self._snapshot.module(sent.module_id) if self._snapshot is not None else None
        name = module.spec.name if module is not None else sent.module_id
        what = f"{sent.quantity} {fmt.TIMES} {fmt.structure(sent.structure)}"
        self._drop(f"Accepted: {what} for {name} at {fmt.net_price(sent.limit)}. It passed every check and is ordered.")

    @Slot(object, object)
    def _on_denied(self, command: Command, denials: tuple[Denial, ...]) -> None:
        if self._sent is None or command != self._sent:
            return
        self._sent = None
        self._show_ticket()
        self._ticket.show_answer(f"Not done.\n{refusals.denials(denials) or 'No reason was given.'}")
