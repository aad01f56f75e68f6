"""Scenes for tests of the desk: orders at work, positions held, and ways to say things to it without the kernel."""

import datetime as dt
from pathlib import Path

import numpy as np

from engine.core.calendar import previous_session
from engine.core.money import Money, dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.broker_reports import BrokerReport
from engine.domain.denial import Denial
from engine.domain.instrument import OptionContract, Right
from engine.domain.notices import Alert
from engine.domain.order import Order, OrderPurpose
from engine.domain.position import Position
from engine.domain.structure import Leg, Structure
from engine.domain.structure_shapes import held_structure
from engine.ledger.lots import Trade
from engine.market.iv_history import IvHistory, Volatilities
from engine.runtime import handlers, orders, reports
from engine.runtime.iv_ranks import IvRanks
from engine.runtime.power import after_trades
from tests.fakes import EXPIRATION, MONDAY, Rig, chain_update, new_york

MODULE, OTHER = "IV_SERVICE", "IV_SERVICE_2"


def working(folder: Path) -> Rig:
    """10:00:02: O000001 of IV_SERVICE, one condor of SPY, works; an approval of IV_SERVICE_2 waits."""
    return Rig(folder, [chain_update(new_york(10)), chain_update(new_york(15))]).run(until=new_york(10, 0, 2))


def quiet(folder: Path, spot: float = 100.0) -> Rig:
    """10:00 with quotes, nothing scanned, nothing held, book and broker seen to agree."""
    rig = Rig(folder, [chain_update(new_york(10), spot), chain_update(new_york(15), spot)])
    rig.run(until=new_york(9, 59, 59))
    rig.desk.clock.advance_to(new_york(10))
    rig.desk.market.apply(rig.feed.read(new_york(10))[0])
    rig.desk.is_reconciled = True
    return rig


def mute(folder: Path) -> Rig:
    """As `quiet`, with a broker that takes everything and answers nothing by itself."""
    rig = quiet(folder)
    rig.broker.on_submit = lambda _: []
    rig.broker.on_cancel = rig.broker.on_ask = lambda _: []
    rig.broker.on_replace = lambda _name, _limit: []
    return rig


def ranks_after(sessions: int, low: float, high: float) -> IvRanks:
    """Ranks of SPY, whose volatility rose from low to high in the sessions before MONDAY."""
    days, day = [], MONDAY
    for _ in range(sessions):
        day = previous_session(day).day
        days.append(day.toordinal())
    past = Volatilities(np.array(days[::-1], dtype=np.int64), np.linspace(low, high, sessions))
    return IvRanks(lambda _: IvHistory({"SPY": past}))


def hear(rig: Rig, *said: BrokerReport) -> None:
    """Book what the broker says, each by itself, as the kernel does."""
    for report in said:
        reports.on_report(rig.desk, report)
        rig.desk.commit()


def later(rig: Rig, seconds: float) -> None:
    """Let market time pass, and do what is due for orders at its end; the broker's answers stay with it."""
    rig.desk.clock.advance_to(rig.desk.now + dt.timedelta(seconds=seconds))
    orders.work_due(rig.desk)
    rig.desk.commit()


def give(rig: Rig, command: cmd.Command) -> list[str]:
    """Handle a command; the codes of its denials, none when it was carried out."""
    return [denial.code.value for denial in denied(rig, command)]


def denied(rig: Rig, command: cmd.Command) -> list[Denial]:
    """Handle a command; its denials."""
    before = len(rig.publisher.denied)
    handlers.handle(rig.desk, command)
    rig.desk.commit()
    return [denial for notice in rig.publisher.denied[before:] for denial in notice.denials]


def option(strike: int | str, right: Right, expiration: dt.date = EXPIRATION) -> OptionContract:
    """One option of SPY, the strike in dollars."""
    return OptionContract("SPY", expiration, dollars(strike), right)


def put(strike: int | str, ratio: int, expiration: dt.date = EXPIRATION) -> Leg:
    """A leg of SPY puts."""
    return Leg(option(strike, Right.PUT, expiration), ratio)


def call(strike: int | str, ratio: int, expiration: dt.date = EXPIRATION) -> Leg:
    """A leg of SPY calls."""
    return Leg(option(strike, Right.CALL, expiration), ratio)


def made_of(*legs: Leg, shares: int = 0) -> Structure:
    """The structure that legs and shares make, one unit."""
    structure, units = held_structure("SPY", legs, shares)
    assert units == 1 or not legs
    return structure


CONDOR = made_of(put(88, 1), put(93, -1), call(110, -1), call(115, 1))


def hold(
    rig: Rig, structure: Structure, prices: tuple[str, ...], quantity: int = 1, *, module: str = MODULE,
    position_id: str = "",
) -> Position:  # fmt: skip
    """Put a position into the books, as if it was just opened at these prices a share of its legs (or shares)."""
    desk, book = rig.desk, rig.desk.book
    paid = tuple(dollars(price) for price in prices)
    net: Money = (
        sum(leg.ratio * price for leg, price in zip(structure.legs, paid, strict=True))
        if structure.legs
        else structure.shares * paid[0]
    )
    order = Order(
        book.next_order_id, module, position_id or book.next_position_id, OrderPurpose.OPEN, structure, quantity, net,
        net, 0, desk.now, "test",
    )  # fmt: skip
    trades = (
        [Trade(leg.contract, leg.ratio * quantity, price) for leg, price in zip(structure.legs, paid, strict=True)]
        if structure.legs
        else [Trade(None, structure.shares * quantity, paid[0])]
    )
    used = after_trades(desk, book.positions.get(order.position_id), order, trades)
    for event in (
        ev.OrderIntended(order),
        ev.OrderSubmitted(order.order_id),
        ev.OrderFilled(order.order_id, quantity, quantity, net, paid, 0, 0, used),
    ):
        desk.record(event)
    desk.commit()
    return book.positions[order.position_id]


def urgent(rig: Rig, text: str) -> int:
    """How many alerts say this."""
    return sum(text in alert for alert in rig.publisher.alerts)


def told(rig: Rig) -> list[tuple[str, bool]]:
    """What the person was told, in full, and whether it is urgent."""
    return [(notice.text, notice.is_urgent) for notice in rig.publisher.notices if isinstance(notice, Alert)]
