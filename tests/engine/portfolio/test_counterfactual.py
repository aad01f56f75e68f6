"""An earlier split kept: worked out by hand to the cent, and what the estimate must say about itself."""

import datetime as dt

import pytest

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.account import ActivityKind
from engine.portfolio.counterfactual import counterfactuals, daily, split_kept
from tests.builders import ALPHA, BETA, Clerk, module_spec
from tests.history import allocations_of, close_session, open_session

DAY = dt.date(2026, 3, 16)


def split(clerk: Clerk, **budgets: int) -> None:
    book = clerk.ledger.book
    made = {name: dollars(budgets.get(name, 0)) for name in book.modules}
    clerk.record(ev.BudgetReallocated(made, book.capital - sum(made.values()), book.version + 1, "ann", ""))


def earn(clerk: Clerk, module_id: str, amount: str) -> None:
    """A result of exactly so many dollars, by a line of the statement."""
    number = clerk.ledger.book.activity_floor + 1
    clerk.record(ev.CashBooked(ActivityKind.DIVIDEND, module_id, "", "KO", dollars(amount), "", number))


def test_each_modules_results_are_scaled_by_the_kept_budget_session_by_session(clerk: Clerk) -> None:
    # alpha: 100.00 on 15,000; then 200.00 on 30,000 is 100.00 on 15,000; then -50.01 on 20,000 is -37.5075.
    # beta: -80.00 on 20,000; then nothing on 5,000; then 33.33 on 5,000 is 133.32 on 20,000.
    open_session(clerk, DAY)
    earn(clerk, ALPHA, "100")
    earn(clerk, BETA, "-80")
    split(clerk, alpha=30_000, beta=5_000)
    earn(clerk, ALPHA, "200")
    open_session(clerk, DAY + dt.timedelta(days=1))
    split(clerk, alpha=20_000, beta=5_000)
    earn(clerk, ALPHA, "-50.01")
    earn(clerk, BETA, "33.33")
    first, second = counterfactuals(allocations_of(clerk.ledger))
    assert (first.version, second.version) == (1, 2)
    alpha, beta = first.modules
    assert (alpha.pnl, alpha.kept_pnl) == (dollars("249.99"), dollars("162.4925"))
    assert (beta.pnl, beta.kept_pnl) == (dollars("-46.67"), dollars("53.32"))
    assert first.difference == dollars("12.4925")
    assert first.largest_scale == 4.0
    assert (first.came_later, first.ended, first.unscaled, first.short_by) == ((), (), (), 0)
    # NAV was 50,000 + 249.99 - 46.67.
    assert (first.points[-1].nav, first.points[-1].kept_nav) == (dollars("50203.32"), dollars("50215.8125"))
    # The second one from its own beginning: 200.00, then -50.01 on 20,000 is -75.015 on 30,000, and 33.33 as it was.
    assert [each.kept_pnl for each in second.modules] == [dollars("124.985"), dollars("33.33")]
    assert second.points[-1].kept_nav - second.points[-1].nav == dollars("-25.005")


def test_what_is_over_a_cut_budget_earns_on_what_it_uses(clerk: Clerk) -> None:
    # A condor that uses 880 earns 40.00 after its module was cut to 400: on 15,000 it would have been 681.82.
    position_id = clerk.open()
    split(clerk, alpha=400, beta=20_000)
    clerk.mark(**{position_id: "-80"})
    (kept,) = counterfactuals(allocations_of(clerk.ledger))
    assert kept.modules[0].kept_pnl == dollars("-2.40") + dollars("681.8182")
    assert kept.largest_scale == pytest.approx(15_000 / 880)


def test_deposits_and_the_accounts_own_income_are_as_they_were(clerk: Clerk) -> None:
    split(clerk, alpha=30_000, beta=5_000)
    clerk.record(ev.CashDeposited(dollars(1_000), dollars(1_000), "ann", ""))
    earn(clerk, "", "7")
    earn(clerk, ALPHA, "10")
    (kept,) = counterfactuals(allocations_of(clerk.ledger))
    assert (kept.points[-1].nav, kept.points[-1].kept_nav) == (dollars(51_017), dollars(51_012))
    assert [each.module_id for each in kept.modules] == [ALPHA, BETA]


def test_modules_that_came_later_have_nothing_and_those_that_ended_are_named(clerk: Clerk) -> None:
    earn(clerk, BETA, "1")
    clerk.record(ev.ModuleAdded(module_spec("gamma"), "ann", ""))
    split(clerk, alpha=15_000, gamma=10_000)
    clerk.record(ev.ModuleRemoved(BETA, "ann", ""))
    earn(clerk, "gamma", "500")
    earn(clerk, BETA, "3")
    kept = split_kept(allocations_of(clerk.ledger), 0)
    assert (kept.came_later, kept.ended, kept.unscaled) == (("gamma",), (BETA,), (BETA,))
    by_name = {each.module_id: (each.budget, each.pnl, each.kept_pnl) for each in kept.modules}
    assert by_name["gamma"] == (0, dollars(500), 0)
    assert by_name[BETA] == (dollars(20_000), dollars(4), dollars(4)), "the late one on no budget at all"


def test_a_withdrawal_beyond_the_kept_reserve_is_told(clerk: Clerk) -> None:
    split(clerk, alpha=1_000, beta=1_000)
    clerk.record(ev.CashDeposited(dollars(-40_000), dollars(-40_000), "ann", ""))
    (kept,) = counterfactuals(allocations_of(clerk.ledger))
    assert kept.short_by == dollars(25_000), "35,000 of budgets on a capital of 10,000"


def test_the_split_in_force_is_no_counterfactual_and_a_split_kept_to_itself_changes_nothing(clerk: Clerk) -> None:
    split(clerk, alpha=500)
    clerk.mark(**{clerk.open(): "-80"})  # uses 880, more than its budget
    assert len(counterfactuals(allocations_of(clerk.ledger))) == 1
    kept = split_kept(allocations_of(clerk.ledger), 1)
    assert kept.difference == 0
    assert all(point.nav == point.kept_nav for point in kept.points)


def test_a_chart_by_day_has_the_last_point_of_each_session(clerk: Clerk) -> None:
    open_session(clerk, DAY)
    split(clerk, alpha=30_000)
    earn(clerk, ALPHA, "10")
    close_session(clerk, DAY)
    earn(clerk, ALPHA, "5")
    open_session(clerk, DAY + dt.timedelta(days=1))
    close_session(clerk, DAY + dt.timedelta(days=1))
    (kept,) = counterfactuals(allocations_of(clerk.ledger))
    shown = daily(kept.points)
    assert [point.session for point in shown] == [DAY, DAY + dt.timedelta(days=1), None]
    assert [point.nav for point in shown] == [dollars(50_010), dollars(50_015), dollars(50_015)]
