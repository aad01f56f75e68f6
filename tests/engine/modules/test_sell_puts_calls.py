"""Covered calls of the wheel: the net basis to the cent, which call is sold on which shares, and never below it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import dollars
from engine.domain.candidate import Candidate, Finding
from engine.domain.instrument import Right
from engine.domain.scan import ScanContext
from engine.domain.structure import StructureKind
from engine.modules.sell_puts import SellPuts
from engine.modules.sell_puts_calls import free_lots, look_at_shares, net_basis
from engine.modules.sell_puts_rules import PutRules
from tests.wheel import MAY, chain_of, held, module_of, option, scan_context

KO = chain_of(spot=59.0)
SHARES = held((None, 100, "6000"), used=dollars(6000), realised=dollars(60))


def look(context: ScanContext) -> Finding:
    (position,) = context.open_positions
    return look_at_shares(position, context, PutRules.of(context.module))


def sold(context: ScanContext) -> Candidate:
    found = look(context)
    assert found.candidate is not None, found.reason
    return found.candidate


# --- net basis -------------------------------------------------------------------------------------------------------
def test_the_net_basis_is_the_cost_less_what_the_lineage_has_earned() -> None:
    # (6,000 - 60 premium + 0.60 commission + 0.07 fees) / 100.
    assert net_basis(SHARES) == dollars("59.4067")
    # A first call that expired (+50, another 0.67): 5,891.34 / 100; a roll that cost 20 more puts it up.
    called = replace(SHARES, realised=dollars(110), commissions=dollars("1.20"), fees=dollars("0.14"))
    assert net_basis(called) == dollars("58.9134")
    assert net_basis(replace(called, realised=dollars(90))) == dollars("59.1134")


def test_dividends_and_the_premium_of_an_open_call_lower_no_basis() -> None:
    assert net_basis(replace(SHARES, income=dollars(53))) == dollars("59.4067")
    covered = held((None, 100, "6000"), (option(61, Right.CALL), -1, "-50"), realised=dollars(60))
    assert net_basis(covered) == dollars("59.4067")


def test_of_an_odd_number_of_shares_it_is_rounded_up_and_of_none_there_is_none() -> None:
    # 1,000.67 / 30 = 33.35566...
    assert net_basis(held((None, 30, "1000"))) == dollars("33.3557")
    assert net_basis(held((option(60, Right.PUT), -1, "-60"))) is None


@given(
    cost=st.integers(100_000, 10**8), premium=st.integers(0, 10**7), costs=st.integers(0, 10**5),
    hundreds=st.integers(1, 20),
)  # fmt: skip
def test_called_away_at_the_basis_the_lineage_loses_nothing(cost: int, premium: int, costs: int, hundreds: int) -> None:
    shares = hundreds * 100
    position = replace(
        SHARES, lots=(replace(SHARES.lots[0], quantity=shares, cost=cost),), realised=premium, fees=0, commissions=costs
    )
    basis = net_basis(position)
    assert basis is not None
    assert 0 <= basis * shares - cost + position.net_pnl < shares


# --- which call ------------------------------------------------------------------------------------------------------
def test_the_call_nearest_thirty_delta_covers_the_shares_and_takes_no_buying_power() -> None:
    context = scan_context(KO, open_positions=(SHARES,))
    call = sold(context)
    assert call.structure.kind is StructureKind.SHORT_CALL
    assert (call.structure.strikes, call.quantity, call.position_id) == ((dollars(61),), 1, "P000001")
    assert (call.buying_power, call.needs_person) == (0, "")
    # A fall of 10 % from 59 on 100 shares, less the premium at the worst price.
    assert call.max_risk == dollars(590) + call.worst_price * 100
    assert look(context).structure == "Covered Call"
    assert SellPuts().scan(context)[0].candidate == call, "calls come before puts"


@pytest.mark.parametrize(("spot", "strike"), [("59", 61), ("57.50", 60)])
def test_the_strike_is_never_below_the_basis(spot: str, strike: int) -> None:
    # At 57.50 the strike nearest thirty delta is 59, below the basis of 59.41; 60 is the next.
    chain = chain_of(spot=float(spot))
    context = scan_context(chain, open_positions=(SHARES,))
    assert sold(context).structure.strikes == (dollars(strike),)


def test_where_only_a_loss_could_be_struck_nothing_is_sold_unless_that_is_allowed() -> None:
    context = scan_context(chain_of(spot=54.0), open_positions=(SHARES,))
    assert look(context).reason == "no call at 20-40 delta is struck at or above the net basis of 59.41"
    allowed = replace(context, module=module_of("KO", calls_below_basis=1))
    call = sold(allowed)
    assert call.structure.strikes[0] < dollars("59.4067")
    assert any(reason.endswith("net basis of 59.41 (allowed)") for reason in call.reasons)


def test_a_strike_exactly_at_the_basis_is_not_below_it() -> None:
    at_par = replace(SHARES, realised=dollars("0.67") - dollars(100))  # basis 61.00
    context = scan_context(KO, open_positions=(at_par,))
    assert net_basis(at_par) == dollars(61)
    assert sold(context).structure.strikes == (dollars(61),)
    a_bit_more = replace(at_par, realised=at_par.realised - 1)
    assert sold(replace(context, open_positions=(a_bit_more,))).structure.strikes != (dollars(61),)


def test_only_free_hundreds_are_sold_against_and_no_more_than_a_share_of_the_open_interest() -> None:
    many = held((None, 350, "21000"), (option(70, Right.CALL), -1, "-20"))
    assert (free_lots(many), free_lots(SHARES), free_lots(held((None, 99, "5900")))) == (2, 1, 0)
    context = scan_context(KO, open_positions=(many,))
    assert sold(context).quantity == 2
    thin = replace(KO, open_interest=np.full(KO.key.size, 39.0))
    assert sold(scan_context(thin, open_positions=(many,))).quantity == 1
    unknown = replace(KO, open_interest=np.full(KO.key.size, np.nan))
    assert sold(scan_context(unknown, open_positions=(many,))).quantity == 1


def test_each_reason_for_no_call_is_said() -> None:
    context = scan_context(KO, open_positions=(SHARES,))
    puts_only = replace(context.module, structures=(StructureKind.SHORT_PUT,))
    assert look(replace(context, module=puts_only)).reason == "covered calls are not enabled in this module"
    busy = replace(context, busy_symbols=frozenset({"KO"}))
    assert look(busy).reason == "an order is working or an approval waiting already"
    assert look(replace(context, chains={})).reason == "no option quotes yet"
    late = scan_context(chain_of(spot=59.0, expirations=(MAY,)), open_positions=(SHARES,))
    assert look(late).reason == "no expiry in 21-45 days"
    dear = replace(context, costs=replace(context.costs, commission_per_contract=dollars(100)))
    assert look(dear).reason.startswith("credit too small after costs: $")
    assert look(context).numbers["net_basis_usd"] == dollars("59.4067")
