"""Rolls: a put out and down, a call out and up, as far as the worst price still leaves a credit after costs."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from engine.core.money import Money, dollars
from engine.domain.candidate import Candidate
from engine.domain.chain import Chain
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.instrument import Right
from engine.domain.order import OrderPurpose
from engine.domain.position import Position
from engine.domain.scan import ManageContext
from engine.domain.structure import Leg
from engine.ledger.codec import is_exact
from engine.modules.sell_puts_roll import call_roll, put_roll
from engine.modules.sell_puts_rules import PutRules
from tests.fakes import new_york
from tests.wheel import APRIL, MAY, chain_of, held, manage_context, module_of, option

NOW = new_york(14, day=APRIL - dt.timedelta(days=7))
PUT, CALL = option(60, Right.PUT), option(60, Right.CALL)
SHORT_PUT = held((PUT, -1, "-100"), used=dollars(6000))
COVERED = held((None, 200, "11800"), (CALL, -2, "-200"), used=dollars(11800))
RULES = PutRules.of(module_of("KO"))


def chain_at(spot: float, *, ends: tuple[dt.date, ...] = (APRIL, MAY)) -> Chain:
    return chain_of(spot=spot, at=NOW, expirations=ends)


def leg_of(position: Position) -> Leg:
    (leg,) = position.structure.legs
    return replace(leg, ratio=-1)


def rolled(position: Position, chain: Chain, least: Money = 0, **changes: object) -> Candidate | None:
    context: ManageContext = replace(manage_context(position, chain, NOW), **changes)  # type: ignore[arg-type]
    if position is SHORT_PUT:
        return put_roll(position, leg_of(position), context, RULES, "tested")
    return call_roll(position, leg_of(position), context, RULES, least, "deep")


def quotes(chain: Chain, candidate: Candidate) -> dict[int, tuple[float, float]]:
    """Bid and ask by side: 1 bought, -1 sold."""
    found = {}
    for leg in candidate.structure.legs:
        row = chain.row(leg.contract)
        assert row is not None
        found[leg.ratio] = (float(chain.bid[row]), float(chain.ask[row]))
    return found


@pytest.mark.parametrize(("position", "spot", "right"), [(SHORT_PUT, 60.0, Right.PUT), (COVERED, 61.5, Right.CALL)])
def test_it_goes_as_far_as_the_worst_price_leaves_more_than_the_costs(
    position: Position, spot: float, right: Right
) -> None:
    chain = chain_at(spot)
    found = rolled(position, chain)
    assert found is not None
    assert (found.purpose, found.position_id, found.quantity) == (OrderPurpose.ROLL, "P000001", -position.held(
        position.structure.legs[0].contract))  # fmt: skip
    assert is_exact(found), "every figure can be kept"
    (old,) = (leg.contract for leg in found.structure.legs if leg.ratio == 1)
    (new,) = (leg.contract for leg in found.structure.legs if leg.ratio == -1)
    assert (old, new.expiration, new.right) == (position.structure.legs[0].contract, MAY, right)
    assert -found.worst_price * 100 > 2 * dollars("0.60")

    # By hand from the quotes: 60 % of the way from mid to natural for each leg. One strike further is no credit.
    (old_bid, old_ask), (bid, ask) = (quotes(chain, found)[side] for side in (1, -1))
    mid, natural = (old_bid + old_ask - bid - ask) / 2, old_ask - bid
    assert found.worst_price / 10_000 == pytest.approx(mid + 0.6 * (natural - mid), abs=0.0101)
    step = -1 if right is Right.PUT else 1
    further = chain.row(replace(new, strike=new.strike + step * dollars(1)))
    assert further is not None
    sells_at = (chain.bid[further] + chain.ask[further]) / 2 - 0.6 * (chain.ask[further] - chain.bid[further]) / 2
    buys_at = (old_bid + old_ask) / 2 + 0.6 * (old_ask - old_bid) / 2
    assert sells_at - buys_at <= 0.012 + 0.01, "a further strike would have paid too"


def test_a_put_is_never_rolled_up_nor_a_call_down() -> None:
    # Far out of the money any later option at the same strike or nearer pays; only those on the right side count.
    put, call = rolled(SHORT_PUT, chain_at(61.5)), rolled(COVERED, chain_at(58.5))
    assert put is not None
    assert min(put.structure.strikes) <= dollars(60) == max(put.structure.strikes)
    assert call is not None
    assert max(call.structure.strikes) > dollars(60) == min(call.structure.strikes)


def test_a_call_goes_to_the_basis_or_above_and_otherwise_nowhere() -> None:
    chain = chain_at(61.5)
    free = rolled(COVERED, chain)
    assert free is not None
    highest = max(free.structure.strikes)
    at_least = rolled(COVERED, chain, highest)
    assert at_least is not None
    assert max(at_least.structure.strikes) == highest
    assert rolled(COVERED, chain, highest + 1) is None


def test_costs_that_eat_the_credit_leave_no_roll() -> None:
    dear = replace(manage_context(SHORT_PUT, chain_at(60.0), NOW).costs, commission_per_contract=dollars(200))
    assert rolled(SHORT_PUT, chain_at(60.0), costs=dear) is None


def test_no_later_expiry_no_chain_or_no_quote_for_the_old_option_is_no_roll() -> None:
    assert rolled(SHORT_PUT, chain_at(60.0, ends=(APRIL,))) is None
    blind = replace(manage_context(SHORT_PUT, chain_at(60.0), NOW), chain=None)
    assert put_roll(SHORT_PUT, leg_of(SHORT_PUT), blind, RULES, "tested") is None
    chain = chain_at(60.0)
    row = chain.row(PUT)
    assert row is not None
    ask = chain.ask.copy()
    ask[row] = np.nan
    assert rolled(SHORT_PUT, replace(chain, ask=ask)) is None


@pytest.mark.parametrize(("bid", "ask"), [(np.inf, np.inf), (-np.inf, np.inf), (np.inf, -np.inf), (1.0, np.inf)])
@pytest.mark.parametrize(("position", "spot"), [(SHORT_PUT, 60.0), (COVERED, 61.5)])
def test_an_infinite_quote_is_none_and_no_word_of_warning(
    position: Position, spot: float, bid: float, ask: float
) -> None:
    chain = chain_at(spot)
    best = rolled(position, chain)
    assert best is not None
    new = next(each.contract for each in best.structure.legs if each.ratio < 0)
    for contract, is_new in ((leg_of(position).contract, False), (new, True)):
        row = chain.row(contract)
        assert row is not None
        bids, asks = chain.bid.copy(), chain.ask.copy()
        bids[row], asks[row] = bid, ask
        found = rolled(position, replace(chain, bid=bids, ask=asks))
        # The old contract cannot be bought back, and another one is sold; of calls there is no other that pays.
        assert (found is not None) is (is_new and position is SHORT_PUT)
        assert found is None or new not in [each.contract for each in found.structure.legs]


def test_a_put_is_not_rolled_over_earnings_and_a_call_may_be() -> None:
    earnings = Outlook((Happening(HappeningKind.EARNINGS, MAY),), MAY)
    assert rolled(SHORT_PUT, chain_at(60.0), outlook=earnings) is None
    assert rolled(COVERED, chain_at(61.5), outlook=earnings) is not None
    after = Outlook((Happening(HappeningKind.EARNINGS, MAY + dt.timedelta(days=1)),), MAY)
    assert rolled(SHORT_PUT, chain_at(60.0), outlook=after) is not None
