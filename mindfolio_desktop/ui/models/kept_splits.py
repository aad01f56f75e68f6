"""The table of earlier splits kept: what the NAV might have been, beside what it is."""

from collections.abc import Mapping

from PySide6.QtCore import QObject

from engine.core.clock import epoch_us
from engine.core.money import to_float
from engine.domain.counterfactual import Counterfactual
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.models.keyed_table import Cell, Column, KeyedTableModel, gain_tone

Row = tuple[Counterfactual, Mapping[str, str]]
"""A kept split, and what the modules of now are called by id."""


class KeptSplitsModel(KeyedTableModel[Row]):
    """Kept splits by the change that made them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, lambda row: row[0].change, parent)


def split_words(row: Row) -> str:
    """`IV Service $15,000, Sell Puts $20,000, reserve $5,000`."""
    kept, names = row
    parts = [f"{names.get(each, each)} {fmt.exact_money(budget)}" for each, budget in kept.plan.budgets.items()]
    return ", ".join([*parts, f"reserve {fmt.exact_money(kept.plan.reserve)}"])


def doubt_words(row: Row) -> str:
    """What makes this estimate rougher than others, "" for nothing."""
    kept, names = row
    said = [
        (kept.came_later, "came later and would have no budget"),
        (kept.ended, "ended since, what it would have earned is not known"),
        (kept.unscaled, "taken as it was for a time without a budget"),
    ]
    parts = [f"{', '.join(names.get(each, each) for each in those)}: {words}" for those, words in said if those]
    if kept.short_by:
        parts.append(f"capital was short of these budgets by {fmt.exact_money(kept.short_by)} at the most")
    if kept.largest_scale > 1:
        parts.append(f"results are scaled up to {fmt.number(kept.largest_scale, 1)} times")
    return "; ".join(parts)


def _since(row: Row) -> Cell:
    at = row[0].since
    return Cell(fmt.short_when(at), epoch_us(at) / 1e6, tip=fmt.when(at))


def _split(row: Row) -> Cell:
    words = split_words(row)
    return Cell(words, words, tip=words)


def _nav(row: Row) -> Cell:
    points = row[0].points
    if not points:
        return Cell(fmt.UNKNOWN, tip="No session has ended under it yet")
    last = points[-1]
    return Cell(fmt.money(last.kept_nav), to_float(last.kept_nav), tip=f"It is {fmt.money(last.nav)}")


def _difference(row: Row) -> Cell:
    amount = row[0].difference
    words = f"{fmt.arrow(amount)} {fmt.signed_money(amount)}".strip()
    lines = [
        f"{row[1].get(each.module_id, each.module_id)} {fmt.signed_money(each.difference)}" for each in row[0].modules
    ]
    return Cell(words, to_float(amount), "\n".join(lines), gain_tone(amount))


def _doubts(row: Row) -> Cell:
    words = doubt_words(row) or fmt.UNKNOWN
    return Cell(words, words, tip=words)


_COLUMNS = (
    Column("Kept since", _since, tip="New York"),
    Column("Split", _split),
    Column("NAV would be", _nav, is_numeric=True, tip="An estimate"),
    Column("Difference", _difference, is_numeric=True, tip="What keeping it would have made more, an estimate"),
    Column("What makes it rough", _doubts),
)
