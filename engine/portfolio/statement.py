"""The statement of a month as a page: what it came to, who earned it, what was traded, changed and stopped. Pure.

Everything is the journal's, at journaled marks, in days of New York; the parts add up to the NAV exactly.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import accumulate

from engine.core.calendar import NEW_YORK, market_day
from engine.core.charts import Layer, Line, bar_rows, layers_svg, lines_svg
from engine.core.money import UNIT, Money, percent, usd
from engine.core.page import Cell, Page, Picture, Section, Table, Tile, colour, part_colour, signed
from engine.domain.account import EXTERNAL
from engine.domain.explained import PART_NAMES
from engine.domain.instrument import OptionContract
from engine.domain.mindfolio import Environment
from engine.domain.position import Position
from engine.domain.statement import (
    CashLine,
    EndedPosition,
    Flow,
    Halt,
    ModuleMonth,
    MonthStatement,
    OpenPosition,
    SplitChange,
)

_LONGEST_NAME = 18
"""Of a module beside its bar; the table has all of it."""

_MADE_UP = {
    Environment.SIMULATED: "Simulated: market, trades and money of this statement are made up.",
    Environment.REPLAY: "Replay: trades on recorded prices; no money was moved.",
}

_READING = (
    "P&L is after commissions and fees. Realised is what was closed, with dividends and interest; open is what the "
    "value of open positions at mid changed by, before the cost of closing. A trade is a lineage: a structure with its "
    "rolls, assignment and covered calls; it wins when it ends above zero after costs. The return is that of one unit "
    "of NAV, which deposits and withdrawals do not move."
)


_PARTS = (
    "Delta, gamma, theta and vega: the market's moves by the Greeks that positions had; cross: their second orders "
    "together; edge: mid at the fill against its price; carry: dividends, interest and borrow; noise: what a leg's own "
    "mid did and its neighbours did not; residual: what none of them explains. The parts add up to the ledger exactly."
)


def statement_page(month: MonthStatement) -> Page:
    """The whole statement."""
    return Page(
        title=f"{month.name}: statement of {month.first:%B %Y}",
        about=_about(month),
        notes=tuple(_notes(month)),
        tiles=tuple(_tiles(month)),
        sections=(
            Section("P&L of the month, deposits and withdrawals left out", (_curve(month),)),
            Section("P&L by module", (_module_bars(month), _module_table(month))),
            *_explained(month),
            Section("Allocation over the month", (_allocation(month),)),
            Section("Trades that ended", (_ended(month),)),
            Section("Open positions", (_open(month),)),
            Section("Dividends, interest and fees", (_cash_lines(month.cash_lines, month.names), _costs_words(month))),
            Section("Deposits and withdrawals", (_flows(month.flows),)),
            Section("Budget changes", (_splits(month.splits),)),
            Section("Stops, pauses and breakers", (_halts(month.halts),)),
            Section("How to read this", (_READING, _waived_words(month.waived))),
        ),
    )


def _about(month: MonthStatement) -> str:
    until = market_day(month.as_of)
    return f"{month.environment.value.capitalize()} account, {_day(month.first)} to {_day(min(until, month.last))}."


def _notes(month: MonthStatement) -> Iterable[str]:
    if month.environment in _MADE_UP:
        yield _MADE_UP[month.environment]
    last_day = month.days[-1].day if month.days else month.first
    if month.as_of.astimezone(NEW_YORK).date() < month.last and last_day < month.last:
        yield f"What came after {_time(month.as_of)} New York time is not in here: the ledger's month ends with that."


def _tiles(month: MonthStatement) -> Iterable[Tile]:
    ended = [each.lineage_net for each in month.ended if each.lineage_net is not None]
    wins = sum(1 for net in ended if net > 0)
    commissions, fees = _sum(month, "commissions"), _sum(month, "fees")
    fallen = [each.drawdown_bp for each in month.days if each.drawdown_bp is not None]
    unit = "" if month.unit_return is None else f"{month.unit_return:+.2f} % on a unit of NAV"
    realised, opened = _sum(month, "realised"), _sum(month, "open_change")
    yield Tile("NAV at the end", usd(month.nav), f"{usd(month.nav_before)} at the beginning")
    yield Tile("P&L after costs", usd(month.pnl, signed=True), unit, colour(month.pnl))
    yield Tile("Realised", usd(realised, signed=True), f"open {usd(opened, signed=True)}", colour(realised))
    yield Tile("Deposits less withdrawals", usd(month.flow, signed=True), f"{len(month.flows)} in all")
    yield Tile("Commissions and fees", usd(commissions + fees), f"{usd(commissions)} and {usd(fees)}")
    yield Tile("Dividends and interest", usd(_sum(month, "income"), signed=True), "what was paid to borrow taken off")
    yield Tile("Trades that ended", str(len(ended)), f"{wins} won" + (f", {wins / len(ended):.0%}" if ended else ""))
    yield Tile("Deepest drawdown", f"{max(fallen, default=0) / 100:.2f} %", "below a unit's peak, at closes")


def _curve(month: MonthStatement) -> Picture:
    made = accumulate(each.pnl for each in month.days)
    points = tuple(zip((each.day for each in month.days), made, strict=True))
    return Picture(lines_svg("P&L of the month", [Line("P&L since the month began", "gain", points)]))


def _module_bars(month: MonthStatement) -> Picture:
    rows = [(_short(each.name), each.pnl, _of_budget(each)) for each in month.modules]
    return Picture(bar_rows("P&L by module", rows) if any(each.pnl for each in month.modules) else "", (),
                   "No module made or lost anything.")  # fmt: skip


def _of_budget(module: ModuleMonth) -> str:
    part = percent(module.pnl, module.budget)
    return usd(module.pnl, signed=True) + ("" if part is None else f", {part:+.1f} %")


def _module_table(month: MonthStatement) -> Table:
    rows = [_module_row(each) for each in month.modules]
    total = (
        "All", usd(sum(each.budget for each in month.modules)), signed(_sum(month, "realised")),
        signed(_sum(month, "open_change")), signed(month.pnl), usd(_sum(month, "commissions")),
        usd(_sum(month, "fees")), signed(_sum(month, "income")), str(sum(each.trades for each in month.modules)),
        str(sum(each.wins for each in month.modules)),
    )  # fmt: skip
    columns = (
        "Module", "Budget|n", "Realised|n", "Open|n", "P&L|n", "Commissions|n", "Fees|n", "Income|n", "Trades|n",
        "Won|n",
    )  # fmt: skip
    return Table(columns, (*rows, total))


def _module_row(each: ModuleMonth) -> tuple[Cell, ...]:
    return (
        each.name, usd(each.budget) if each.module_id else "", signed(each.realised), signed(each.open_change),
        signed(each.pnl), usd(each.commissions), usd(each.fees), signed(each.income), str(each.trades), str(each.wins),
    )  # fmt: skip


def _explained(month: MonthStatement) -> Iterable[Section]:
    """Where the P&L came from, in the parts that are not zero; nothing where no session was explained."""
    if not month.explained:
        return
    names = [name for name in PART_NAMES if any(getattr(parts, name) for parts in month.explained.values())]
    rows: list[tuple[Cell, ...]] = [
        (month.names.get(module_id, module_id), *(signed(getattr(parts, name)) for name in names), signed(parts.total))
        for module_id, parts in month.explained.items()
    ]
    columns = ("Module", *(f"{name.capitalize()}|n" for name in names), "In all|n")
    yield Section("P&L explained, of the sessions that were watched", (Table(columns, tuple(rows)), _PARTS))


def _allocation(month: MonthStatement) -> Picture:
    shown = [module_id for module_id in month.names if any(each.budgets.get(module_id) for each in month.days)]
    layers = [
        Layer(month.names[module_id], part_colour(place), tuple(each.budgets.get(module_id, 0) for each in month.days))
        for place, module_id in enumerate(shown)
    ]
    layers.append(Layer("Reserve", "reserve", tuple(each.reserve for each in month.days)))
    svg = layers_svg("Allocation over the month", [each.day for each in month.days], layers)
    return Picture(svg, tuple((each.name, each.colour) for each in layers))


def _ended(month: MonthStatement) -> Table:
    columns = (
        "Trade", "Module", "Structure", "Opened", "Closed", "Days|n", "Fills|n", "Costs|n", "P&L|n", "Ended by",
    )  # fmt: skip
    return Table(columns, tuple(_ended_row(each, month.names) for each in month.ended), "No trade ended.")


def _ended_row(each: EndedPosition, names: dict[str, str]) -> tuple[Cell, ...]:
    held = each.position
    opened = market_day(held.opened_at)
    closed = market_day(held.closed_at or held.opened_at)
    words = held.structure.words
    rolls = f", {held.rolls} roll{'s' * (held.rolls != 1)}" if held.rolls else ""
    return (
        each.lineage, names.get(held.module_id, held.module_id), f"{held.opened_quantity} {words}{rolls}",
        _day(opened), _day(closed), str((closed - opened).days), str(each.fills), usd(held.commissions + held.fees),
        signed(held.net_pnl), held.closed_why.partition(";")[0],
    )  # fmt: skip


def _open(month: MonthStatement) -> Table:
    columns = ("Trade", "Module", "Structure", "Held", "Opened", "Cost|n", "Value|n", "Open P&L|n", "Used|n")
    return Table(columns, tuple(_open_row(each, month.names) for each in month.open), "Nothing was open.")


def _open_row(each: OpenPosition, names: dict[str, str]) -> tuple[Cell, ...]:
    held = each.position
    return (
        each.lineage, names.get(held.module_id, held.module_id), f"{held.quantity} {held.structure.words}",
        held_words(held), _day(market_day(held.opened_at)), usd(held.cost), usd(each.mark), signed(each.pnl),
        usd(held.used),
    )  # fmt: skip


def held_words(position: Position) -> str:
    """What a position holds, short: `+1 240 P, -1 250 P 17 Apr 26`; an expiration is told where it changes."""
    counts: dict[OptionContract | None, int] = {}
    for lot in position.lots:
        counts[lot.contract] = counts.get(lot.contract, 0) + lot.quantity
    listed = sorted((each for each in counts if each is not None), key=lambda each: (each.expiration, each.strike))
    words = [f"{counts[None]:+,} shares"] if counts.get(None) else []
    for place, contract in enumerate(listed):
        following = listed[place + 1].expiration if place + 1 < len(listed) else None
        day = f" {_day(contract.expiration)}" if contract.expiration != following else ""
        words.append(f"{counts[contract]:+d} {contract.strike / UNIT:g} {contract.right.value}{day}")
    return ", ".join(words)


def _cash_lines(lines: Sequence[CashLine], names: dict[str, str]) -> Table:
    rows = tuple(
        (_time(each.at), each.kind.value.capitalize(), names.get(each.module_id, each.module_id), each.symbol,
         signed(each.amount), each.why)
        for each in lines
    )  # fmt: skip
    return Table(("When", "What", "Module", "Symbol", "Amount|n", "Why"), rows, "None was booked.")


def _costs_words(month: MonthStatement) -> str:
    commissions, fees = _sum(month, "commissions"), _sum(month, "fees")
    return f"Commissions of trades {usd(commissions)}, fees in all {usd(fees)}; by module above."


def _flows(flows: Sequence[Flow]) -> Table:
    rows = tuple((_time(each.at), signed(each.amount), each.who, each.why) for each in flows)
    return Table(("When", "Amount|n", "Who", "Why"), rows)


def _splits(splits: Sequence[SplitChange]) -> Table:
    rows = tuple(
        (_time(each.at), each.what, "; ".join(_move(*move) for move in each.moves), each.who, each.why)
        for each in splits
    )
    return Table(("When", "What", "Before and after", "Who", "Why"), rows, "The split was not changed.")


def _move(name: str, before: Money, after: Money) -> str:
    return f"{name} {usd(before)} to {usd(after)}"


def _halts(halts: Sequence[Halt]) -> Table:
    rows = tuple((_time(each.at), each.what, each.who, each.why) for each in halts)
    return Table(("When", "What", "By", "Why"), rows, "Nothing was stopped or paused.")


def _waived_words(waived: Sequence[str]) -> str:
    if not waived:
        return "No check was waived: each trade needed its evidence, a known IV rank and a known calendar."
    return f"Waived in this environment, so that a trade could be made without it: {', '.join(waived)}."


def _sum(month: MonthStatement, name: str) -> Money:
    return sum(getattr(each, name) for each in month.modules if each.module_id != EXTERNAL)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%b %y}"


def _time(at: dt.datetime) -> str:
    local = at.astimezone(NEW_YORK)
    return f"{local.day} {local:%b %H:%M}"
