"""CSV files for spreadsheets: exact, ISO dates, UTF-8, and no cell that a spreadsheet would run as a formula. Pure."""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from engine.core.calendar import market_day
from engine.core.clock import as_utc
from engine.core.money import CENT, UNIT, Money
from engine.domain.statement import DayNav, EndedPosition, Holding, MonthStatement
from engine.domain.tax import Replacement, TaxClosing, TaxLot


@dataclass(frozen=True, slots=True)
class Usd:
    """A cell of money: dollars with cents, or with four decimals where cents do not say all of it."""

    amount: Money


Cell: TypeAlias = str | int | Usd | Decimal | dt.date | dt.datetime | None

_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - the wide ones too
"""What a text must not begin with: Excel and its like take the rest for a formula. Source: OWASP, CSV injection."""

_NOTHING = '""'

_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""Kinds of characters that stand before a formula without being seen: blanks, zero-width ones, controls."""

_OTHER_SEPARATORS = re.compile(r"([;\t\r\n])")
"""Where cells begin for a spreadsheet that does not separate by commas: it takes no notice of our quotation marks."""


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A header and rows as RFC 4180 has them. Text is quoted; what a spreadsheet would run gets an apostrophe before.

    Numbers, also negative ones, stay numbers; None is an empty cell.
    """
    return ",".join(columns) + "\r\n" + csv_rows(rows)


def csv_rows(rows: Iterable[Sequence[Cell]]) -> str:
    """Rows without a header, for a file that is written page by page."""
    # A line without anything would be none.
    return "".join(f"{','.join(_written(cell) for cell in row) or _NOTHING}\r\n" for row in rows)


def trades_csv(month: MonthStatement) -> str:
    """The trades that ended in a month: a row each position, those of one lineage with its name and its result."""
    columns = (
        "lineage", "position", "module", "symbol", "structure", "legs", "opened", "closed", "days", "quantity",
        "rolls", "fills", "opening_cost", "closing_cash", "realised", "commissions", "fees", "income", "net_pnl",
        "exit_reason", "lineage_net_pnl", "lineage_result",
    )  # fmt: skip
    return csv_text(columns, (_trade(each, month.names) for each in month.ended))


def ledger_csv(month: MonthStatement) -> str:
    """Every posting of a month: a row each, debits positive; the postings of one entry sum to zero."""
    columns = ("entry", "at", "event", "module", "account", "amount")
    return csv_text(
        columns,
        (
            (each.seq, each.at, each.event, row.module_id, str(row.account), Usd(row.amount))
            for each in month.posted
            for row in each.postings
        ),
    )


def nav_csv(month: MonthStatement) -> str:
    """The mindfolio at the end of each session of a month."""
    columns = (
        "date", "nav", "pnl", "deposits", "cash", "capital", "allocated", "reserve", "used", "held", "units",
        "unit_value", "drawdown_pct",
    )  # fmt: skip
    return csv_text(
        columns,
        (
            (
                each.day, Usd(each.nav), Usd(each.pnl), Usd(each.flows), Usd(each.cash), Usd(each.capital),
                Usd(sum(each.budgets.values())), Usd(each.reserve), Usd(each.used), Usd(each.held), Usd(each.units),
                _unit_value(each),
                None if each.drawdown_bp is None else Decimal(each.drawdown_bp).scaleb(-2),
            )
            for each in month.days
        ),
    )  # fmt: skip


def tax_csv(closed: Iterable[TaxClosing], still_open: Iterable[TaxLot]) -> str:
    """Lots that were closed, then those that are open.

    `gain` is before any wash sale; `wash_sale` says "possible", and the two cells after it what that would take and
    which lots it comes from. What was taken in from the broker's account has no basis, gain or term here: the broker
    knows them; `opened` is the day on which it was found. `entry` is the closing's, as ledger.csv numbers it: by that
    a choice of lots by hand names a sale. `net_basis` of the wheel is something else, and not in here.
    """
    columns = (
        "state", "lot", "symbol", "instrument", "quantity", "opened", "opened_how", "closed", "how", "proceeds",
        "basis", "gain", "term", "wash_sale", "possibly_disallowed", "replacement_lots", "section_1256", "entry",
    )  # fmt: skip
    return csv_text(columns, [*(_closing(each) for each in closed), *(_open_lot(each) for each in still_open)])


