"""What the broker's statement says, booked to whose it is: assignment, exercise, expiry, dividends; once each."""

from pathlib import Path

import pytest

from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.account import EXTERNAL, ActivityKind, BrokerActivity
from engine.domain.instrument import OptionContract, Right
from engine.domain.position import Position
from engine.domain.structure import shares_of
from engine.ledger.verify import verify_store
from tests.engine.runtime.scenes import CONDOR, MODULE, OTHER, call, hear, hold, made_of, option, put, quiet, urgent
from tests.fakes import Rig

SHORT_PUT = option(93, Right.PUT)
PRICES = ("0.40", "0.90", "1.00", "0.50")
"""A condor for a credit of 1.00."""


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """SPY at 100."""
    return quiet(tmp_path)


def line(
    number: int, kind: ActivityKind, contract: OptionContract, quantity: int, *, shares: int = 0, cash: Money = 0,
    fees: Money = 0, price: str = "92",
) -> BrokerActivity:  # fmt: skip
    """A line of the statement about an option."""
    at = contract.expiration
    import datetime as dt  # noqa: PLC0415

    when = dt.datetime.combine(at, dt.time(10), dt.UTC)
    return BrokerActivity(number, kind, when, contract.occ, quantity, shares, cash, fees, dollars(price))


def assigned(number: int, quantity: int, fees: Money = 0) -> BrokerActivity:
    """So many short 93 puts assigned: shares bought at 93."""
    cash = -quantity * 100 * dollars(93)
    return line(number, ActivityKind.ASSIGNED, SHORT_PUT, quantity, shares=100 * quantity, cash=cash, fees=fees)


def cash(rig: Rig, number: int, kind: ActivityKind, quantity: int, amount: str, price: str = "0") -> None:
    """A line about shares of SPY."""
    hear(rig, BrokerActivity(number, kind, rig.desk.now, "SPY", quantity, 0, dollars(amount), price=dollars(price)))


def lots(position: Position) -> dict[str, int]:
    """What a position holds."""
    return {lot.contract.occ[9:] if lot.contract else "shares": lot.quantity for lot in position.lots}


class TestAssignment:
    def test_one_of_two_condors_is_split_off_and_the_other_stays_whole(self, rig: Rig) -> None:
        hold(rig, CONDOR, PRICES, 2)
        hear(rig, assigned(1, 1, fees=dollars(5)))

        rest, hit = rig.desk.book.positions.values()
        assert (rest.structure, rest.quantity, rest.cost, rest.used) == (CONDOR, 1, -dollars(100), dollars(400))
        assert (rest.status.value, hit.status.value) == ("Monitoring", "Assigned")
        assert lots(hit) == {"P00088000": 1, "C00110000": -1, "C00115000": 1, "shares": 100}
        # The put was sold for 0.90 and is gone without a price: its premium is realised, the shares cost 93 each.
        assert hit.cost == dollars(9300) + dollars("0.40") * 100 - dollars("1.00") * 100 + dollars("0.50") * 100
        assert (hit.realised, hit.fees, hit.lineage) == (dollars(90), dollars(5), rest.position_id)
        # Shares at cost; the call is covered by them, its long and the put are paid.
        assert hit.used >= dollars(9300)
        assert urgent(rig, "1 x SPY260424P00093000 was assigned: 100 shares bought at 93.00") == 1
        assert verify_store(rig.store).faults == ()

    def test_all_of_it_is_not_split(self, rig: Rig) -> None:
        hold(rig, CONDOR, PRICES, 2)
        hear(rig, assigned(1, 2))
        (position,) = rig.desk.book.positions.values()
        assert lots(position) == {"P00088000": 2, "C00110000": -2, "C00115000": 2, "shares": 200}

    def test_a_module_that_it_takes_over_its_budget_is_told(self, rig: Rig) -> None:
        hold(rig, CONDOR, PRICES, 2)
        hear(rig, assigned(1, 2))  # 18,600 of shares in a budget of 15,000
        assert rig.desk.book.available(MODULE) < 0
        assert urgent(rig, "over its budget by $") == 1

    def test_a_short_call_leaves_short_stock_that_wants_covering(self, rig: Rig) -> None:
        hold(rig, CONDOR, PRICES)
        short_call = option(110, Right.CALL)
        hear(rig, line(1, ActivityKind.ASSIGNED, short_call, 1, shares=-100, cash=dollars(11_000), price="112"))
        (position,) = rig.desk.book.positions.values()
        assert position.shares == -100
        assert urgent(rig, "short 100 shares of SPY: buy them back") == 1

    def test_a_contract_that_two_modules_are_short_is_shared_first_in_first_out(self, rig: Rig) -> None:
        first = hold(rig, made_of(put(93, -1)), ("0.90",), 2, module=OTHER)
        rig.desk.clock.advance_to(rig.desk.now.replace(minute=1))
        second = hold(rig, made_of(put(93, -1)), ("0.95",), 2)
        hear(rig, assigned(1, 3))

        positions = rig.desk.book.positions
        assert lots(positions[first.position_id]) == {"shares": 200}
        assert lots(positions[second.position_id]) == {"P00093000": -1}
        (hit,) = [each for each in rig.desk.book.positions_of(MODULE) if each.shares]
        assert lots(hit) == {"shares": 100}
        settled = [event for event in rig.events(ev.LegSettled) if isinstance(event, ev.LegSettled)]
        assert [(event.position_id, event.contracts, event.cash) for event in settled] == [
            (first.position_id, 2, -dollars(18_600)),
            (second.position_id, 1, -dollars(9300)),
        ]

    def test_only_the_side_that_can_be_assigned_is_asked(self, rig: Rig) -> None:
        long = hold(rig, made_of(put(93, 1)), ("0.90",), module=OTHER)
        short = hold(rig, made_of(put(93, -1)), ("0.90",))
        hear(rig, assigned(1, 1))
        assert lots(rig.desk.book.positions[long.position_id]) == {"P00093000": 1}
        assert rig.desk.book.positions[short.position_id].shares == 100


