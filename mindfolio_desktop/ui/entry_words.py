"""Journal entries in plain words where there are words, and all of their fields otherwise."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.core.money import Money
from engine.domain.instrument import OptionContract, Right
from engine.domain.records import EntryRow
from engine.domain.structure import Leg, Structure, StructureKind
from mindfolio_desktop.ui import format as fmt

Body = Mapping[str, Any]
Names = Mapping[str, str]
"""Names of modules by id."""

_MONEY = frozenset({
    "amount", "assignment_fee", "average_loss", "average_win", "baselines", "breakevens", "broker_cash", "budgets",
    "buying_power", "capital", "carry", "cash", "commission", "commission_per_contract", "cost", "costs", "cross",
    "daily_loss_limit", "day_loss", "delta", "drawdown", "edge", "expectancy", "expected_profit", "fees",
    "from_budget", "from_reserve", "gamma", "hold", "leg_prices", "ledger_cash", "limit", "marks", "max_risk",
    "max_risk_per_trade", "moved", "nav", "net_price", "noise", "pnl", "price", "regulatory_per_contract", "reserve",
    "residual", "result", "spot", "spread_floor", "strike", "target", "theta", "unwatched", "used", "used_rest", "vega",
    "worst", "worst_before", "worst_price",
})  # fmt: skip
"""Fields whose whole numbers are money, also those of what is inside them (Greeks of a trade are no whole numbers)."""


def body_of(entry: EntryRow) -> Body:
    """The fields of an entry; a body that is no document comes back as it is, under `body`."""
    try:
        read = json.loads(entry.body)
    except ValueError:
        return {"body": entry.body}
    return read if isinstance(read, dict) else {"body": entry.body}


def kind_words(kind: str) -> str:
    """The type of an entry in words: `OrderFilled` is `Order filled`, `PnlExplained` is `P&L explained`."""
    spaced = "".join(f" {each.lower()}" if each.isupper() else each for each in kind).strip()
    words = spaced[:1].upper() + spaced[1:]
    return words.replace("Pnl", "P&L")


def entry_words(entry: EntryRow, names: Names) -> str:
    """What happened, on one line; "" where only the fields tell."""
    rule = _WORDS.get(entry.type)
    if rule is None:
        return ""
    try:
        return fmt.told(rule(body_of(entry), names))
    except (KeyError, TypeError, ValueError, AttributeError):
        return ""  # an older version of it, or something damaged: the fields are there


def module_of(entry: EntryRow, names: Names) -> str:
    """The module that an entry is about, "" for the account itself."""
    body = body_of(entry)
    for where in (body, body.get("order"), (body.get("approval") or {}).get("candidate")):
        if isinstance(where, dict) and isinstance(where.get("module_id"), str):
            return names.get(where["module_id"], where["module_id"])
    modules = {row.module_id for row in entry.postings if row.module_id}
    return ", ".join(names.get(module_id, module_id) for module_id in sorted(modules))


def field_lines(entry: EntryRow) -> str:
    """Every field of an entry, one a line, what is inside another set in."""
    body = body_of(entry)
    if entry.type == "BreakerTripped" and body.get("code") == "DRAWDOWN":  # both in 1/10,000 off the peak
        body = {**body, **{key: fmt.percent(body[key] / 100, 2) for key in ("measured", "limit")}}
    return "\n".join(_lines(body, "", is_money=entry.type == "BreakerTripped"))


def _lines(value: object, indent: str, *, is_money: bool) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _field(str(key).replace("_", " "), part, indent, is_money=is_money or key in _MONEY)
    elif isinstance(value, list):
        for place, part in enumerate(value, start=1):
            yield from _field(str(place), part, indent, is_money=is_money)


def _field(name: str, value: object, indent: str, *, is_money: bool) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield f"{indent}{name}:"
        yield from _lines(value, f"{indent}    ", is_money=is_money)
    else:
        yield f"{indent}{name}: {_plain(value, is_money=is_money)}"


def _plain(value: object, *, is_money: bool) -> str:
    if value is None or (isinstance(value, dict | list) and not value):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return fmt.price(value) if is_money else fmt.number(value, 0)
    return f"{value:g}" if isinstance(value, float) else _instant(str(value)) or "\N{EN DASH}"


def _instant(text: str) -> str:
    """An instant as it is shown everywhere; any other text as it is."""
    try:
        return fmt.moment(dt.datetime.fromisoformat(text)) if text[10:11] == "T" else text
    except ValueError:
        return text


# --- what happened ----------------------------------------------------------------------------------------------------
def structure_of(body: Body) -> Structure:
    """A journaled structure as the record that it was. Raises ValueError or KeyError for what is none."""
    legs = tuple(Leg(_contract(leg["contract"]), leg["ratio"]) for leg in body["legs"])
    return Structure(StructureKind(body["kind"]), legs, body.get("shares", 0), body.get("underlying", ""))


def _contract(body: Body) -> OptionContract:
    return OptionContract(
        body["underlying"], dt.date.fromisoformat(body["expiration"]), int(body["strike"]), Right(body["right"])
    )


def _name(body: Body, names: Names) -> str:
    return names.get(body["module_id"], body["module_id"]) if body.get("module_id") else "The account"


def _who(body: Body) -> str:
    why = f": {body['why']}" if body.get("why") else ""
    return f"by {body.get('who') or 'the module'}{why}"


def _because(body: Body) -> str:
    return f": {body['why']}" if body.get("why") else ""


def _cash(amount: Money) -> str:
    return fmt.money(abs(amount), cents=True)


def _order(body: Body, _names: Names) -> str:
    order = body["order"]
    verb = {"OPEN": "open", "CLOSE": "close", "ROLL": "roll"}.get(order["purpose"], str(order["purpose"]).lower())
    what = fmt.held(structure_of(order["structure"]), order["quantity"])
    return f"{order['order_id']} to {verb} {what} at {fmt.net_price(order['limit'])}{_because(order)}"


def _filled(body: Body, _names: Names) -> str:
    done = fmt.counted(body["quantity"], "unit")
    price = fmt.net_price(body["net_price"]) if body["net_price"] else "no net price"
    costs = body["commission"] + body.get("fees", 0)
    return f"{body['order_id']}: {done} at {price} a share, costs {_cash(costs)}"


def _requested(body: Body, names: Names) -> str:
    approval = body["approval"]
    candidate = approval["candidate"]
    what = fmt.held(structure_of(candidate["structure"]), candidate["quantity"])
    return f"{approval['approval_id']}: {_name(candidate, names)} asks for {what}"


def _scanned(body: Body, names: Names) -> str:
    parts = (("executed", "traded"), ("pending", "waiting"), ("skipped", "skipped"))
    counts = ", ".join(f"{body[key]} {word}" for key, word in parts if body[key])
    return f"{_name(body, names)} looked at {fmt.counted(body['looked_at'], 'symbol')}: {counts or 'nothing found'}"


def _split(body: Body, names: Names) -> str:
    budgets = ", ".join(f"{names.get(key, key)} {fmt.exact_money(each)}" for key, each in body["budgets"].items())
    return f"{budgets}, reserve {fmt.exact_money(body['reserve'])}, {_who(body)}"


def _note(body: Body, names: Names) -> str:
    about = [names.get(body["module_id"], body["module_id"]), body["position_id"], body["symbol"]]
    where = ", ".join(each for each in about if each)
    first = body["text"].splitlines()[0]
    return f"{where}: {first}" if where else first


def _settled(body: Body, _names: Names) -> str:
    contracts = fmt.counted(body["contracts"], "contract")
    kind = str(body["kind"]).replace("_", " ").lower()
    return f"{body['position_id']}: {contracts} of {fmt.contract(_contract(body['contract']))}, {kind}"


def _reconciled(body: Body, _names: Names) -> str:
    count = len(body["differences"])
    return f"Book and broker differ in {fmt.counted(count, 'instrument')}" if count else "Book and broker agree"


def _explained(body: Body, _names: Names) -> str:
    return f"Where the P&L of {_day(body['session'])} came from, {fmt.counted(len(body['modules']), 'module')}"


def _day(text: str) -> str:
    return fmt.weekday_date(dt.date.fromisoformat(text))


def _own_exits(body: Body) -> str:
    """What a person wants of one position beside its module's rules."""
    found = [
        f"{words} at {body[field]}%"
        for field, words in (("profit_pct", "closed with a profit"), ("stop_pct", "closed with a loss"))
        if body.get(field) is not None
    ]
    return " and ".join(found) or "by its module's rules alone"