def legs_text(holdings: Iterable[Holding]) -> str:
    """What a trade held: "sold 1 SPY260417P00600000, bought 100 shares"."""
    return ", ".join(
        f"{'bought' if each.quantity > 0 else 'sold'} {abs(each.quantity)} "
        f"{'shares' if each.contract is None else each.contract.occ}"
        for each in holdings
    )


def _trade(each: EndedPosition, names: dict[str, str]) -> tuple[Cell, ...]:
    held, net = each.position, each.lineage_net
    opened, closed = market_day(held.opened_at), None if held.closed_at is None else market_day(held.closed_at)
    result = "open" if net is None else "win" if net > 0 else "loss" if net < 0 else "even"
    return (
        each.lineage, held.position_id, names.get(held.module_id, held.module_id), held.symbol,
        held.structure.kind.value, legs_text(each.holdings), held.opened_at, held.closed_at,
        None if closed is None else (closed - opened).days, held.opened_quantity, held.rolls, each.fills,
        Usd(held.opening_cost), Usd(held.closing_cash), Usd(held.realised), Usd(held.commissions), Usd(held.fees),
        Usd(held.income), Usd(held.net_pnl), held.closed_why, None if net is None else Usd(net), result,
    )  # fmt: skip


def _unit_value(each: DayNav) -> Decimal | None:
    """The value of a unit of NAV, to six decimals."""
    return (Decimal(each.nav) / each.units).quantize(Decimal("0.000001")) if each.units > 0 else None


def _closing(each: TaxClosing) -> tuple[Cell, ...]:
    return (
        "closed", each.lot_id, each.symbol, _instrument(each), each.quantity, each.opened, each.opened_how.value,
        each.closed, each.how.value, Usd(each.proceeds) if each.knows_proceeds else None,
        Usd(each.basis) if each.knows_basis else None, Usd(each.gain) if each.knows_gain else None,
        "" if each.term is None else each.term.value, "possible" if each.is_wash else "",
        Usd(each.disallowed) if each.is_wash else None, _replacements(each.replacements),
        "possible" if each.is_1256 else "", each.seq,
    )  # fmt: skip


def _open_lot(each: TaxLot) -> tuple[Cell, ...]:
    basis, proceeds = (Usd(each.basis), None) if each.quantity > 0 else (None, Usd(-each.basis))
    if not each.is_known:
        basis = proceeds = None
    return (
        "open", each.lot_id, each.symbol, _instrument(each), each.quantity, each.opened, each.how.value, None,
        None, proceeds, basis, None, "", "", None, "", "", None,
    )  # fmt: skip


def _instrument(each: TaxClosing | TaxLot) -> str:
    return each.symbol if each.contract is None else each.contract.occ


def _replacements(found: Iterable[Replacement]) -> str:
    return "; ".join(f"{each.lot_id} of {each.opened} for {each.shares} shares" for each in found)


def _written(cell: Cell) -> str:
    match cell:
        case None | "":
            return ""
        case Usd():
            places = 2 if cell.amount % CENT == 0 else 4
            return f"{Decimal(cell.amount) / UNIT:.{places}f}"
        case dt.datetime():
            return as_utc(cell).isoformat()
        case dt.date() | int() | Decimal():
            return str(cell)
        case _:
            quoted = _harmless(cell).replace('"', '""')
            return f'"{quoted}"'


def _harmless(text: str) -> str:
    """A text in which no cell begins a formula, whatever a spreadsheet takes for the end of one."""
    parts = _OTHER_SEPARATORS.split(text)
    parts[::2] = [f"'{part}" if _is_run(part) else part for part in parts[::2]]
    joined = "".join(parts)
    return f"'{joined}" if _is_run(joined) else joined


def _is_run(text: str) -> bool:
    """Whether a spreadsheet may take a text for a formula: what is not seen at its beginning counts for nothing."""
    first = next(
        (sign for sign in text if sign in _RUN_BY_SPREADSHEETS or unicodedata.category(sign) not in _UNSEEN), ""
    )
    return first in _RUN_BY_SPREADSHEETS