class TestOddLines:
    """Lines that do not come out even, and lines that nobody can read: nothing ever halts."""

    PUT = option(95, Right.PUT)

    def odd(self, quantity: int = 2, cash: str = "-19005.01") -> BrokerActivity:
        """Two puts at 95 assigned for 5.01 more than 2 x 100 x 95."""
        return line(1, ActivityKind.ASSIGNED, self.PUT, quantity, shares=100 * quantity, cash=dollars(cash))

    def test_shares_cost_the_strike_and_what_the_broker_took_more_is_booked_by_itself(self, rig: Rig) -> None:
        hold(rig, made_of(put(95, -1)), ("1.00",), 2)
        before = rig.desk.book.broker_cash
        hear(rig, self.odd())
        (position,) = rig.desk.book.positions.values()
        assert (position.shares, position.cost, position.realised) == (200, dollars(19_000), dollars(200))
        assert (position.income, position.used) == (-dollars("5.01"), dollars(19_000))
        assert rig.desk.book.broker_cash - before == -dollars("19005.01")
        assert urgent(rig, "cash for 2 x SPY260424P00095000 differs from the strike by -$5.01") == 1
        assert verify_store(rig.store).faults == ()

    def test_two_modules_share_it_and_the_last_takes_the_rest(self, rig: Rig) -> None:
        hold(rig, made_of(put(95, -1)), ("1.00",), 1)
        hold(rig, made_of(put(95, -1)), ("1.00",), 2, module=OTHER)
        before = rig.desk.book.broker_cash
        # 0.01 is 100 units: a third is 33.3, 34 less for the first, and the rest for the last.
        hear(rig, self.odd(3, "-28500.01"))
        assert [each.income for each in rig.desk.book.positions.values()] == [-34, -66]
        assert [each.shares for each in rig.desk.book.positions.values()] == [100, 200]
        assert rig.desk.book.broker_cash - before == -dollars("28500.01")

    def test_cash_settlement_that_does_not_divide_goes_with_the_last(self, rig: Rig) -> None:
        for module in (MODULE, OTHER):
            hold(rig, made_of(put(95, 1)), ("1.00",), module=module)
        hear(rig, line(1, ActivityKind.CASH_SETTLED, self.PUT, 2, cash=701))
        assert [each.closing_cash for each in rig.closed] == [350, 351]

    @pytest.mark.parametrize("instrument", ["1 odd thing", "SPY"])
    @pytest.mark.parametrize("kind", [ActivityKind.ASSIGNED, ActivityKind.EXPIRED])
    def test_a_line_that_cannot_be_read_is_told_and_remembered(
        self, rig: Rig, instrument: str, kind: ActivityKind
    ) -> None:
        hear(rig, BrokerActivity(1, kind, rig.desk.now, instrument, 1, 100, -dollars(9500)))
        assert urgent(rig, f"({kind.value} of {instrument!r}) cannot be understood and is not booked") == 1
        assert (rig.desk.book.activity_floor, rig.desk.halted) == (1, "")

    @pytest.mark.parametrize("quantity", [0, -1])
    def test_a_line_about_no_contracts_is_told_and_remembered(self, rig: Rig, quantity: int) -> None:
        hold(rig, made_of(put(95, -1)), ("1.00",))
        hear(rig, self.odd(quantity))
        assert urgent(rig, "cannot be understood") == 1
        assert (rig.desk.book.activity_floor, rig.desk.book.instruments()) == (1, {self.PUT.occ: -1})

    def test_an_end_whose_buying_power_nobody_can_tell_is_left_to_the_comparison(self, rig: Rig) -> None:
        worthless = option(0, Right.CALL)  # shares sold at nothing have no price to margin the long call beside them
        hold(rig, made_of(call(0, -1), call(110, 1)), ("100", "1"))
        hear(rig, line(1, ActivityKind.ASSIGNED, worthless, 1, shares=-100))
        assert urgent(rig, f"the end of 1 x {worthless.occ} is not booked") == 1
        assert (rig.desk.book.activity_floor, rig.desk.book.instruments()[worthless.occ]) == (1, -1)

    def test_the_side_that_the_account_does_not_see_is_left_alone(self, rig: Rig) -> None:
        hold(rig, made_of(put(95, -1)), ("1.00",), module=OTHER)
        hold(rig, made_of(put(95, 1)), ("1.00",), 3)
        hear(rig, line(1, ActivityKind.EXPIRED, self.PUT, 2))
        assert [lots(each) for each in rig.desk.book.positions.values()] == [{"P00095000": -1}, {"P00095000": 1}]


