"""What a journal says was traded, as the tax lots get it."""

import datetime as dt
from dataclasses import replace

import pytest

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.account import CASH_ID, EXTERNAL, ActivityKind, Difference, Resolution
from engine.domain.instrument import OptionContract, Right
from engine.domain.structure import Structure, StructureKind
from engine.domain.tax import How, TaxTrade
from engine.portfolio.tax_lots import tax_lots
from engine.portfolio.tax_trades import divided, tax_trades
from tests.back_office import BackOffice
from tests.builders import ALPHA, BETA, Clerk
from tests.engine.portfolio.papers import KO_CALL, KO_PUT, journal, march, single


def test_a_package_is_its_legs_with_their_share_of_the_costs() -> None:
    clerk = Clerk(commission=dollars("0.6001"))
    clerk.open("-1.20", quantity=2)
    trades = tax_trades(journal(clerk))
    assert [each.quantity for each in trades] == [2, -2, -2, 2]
    assert sum(each.paid for each in trades) == -dollars(240)
    assert sum(each.costs for each in trades) == dollars("4.8008")
    assert {each.how for each in trades} == {How.TRADE}


def test_the_realised_result_of_a_closed_book_is_the_ledgers() -> None:
    """Lots by the tax office's rules and the ledger's books agree on the sum, dividends and interest left out."""
    clerk = march()
    clerk.close("P000004", "0.60")
    report = tax_lots(tax_trades(journal(clerk)))
    booked = sum(clerk.ledger.book.realised(module_id) for module_id in (ALPHA, BETA))
    assert report.open == ()
    # Beside them stand a dividend of 48.50 and a fee of 1.25 that no trade paid.
    assert sum(each.gain for each in report.closed) == booked - dollars("48.50") + dollars("1.25")


def test_assignments_and_expiries() -> None:
    trades = tax_trades(journal(march()))
    put = next(each for each in trades if each.how is How.ASSIGNED)
    assert (put.contract, put.quantity, put.shares, put.share_cash) == (KO_PUT, 1, 100, -dollars(6_000))
    called = [each for each in trades if each.how is How.ASSIGNED][-1]
    assert (called.contract, called.quantity, called.shares) == (KO_CALL, 1, -100)


def test_legs_that_expire_or_are_paid_in_cash() -> None:
    clerk = Clerk()
    clerk.open("-1.00", module_id=BETA, structure=single(KO_PUT, -1), quantity=2)
    clerk.record(ev.LegSettled("P000001", KO_PUT, 1, ActivityKind.EXPIRED, 0, 0, 0, dollars(61), 0, activity=1))
    clerk.record(
        ev.LegSettled("P000001", KO_PUT, 1, ActivityKind.CASH_SETTLED, 0, -dollars(150), dollars(1), 0, 0, activity=2)
    )
    _, expired, settled = tax_trades(journal(clerk))
    assert (expired.how, expired.quantity, expired.paid) == (How.EXPIRED, 1, 0)
    assert (settled.how, settled.paid, settled.costs) == (How.CASH_SETTLED, dollars(150), dollars(1))


def test_a_whole_position_settled_in_cash_pays_each_leg_its_intrinsic_value() -> None:
    clerk = Clerk()
    clerk.open("-2.00")
    clerk.settle("P000001", "245")
    trades = tax_trades(journal(clerk))[4:]
    # 240/250 puts at 245: the short one costs 500.
    assert [each.paid for each in trades] == [0, dollars(500), 0, 0]
    assert [each.how for each in trades] == [How.EXPIRED, How.CASH_SETTLED, How.EXPIRED, How.EXPIRED]


def test_a_broken_trade_never_happened() -> None:
    clerk = Clerk()
    position_id = clerk.open("-2.00", quantity=2)
    held = clerk.ledger.book.positions[position_id]
    legs = held.structure.legs
    order = clerk.ledger.book
    prices = tuple(dollars(each) for each in ("0", "2", "0", "0"))
    clerk.record(
        ev.FillReversed(
            "O000001", ALPHA, position_id, held.structure, legs, 0, prices, dollars("2.40"), 0, dollars(800), "broken"
        )
    )
    trades = tax_trades(journal(clerk))
    assert [each.quantity for each in trades] == [1, -1, -1, 1]
    assert sum(each.costs for each in trades) == dollars("2.40")
    assert order.positions[position_id].quantity == 1


def test_what_the_broker_had_and_nobody_knew_is_taken_in_at_its_price() -> None:
    clerk = Clerk()
    differences = (Difference("KO", "KO", 0, 100), Difference(CASH_ID, "", 0, dollars(5)))
    clerk.record(ev.AccountReconciled(differences, 0, 0, 0))
    how = Resolution.ASSIGN
    clerk.record(ev.DifferenceResolved("KO", 100, dollars(55), how, EXTERNAL, dollars(5_500), "anna", "mine"))
    (found,) = tax_trades(journal(clerk))
    assert (found.how, found.quantity, found.paid, found.contract) == (How.TAKEN_IN, 100, dollars(5_500), None)


