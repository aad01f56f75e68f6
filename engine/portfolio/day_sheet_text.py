"""The sheets of a day as text for a terminal. Pure."""

import datetime as dt
from collections.abc import Iterable, Sequence

from engine.core.calendar import NEW_YORK
from engine.core.money import UNIT, Money, usd
from engine.core.text_table import text_table
from engine.domain.account import CASH_ID, Difference
from engine.domain.day_sheet import EndSheet, ExpiryLine, HappeningLine, OvernightLine, StandingLine, StartSheet
from engine.domain.explained import PART_NAMES, PnlParts
from engine.domain.instrument import OptionContract

_NOTHING = "  none"


def start_text(sheet: StartSheet) -> str:
    """What to know before the session starts."""
    lines = [
        f"{sheet.name} ({sheet.environment.value}): before the session of {_day(sheet.day)}",
        f"NAV {usd(sheet.nav)}",
    ]
    if sheet.stopped_why:
        lines.append(f"STOPPED OR PAUSED: {sheet.stopped_why}")
    lines += _block("Ended at the broker since the last session", (_overnight(each) for each in sheet.overnight))
    lines += _block("Expires today", (_expiry(each) for each in sheet.today))
    lines += _block("Expires within a week", (_expiry(each) for each in sheet.this_week))
    lines += _block("Earnings and ex-dividends within a week", (_happening(each) for each in sheet.happenings))
    lines += _block(
        "Working orders",
        (
            f"{each.order_id}  {each.module}: {each.what}, {each.filled} of {each.quantity} done, "
            f"{_price(each.limit)}, {each.status}"
            for each in sheet.orders
        ),
    )
    lines += _block(
        "Approvals that wait for you",
        (
            f"{each.approval_id}  {each.module}: {each.what} x {each.quantity}, until {_time(each.until)}"
            for each in sheet.waiting
        ),
    )
    lines += _block("Modules paused or over their budget", (_standing(each) for each in sheet.standing))
    lines += _block("Differences between book and broker", _differences(sheet.differences))
    return "\n".join(lines)


def end_text(sheet: EndSheet) -> str:
    """What the session came to."""
    made = sheet.nav - sheet.nav_before - sheet.flows
    flows = f", deposits less withdrawals {usd(sheet.flows, signed=True)}" if sheet.flows else ""
    fallen = "n/a" if sheet.drawdown_bp is None else f"{sheet.drawdown_bp / 100:.2f} %"
    lines = [
        f"{sheet.name} ({sheet.environment.value}): the session of {_day(sheet.day)}",
        f"NAV {usd(sheet.nav)}, P&L {usd(made, signed=True)} after costs{flows}, drawdown {fallen}",
    ]
    compared = "never" if sheet.compared_at is None else _time(sheet.compared_at)
    lines += _block(
        f"Book and broker, last compared {compared}",
        _differences(sheet.differences) if sheet.differences else ["they agree" if sheet.compared_at else "not known"],
    )
    lines += _results(sheet)
    lines += _block(
        "Trades that ended",
        (
            f"{each.lineage}  {each.position.structure.words}: {usd(each.position.net_pnl, signed=True)} after costs, "
            f"{each.position.closed_why}"
            for each in sheet.ended
        ),
    )
    lines += _block(
        "Scans",
        _table(
            ("", "scans", "looked at", "traded", "to approve", "skipped"),
            [
                (each.module, *map(str, (each.scans, each.looked_at, each.executed, each.pending, each.skipped)))
                for each in sheet.scans
            ],
        ),
    )
    lines += _block("Expires in the next session", (_expiry(each) for each in sheet.tomorrow))
    return "\n".join(lines)


def _results(sheet: EndSheet) -> list[str]:
    """P&L by module, what it came from where that is known, and the fills."""
    lines = _block(
        "P&L by module",
        _table(
            ("", "realised", "open", "P&L"),
            [
                (each.module, usd(each.realised, signed=True), usd(each.open_change, signed=True),
                 usd(each.pnl, signed=True))
                for each in sheet.modules
            ],
        ),
    )  # fmt: skip
    if sheet.explained:
        lines += _block("P&L explained", (_explained(name, parts) for name, parts in sheet.explained))
    lines += _block(
        "Fills",
        (
            f"{_time(each.at)}  {each.module}: {each.what} x {each.quantity} at {_price(each.net_price)}, "
            f"costs {usd(each.costs)}"
            for each in sheet.fills
        ),
    )
    return lines


def _block(title: str, lines: Iterable[str]) -> list[str]:
    found = [f"  {line}" for line in lines]
    return ["", title, *(found or [_NOTHING])]


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """No names where there are no rows."""
    return text_table(names, rows) if rows else []


def _explained(name: str, parts: PnlParts) -> str:
    told = [f"{each} {usd(amount, signed=True)}" for each in PART_NAMES if (amount := getattr(parts, each))]
    return f"{name}: {usd(parts.total, signed=True)}" + (f" = {', '.join(told)}" if told else "")


def _overnight(each: OvernightLine) -> str:
    what = f"{each.contracts} {_contract(each.contract)} {each.kind.value.lower().replace('_', ' ')}"
    shares = f", {each.shares:+,} shares" if each.shares else ""
    return f"{_time(each.at)}  {each.module}: {what}{shares}, cash {usd(each.cash, signed=True)}"


def _expiry(each: ExpiryLine) -> str:
    inside, spot = each.inside, each.spot
    if inside is None or not spot:
        where = "distance not known"
    else:
        side = "in" if inside > 0 else "out of"
        where = f"{usd(abs(inside))} ({abs(inside) / spot:.1%}) {side} the money at {usd(spot)}".replace("%)", " %)")
    how = "if assigned" if each.quantity < 0 else "if exercised"
    if each.is_settled_in_cash:
        how = "at that price"
    cash = f"cash {how} {usd(each.cash, signed=True)}" if each.cash is not None else "cash not known"
    return (
        f"{_day(each.contract.expiration)}  {each.position_id} {each.module}: {each.quantity:+d} "
        f"{_contract(each.contract)}, {where}, {cash}"
    )


def _happening(each: HappeningLine) -> str:
    if each.kind is None or each.day is None:
        return f"{each.symbol}: not known whether there are any"
    return f"{_day(each.day)}  {each.symbol}: {each.kind.value}"


def _standing(each: StandingLine) -> str:
    paused = "" if each.paused_why is None else f"paused{f' ({each.paused_why})' if each.paused_why else ''}"
    over = f"over by {usd(each.over_by)}" if each.over_by else ""
    return f"{each.module}: {', '.join(part for part in (paused, over) if part)}"


def _differences(differences: Iterable[Difference]) -> Iterable[str]:
    for each in differences:
        if each.instrument == CASH_ID:
            yield f"cash: book {usd(each.ledger)}, broker {usd(each.broker)}"
        else:
            yield f"{each.instrument}: book {each.ledger:+,}, broker {each.broker:+,}"


def _contract(contract: OptionContract) -> str:
    return f"{contract.underlying} {contract.strike / UNIT:g} {contract.right.word}"


def _price(price: Money) -> str:
    return f"{usd(abs(price))} {'credit' if price < 0 else 'debit'}"


def _day(day: dt.date) -> str:
    return f"{day:%a} {day}"


def _time(at: dt.datetime) -> str:
    return f"{at.astimezone(NEW_YORK):%d %b %H:%M}"
