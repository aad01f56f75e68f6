"""A month gathered from its journal: every figure of `papers.march` worked out by hand."""

import datetime as dt

import pytest

from engine.core.errors import MindfolioError
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.account import ActivityKind
from engine.domain.explained import PnlParts
from engine.domain.instrument import OptionContract, Right
from engine.domain.statement import MonthStatement
from engine.ledger.ledger import Ledger
from engine.portfolio.month import following_month, month_statement
from tests.builders import ALPHA, BETA, NOW, Clerk, MemoryStore, created, ledger, mindfolio_spec
from tests.engine.portfolio.papers import MARCH, at, bell, journal, march, single

APRIL = dt.date(2026, 4, 1)


@pytest.fixture(scope="module")
def statement() -> MonthStatement:
    """March as it was written."""
    return month_statement(journal(march()), MARCH)


class TestMarch:
    def test_nav_and_flows(self, statement: MonthStatement) -> None:
        # 50,000 + 5,000 - 1,000 came in; alpha made 56.75, beta 307.30, interest 12.3456.
        assert (statement.nav_before, statement.flow) == (0, dollars(54_000))
        assert statement.pnl == dollars("376.3956")
        assert statement.nav == dollars("54376.3956")
        assert [each.who for each in statement.flows] == ["", "anna", "anna"]

    def test_modules_with_realised_and_open_apart(self, statement: MonthStatement) -> None:
        rows = {each.module_id: each for each in statement.modules}
        # Alpha: 95.20 - 94.80 - 2.40 (opening the fourth) - 1.25 (fee); open: sold for 150, worth 90.
        assert (rows[ALPHA].realised, rows[ALPHA].open_change) == (dollars("-3.25"), dollars(60))
        assert (rows[ALPHA].commissions, rows[ALPHA].fees) == (dollars(12), dollars("1.25"))
        # Beta's wheel: 90 + 70 of premiums, 100 on the shares, 48.50 of dividend, 1.20 of commissions.
        assert (rows[BETA].pnl, rows[BETA].income) == (dollars("307.30"), dollars("48.50"))
        assert rows[""].pnl == dollars("12.3456")

    def test_the_parts_add_up_to_the_nav_exactly(self, statement: MonthStatement) -> None:
        assert sum(each.pnl for each in statement.modules) == statement.pnl
        assert sum(each.pnl for each in statement.days) == statement.pnl
        assert sum(each.flows for each in statement.days) == statement.flow

    def test_a_wheel_is_one_trade_and_wins_once(self, statement: MonthStatement) -> None:
        counts = {each.module_id: (each.trades, each.wins) for each in statement.modules}
        assert (counts[ALPHA], counts[BETA]) == ((2, 1), (1, 1))

    def test_budgets_at_both_ends(self, statement: MonthStatement) -> None:
        alpha = statement.modules[0]
        assert (alpha.budget_before, alpha.budget) == (0, dollars(18_000))
        assert (statement.capital, statement.reserve) == (dollars(54_300), dollars(16_300))

    def test_a_unit_began_at_one_and_flows_do_not_move_it(self, statement: MonthStatement) -> None:
        # By hand: 54,376.3956 over 54,000 units.
        assert statement.unit_return == pytest.approx(0.6970, abs=1e-4)
        day = next(each for each in statement.days if each.day == dt.date(2026, 3, 17))
        assert (day.flows, day.units, day.pnl) == (dollars(5_000), dollars(55_000), dollars("44.40"))

    def test_sessions_and_the_drawdown_at_their_ends(self, statement: MonthStatement) -> None:
        assert [each.day.day for each in statement.days] == [16, 17, 18, 20, 23, 24, 27, 30, 31]
        assert [each.drawdown_bp for each in statement.days] == [0, 0, 0, 0, 17, 18, 0, 0, 0]

    def test_what_changed_the_split(self, statement: MonthStatement) -> None:
        assert [each.what for each in statement.splits] == [
            "first split", "cash moved", "budgets changed", "cash moved", "gain swept into the reserve",
        ]  # fmt: skip
        moved = statement.splits[2]
        assert moved.moves == (
            ("Alpha", dollars(15_000), dollars(18_000)),
            ("Reserve", dollars(20_000), dollars(17_000)),
        )
        assert (moved.who, moved.why) == ("anna", "=alpha earns more")

    def test_what_was_stopped(self, statement: MonthStatement) -> None:
        assert [each.what for each in statement.halts] == ["Emergency stop", "Re-armed", "Beta paused"]

    def test_cash_that_no_trade_moved(self, statement: MonthStatement) -> None:
        assert [(each.kind.value, each.amount) for each in statement.cash_lines] == [
            ("DIVIDEND", dollars("48.50")),
            ("INTEREST", dollars("12.3456")),
            ("FEE", dollars("-1.25")),
        ]

    def test_what_is_open_at_its_end(self, statement: MonthStatement) -> None:
        (held,) = statement.open
        assert (held.position.position_id, held.mark, held.pnl) == ("P000004", dollars(-90), dollars(60))

    def test_postings_sum_to_zero_and_are_those_of_the_month(self, statement: MonthStatement) -> None:
        assert all(sum(row.amount for row in each.postings) == 0 for each in statement.posted)
        assert {each.at.month for each in statement.posted} == {3}

    def test_what_the_environment_waives(self, statement: MonthStatement) -> None:
        assert statement.waived == ("evidence",)


