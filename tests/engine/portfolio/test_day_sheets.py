"""The sheets of a day, from a journal written by hand."""

import datetime as dt

import pytest

from engine.core.errors import MindfolioError
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.account import Difference
from engine.domain.day_sheet import EndSheet, StartSheet
from engine.domain.explained import PnlParts
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.instrument import OptionContract, Right
from engine.portfolio.day_sheets import EndGathering, Known, StartGathering
from engine.portfolio.walk import walk
from tests.builders import ALPHA, BETA, Clerk, approval, ledger
from tests.engine.portfolio.papers import KO_CALL, KO_PUT, at, bell, journal, march, single


def day(number: int, month: int = 3) -> dt.date:
    """A day of 2026."""
    return dt.date(2026, month, number)


def start(clerk: Clerk, on: dt.date, known: Known | None = None) -> StartSheet:
    """The sheet before a session."""
    gathering = StartGathering(on, lambda _symbols: known or Known())
    return gathering.sheet(walk(journal(clerk), [gathering]))


def end(clerk: Clerk, on: dt.date) -> EndSheet:
    """The sheet at the end of a session."""
    gathering = EndGathering(on)
    return gathering.sheet(walk(journal(clerk), [gathering]))


class TestBeforeASession:
    def test_what_ended_at_the_broker_since_the_last_session(self) -> None:
        (line,) = start(march(), day(23)).overnight
        assert (line.module, line.contract, line.shares, line.cash) == ("Beta", KO_PUT, 100, -dollars(6_000))
        assert start(march(), day(24)).overnight == ()

    def test_legs_that_expire_with_their_distance_and_the_cash_they_move(self) -> None:
        sheet = start(march(), day(27), Known({"KO": dollars("60.25")}))
        (call,) = sheet.today
        assert (call.contract, call.quantity, call.inside) == (KO_CALL, -1, dollars("-0.75"))
        assert call.cash == dollars(6_100), "the shares are called away"
        (put,) = start(march(), day(20)).today
        assert (put.contract, put.cash, put.inside) == (KO_PUT, -dollars(6_000), None), "no price is known"

    @pytest.mark.parametrize(
        ("right", "count", "spot", "cash"),
        [
            (Right.PUT, -1, "4990", "-1000"),  # 10 inside, not the strike of 500,000
            (Right.PUT, -1, "5010", "0"),
            (Right.CALL, 2, "5003.25", "650"),  # 3.25 x 100 x 2
            (Right.CALL, -1, "4990", "0"),
            (Right.PUT, -1, None, None),
        ],
    )
    def test_options_on_an_index_move_what_they_are_in_the_money_by(
        self, right: Right, count: int, spot: str | None, cash: str | None
    ) -> None:
        clerk = Clerk()
        contract = OptionContract("SPXW", day(20), dollars(5_000), right)
        clerk.open("-20.00", structure=single(contract, 1 if count > 0 else -1), quantity=abs(count))
        (line,) = start(clerk, day(18), Known({} if spot is None else {"SPXW": dollars(spot)})).this_week
        assert (line.cash, line.is_settled_in_cash) == (None if cash is None else dollars(cash), True)

    def test_a_week_ahead_is_told_apart_from_today(self) -> None:
        sheet = start(march(), day(18))
        assert [each.contract for each in sheet.this_week] == [KO_PUT]
        assert sheet.today == ()
        assert start(march(), day(17)).this_week == (), "the put is sold only in this session"

    def test_earnings_and_dividends_of_what_is_held(self) -> None:
        earnings, too_far = (Happening(HappeningKind.EARNINGS, day(number)) for number in (25, 31))
        outlooks = {"KO": Outlook((earnings, too_far), day(31))}
        found = start(march(), day(23), Known(outlooks=outlooks)).happenings
        assert [(each.symbol, each.day) for each in found] == [("KO", day(25)), ("TSLA", None)], "unknown is not none"

    def test_orders_approvals_pauses_and_differences(self) -> None:
        clerk = march()
        clerk.at = at(1, 21, 0, month=4)
        clerk.intend()
        clerk.record(ev.ApprovalRequested(approval()))
        clerk.record(ev.AccountReconciled((Difference("KO", "KO", 0, 100),), 0, 0, 0))
        clerk.record(
            ev.BudgetReallocated({ALPHA: dollars(500), "beta": dollars(20_000)}, dollars(33_800), 3, "anna", "less")
        )
        sheet = start(clerk, day(2, 4))
        assert [(each.what, each.quantity, each.filled) for each in sheet.orders] == [("open TSLA iron condor", 1, 0)]
        assert [(each.approval_id, each.module) for each in sheet.waiting] == [("A000001", "Alpha")]
        over, paused = sheet.standing
        # 500 less a realised loss of 3.25, 850 used and 882.40 held.
        assert (over.module, over.paused_why, over.over_by) == ("Alpha", None, dollars("1235.65"))
        assert (paused.module, paused.paused_why) == ("Beta", "day loss 1,020 of 1,000")
        assert [each.missing for each in sheet.differences] == [100]

    def test_what_comes_later_is_not_in_it(self) -> None:
        sheet = start(march(), day(17))
        assert sheet.nav == dollars("50007.60")
        assert (sheet.standing, sheet.stopped_why) == ((), "")

    def test_a_day_without_a_session_is_refused(self) -> None:
        with pytest.raises(MindfolioError, match="the market is closed on 2026-03-22"):
            start(march(), day(22))


