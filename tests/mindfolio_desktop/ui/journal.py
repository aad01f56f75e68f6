"""Journal entries as the ledger hands them out, for the window's tests."""

import datetime as dt

from engine.core.money import Money, dollars
from engine.domain.events import Event, NoteWritten
from engine.domain.order import Order, OrderPurpose
from engine.domain.records import EntryRow, NoteRow, PostingRow
from engine.domain.trade_events import OrderFilled, OrderIntended, OrderSubmitted
from engine.ledger.codec import encode_event
from tests.mindfolio_desktop.ui.snapshots import AUTO, MANUAL, NOW, condor

ORDER = Order(
    "O000001", AUTO, "P000001", OrderPurpose.OPEN, condor("TSLA", (240, 250, 270, 280)), 2, dollars("-2.50"),
    dollars("-2.35"), dollars(765), NOW, "IV rank 72 >= 50",
)  # fmt: skip

FILL = OrderFilled("O000001", 2, 2, dollars("-2.50"), (0, 0, dollars("2.50"), 0), dollars("4.80"), dollars("0.20"))


def entry(seq: int, event: Event, postings: tuple[tuple[str, str, Money], ...] = ()) -> EntryRow:
    """One entry, a second after the one before."""
    name, version, body = encode_event(event)
    rows = tuple(PostingRow(seq, account, module, amount) for account, module, amount in postings)
    return EntryRow(seq, NOW + dt.timedelta(seconds=seq), name, version, body.decode(), rows)


INTENDED = entry(11, OrderIntended(ORDER))
SUBMITTED = entry(12, OrderSubmitted("O000001"))
FILLED = entry(
    13, FILL,
    (
        ("CASH", AUTO, dollars(495)), ("POSITIONS", AUTO, dollars(-500)), ("COMMISSIONS", AUTO, dollars("4.80")),
        ("FEES", AUTO, dollars("0.20")),
    ),
)  # fmt: skip


def note(seq: int, text: str, module_id: str = MANUAL, position_id: str = "", symbol: str = "") -> NoteRow:
    """One note of a person."""
    return NoteRow(seq, NOW + dt.timedelta(seconds=seq), NoteWritten(text, module_id, position_id, symbol, "user"))