class TestOnce:
    def test_a_line_that_is_told_twice_is_booked_once(self, rig: Rig) -> None:
        hold(rig, CONDOR, PRICES, 2)
        for _ in range(3):
            hear(rig, assigned(1, 1))
        assert len(rig.events(ev.LegSettled)) == 1
        assert rig.desk.book.instruments()["SPY"] == 100

    def test_lines_out_of_order_are_each_booked(self, rig: Rig) -> None:
        hold(rig, CONDOR, PRICES, 3)
        hear(rig, assigned(3, 1), assigned(1, 1))
        assert (rig.desk.book.activity_floor, rig.desk.book.activity_ahead) == (1, (3,))
        hear(rig, assigned(2, 1), assigned(3, 1))
        assert (rig.desk.book.activity_floor, rig.desk.book.instruments()["SPY"]) == (3, 300)

    def test_a_line_of_what_nobody_here_holds_is_told_and_remembered(self, rig: Rig) -> None:
        hear(rig, assigned(1, 1))
        assert rig.desk.book.activity_floor == 1
        assert urgent(rig, "ended at the broker and nobody here holds it") == 1
        assert rig.desk.book.instruments() == {}

    def test_a_deposit_is_booked_when_a_person_tells_of_it_and_not_by_its_line(self, rig: Rig) -> None:
        before = rig.desk.book.broker_cash
        hear(rig, BrokerActivity(1, ActivityKind.DEPOSIT, rig.desk.now, "USD", 0, 0, dollars(500)))
        assert (rig.desk.book.broker_cash, rig.desk.book.activity_floor) == (before, 1)


class TestExpiry:
    def test_all_legs_worthless_keep_the_credit(self, rig: Rig) -> None:
        hold(rig, CONDOR, PRICES, 2)
        for number, leg in enumerate(CONDOR.legs, start=1):
            hear(rig, line(number, ActivityKind.EXPIRED, leg.contract, 2, price="100"))
        (closed,) = rig.closed
        assert (closed.realised, closed.closed_why, rig.desk.book.used(MODULE)) == (dollars(200), "expired", 0)
        assert verify_store(rig.store).faults == ()

    def test_a_long_option_that_is_exercised_becomes_shares_at_its_strike(self, rig: Rig) -> None:
        hold(rig, made_of(call(95, 1)), ("6.00",))
        contract = option(95, Right.CALL)
        hear(rig, line(1, ActivityKind.EXERCISED, contract, 1, shares=100, cash=-dollars(9500), price="102"))
        (position,) = rig.desk.book.positions.values()
        assert (lots(position), position.cost, position.realised) == ({"shares": 100}, dollars(9500), -dollars(600))
        assert position.used == dollars(9500)

    def test_cash_settlement_brings_cash_and_no_shares(self, rig: Rig) -> None:
        hold(rig, made_of(call(95, 1)), ("6.00",), 2)
        contract = option(95, Right.CALL)
        hear(rig, line(1, ActivityKind.CASH_SETTLED, contract, 2, cash=dollars(1400), price="102"))
        (closed,) = rig.closed
        assert (closed.realised, closed.closing_cash) == (dollars(200), dollars(1400))


