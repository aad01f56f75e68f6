"""The market page's questions: the chain as it was quoted, with what its quotes imply, and a ticket's figures."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain import questions as ask
from engine.domain.chain_view import ChainView, QuoteView
from engine.domain.happening import HappeningKind
from engine.domain.limits import GateLimits
from engine.domain.order import OrderPurpose
from engine.domain.package import package_quote, to_tick
from engine.domain.quote_flags import QuoteFlag
from engine.domain.structure import StructureKind
from engine.domain.ticket_view import TicketView
from engine.market.events import EventCalendar, EventKind
from engine.runtime import openings
from engine.runtime.market_answers import chain_of, ticket_of
from tests.engine.runtime.scenes import CONDOR, MODULE, call, give, put, quiet, ranks_after
from tests.fakes import EXPIRATION, MONDAY, Rig, chain_update, new_york

NEAR, FAR = dt.date(2026, 3, 20), dt.date(2026, 6, 19)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """SPY at 100, three expirations at a flat volatility of 25 %."""
    made = quiet(tmp_path)
    made.desk.market.apply(chain_update(new_york(10), 100.0, expirations=(NEAR, EXPIRATION, FAR)))
    return made


def chain(rig: Rig, expiration: dt.date | None = EXPIRATION, symbol: str = "SPY") -> ChainView:
    return chain_of(rig.desk, ask.ChainOf(symbol, expiration))()


def ticket(rig: Rig, *legs: object, quantity: int = 1, limit: str = "", worst: str = "") -> TicketView:
    question = ask.TicketOf(
        legs,  # type: ignore[arg-type]
        quantity,
        dollars(limit) if limit else None,
        dollars(worst) if worst else None,
    )
    return ticket_of(rig.desk, question)()


def of(view: ChainView, strike: int, *, is_put: bool) -> QuoteView:
    """A contract's quote in a view."""
    (row,) = [row for row in view.rows if row.strike == dollars(strike)]
    found = row.put if is_put else row.call
    assert found is not None
    return found


# --- the chain ----------------------------------------------------------------------------------------------------
def test_calls_and_puts_stand_side_by_side_as_they_are_quoted(rig: Rig) -> None:
    view = chain(rig)
    assert [row.strike for row in view.rows] == [dollars(strike) for strike in range(70, 131)]
    sold, quote = of(view, 105, is_put=False), rig.desk.market.quote(call(105, 1).contract)
    assert quote is not None
    assert (sold.bid, sold.ask, sold.mid, sold.at) == (quote.bid, quote.ask, quote.mid, quote.at)
    assert (sold.volume, sold.open_interest, sold.faults) == (500, 5000, QuoteFlag(0))
    assert (view.spot, view.center, view.is_listed) == (dollars(100), dollars(100), True)


def test_volatility_and_delta_are_what_the_mids_imply(rig: Rig) -> None:
    view = chain(rig)
    for strike, is_put in ((95, True), (100, False), (105, False)):
        assert of(view, strike, is_put=is_put).iv == pytest.approx(0.25, abs=0.005)
    assert of(view, 100, is_put=False).delta == pytest.approx(0.54, abs=0.02)
    assert of(view, 100, is_put=True).delta == pytest.approx(-0.46, abs=0.02)


def test_the_smile_the_term_structure_and_the_month_are_those_of_the_quotes(rig: Rig) -> None:
    view = chain(rig)
    assert [each.day for each in view.expirations] == [NEAR, EXPIRATION, FAR]
    assert [each.days for each in view.expirations] == [4, 39, 95]
    assert all(each.at_the_money == pytest.approx(0.25, abs=0.005) for each in view.expirations)
    assert view.month_iv == pytest.approx(0.25, abs=0.005)
    assert (view.smile[0][0], view.smile[-1][0], view.no_smile) == (70.0, 130.0, "")
    inner = [iv for strike, iv in view.smile if 90 <= strike <= 110]
    assert inner == pytest.approx([0.25] * len(inner), abs=0.01)


def test_without_a_choice_the_expiration_next_to_a_month_is_shown(rig: Rig) -> None:
    assert chain(rig, None).expiration == EXPIRATION
    assert chain(rig, dt.date(2030, 1, 18)).expiration == EXPIRATION, "one that is gone"
    assert chain(rig, NEAR).expiration == NEAR


def test_a_contract_that_the_newest_snapshot_left_out_is_aged(rig: Rig) -> None:
    rig.desk.market.apply(chain_update(new_york(10, 1), 100.0, strikes=(71.0, 131.0, 1.0)))
    view = chain(rig)
    assert of(view, 70, is_put=True).faults & QuoteFlag.STALE
    assert not of(view, 100, is_put=True).faults


def test_a_crossed_quote_is_marked(rig: Rig) -> None:
    update = chain_update(new_york(10, 1), 100.0)
    bid = update.bid.copy()
    bid[0] = update.ask[0] + 1
    rig.desk.market.apply(replace(update, bid=bid))
    crossed = of(chain(rig), 70, is_put=False)
    assert (crossed.faults, crossed.mid, crossed.iv) == (QuoteFlag.CROSSED, None, None)


def test_a_quote_older_than_the_gate_allows_is_aged(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(10))], limits=GateLimits(max_quote_age=dt.timedelta(seconds=15)))
    rig.desk.market.apply(chain_update(new_york(10)))
    rig.desk.clock.advance_to(new_york(10, 0, 16))
    assert all(row.call is not None and row.call.faults & QuoteFlag.STALE for row in chain(rig).rows)


