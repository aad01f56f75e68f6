"""The table of an option chain: a row a strike, calls at its left, puts at its right."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject

from engine.core.money import Money, to_float
from engine.domain.chain_view import ChainView, QuoteView, StrikeRow
from engine.domain.instrument import OptionContract, Right
from engine.domain.quote_flags import UNTRADABLE, QuoteFlag
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.models.keyed_table import Cell, Column, KeyedTableModel

FAULTS: Mapping[QuoteFlag, str] = {
    QuoteFlag.CROSSED: "the bid is above the ask",
    QuoteFlag.LOCKED: "bid and ask are the same",
    QuoteFlag.ZERO: "nobody quotes it",
    QuoteFlag.ONE_SIDED: "only one side is quoted",
    QuoteFlag.NOT_A_NUMBER: "a side is missing",
    QuoteFlag.NEGATIVE: "a price is below zero",
    QuoteFlag.HUGE: "a price is absurd",
    QuoteFlag.STALE: "aged: not in the newest quotes, or older than may be traded on",
    QuoteFlag.EXPIRED: "quoted after it was settled",
    QuoteFlag.COPY: "a copy of an earlier day",
    QuoteFlag.ADJUSTED: "delivers something other than 100 shares",
}
"""What is wrong with a quote, in words."""


@dataclass(frozen=True, slots=True)
class ChainRow:
    """A strike, the spot that tells which side is in the money, and what the ticket holds of call and put."""

    row: StrikeRow
    spot: Money | None
    now: dt.datetime
    call_count: int
    put_count: int


class ChainModel(KeyedTableModel[ChainRow]):
    """Strikes of one expiration, by strike."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, lambda row: row.row.strike, parent)

    def show_chain(self, view: ChainView, counts: Mapping[OptionContract, int]) -> None:
        """Show a chain, and what of it is on the ticket: signed contracts."""
        self.show_rows([_row(row, view, counts) for row in view.rows])

    def quote_at(self, row: int, column: int) -> tuple[QuoteView, int] | None:
        """The quote whose bid or ask stands in a cell, and the side that taking it is: -1 sells, +1 buys; else None."""
        shown = self.row_at(row)
        side = _SIDES.get(column)
        if shown is None or side is None:
            return None
        right, count = side
        quote = shown.row.call if right is Right.CALL else shown.row.put
        return None if quote is None else (quote, count)


def _row(row: StrikeRow, view: ChainView, counts: Mapping[OptionContract, int]) -> ChainRow:
    def held(quote: QuoteView | None) -> int:
        return 0 if quote is None else counts.get(quote.contract, 0)

    return ChainRow(row, view.spot, view.now, held(row.call), held(row.put))


def fault_words(quote: QuoteView, now: dt.datetime) -> str:
    """Why a quote is grey, "" when it is not: `one-sided; quoted 3 min ago`."""
    found = "; ".join(words for flag, words in FAULTS.items() if quote.faults & flag & UNTRADABLE)
    return f"{found[:1].upper()}{found[1:]} (quoted {fmt.age(now - quote.at)} ago)" if found else ""


Value = Callable[[QuoteView], tuple[str, float | None, str]]
"""Words of a figure, what it is sorted by, and more of it in a tip."""


def _column(title: str, tip: str, right: Right, value: Value, side: int = 0) -> Column[ChainRow]:
    """A column of one right; `side` of a bid is -1, of an ask +1."""

    def cell(shown: ChainRow) -> Cell:
        quote, count = (shown.row.call, shown.call_count) if right is Right.CALL else (shown.row.put, shown.put_count)
        if quote is None:
            return Cell(fmt.UNKNOWN, None, f"The {right.word} was never quoted", "faint")
        is_inside = shown.spot is not None and quote.contract.inside(shown.spot) > 0
        ground = "raised" if is_inside else ""
        words, sort, more = value(quote)
        faulty = fault_words(quote, shown.now)
        if side and count * side > 0:
            verb = "buy" if count > 0 else "sell"
            return Cell(words, sort, f"On the ticket: {verb} {abs(count)}", "on_accent", "accent")
        return Cell(words, sort, faulty or more, "faint" if faulty else "", ground)

    return Column(title, cell, is_numeric=True, tip=f"{right.word.capitalize()}: {tip}")


def _price(amount: Money | None, more: str = "") -> tuple[str, float | None, str]:
    return fmt.price(amount), None if amount is None else to_float(amount), more


def _iv(quote: QuoteView) -> tuple[str, float | None, str]:
    if quote.iv is None:
        return fmt.UNKNOWN, None, "Its mid tells no volatility"
    words = fmt.fraction(quote.iv, 1)
    if quote.is_iv_borrowed:
        return f"≈ {words}", quote.iv, "Its mid pays no more than exercise: the volatility of the other side"
    return words, quote.iv, ""


def _delta(quote: QuoteView) -> tuple[str, float | None, str]:
    return fmt.greek(quote.delta, 2), quote.delta, "" if quote.delta is not None else "Its mid tells no volatility"


def _count(count: int | None) -> tuple[str, float | None, str]:
    return (fmt.UNKNOWN if count is None else fmt.number(count, 0)), count, ""


def _strike(shown: ChainRow) -> Cell:
    return Cell(fmt.strike(shown.row.strike), to_float(shown.row.strike))


def _side(right: Right) -> list[Column[ChainRow]]:
    """Columns of one right, from the strike outwards."""
    return [
        _column("Bid", "sell here", right, lambda quote: _price(quote.bid, "Sell at the bid"), -1),
        _column("Ask", "buy here", right, lambda quote: _price(quote.ask, "Buy at the ask"), 1),
        _column("Mid", "the middle of bid and ask", right, lambda quote: _price(quote.mid)),
        _column("IV", "volatility that the mid implies", right, _iv),
        _column("Delta", "shares that one share's option moves like", right, _delta),
        _column("Vol", "volume, contracts traded today", right, lambda quote: _count(quote.volume)),
        _column("OI", "open interest, contracts", right, lambda quote: _count(quote.open_interest)),
    ]


def _columns() -> tuple[Column[ChainRow], ...]:
    calls, puts = _side(Right.CALL), _side(Right.PUT)
    # Bid stands before ask on both sides; the other figures mirror each other.
    left = [*calls[:1:-1], *calls[:2]]
    return (*left, Column("Strike", _strike, is_numeric=True, tip="Dollars a share"), *puts)


_COLUMNS = _columns()
STRIKE = 7
"""The column of the strike."""

_OUTWARDS = (1.08, 1.08, 1.2, 1.0, 0.9, 0.9, 1.0)
WEIGHTS = (*_OUTWARDS[:1:-1], *_OUTWARDS[:2], 0.9, *_OUTWARDS)
"""How wide the columns are beside each other: a mid may have half a cent."""

_SIDES = {
    STRIKE - 2: (Right.CALL, -1),
    STRIKE - 1: (Right.CALL, 1),
    STRIKE + 1: (Right.PUT, -1),
    STRIKE + 2: (Right.PUT, 1),
}
