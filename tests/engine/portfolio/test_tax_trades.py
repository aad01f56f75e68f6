"""What a journal says was traded, as the tax lots get it."""

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.account import CASH_ID, EXTERNAL, ActivityKind, Difference, Resolution
from engine.domain.tax import How
from engine.portfolio.tax_lots import tax_lots
from engine.portfolio.tax_trades import divided, tax_trades
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