def test_a_move_between_modules_is_no_sale() -> None:
    clerk = Clerk()
    clerk.open("-2.00")
    before = tax_trades(journal(clerk))
    clerk.record(ev.PositionMoved("P000001", BETA, "anna", "better there"))
    assert tax_trades(journal(clerk)) == before


def test_an_amount_is_divided_without_a_rest() -> None:
    assert divided(100, [1, 1, 1]) == [33, 33, 34]
    assert divided(0, []) == []


class TestTheDayOnWhichContractsEnded:
    """Not the morning after, on which the broker's line is booked."""

    @pytest.mark.parametrize(
        ("expiration", "told", "ended"),
        [
            (dt.date(2026, 12, 31), dt.datetime(2027, 1, 1, 11, tzinfo=dt.UTC), dt.date(2026, 12, 31)),  # another year
            (dt.date(2026, 7, 31), dt.datetime(2026, 8, 1, 10, tzinfo=dt.UTC), dt.date(2026, 7, 31)),  # a Saturday
            (dt.date(2026, 7, 31), dt.datetime(2026, 8, 10, 10, tzinfo=dt.UTC), dt.date(2026, 7, 31)),  # read late
            (dt.date(2026, 4, 3), dt.datetime(2026, 4, 4, 10, tzinfo=dt.UTC), dt.date(2026, 4, 2)),  # on Good Friday
        ],
    )
    @pytest.mark.parametrize("kind", [ActivityKind.EXPIRED, ActivityKind.CASH_SETTLED, ActivityKind.ASSIGNED])
    def test_is_their_last_session_whenever_the_broker_tells(
        self, kind: ActivityKind, expiration: dt.date, told: dt.datetime, ended: dt.date
    ) -> None:
        (trade,) = _ended(replace(KO_PUT, expiration=expiration), kind, told)
        assert trade.day == ended

    @pytest.mark.parametrize(
        ("told", "ended"),
        [
            (dt.datetime(2026, 6, 8, 10, tzinfo=dt.UTC), dt.date(2026, 6, 5)),  # Monday before the open: Friday
            (dt.datetime(2026, 6, 9, 15, tzinfo=dt.UTC), dt.date(2026, 6, 8)),  # while Tuesday's session is on
            (dt.datetime(2026, 6, 9, 22, tzinfo=dt.UTC), dt.date(2026, 6, 9)),  # in the evening
            (dt.datetime(2026, 6, 19, 10, tzinfo=dt.UTC), dt.date(2026, 6, 18)),  # a holiday's morning
            (dt.datetime(2026, 7, 17, 10, tzinfo=dt.UTC), dt.date(2026, 7, 16)),  # the last morning
        ],
    )
    def test_is_the_session_before_the_line_of_an_early_assignment(self, told: dt.datetime, ended: dt.date) -> None:
        (trade,) = _ended(replace(KO_PUT, expiration=dt.date(2026, 7, 17)), ActivityKind.ASSIGNED, told)
        assert (trade.day, trade.shares) == (ended, 100)

    def test_of_what_the_opening_settles_is_that_morning(self) -> None:
        index = OptionContract("SPX", dt.date(2026, 6, 18), dollars(60), Right.PUT)  # the third Friday is a holiday
        (trade,) = _ended(index, ActivityKind.CASH_SETTLED, dt.datetime(2026, 6, 18, 15, tzinfo=dt.UTC))
        assert trade.day == dt.date(2026, 6, 18)

    def test_shares_of_a_friday_are_held_since_then_and_are_sold_before_those_of_monday(self) -> None:
        office = BackOffice(commission=0)
        put = replace(KO_PUT, expiration=dt.date(2026, 7, 31))
        office.at = dt.datetime(2026, 7, 27, 19, tzinfo=dt.UTC)
        position = office.open("-2.00", module_id=BETA, structure=single(put, -1))
        office.at = dt.datetime(
            2026, 8, 3, 14, tzinfo=dt.UTC
        )  # Monday: the machine was off, and buys before it is told
        office.open("57.00", module_id=BETA, structure=Structure(StructureKind.LONG_STOCK, (), shares=1), quantity=100)
        office.end(position, put, ActivityKind.ASSIGNED, "58")
        report = tax_lots(tax_trades(journal(office)))
        assert [(lot.opened, lot.basis) for lot in report.open] == [
            (dt.date(2026, 7, 31), dollars(5_800)),  # 6,000 less the 200 of the put
            (dt.date(2026, 8, 3), dollars(5_700)),
        ]
        assert [each.day for each in tax_trades(journal(office))] == sorted(
            each.day for each in tax_trades(journal(office))
        )


def _ended(contract: OptionContract, kind: ActivityKind, told: dt.datetime) -> tuple[TaxTrade, ...]:
    """What one short contract that was sold a week before leaves in the trades when its end is told."""
    office = BackOffice(commission=0)
    office.at = told - dt.timedelta(days=20)
    position = office.open("-2.00", module_id=BETA, structure=single(contract, -1))
    office.at = told
    office.end(position, contract, kind, "58")
    return tax_trades(journal(office))[1:]