class TestAtTheEndOfASession:
    def test_modules_with_realised_and_open_apart(self) -> None:
        sheet = end(march(), day(23))
        # Alpha closes its condor of 120 for 210 and pays 2.40; beta gets 48.50 and pays 0.60, and on Friday evening,
        # after that session's close, was assigned: 90 of premium are realised, where 5 were open, and 100 shares that
        # cost 60 are worth 58.50.
        assert [(each.module, each.realised, each.open_change) for each in sheet.modules] == [
            ("Alpha", dollars("-92.40"), 0),
            ("Beta", dollars("137.90"), dollars("-155.00")),
            ("Account", dollars("12.3456"), 0),
        ]
        assert sheet.nav - sheet.nav_before == sum(each.pnl for each in sheet.modules)

    def test_fills_and_trades_that_ended(self) -> None:
        sheet = end(march(), day(23))
        assert [(each.what, each.net_price, each.costs) for each in sheet.fills] == [
            ("open KO short call", dollars("-0.70"), dollars("0.60")),
            ("close TSLA iron condor", dollars("2.10"), dollars("2.40")),
        ]
        assert [each.lineage for each in sheet.ended] == ["P000003"]

    def test_a_position_that_is_moved_takes_what_is_open_along(self) -> None:
        clerk = Clerk(ledger(), commission=0)
        moved = clerk.open("-1.20")
        bell(clerk, 16, opens=True)
        clerk.mark(**{moved: "-70"})
        clerk.record(ev.PositionMoved(moved, BETA, "anna", ""))
        clerk.mark(**{moved: "-60"})
        bell(clerk, 16, opens=False)
        sheet = end(clerk, day(16))
        assert {each.module: each.pnl for each in sheet.modules} == {"Alpha": dollars(50), "Beta": dollars(10)}
        book = clerk.ledger.book
        assert (book.day_pnl(ALPHA), book.day_pnl(BETA)) == (dollars(50), dollars(10)), "as on the screen"

    def test_flows_are_not_a_result(self) -> None:
        sheet = end(march(), day(17))
        assert (sheet.flows, sum(each.pnl for each in sheet.modules)) == (dollars(5_000), dollars("44.40"))

    def test_scans_in_numbers_and_what_explains_the_day(self) -> None:
        clerk = march()
        bell(clerk, 2, opens=True, month=4)
        for _ in range(2):
            clerk.record(ev.ScanCompleted(ALPHA, 1, 21, 1, 2, 18, ""))
        parts = PnlParts(theta=dollars(3))
        clerk.record(ev.PnlExplained(day(2, 4), {ALPHA: parts}, {ALPHA: dollars(3)}, ""))
        sheet = end(clerk, day(2, 4))
        (count,) = sheet.scans
        assert (count.scans, count.looked_at, count.executed, count.pending, count.skipped) == (2, 42, 2, 4, 36)
        assert sheet.explained == (("Alpha", parts),)

    def test_reconciliation_and_drawdown(self) -> None:
        clerk = march()
        assert end(clerk, day(24)).drawdown_bp == 18
        assert end(clerk, day(24)).compared_at is None
        clerk.record(ev.AccountReconciled((), 0, 0, 0))
        assert end(clerk, day(1, 4)).compared_at == clerk.at

    def test_what_expires_in_the_next_session(self) -> None:
        clerk = Clerk()
        clerk.open("-1.00", structure=single(KO_PUT, -1))
        bell(clerk, 16, opens=False)
        bell(clerk, 19, opens=False)
        assert [each.contract for each in end(clerk, day(19)).tomorrow] == [KO_PUT]
        assert end(clerk, day(16)).tomorrow == ()

    def test_a_day_that_is_not_in_the_ledger_is_refused(self) -> None:
        with pytest.raises(MindfolioError, match="the ledger has no entries of 2026-03-25"):
            end(march(), day(25))
