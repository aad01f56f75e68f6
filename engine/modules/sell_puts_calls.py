"""The second half of the wheel: calls sold on shares that an assigned put has left, never below what they cost net.

Source: product terms, section 3.
"""

import numpy as np

from engine.core.calendar import market_day
from engine.core.errors import Fact
from engine.core.money import UNIT, Money, from_float
from engine.domain.candidate import Candidate, Finding
from engine.domain.chain import Chain
from engine.domain.greeks import Greeks
from engine.domain.instrument import MULTIPLIER, Right, contract_of
from engine.domain.order import OrderPurpose
from engine.domain.package import LadderRules, package_quote, to_tick, worst_limit
from engine.domain.position import Position
from engine.domain.scan import ScanContext
from engine.domain.structure import Leg, Structure, StructureKind
from engine.modules.board import Board, board_of, days_listed, row_at_delta
from engine.modules.proposal import NO_RANK, PickedLeg, Skip, greeks_of, known
from engine.modules.sell_puts_open import cash
from engine.modules.sell_puts_rules import PutRules

COVERED = StructureKind.COVERED_CALL


def net_basis(position: Position) -> Money | None:
    """What a share of a position cost net, rounded up to 1/10,000 USD; None where no shares are held.

    The cost of the shares held, less everything that the lineage has realised so far (premiums of puts and calls that
    ended, what rolls cost), plus its commissions and fees. The premium of a call that is still open counts when it
    ends. Dividends are income of holding shares and lower no basis.
    """
    shares = position.held(None)
    if shares <= 0:
        return None
    paid = sum(lot.cost for lot in position.lots if lot.contract is None)
    return -(-(paid - position.realised + position.commissions + position.fees) // shares)


def free_lots(position: Position) -> int:
    """Hundreds of shares that cover no short call yet."""
    short = sum(
        -lot.quantity
        for lot in position.lots
        if lot.contract is not None and lot.contract.right is Right.CALL and lot.quantity < 0
    )
    return max(0, position.held(None) // MULTIPLIER - short)


def look_at_shares(position: Position, context: ScanContext, rules: PutRules) -> Finding:
    """A covered call on a position's free shares, or why none is sold."""
    symbol, basis = position.symbol, net_basis(position)
    chain = context.chains.get(symbol)
    numbers: dict[str, Fact] = {"shares": position.shares, "net_basis_usd": basis, "position": position.position_id}
    if COVERED not in context.module.structures:
        return Finding(symbol, None, "covered calls are not enabled in this module", numbers, COVERED)
    if symbol in context.busy_symbols:
        why = "an order is working or an approval waiting already"
        return Finding(symbol, None, why, numbers, COVERED)
    if chain is None or chain.key.size == 0 or basis is None:
        return Finding(symbol, None, "no option quotes yet", numbers, COVERED)
    numbers["spot_usd"] = from_float(chain.spot)
    least = 0 if rules.calls_below_basis else basis
    first: Skip | None = None
    for days in days_listed(chain, context.now, rules.min_days, rules.max_days):
        found = _call_on(chain, days, context, rules, least)
        if isinstance(found, PickedLeg):
            candidate = _candidate(found, days, position, context, rules, basis)
            if isinstance(candidate, Candidate):
                return Finding(
                    symbol, candidate, "; ".join(candidate.reasons), numbers | _numbers(found, days), COVERED
                )
            found = candidate
        first = first or found
    skip = first or Skip(f"no expiry in {rules.min_days}-{rules.max_days} days")
    return Finding(symbol, None, skip.reason, numbers, COVERED)


def _call_on(chain: Chain, days: int, context: ScanContext, rules: PutRules, least: Money) -> PickedLeg | Skip:
    ordinal = market_day(context.now).toordinal() + days
    board: Board = board_of(chain, ordinal, context.now, context.rate)
    rows = board.listed(ordinal, puts=False)
    band = f"{rules.call_min_delta:g}-{rules.call_max_delta:g} delta"
    row = row_at_delta(board, rows & (board.strike >= least), rules.call_min_delta, rules.call_max_delta)
    if row is not None:
        return PickedLeg(board, row, -1)
    if row_at_delta(board, rows, rules.call_min_delta, rules.call_max_delta) is None:
        return Skip(f"no call strike at {band} with a quote in {days} days")
    return Skip(f"no call at {band} is struck at or above the net basis of {least / UNIT:.2f}")


def _candidate(
    picked: PickedLeg, days: int, position: Position, context: ScanContext, rules: PutRules, basis: Money
) -> Candidate | Skip:
    chain = picked.board.chain
    legs = (Leg(contract_of(chain.symbol, int(chain.key[picked.row])), -1),)
    structure = Structure(StructureKind.SHORT_CALL, legs)
    quote = package_quote(legs, (chain.quote(legs[0].contract),), OrderPurpose.OPEN)
    if quote is None:
        return Skip(f"the {picked.strike / UNIT:g} call cannot be sold at these quotes")
    net, worst = to_tick(quote.mid, structure), worst_limit(quote, OrderPurpose.OPEN, LadderRules(), structure)
    costs = context.costs.commission_per_contract
    if -worst * MULTIPLIER <= 2 * costs:
        at_worst = cash(-worst * MULTIPLIER)
        return Skip(f"credit too small after costs: {at_worst} at the worst price, {cash(2 * costs)} to open and close")
    quantity = _size(picked, position, rules)
    spot = from_float(chain.spot) or 0
    shares = position.held(None)
    rank = context.iv_ranks.get(chain.symbol, NO_RANK)
    below = " (allowed)" if picked.strike < basis else ""
    reasons = (
        f"covers {quantity * MULTIPLIER} of {shares} shares held",
        f"{chain.symbol} {picked.strike / UNIT:g} call, {days} days, at {picked.delta * 100:.1f} delta",
        f"strike {picked.strike / UNIT:g} against a net basis of {basis / UNIT:.2f}{below}",
        f"credit {cash(-net * MULTIPLIER)} a contract",
        "takes no buying power: the shares are paid for",
    )
    return Candidate(
        module_id=context.module.module_id,
        structure=structure,
        quantity=quantity,
        net_price=net,
        worst_price=worst,
        buying_power=0,
        # By product terms a covered call risks a fall of 10 % from the spot, less the premium.
        max_risk=max(0, -(-spot * shares // 10) + worst * MULTIPLIER * quantity),
        costs=costs * quantity,
        generation=context.generation,
        greeks=greeks_of([picked], quantity) if context.is_shown else Greeks(),
        breakevens=(max(0, basis + net),),
        probability_of_profit=None,
        expected_profit=None,
        iv_rank=known(rank),
        iv_rank_sessions=rank.sessions,
        reasons=reasons,
        position_id=position.position_id,
    )


def _size(picked: PickedLeg, position: Position, rules: PutRules) -> int:
    """All shares that are free, as far as a share of the open interest goes; at least one contract."""
    listed = float(picked.board.chain.open_interest[picked.row])
    interest = int(listed) * rules.open_interest_share_pct // 100 if np.isfinite(listed) else 0
    return max(1, min(free_lots(position), interest))


def _numbers(picked: PickedLeg, days: int) -> dict[str, Fact]:
    return {
        "expiry_dte": days,
        "strike_usd": picked.strike,
        "call_delta": round(picked.delta, 4),
        "call_iv": round(picked.iv, 4),
    }