_WORDS: Mapping[str, Callable[[Body, Names], str]] = {
    "MindfolioCreated": lambda body, _: f"{body['spec']['name']} began with {fmt.exact_money(body['spec']['capital'])}",
    "SessionOpened": lambda body, _: f"Session of {_day(body['day'])}",
    "SessionClosed": lambda body, _: f"Session of {_day(body['day'])}",
    "StateSealed": lambda body, _: f"The book's hash is {body['state_hash'][:16]}…",
    "CashDeposited": lambda body, _: f"{_cash(body['amount'])} {'in' if body['amount'] > 0 else 'out'}, {_who(body)}",
    "GainSwept": lambda body, names: f"{_name(body, names)}: {_cash(body['amount'])} became capital, {_who(body)}",
    "LossSettled": lambda body, names: (
        f"{_name(body, names)}: {_cash(body['from_reserve'])} off the reserve, {_cash(body['from_budget'])} off its"
        f" budget, {_who(body)}"
    ),
    "ModuleAdded": lambda body, _: f"{body['spec']['name']}, {_who(body)}",
    "ModuleChanged": lambda body, _: f"{body['spec']['name']}: other settings, {_who(body)}",
    "OwnExitsSet": lambda body, _: f"{body['position_id']}: {_own_exits(body)}, {_who(body)}",
    "ModuleRemoved": lambda body, names: f"{_name(body, names)}, {_who(body)}",
    "BudgetReallocated": _split,
    "ModuleStatusChanged": lambda body, names: f"{_name(body, names)} is {body['status'].lower()}, {_who(body)}",
    "MindfolioStatusChanged": lambda body, _: f"Everything is {body['status'].lower()}, {_who(body)}",
    "BreakerTripped": lambda body, _: body["why"],
    "ClosingPlanned": lambda body, _: (
        f"{body['plan']['plan_id']}: {fmt.counted(len(body['plan']['steps']), 'step')}, cost"
        f" {_cash(body['plan']['cost'])}"
    ),
    "ClosingDecided": lambda body, _: (
        f"{body['plan_id']} {'confirmed' if body['is_confirmed'] else 'dropped or done'}, {_who(body)}"
    ),
    "EmergencyStopLatched": lambda body, _: f"From {body['source']}{_because(body)}",
    "MindfolioRearmed": lambda body, _: _who(body),
    "ScanCompleted": _scanned,
    "SkipsFollowed": lambda body, _: (
        f"{fmt.counted(body['still_open'], 'skipped trade')} would still be open, {body['ended']} ended with"
        f" {fmt.signed_money(body['result'], cents=True)}"
    ),
    "PnlExplained": _explained,
    "ApprovalRequested": _requested,
    "ApprovalDecided": lambda body, _: f"{body['approval_id']} {body['status'].lower()}, {_who(body)}",
    "OrderIntended": _order,
    "OrderSubmitted": lambda body, _: f"{body['order_id']} left for the broker",
    "OrderAccepted": lambda body, _: f"{body['order_id']} acknowledged by the broker",
    "OrderUnknown": lambda body, _: f"{body['order_id']}{_because(body)}",
    "OrderReplaced": lambda body, _: f"{body['order_id']} at {fmt.net_price(body['limit'])}{_because(body)}",
    "OrderRepriced": lambda body, _: f"{body['order_id']} to {fmt.net_price(body['limit'])}, step {body['steps']}",
    "OrderCancelRequested": lambda body, _: f"{body['order_id']}{_because(body)}",
    "OrderFilled": _filled,
    "FillReversed": lambda body, _: f"{body['order_id']}{_because(body)}",
    "OrderEnded": lambda body, _: f"{body['order_id']} {body['status'].lower()}{_because(body)}",
    "PositionSettled": lambda body, _: f"{body['position_id']} settled for {_cash(body['cash'])}",
    "LegSettled": _settled,
    "PositionStatusChanged": lambda body, _: (
        f"{body['position_id']} is {body['status'].replace('_', ' ').lower()}{_because(body)}"
    ),
    "PositionMoved": lambda body, names: f"{body['position_id']} to {_name(body, names)}, {_who(body)}",
    "CashBooked": lambda body, names: (
        f"{_name(body, names)}: {body['kind'].replace('_', ' ').lower()}"
        f" {fmt.signed_money(body['amount'], cents=True)}{_because(body)}"
    ),
    "AccountReconciled": _reconciled,
    "DifferenceResolved": lambda body, names: (
        f"{fmt.number(body['quantity'], 0)} of {body['instrument']} to {_name(body, names)}, {_who(body)}"
    ),
    "MarksRecorded": lambda body, _: (
        f"NAV {fmt.money(body['nav'], cents=True)}, {fmt.counted(len(body['marks']), 'mark')}"
    ),
    "NoteWritten": _note,
}
