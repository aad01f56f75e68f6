"""Checks of money: what a trade risks and takes, and what may still be risked and taken.

A figure exactly at an upper limit is allowed; a day loss exactly at its limit is denied, as the breaker trips there.
Source: product terms, sections 2.3 and 4.
"""

from engine.core.errors import DenialCode, Fact
from engine.core.money import Money
from engine.domain.denial import Denial
from engine.risk.account_rules import cover_of
from engine.risk.comparing import about, above, at_most, shown, upper_limit, whole, with_costs
from engine.risk.facts import TradeFacts


def check_max_risk(facts: TradeFacts) -> Denial | None:
    """MAX_RISK: what the trade can lose, with costs, against the module's limit for one trade.

    Shares that hedge a position may leave it nothing to lose: its options have gained more than they cost. A trade that
    leaves its position no more to lose than it has already is not refused, whatever the limit: a call sold on shares
    that have risen, a roll after the limit was lowered.
    """
    measured = with_costs(facts.max_risk, facts.costs, 0 if _is_hedge(facts) else _least(facts))
    more = about(facts) | {"max_risk": shown(facts.max_risk), "costs": shown(facts.costs)}
    limit = facts.module.limits.max_risk_per_trade
    if whole(limit) is not None and _is_name(facts.adds_to) and at_most(measured, whole(facts.position_risk)):
        return None
    return upper_limit(DenialCode.MAX_RISK, measured, limit, more)


def check_budget(facts: TradeFacts) -> Denial | None:
    """BUDGET: buying power, with costs, against what the module may still put at work."""
    measured = with_costs(facts.buying_power, facts.costs, _least(facts))
    more = about(facts) | {"buying_power": shown(facts.buying_power), "costs": shown(facts.costs)}
    return upper_limit(DenialCode.BUDGET, measured, facts.available, more)


def check_daily_loss(facts: TradeFacts) -> Denial | None:
    """DAILY_LOSS: the day P&L of the module, then of the account, then the drawdown, each against its limit.

    A day loss is measured as P&L: `limit` is minus the loss limit. The account's limits may be None, which never
    trips; the fact `whose` tells which limit it was. A module's hedge of a position that it holds is no opening: like
    exits it goes on through the pause that a limit brings, or what is held would be left to the market.
    """
    if facts.is_managing is True and _is_hedge(facts):
        return None
    more: dict[str, Fact] = {"module": facts.module.module_id, "whose": "module"}
    denial = _day_loss(facts.day_pnl, facts.module.limits.daily_loss_limit, more)
    if denial is not None:
        return denial
    limits, more = facts.account_limits, more | {"whose": "account"}
    if limits is None:
        return Denial(DenialCode.DAILY_LOSS, unit="usd", facts=more | {"why": "no limits"})
    if limits.day_loss is not None:
        denial = _day_loss(facts.account_day_pnl, limits.day_loss, more)
    if denial is not None or limits.drawdown_pct is None:
        return denial
    fallen, most = whole(facts.drawdown_bp), whole(limits.drawdown_pct)
    if above(most, None if fallen is None else fallen / 100):
        return None
    more = more | {"why": "drawdown"}
    return Denial(DenialCode.DAILY_LOSS, None if fallen is None else fallen / 100, most, "pct", more)


def check_account_buying_power(facts: TradeFacts) -> Denial | None:
    """ACCOUNT_BUYING_POWER: buying power, with costs, against the smaller of own cash and the broker's figure."""
    measured = with_costs(facts.buying_power, facts.costs, _least(facts))
    own, broker = whole(facts.account_available), whole(facts.broker_available)
    limit = None if own is None or broker is None else min(own, broker)
    more = about(facts) | {
        "buying_power": shown(facts.buying_power),
        "costs": shown(facts.costs),
        "own_cash": shown(facts.account_available),
        "broker": shown(facts.broker_available),
    }
    return upper_limit(DenialCode.ACCOUNT_BUYING_POWER, measured, limit, more)


def check_symbol_cap(facts: TradeFacts) -> Denial | None:
    """SYMBOL_CAP: positions of the module in the underlying, and the share of its budget there, this trade included.

    A trade that adds to a position is no further one, and one that takes no buying power, such as a roll or a call on
    shares that are held, takes no share of the budget.
    """
    more = about(facts) | {"module": facts.module.module_id}
    limits, so_far = facts.gate, whole(facts.symbol_positions)
    most, most_pct = (None, None) if limits is None else (limits.max_positions_per_symbol, limits.max_symbol_share_pct)
    count = None if so_far is None or so_far < 0 else so_far + (0 if _is_name(facts.adds_to) else 1)
    denial = upper_limit(DenialCode.SYMBOL_CAP, count, most, more | {"why": "positions"}, "positions")
    if denial is not None or _takes_nothing_more(facts):
        return denial
    used, budget, share = whole(facts.symbol_used), whole(facts.budget), whole(most_pct)
    added = with_costs(facts.buying_power, facts.costs, _least(facts))
    measured = None if used is None or used < 0 or added is None else used + added
    limit = None if budget is None or share is None else budget * share // 100
    more |= {"why": "share of the budget", "share_pct": share, "budget": shown(facts.budget)}
    return upper_limit(DenialCode.SYMBOL_CAP, measured, limit, more)


def _least(facts: TradeFacts) -> Money:
    """The least that is believed of an amount: zero only where what is held covers the trade, as under a call."""
    cover = cover_of(facts)
    if facts.result is not None:
        return 0
    return 0 if cover.needs_shares and cover.by_shares and facts.candidate.structure.legs else 1


def _is_hedge(facts: TradeFacts) -> bool:
    """Whether a trade is shares alone, traded against a position."""
    structure = facts.candidate.structure
    return bool(structure.shares) and not structure.legs and _is_name(facts.adds_to)


def _takes_nothing_more(facts: TradeFacts) -> bool:
    """Whether a trade leaves the buying power of its position as it is: what it realises is the budget's matter."""
    power, loss = whole(facts.buying_power), whole(facts.realised_loss)
    return _is_name(facts.adds_to) and power is not None and power == loss and power >= 0


def _day_loss(day_pnl: object, limit: object, more: dict[str, Fact]) -> Denial | None:
    pnl, allowed = whole(day_pnl), whole(limit)
    floor = None if allowed is None else -allowed
    return None if above(pnl, floor) else Denial(DenialCode.DAILY_LOSS, pnl, floor, "usd", more)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""