class TestCash:
    def test_a_dividend_is_shared_by_shares_and_the_last_takes_what_does_not_divide(self, rig: Rig) -> None:
        hold(rig, shares_of("SPY"), ("100",), 100)
        hold(rig, shares_of("SPY"), ("100",), 50, module=OTHER)
        cash(rig, 1, ActivityKind.DIVIDEND, 150, "0.0100")  # 100 units of money: 66.67 and 33.33
        assert [(position.income) for position in rig.desk.book.positions.values()] == [66, 34]
        assert (rig.desk.book.realised(MODULE), rig.desk.book.realised(OTHER)) == (66, 34)

    def test_a_dividend_owed_on_short_shares_is_paid_by_who_is_short(self, rig: Rig) -> None:
        short = hold(rig, shares_of("SPY", is_long=False), ("100",), 30, module=OTHER)
        cash(rig, 1, ActivityKind.DIVIDEND, -30, "-30")
        assert rig.desk.book.positions[short.position_id].income == -dollars(30)

    @pytest.mark.parametrize("price", ["0.50", "0"])
    def test_what_is_long_here_and_short_there_gets_and_pays_a_share(self, rig: Rig, price: str) -> None:
        hold(rig, shares_of("SPY"), ("50",), 200)
        hold(rig, shares_of("SPY", is_long=False), ("50",), 100, module=OTHER)
        cash(rig, 1, ActivityKind.DIVIDEND, 100, "50", price)
        assert [each.income for each in rig.desk.book.positions.values()] == [dollars(100), -dollars(50)]
        assert urgent(rig, "the dividend of SPY is for") == 0

    def test_what_belongs_to_nobody_of_ours_has_its_part_of_a_dividend(self, rig: Rig) -> None:
        hold(rig, shares_of("SPY"), ("50",), 100)
        outside = hold(rig, shares_of("SPY"), ("50",), 50, module=OTHER)
        rig.desk.record(ev.PositionMoved(outside.position_id, EXTERNAL, "user", "not ours"))
        cash(rig, 1, ActivityKind.DIVIDEND, 150, "75", "0.50")
        realised = [rig.desk.book.realised(name) for name in (MODULE, OTHER, EXTERNAL)]
        assert realised == [dollars(50), 0, dollars(25)]

    def test_a_dividend_that_the_shares_here_do_not_explain_is_told_and_nothing_of_it_is_lost(self, rig: Rig) -> None:
        hold(rig, shares_of("SPY"), ("50",), 100)
        hold(rig, shares_of("SPY"), ("50",), 10, module=OTHER)
        cash(rig, 1, ActivityKind.DIVIDEND, 150, "75", "0.50")
        assert [each.income for each in rig.desk.book.positions.values()] == [dollars(50), dollars(25)]
        assert (
            urgent(rig, f"dividend of SPY is for 150 shares and 110 are held: what does not fit went to {OTHER}") == 1
        )

    def test_a_dividend_for_no_shares_is_booked_all_the_same(self, rig: Rig) -> None:
        hold(rig, shares_of("SPY"), ("50",), 100)
        cash(rig, 1, ActivityKind.DIVIDEND, 0, "75")
        assert rig.desk.book.realised(MODULE) == dollars(75)

    def test_borrow_stays_with_who_is_short(self, rig: Rig) -> None:
        hold(rig, shares_of("SPY"), ("50",), 50)
        for module, count in ((MODULE, 100), (OTHER, 50)):
            hold(rig, shares_of("SPY", is_long=False), ("50",), count, module=module)
        cash(rig, 1, ActivityKind.BORROW, -100, "-0.0100", "50")  # 100 units: 66.67 and 33.33
        assert [each.income for each in rig.desk.book.positions.values()] == [0, -67, -33]

    def test_shares_bought_after_the_record_get_what_the_statement_says_a_share(self, rig: Rig) -> None:
        hold(rig, shares_of("SPY"), ("100",), 100)
        hold(rig, shares_of("SPY"), ("100",), 100, module=OTHER)
        cash(rig, 1, ActivityKind.DIVIDEND, 100, "100")  # a dollar a share on 100; 200 are held now
        assert (rig.desk.book.realised(MODULE), rig.desk.book.realised(OTHER)) == (dollars(100), 0)

    def test_a_dividend_on_shares_that_were_all_sold_is_nobodys_here(self, rig: Rig) -> None:
        cash(rig, 1, ActivityKind.DIVIDEND, 100, "100")
        assert rig.desk.book.realised(EXTERNAL) == dollars(100)
        assert rig.desk.book.nav == dollars(50_000)

    def test_interest_belongs_to_the_account(self, rig: Rig) -> None:
        before = rig.desk.book.nav
        hear(rig, BrokerActivity(1, ActivityKind.INTEREST, rig.desk.now, "USD", 0, 0, dollars("1.25")))
        assert rig.desk.book.nav == before + dollars("1.25")
        assert rig.desk.book.realised(MODULE) == 0