class TestOtherMonths:
    def test_a_month_goes_on_from_the_one_before(self, statement: MonthStatement) -> None:
        april = month_statement(journal(march()), APRIL)
        assert april.nav_before == statement.nav
        assert (april.pnl, april.flow) == (dollars(30), 0), "the condor's mark went from 90 to 60"
        assert [each.module_id for each in april.modules] == [ALPHA, BETA], "the account itself had nothing"
        assert (april.ended, april.splits, april.halts) == ((), (), ())
        assert april.last == dt.date(2026, 4, 30)

    def test_a_month_without_entries_is_refused_in_one_line(self) -> None:
        with pytest.raises(MindfolioError, match=r"^the ledger has no entries in 2026-02$"):
            month_statement(journal(march()), dt.date(2026, 2, 1))

    def test_a_removed_module_keeps_what_it_made(self) -> None:
        clerk = Clerk()
        clerk.close(clerk.open("-2.00"), "1.00")
        clerk.record(ev.ModuleRemoved(ALPHA, "anna", "enough"))
        found = month_statement(journal(clerk), MARCH)
        assert [(each.name, each.pnl) for each in found.modules] == [("Beta", 0), ("Alpha", dollars("95.20"))]
        assert found.splits[-1].moves == (
            ("Alpha", dollars(15_000), 0),
            ("Reserve", dollars(15_000), dollars(30_000)),
        )

    def test_two_months_meet_at_the_last_close_of_the_first(self) -> None:
        """A put for 200 expires on Friday the 30th, marked at 50; it is told on Saturday, and 1,000 come in.

        January: 150. What Saturday brings is Monday's, and so February's: the last 50, and the deposit.
        """
        clerk = Clerk(ledger(at=at(26, 19, month=1)), commission=0)
        expiring = OptionContract("TSLA", dt.date(2026, 1, 30), dollars(250), Right.PUT)
        sold = clerk.open("-2.00", structure=single(expiring, -1))
        clerk.mark(**{sold: "-50"})
        bell(clerk, 30, opens=True, month=1)
        bell(clerk, 30, opens=False, month=1)
        clerk.at = at(31, month=1)
        clerk.record(ev.LegSettled(sold, expiring, 1, ActivityKind.EXPIRED, 0, 0, 0, dollars(260), 0, activity=1))
        clerk.record(ev.CashDeposited(dollars(1_000), dollars(1_000), "anna", "on a Saturday"))
        bell(clerk, 2, opens=True, month=2)
        bell(clerk, 2, opens=False, month=2)
        first, second = (month_statement(journal(clerk), dt.date(2026, month, 1)) for month in (1, 2))
        assert (first.pnl, first.flow, first.nav) == (dollars(150), dollars(50_000), dollars(50_150))
        assert (second.pnl, second.flow, second.nav) == (dollars(50), dollars(1_000), dollars(51_200))
        for month in (first, second):
            assert sum(each.pnl for each in month.days) == month.pnl
            assert sum(each.flows for each in month.days) == month.flow
            assert month.days[-1].nav == month.nav

    def test_what_is_open_in_a_position_goes_along_to_another_module(self) -> None:
        """Sold for 120, worth 70: the 50 are the giver's, in the statement as in day P&L."""
        clerk = Clerk(ledger(), commission=0)
        moved = clerk.open("-1.20")
        clerk.mark(**{moved: "-70"})
        clerk.record(ev.PositionMoved(moved, BETA, "anna", ""))
        clerk.mark(**{moved: "-60"})
        rows = {each.module_id: each for each in month_statement(journal(clerk), MARCH).modules}
        assert (rows[ALPHA].pnl, rows[BETA].pnl) == (dollars(50), dollars(10))

    def test_what_is_told_on_a_saturday_belongs_to_the_next_session(self) -> None:
        clerk = Clerk()
        bell(clerk, 20, opens=True)
        bell(clerk, 20, opens=False)
        clerk.at = at(21)
        clerk.record(ev.CashDeposited(dollars(100), dollars(100), "anna", "on a Saturday"))
        bell(clerk, 23, opens=True)
        bell(clerk, 23, opens=False)
        days = month_statement(journal(clerk), MARCH).days
        assert [(each.day.day, each.flows) for each in days[1:]] == [(20, 0), (23, dollars(100))]

    def test_explained_sessions_are_added_up(self) -> None:
        clerk = Clerk()
        for day, delta in ((16, 30), (17, 12)):
            parts = PnlParts(delta=dollars(delta), costs=-dollars(2))
            clerk.record(ev.PnlExplained(dt.date(2026, 3, day), {ALPHA: parts}, {ALPHA: parts.total}, ""))
        explained = month_statement(journal(clerk), MARCH).explained
        assert explained == {ALPHA: PnlParts(delta=dollars(42), costs=-dollars(4))}

    @pytest.mark.parametrize(("first", "after"), [((2026, 12), (2027, 1)), ((2026, 1), (2026, 2))])
    def test_the_month_after(self, first: tuple[int, int], after: tuple[int, int]) -> None:
        assert following_month(dt.date(*first, 1)) == dt.date(*after, 1)


