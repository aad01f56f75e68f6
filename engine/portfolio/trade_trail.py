"""What became of each trade, followed through the journal: all that it held, its fills, what its lineage came to."""

from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.instrument import OptionContract
from engine.domain.position import Position, PositionStatus
from engine.domain.statement import EndedPosition, Holding
from engine.ledger.book import Book
from engine.ledger.book_state import Applied
from engine.ledger.fold_positions import lineage_of


class TradeTrail:
    """What every position ever held, how often it was filled, and what its lineage came to."""

    def __init__(self) -> None:
        """Of an empty book."""
        self._held: dict[str, dict[OptionContract | None, int]] = {}
        self._fills: dict[str, int] = {}
        self._nets: dict[str, Money] = {}
        self._counted: dict[str, Money] = {}
        """What lineages that ended came to, in case their end is broken."""
        self._order_of: dict[str, str] = {}

    def before(self, book: Book, event: ev.Event) -> None:
        """Remember whose an order is: once it is filled the book has it no more."""
        if isinstance(event, ev.OrderFilled):
            order = book.orders.get(event.order_id)
            self._order_of[event.order_id] = "" if order is None else order.position_id
        elif isinstance(event, ev.FillReversed) and event.lineage in self._counted:
            self._nets[event.lineage] = self._counted.pop(event.lineage)

    def after(self, book: Book, event: ev.Event, applied: Applied) -> list[EndedPosition]:
        """Trades that this event ended."""
        for fill in applied.fills:
            self._fills[fill.position_id] = self._fills.get(fill.position_id, 0) + 1
        for position_id in self._touched(book, event):
            self._look(book.positions.get(position_id))
        ended = []
        for position in applied.closed:
            if position.status is PositionStatus.BROKEN:
                continue  # it never was a trade
            lineage = lineage_of(position)
            self._nets[lineage] = self._nets.get(lineage, 0) + position.net_pnl
            net = None if lineage in book.lineages else self._nets.pop(lineage)
            if net is not None:
                self._counted[lineage] = net
            held = self._held.pop(position.position_id, {})
            holdings = tuple(Holding(contract, count) for contract, count in held.items())
            fills = self._fills.pop(position.position_id, 0)
            ended.append(EndedPosition(position, lineage, holdings, fills, net))
        return ended

    def _touched(self, book: Book, event: ev.Event) -> tuple[str, ...]:
        match event:
            case ev.OrderFilled():
                return (self._order_of.pop(event.order_id),)
            case ev.LegSettled():
                return (event.position_id, event.split_into)
            case ev.FillReversed():
                return (event.position_id,)
            case ev.DifferenceResolved():
                return tuple(book.positions)[-1:]
            case _:
                return ()

    def _look(self, position: Position | None) -> None:
        if position is None:
            return
        known = self._held.setdefault(position.position_id, {})
        now: dict[OptionContract | None, int] = {}
        for lot in position.lots:
            now[lot.contract] = now.get(lot.contract, 0) + lot.quantity
        for contract, count in now.items():
            if abs(count) > abs(known.get(contract, 0)):
                known[contract] = count
