"""What the pre-trade checks look at: everything about one trade as plain data, assembled by the kernel."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from engine.core.money import Money
from engine.domain.candidate import Candidate
from engine.domain.evidence import Evidence
from engine.domain.happening import Happening
from engine.domain.limits import AccountLimits, GateLimits
from engine.domain.mindfolio import AccountRules, MindfolioStatus, ModuleSpec, ModuleStatus, Waivers
from engine.domain.order import Order
from engine.domain.position import Position
from engine.domain.quote import Quote
from engine.domain.structure import Structure
from engine.risk.kernel_health import LegPrice


@dataclass(frozen=True, slots=True)
class Stake:
    """Contracts of one instrument (an OCC symbol, or a ticker) that are held, or that a live order trades.

    `quantity` is signed: long or bought, short or sold. `order_id` is "" for what is held.
    """

    instrument: str
    quantity: int
    module_id: str
    order_id: str = ""


@dataclass(frozen=True, slots=True)
class TradeFacts:
    """One trade that wants to be opened, with the state it would be opened in. None means unknown, and denies.

    `quotes`: one per leg of the candidate's structure, in its order, as of `now`, or the one of the stock for shares
    alone; None where there is none. `price`: the net limit a share to be sent, negative for a credit.
    `buying_power`, `max_risk`: ours for the whole quantity, computed again from the legs at the worst price, without
    `costs`, which are the commissions of the opening. A trade that adds to a position brings what it adds; zero is
    possible where what is held covers it.
    `available`: what the module may still put at work. `account_available`: own cash, capital less used and held of
    all modules. `broker_available`: the broker's figure.
    `day_pnl`: the module's. `duplicate_of`: what this module already has with the same legs (position, order or
    approval), None when there is nothing. `kernel`: every leg by our pricing kernel and by a second one.

    `covering_shares`: shares that the module can deliver against short calls of this trade and that nothing else
    counts on; against shares sold short, 100 for each of its long calls. None covers nothing.
    `adds_to`: the position that the trade adds to, "" for a new one.
    `account_rules`, `equity` (NAV) and `settled_cash` (that nothing else counts on) are the account's; `day_trades`
    counts those of the last five sessions.
    `account_limits`, `account_day_pnl` and `drawdown_bp` (1/10,000 off the peak): as the account's breaker sees them.
    `stakes`: live orders of all modules, ours included, and what the other modules (EXTERNAL too) hold, in this
    underlying; () is none.
    `symbol_positions`, `symbol_used`: positions of the module in the underlying, and their buying power, working
    openings counted in both; `budget` is the module's.
    `happenings`: days that are known of the underlying until the trade's last expiration; () says that there are none.
    `openings_last_minute`: the module's. `orders_today`: orders and replacements of the account in this session.
    `is_by_hand`: a person decides on this very trade, in a ticket or an approval. `is_managing`: a module's own rule
    about a position that it holds, such as a roll or a hedge, which a pause does not end.
    `result`: one unit of what a roll leaves of its position, which is judged in place of the package that is traded;
    None for everything that is no roll. `position_used`: what that position uses already. `position_risk`: what the
    position that is rolled or added to can lose as it is, None for a new one, or without a bound. `realised_loss`: how
    much of `buying_power` is a loss that the trade realises, and no buying power of what is held then.
    `symbol_halts`: why nothing may be opened in the underlying, () for no reason. `broker_reachable`: whether its
    answers come.
    """

    now: dt.datetime
    candidate: Candidate
    quotes: tuple[Quote | None, ...]
    price: Money
    is_latched: bool
    mindfolio_status: MindfolioStatus
    module: ModuleSpec
    module_status: ModuleStatus
    gate: GateLimits | None
    waivers: Waivers
    market_open: bool | None
    buying_power: Money | None
    max_risk: Money | None
    costs: Money
    available: Money
    account_available: Money
    broker_available: Money | None
    day_pnl: Money | None
    duplicate_of: str | None
    evidence: Evidence | None
    kernel: tuple[LegPrice, ...] | None
    covering_shares: int | None = None
    adds_to: str = ""
    account_rules: AccountRules | None = None
    equity: Money | None = None
    settled_cash: Money | None = None
    day_trades: int | None = None
    account_limits: AccountLimits | None = None
    account_day_pnl: Money | None = None
    drawdown_bp: int | None = None
    stakes: tuple[Stake, ...] | None = None
    symbol_positions: int | None = None
    symbol_used: Money | None = None
    budget: Money | None = None
    happenings: tuple[Happening, ...] | None = None
    openings_last_minute: int | None = None
    orders_today: int | None = None
    symbol_halts: tuple[str, ...] | None = None
    broker_reachable: bool | None = None
    result: Structure | None = None
    position_used: Money = 0
    position_risk: Money | None = None
    realised_loss: Money = 0
    is_by_hand: bool = False
    is_managing: bool = False


def stakes_of(module_id: str, symbol: str, positions: Iterable[Position], orders: Iterable[Order]) -> tuple[Stake, ...]:
    """What others hold of an underlying, and what live orders of anybody, `module_id` included, still trade of it."""
    stakes: list[Stake] = []
    for position in positions:
        if position.module_id != module_id and position.status.is_open and position.symbol == symbol:
            stakes += _parts(position.structure, position.quantity, position.module_id, "")
    for order in orders:
        if not order.status.is_final and order.structure.symbol == symbol:
            stakes += _parts(order.structure, order.remaining * order.side, order.module_id, order.order_id)
    return tuple(stakes)


def _parts(structure: Structure, units: int, module_id: str, order_id: str) -> list[Stake]:
    parts = [(leg.contract.occ, leg.ratio) for leg in structure.legs]
    if structure.shares:
        parts.append((structure.symbol, structure.shares))
    return [Stake(instrument, ratio * units, module_id, order_id) for instrument, ratio in parts]
