"""What covers a trade's short legs, which option level it needs, and the account's rules on both.

A broker's rules are dated and differ; `AccountRules` holds those of the account. Day trades only warn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.errors import DenialCode, Fact
from engine.domain.denial import Denial
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.mindfolio import AccountRules, AccountType
from engine.domain.structure import Leg, Structure
from engine.risk.comparing import about, above, at_most, shown, upper_limit, whole, with_costs
from engine.risk.facts import TradeFacts

SHARES_LEVEL = 0
COVERED_LEVEL = 1
LONG_LEVEL = 2
SPREAD_LEVEL = 3
NAKED_PUT_LEVEL = 4
NAKED_CALL_LEVEL = 5


@dataclass(frozen=True, slots=True)
class Cover:
    """What is behind the short legs of a whole trade.

    `has_long_cover`: a long leg covers a short one. `by_shares`: the rest of the short calls, or shares sold short, are
    covered by what is held. `by_cash`: the rest of the short puts are secured in full by the buying power taken.
    """

    has_long_cover: bool
    needs_shares: bool
    by_shares: bool
    needs_cash: bool
    by_cash: bool

    @property
    def is_complete(self) -> bool:
        """Nothing is naked."""
        return (self.by_shares or not self.needs_shares) and (self.by_cash or not self.needs_cash)


def cover_of(facts: TradeFacts) -> Cover:
    """What covers the short legs of the trade; nothing is covered by what is not known."""
    structure, quantity = judged(facts), whole(facts.candidate.quantity)
    units = quantity if quantity is not None and quantity > 0 else None
    calls, puts = uncovered(structure.legs, Right.CALL), uncovered(structure.legs, Right.PUT)
    shares = sum(count for _, count in calls) * MULTIPLIER + max(0, -structure.shares)
    if facts.result is not None:
        shares = max(0, shares - max(0, structure.shares))
    secured = whole(facts.buying_power)
    if secured is not None and facts.result is not None:
        secured += whole(facts.position_used) or 0
    cash = sum(contract.strike * count for contract, count in puts) * MULTIPLIER
    shorts = sum(max(0, -leg.ratio) for leg in structure.legs)
    alone = sum(count for _, count in (*calls, *puts))
    return Cover(
        has_long_cover=alone < shorts,
        needs_shares=shares > 0,
        by_shares=units is not None and at_most(shares * units, whole(facts.covering_shares)),
        needs_cash=bool(puts),
        by_cash=units is not None and at_most(cash * units, secured),
    )


def judged(facts: TradeFacts) -> Structure:
    """The structure that the rules are about: what a roll leaves of its position, else what is traded."""
    return facts.candidate.structure if facts.result is None else facts.result


def uncovered(legs: Sequence[Leg], right: Right) -> tuple[tuple[OptionContract, int], ...]:
    """Short contracts of one right that no long one of the unit covers: a cover expires no earlier."""
    free, alone = 0, []
    same_right = [leg for leg in legs if leg.contract.right is right]
    for leg in sorted(same_right, key=lambda leg: (-leg.contract.expiration.toordinal(), -leg.ratio)):
        free += leg.ratio
        if free < 0:
            alone.append((leg.contract, -free))
            free = 0
    return tuple(alone)


def option_level(facts: TradeFacts) -> int:
    """The lowest option level that allows the trade, see `AccountRules`; 0 for shares alone."""
    structure, cover = judged(facts), cover_of(facts)
    if not structure.legs:
        return SHARES_LEVEL
    levels = [LONG_LEVEL if any(leg.ratio > 0 for leg in structure.legs) else COVERED_LEVEL]
    if cover.has_long_cover:
        levels.append(SPREAD_LEVEL)
    if cover.needs_cash:
        levels.append(LONG_LEVEL if cover.by_cash else NAKED_PUT_LEVEL)
    if cover.needs_shares and not cover.by_shares:
        levels.append(NAKED_CALL_LEVEL)
    return max(levels)


def check_account_rules(facts: TradeFacts) -> Denial | None:
    """ACCOUNT_RULES: option level, what a cash account may hold, the equity that margin demands, unsettled funds.

    The first rule that is broken is measured; the fact `why` names it.
    """
    rules = facts.account_rules
    if rules is None:
        return Denial(DenialCode.ACCOUNT_RULES, facts=about(facts) | {"why": "no account rules"})
    level = option_level(facts)
    if level > SHARES_LEVEL and not at_most(level, whole(rules.option_level)):
        more = about(facts) | {"why": "option level"}
        return Denial(DenialCode.ACCOUNT_RULES, level, shown(rules.option_level), "", more)
    needs_margin = level >= SPREAD_LEVEL or facts.candidate.structure.shares < 0
    if rules.account_type is not AccountType.MARGIN:
        return _cash_account(facts, rules, needs_margin=needs_margin)
    return _margin_minimum(facts, rules) if needs_margin else None


def day_trade_warning(facts: TradeFacts) -> Denial | None:
    """A warning, never a refusal: the account is at its broker's number of day trades, or nobody knows."""
    limit = None if facts.account_rules is None else whole(facts.account_rules.day_trade_limit)
    if limit is None or above(limit, whole(facts.day_trades)):
        return None
    more: dict[str, Fact] = about(facts) | {"why": "day trades in five sessions"}
    return Denial(DenialCode.ACCOUNT_RULES, shown(facts.day_trades), limit, "", more)


def _cash_account(facts: TradeFacts, rules: AccountRules, *, needs_margin: bool) -> Denial | None:
    if needs_margin:
        more = about(facts) | {"why": "a cash account holds no spread and nothing short of cover"}
        return Denial(DenialCode.ACCOUNT_RULES, str(rules.account_type), str(AccountType.MARGIN), "", more)
    measured = with_costs(facts.buying_power, facts.costs, least=0)
    more = about(facts) | {"why": "settled cash"}
    return upper_limit(DenialCode.ACCOUNT_RULES, measured, facts.settled_cash, more)


def _margin_minimum(facts: TradeFacts, rules: AccountRules) -> Denial | None:
    equity, least = whole(facts.equity), whole(rules.margin_minimum)
    if at_most(least, equity):
        return None
    missing = None if equity is None or least is None else least - equity
    more = about(facts) | {"why": "margin minimum", "missing": missing}
    return Denial(DenialCode.ACCOUNT_RULES, equity, least, "usd", more)
