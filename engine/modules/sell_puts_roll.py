"""Rolls of the Sell Puts Engine: a tested put out and down, a covered call out and up, each only for a net credit.

A roll is found from quotes alone, nothing is valued: it is looked for on every quote while one is due.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.core.calendar import market_day
from engine.core.money import UNIT, Money
from engine.domain.candidate import Candidate, plain_candidate
from engine.domain.chain import Chain, Ints
from engine.domain.contract_keys import decode_keys
from engine.domain.instrument import MULTIPLIER, Right, contract_of
from engine.domain.order import OrderPurpose
from engine.domain.package import LadderRules, PackageQuote, package_quote, to_tick, worst_limit
from engine.domain.position import Position
from engine.domain.quote_flags import Flags
from engine.domain.scan import ManageContext
from engine.domain.structure import Leg, Structure, StructureKind
from engine.domain.structure_shapes import recognise
from engine.modules.board import days_listed
from engine.modules.sell_puts_open import cash
from engine.modules.sell_puts_rules import PutRules


@dataclass(frozen=True, slots=True)
class _Found:
    structure: Structure
    quote: PackageQuote
    worst: Money


def put_roll(position: Position, leg: Leg, context: ManageContext, rules: PutRules, why: str) -> Candidate | None:
    """A later put at the same strike or the lowest below it that leaves a credit; None where there is none."""
    strike = leg.contract.strike
    return _roll(position, leg, context, rules, lambda strikes: strikes <= strike, why)


def call_roll(
    position: Position, leg: Leg, context: ManageContext, rules: PutRules, least: Money, why: str
) -> Candidate | None:
    """A later call at the highest strike above the old one that leaves a credit, at `least` or more; None without."""
    strike = leg.contract.strike
    return _roll(position, leg, context, rules, lambda strikes: (strikes > strike) & (strikes >= least), why)


def _roll(
    position: Position, leg: Leg, context: ManageContext, rules: PutRules, fits: Callable[[Ints], Flags], why: str
) -> Candidate | None:
    chain = context.chain
    if chain is None or chain.key.size == 0:
        return None
    today, old = market_day(context.now), leg.contract.expiration
    expiration, is_put, strike = decode_keys(chain.key)
    rows = chain.tradable & (is_put == (leg.contract.right is Right.PUT)) & fits(strike)
    for days in days_listed(chain, context.now, rules.min_days, rules.max_days):
        ordinal = today.toordinal() + days
        on_it = rows & (expiration == ordinal)
        is_free = leg.contract.right is Right.CALL or not _happens_by(context, ordinal)
        if ordinal > old.toordinal() and is_free and (found := _for_a_credit(chain, leg, on_it, strike, context)):
            return _candidate(position, leg, found, context, why)
    return None


def _happens_by(context: ManageContext, ordinal: int) -> bool:
    """Whether earnings or a dividend is known to come by a day; what is unknown is for the gate."""
    return any(each.day.toordinal() <= ordinal for each in context.outlook.happenings)


def _for_a_credit(chain: Chain, leg: Leg, rows: Flags, strike: Ints, context: ManageContext) -> _Found | None:
    """The roll furthest from the money among rows (n,) whose credit, at the worst price, is more than it costs."""
    old, is_tradable = chain.row(leg.contract), chain.tradable
    if old is None or not is_tradable[old]:
        return None
    share = LadderRules().opening_share_pct / 100
    # What may not be traded is no quote: what is infinite, for one, could not be reckoned with.
    bid, ask = np.where(is_tradable, chain.bid, np.nan), np.where(is_tradable, chain.ask, np.nan)
    mid = (bid + ask) / 2
    # Each leg as far from its mid as the ladder goes, with a cent of room for the rounding to the grid.
    bought, sold = mid[old] + share * (ask[old] - mid[old]), mid - share * (mid - bid)
    costs = 2 * context.costs.commission_per_contract
    pays = np.flatnonzero(rows & (bid > 0) & (sold - bought > costs / (UNIT * MULTIPLIER) + 0.01))
    if pays.size == 0:
        return None
    furthest = np.argmin(strike[pays]) if leg.contract.right is Right.PUT else np.argmax(strike[pays])
    new = Leg(contract_of(chain.symbol, int(chain.key[pays[furthest]])), -1)
    legs = tuple(sorted((Leg(leg.contract, 1), new), key=lambda each: (each.contract.strike, each.ratio)))
    structure = Structure(recognise(legs) or StructureKind.CUSTOM, legs)
    quote = package_quote(legs, tuple(chain.quote(each.contract) for each in legs), OrderPurpose.ROLL)
    if quote is None:
        return None
    worst = worst_limit(quote, OrderPurpose.ROLL, LadderRules(), structure)
    return _Found(structure, quote, worst) if -worst * MULTIPLIER > costs else None


def _candidate(position: Position, leg: Leg, found: _Found, context: ManageContext, why: str) -> Candidate:
    units = -position.held(leg.contract)
    new = next(each for each in found.structure.legs if each.ratio < 0).contract
    net = to_tick(found.quote.mid, found.structure)
    old = leg.contract
    reasons = (
        why,
        f"{old.right.word} of {old.strike / UNIT:g} {old.expiration} to {new.strike / UNIT:g} {new.expiration}",
        f"credit {cash(-net * MULTIPLIER)} a contract",
    )
    return plain_candidate(
        context.module.module_id,
        found.structure,
        units,
        (net, found.worst),
        0 if context.chain is None else context.chain.generation,
        reasons,
        costs=context.costs.commission_per_contract * 2 * units,
        purpose=OrderPurpose.ROLL,
        position_id=position.position_id,
    )