class TestWhatAUnitMade:
    """50,000 in the reserve; alpha makes 5,000 of it, 10 %, which are swept."""

    def test_counts_to_the_moment_when_the_last_unit_is_sold(self) -> None:
        clerk = _ten_percent_and_out()
        statement = month_statement(journal(clerk), MARCH)
        assert (statement.nav, statement.pnl) == (0, dollars(5_000))
        assert statement.unit_return == pytest.approx(10.0)

    def test_goes_on_with_what_comes_in_afterwards(self) -> None:
        clerk = _ten_percent_and_out()
        clerk.record(ev.CashDeposited(dollars(1_000), dollars(1_000), "anna", "a new start"))
        clerk.close(clerk.open("-1.20"), "-0.80")
        assert month_statement(journal(clerk), MARCH).unit_return == pytest.approx(32.0)  # 1.10 x 1.20

    def test_is_unknown_in_a_month_without_units(self) -> None:
        clerk = _ten_percent_and_out()
        clerk.at = at(2, month=4)
        clerk.record(ev.MarksRecorded({}, 0))
        assert month_statement(journal(clerk), APRIL).unit_return is None


def _ten_percent_and_out() -> Clerk:
    idle = mindfolio_spec(budgets={ALPHA: 0, BETA: 0}, reserve=dollars(50_000))
    book = Ledger(MemoryStore())
    book.record(NOW, created(idle))
    clerk = Clerk(book, commission=0)
    clerk.close(clerk.open("-1.20"), "-48.80")  # 120 + 4,880
    clerk.record(ev.GainSwept(ALPHA, dollars(5_000), "anna", "made"))
    clerk.record(ev.CashDeposited(-dollars(55_000), -clerk.ledger.book.units, "anna", "all of it"))
    return clerk
