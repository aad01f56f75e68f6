"""What proposals are told of each module, from a snapshot and the history, with everything that is unknown."""

import datetime as dt
from dataclasses import replace

import pytest

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.account import ActivityKind
from engine.domain.budget import BudgetPlan
from engine.domain.mindfolio import ModuleStatus
from engine.domain.reallocation import TradeResult
from engine.domain.snapshot import MarketView, MindfolioSnapshot
from engine.portfolio.aggregate import aggregate
from engine.portfolio.standings import session_returns, split_of, standings
from tests.builders import ALPHA, BETA, Clerk
from tests.history import allocations_of, close_session, open_session

DAY = dt.date(2026, 3, 16)


@pytest.fixture
def clerk() -> Clerk:
    """$15,000 for alpha, 20,000 for beta, 15,000 in reserve; a trade of alpha that ended and one that is open."""
    made = Clerk()
    open_session(made, DAY)
    made.close(made.open(), "0.50")  # 120 - 50 - 4.80 on 15,000
    close_session(made, DAY)
    open_session(made, DAY + dt.timedelta(days=1))
    made.open()  # costs 2.40
    return made


def seen(clerk: Clerk) -> MindfolioSnapshot:
    return aggregate(clerk.ledger.book, {}, MarketView(clerk.at, DAY, True, None, 0.0), 0.04)


def test_each_module_is_told_with_its_returns_trades_and_worst_case(clerk: Clerk) -> None:
    alpha, beta = standings(seen(clerk), allocations_of(clerk.ledger))
    assert alpha.returns == pytest.approx((65.20 / 15_000, -2.40 / 15_000))
    assert alpha.trades == (TradeResult(dollars("65.20"), dollars(880)),)
    assert (alpha.budget, alpha.used, alpha.available) == (dollars(15_000), dollars(880), dollars(14_120))
    assert alpha.worst_case == dollars(880), "a wing of 1,000 less the credit of 120"
    assert (beta.returns, beta.trades, beta.worst_case, beta.fixed_why) == ((0.0, 0.0), (), 0, "")
    assert split_of(seen(clerk)) == BudgetPlan({ALPHA: dollars(15_000), BETA: dollars(20_000)}, dollars(15_000))


def test_a_paused_and_a_locked_module_are_fixed(clerk: Clerk) -> None:
    clerk.record(ev.ModuleStatusChanged(ALPHA, ModuleStatus.PAUSED, "ann", "holiday"))
    history = allocations_of(clerk.ledger)
    alpha, beta = standings(seen(clerk), history, locked={BETA})
    assert (alpha.fixed_why, beta.fixed_why) == ("it is paused", "its budget is locked")


def test_a_session_with_two_splits_adds_the_returns_of_both(clerk: Clerk) -> None:
    position_id = next(iter(clerk.ledger.book.positions))
    clerk.record(ev.BudgetReallocated({ALPHA: dollars(1_000), BETA: 0}, dollars(49_000), 2, "ann", ""))
    clerk.mark(**{position_id: "-80"})
    close_session(clerk, DAY + dt.timedelta(days=1))
    open_session(clerk, DAY + dt.timedelta(days=2))
    returns = session_returns(allocations_of(clerk.ledger))
    assert returns[ALPHA] == pytest.approx((65.20 / 15_000, -2.40 / 15_000 + 40 / 1_000, 0.0))
    assert returns[BETA] == (0.0, 0.0), "the session without a budget is none of its own"


def test_what_a_night_brings_is_of_the_session_that_follows_and_is_no_session_before_it_opens(clerk: Clerk) -> None:
    close_session(clerk, DAY + dt.timedelta(days=1))
    clerk.record(ev.CashBooked(ActivityKind.DIVIDEND, ALPHA, "", "KO", dollars(30), "", 1))
    returns = session_returns(allocations_of(clerk.ledger))
    assert returns[ALPHA] == pytest.approx((65.20 / 15_000, -2.40 / 15_000)), "the night is no third session"
    open_session(clerk, DAY + dt.timedelta(days=2))
    returns = session_returns(allocations_of(clerk.ledger))
    assert returns[ALPHA] == pytest.approx((65.20 / 15_000, -2.40 / 15_000, 30 / 15_000))


def test_a_trade_of_unknown_risk_is_no_sample(clerk: Clerk) -> None:
    history = allocations_of(clerk.ledger)
    unknown = replace(history, trades=tuple(replace(each, at_risk=0) for each in history.trades))
    assert standings(seen(clerk), unknown)[0].trades == ()
