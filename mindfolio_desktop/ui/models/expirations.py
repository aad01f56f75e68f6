"""The table of the expiration desk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject

from engine.core.money import to_float
from engine.domain.expiration import Ending, OpenExpiry
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.models.keyed_table import Cell, Column, KeyedTableModel

ENDINGS: Mapping[Ending, str] = {
    Ending.CLOSES: "A rule closes it",
    Ending.TRADES: "A rule trades in it",
    Ending.HEDGES: "A rule hedges it",
    Ending.WARNS: "A rule warns",
    Ending.CLOSES_LATER: "Closed at the end",
    Ending.IS_KEPT: "Kept to the end",
    Ending.IS_WORKED: "An order works on it",
    Ending.WAITS: "The broker is asked",
    Ending.BY_HAND: "Left to you",
    Ending.STOPPED: "Left to you: stopped",
}
"""What comes of a position, in a few words."""

_CALLS = frozenset({Ending.CLOSES, Ending.WARNS, Ending.BY_HAND, Ending.STOPPED})
"""What a person should look at."""


@dataclass(frozen=True, slots=True)
class ExpiryRow:
    """A position under the name of its module."""

    module: str
    expiry: OpenExpiry


class ExpirationsModel(KeyedTableModel[ExpiryRow]):
    """Open option positions, the next to expire first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, lambda row: row.expiry.position_id, parent)

    def show_expiries(self, expiries: Sequence[OpenExpiry], names: Mapping[str, str]) -> None:
        """Show these, with the names of modules by id."""
        self.show_rows([ExpiryRow(names.get(each.module_id, each.module_id), each) for each in expiries])


def days_words(expiry: OpenExpiry) -> str:
    """`today`, `39 d`."""
    return "today" if expiry.is_last_day else f"{expiry.days} d"


def distance_words(expiry: OpenExpiry) -> str:
    """`$7.00 (7.0%)`, `in by $2.00 (2.2%)`; a dash where it is not known, `no short leg` where there is none."""
    if expiry.spot is None:
        return fmt.UNKNOWN
    if expiry.distance is None or expiry.distance_pct is None:
        return "no short leg"
    words = f"{fmt.price(abs(expiry.distance))} ({fmt.percent(abs(expiry.distance_pct))})"
    return f"in by {words}" if expiry.distance < 0 else words


def ex_words(expiry: OpenExpiry) -> str:
    """`20 Mar, $1.75`; `none` where all are known, `not known` where one may be missing."""
    if expiry.ex_day is None:
        return "none" if expiry.is_ex_known else "not known"
    pays = "amount not known" if expiry.dividend is None else fmt.price(expiry.dividend)
    return f"{fmt.short_date(expiry.ex_day)}, {pays}"


def _days(row: ExpiryRow) -> Cell:
    expiry = row.expiry
    tip = f"expires {fmt.weekday_date(expiry.expires)}, last session {fmt.weekday_date(expiry.ends)}"
    return Cell(days_words(expiry), float(expiry.days), tip, "warning" if expiry.is_last_day else "")


def _position(row: ExpiryRow) -> Cell:
    words = fmt.held(row.expiry.structure, row.expiry.quantity)
    return Cell(words, words, tip=fmt.legs(row.expiry.structure))


def _module(row: ExpiryRow) -> Cell:
    return Cell(row.module, row.module, row.module)


def _distance(row: ExpiryRow) -> Cell:
    expiry = row.expiry
    if expiry.spot is None:
        return Cell(fmt.UNKNOWN, None, "no price of the underlying is known")
    sort = None if expiry.distance_pct is None else expiry.distance_pct
    at = "" if expiry.nearest is None else f"{fmt.contract(expiry.nearest)}, "
    is_in = expiry.distance is not None and expiry.distance < 0
    return Cell(distance_words(expiry), sort, f"{at}price {fmt.price(expiry.spot)}", "warning" if is_in else "")


def _cash(row: ExpiryRow) -> Cell:
    expiry = row.expiry
    if expiry.cash is None:
        words = fmt.UNKNOWN if expiry.spot is None else "nothing"
        return Cell(words, None, "no price is known" if expiry.spot is None else "no short leg can be assigned")
    is_short = expiry.cash > expiry.means
    tip = f"of {fmt.money(expiry.means)} that the module has for it"
    return Cell(fmt.money(expiry.cash), to_float(expiry.cash), tip, "warning" if is_short else "")


def _ex_day(row: ExpiryRow) -> Cell:
    expiry = row.expiry
    sort = None if expiry.ex_day is None else float(expiry.ex_day.toordinal())
    tone = "muted" if expiry.ex_day is None else ""
    return Cell(ex_words(expiry), sort, f"until {fmt.weekday_date(expiry.expires)}", tone)


def _ending(row: ExpiryRow) -> Cell:
    words = ENDINGS[row.expiry.ending]
    return Cell(words, words, row.expiry.why, "warning" if row.expiry.ending in _CALLS else "")


_COLUMNS = (
    Column("Left", _days, is_numeric=True, tip="Calendar days to the first expiration"),
    Column("Position", _position),
    Column("To strike", _distance, is_numeric=True, tip="From the price to the nearest short strike"),
    Column(
        "If assigned",
        _cash,
        is_numeric=True,
        tip="What a module has to have if all short puts, or all short calls, are assigned: the dearer of the two",
    ),
    Column("Ex-dividend", _ex_day, tip="The next one before it expires, and what a share is paid"),
    Column("What comes of it", _ending),
    Column("Module", _module),
)