def test_rank_and_events_are_told_as_far_as_they_are_known(rig: Rig) -> None:
    view = chain(rig)
    assert (view.iv_rank.percent, view.iv_rank.sessions, view.outlook.happenings) == (None, 0, ())
    rig.desk.iv_ranks = ranks_after(100, 0.20, 0.30)
    known = {
        "symbol": np.array(["SPY"]),
        "kind": np.array([EventKind.EARNINGS.value]),
        "day": np.array([(MONDAY + dt.timedelta(days=9)).toordinal()], dtype=np.int64),
        "value": np.array([np.nan]),
        "source": np.array(["test"]),
    }
    calendar = EventCalendar(known)
    rig.desk.events_on = lambda _day: calendar
    view = chain(rig)
    assert view.iv_rank.percent == pytest.approx(50, abs=5)
    assert view.iv_rank.sessions == 100
    assert [(each.kind, each.day.day) for each in view.outlook.happenings] == [(HappeningKind.EARNINGS, 25)]


def test_a_symbol_without_quotes_has_no_chain_and_says_whether_it_will_ever_have_one(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(10))])
    early = chain(rig)
    assert (early.spot, early.expirations, early.rows, early.is_listed) == (None, (), (), True)
    assert chain(rig, symbol="GME").is_listed is False


# --- the ticket ---------------------------------------------------------------------------------------------------
def test_a_ticket_is_named_and_priced_from_mid_to_natural(rig: Rig) -> None:
    view = ticket(rig, *CONDOR.legs, quantity=2)
    quote = package_quote(CONDOR.legs, rig.desk.quotes_of(CONDOR.legs), OrderPurpose.OPEN)
    assert quote is not None
    assert (view.structure, view.quantity, view.no_price) == (CONDOR, 2, "")
    assert (view.mid, view.natural) == (quote.mid, quote.natural)
    assert (view.limit, view.worst) == (to_tick(quote.mid, CONDOR), quote.natural)


def test_its_risk_and_needs_are_those_of_the_gate(rig: Rig) -> None:
    view = ticket(rig, *CONDOR.legs, quantity=2)
    assert view.limit is not None
    assert view.worst is not None
    candidate = openings.ticket_candidate(rig.desk, MODULE, CONDOR, 2, view.limit, view.worst, "x")
    facts = openings.facts_of(rig.desk, candidate, openings.Ticket(who="user"))
    assert (view.max_risk, view.buying_power, view.costs) == (facts.max_risk, facts.buying_power, facts.costs)
    assert view.max_profit == -view.limit * 200
    assert view.breakevens == (dollars(93) + view.limit, dollars(110) - view.limit)


def test_what_the_ticket_says_can_be_sent_as_it_stands(rig: Rig) -> None:
    view = ticket(rig, *CONDOR.legs)
    assert view.limit is not None
    assert view.worst is not None
    sent = cmd.EnterTrade(MODULE, view.structure, view.quantity, view.limit, view.worst, "user", "by hand")
    assert give(rig, sent) == []
    (intended,) = [event for event in rig.events(ev.OrderIntended) if isinstance(event, ev.OrderIntended)]
    order = intended.order
    assert (order.structure, order.limit, order.worst, order.who) == (CONDOR, view.limit, view.worst, "user")


def test_equal_multiples_are_units(rig: Rig) -> None:
    view = ticket(rig, put(88, 3), put(93, -3), quantity=2)
    assert (view.structure.kind, view.quantity) == (StructureKind.BULL_PUT_SPREAD, 6)
    assert ticket(rig, put(88, 1), put(93, -4)).structure.kind is StructureKind.CUSTOM


def test_a_limit_of_ones_own_counts_and_is_never_beyond_the_worst(rig: Rig) -> None:
    view = ticket(rig, *CONDOR.legs, limit="-0.10", worst="-0.20")
    assert (view.limit, view.worst, view.max_profit) == (dollars("-0.10"), dollars("-0.10"), dollars(10))


def test_what_has_no_bound_is_said_to_have_none(rig: Rig) -> None:
    sold = ticket(rig, call(110, -1))
    assert (sold.max_risk, sold.is_risk_unbounded, sold.is_profit_unbounded) == (None, True, False)
    bought = ticket(rig, call(110, 1))
    assert (bought.max_profit, bought.is_profit_unbounded, bought.is_risk_unbounded) == (None, True, False)
    assert bought.max_risk is not None


def test_several_expirations_leave_profit_and_breakevens_unknown(rig: Rig) -> None:
    view = ticket(rig, call(100, -1), call(100, 1, FAR))
    assert view.structure.kind is StructureKind.CALENDAR
    assert (view.max_profit, view.is_profit_unbounded, view.breakevens) == (None, False, ())
    assert view.max_risk is not None


def test_the_modules_that_may_trade_it_and_why_others_may_not(rig: Rig) -> None:
    fits = {each.module_id: each.why_not for each in ticket(rig, *CONDOR.legs).fits}
    assert fits[MODULE] == ""
    fits = {each.module_id: each.why_not for each in ticket(rig, call(110, 1)).fits}
    assert fits[MODULE] == "long call is not enabled in it"
    rig.desk.market.apply(chain_update(new_york(10), 50.0, symbol="GME"))
    legs = tuple(replace(leg, contract=replace(leg.contract, underlying="GME")) for leg in CONDOR.legs)
    assert {each.why_not for each in ticket(rig, *legs).fits} == {"GME is not in its universe"}


@pytest.mark.parametrize(
    ("leg", "why"),
    [(put(71, -1), "nobody bids for the 71 put"), (put(60, 1), "the 60 put was never quoted")],
)
def test_a_ticket_without_a_price_says_why(rig: Rig, leg: object, why: str) -> None:
    view = ticket(rig, leg)
    assert (view.no_price, view.mid, view.limit, view.worst, view.buying_power) == (why, None, None, None, None)
