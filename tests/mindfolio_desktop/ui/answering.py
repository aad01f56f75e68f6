"""An engine for the window's tests that has an answer to everything: no page stays empty over it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from engine.core.money import dollars
from engine.domain.aftermath import SkippedTrade
from engine.domain.candidate import ScanAction, ScanRow
from engine.domain.commands import Command
from engine.domain.notices import Notice
from engine.domain.order import OrderStatus
from engine.domain.position import OwnExits, PositionStatus
from engine.domain.questions import (
    DESK_QUESTIONS,
    AllocationsSoFar,
    Answer,
    ChainOf,
    CheckTrade,
    ClosingOf,
    DeskQuestion,
    EntriesOf,
    ExpirationsOf,
    ExplainedDays,
    FillsOf,
    LegsOf,
    LimitsOf,
    ModuleOffers,
    NavSamples,
    NotesOf,
    OrdersOf,
    PayoffOf,
    PreviewTrade,
    ProposalsFor,
    RollOf,
    RollTermsOf,
    ScansOf,
    SheetsOf,
    SkipsOf,
    StressOf,
    TicketOf,
    TradesOf,
)
from engine.domain.records import FillRow, OrderRow, TradeRow
from engine.domain.snapshot import MindfolioSnapshot
from tests.mindfolio_desktop.ui import journal, sheets
from tests.mindfolio_desktop.ui.chains import chain_view, strike_row, ticket_view
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.models.test_orders import order
from tests.mindfolio_desktop.ui.offered import OFFERS
from tests.mindfolio_desktop.ui.previews import preview
from tests.mindfolio_desktop.ui.reviews import proposals, review
from tests.mindfolio_desktop.ui.risk_records import DAY, expiry, explained, grids, in_the_money, limits, risky
from tests.mindfolio_desktop.ui.risk_records import sheets as day_sheets
from tests.mindfolio_desktop.ui.snapshots import AUTO, NOW, candidate, position_view, with_module

LONG = "IV rank 12 below 50, and its quotes are too wide: 0.45 between bid and ask where 0.20 may be"


def busy() -> MindfolioSnapshot:
    """An ordinary day with everything on it: working orders, risk, a position with its own exits."""
    snapshot = risky()
    first = snapshot.modules[0]
    held = (replace(first.open_positions[0], own_exits=OwnExits(60, 150)), *first.open_positions[1:])
    live = (
        order(status=OrderStatus.WORKING),
        order("O000002", status=OrderStatus.UNKNOWN, limit=dollars("-1234.55"), why=LONG),
    )
    return with_module(snapshot, AUTO, open_positions=held, orders=live, held=dollars(1_530))


def _closed() -> TradeRow:
    held = position_view("p-9").position
    return TradeRow(
        replace(held, quantity=0, closed_at=NOW, closed_why="stop at 2x credit", status=PositionStatus.CLOSED),
        dollars(-120),
    )


def _ledger() -> dict[type, object]:
    scans = (
        ScanRow(NOW, AUTO, "SPY", "", ScanAction.SKIPPED, LONG, waived=("evidence",)),
        ScanRow(
            NOW - dt.timedelta(minutes=15), AUTO, "TSLA", "iron condor", ScanAction.PENDING, "", candidate=candidate()
        ),
    )
    return {
        ScansOf: scans,
        TradesOf: (_closed(),),
        SkipsOf: (SkippedTrade(AUTO, "SPY", "Iron Condor", "BUDGET", DAY, dollars(-310), DAY, "stop"),),
        NavSamples: tuple((NOW - dt.timedelta(hours=10 - at), dollars(50_000 + 37 * at)) for at in range(11)),
        ExplainedDays: (explained(), explained(DAY - dt.timedelta(days=3), 2)),
        SheetsOf: day_sheets(),
        OrdersOf: (OrderRow(9, NOW, order(status=OrderStatus.FILLED), ""), OrderRow(8, NOW, order("O000003"), LONG)),
        FillsOf: (FillRow(7, NOW, "O000001", AUTO, "p-1", 1, dollars("-2.45"), dollars("2.40"), dollars("0.12")),),
        EntriesOf: (journal.FILLED, journal.SUBMITTED, journal.INTENDED),
        NotesOf: (journal.note(21, LONG, position_id="p-4", symbol="TSLA"),),
        AllocationsSoFar: review(),
        ProposalsFor: proposals(),
    }


def _desk(question: DeskQuestion) -> object:
    match question:
        case ChainOf(symbol):
            rows = tuple(strike_row(strike) for strike in range(560, 660, 5))
            return chain_view(symbol=symbol, rows=rows)
        case TicketOf(legs, quantity):
            return ticket_view(legs, quantity)
        case ClosingOf(_, quantity):
            return sheets.closing(quantity)
        case RollOf(_, _, opens):
            return sheets.roll(opens=opens)
    return {
        StressOf: grids(),
        LimitsOf: limits(),
        ExpirationsOf: (in_the_money(), expiry()),
        LegsOf: sheets.legs(),
        PayoffOf: sheets.payoff(),
        RollTermsOf: sheets.terms(),
        PreviewTrade: preview(),
        CheckTrade: (),
        ModuleOffers: OFFERS,
    }.get(type(question))


class AnsweringEngine(EngineFake):
    """Answers what the desk is asked as well. `notify` is the bridge's, once there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.answers |= _ledger()
        self.notify: Callable[[Notice], None] = lambda _notice: None

    def send(self, message: Command | DeskQuestion) -> None:
        """Take a command, or answer a question."""
        super().send(message)
        if isinstance(message, DESK_QUESTIONS):
            question: DeskQuestion = message
            self.notify(Answer(question, lambda: _desk(question)))
