"""What no order and no fill may be, in the words of the refusal; and what looks like that and may be."""

from dataclasses import replace
from typing import Any

import pytest

from engine.core.errors import LedgerFault
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.account import ActivityKind
from engine.domain.instrument import Right
from engine.domain.order import Order, OrderPurpose
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from engine.ledger.fold_orders import contradicts
from tests.back_office import BackOffice
from tests.builders import BETA, MAY, condor, contract, order

PUT, OTHER_PUT = contract(250), contract(240)
SHORT_PUT = Structure(StructureKind.SHORT_PUT, (Leg(PUT, -1),))
CALL = Structure(StructureKind.LONG_CALL, (Leg(contract(270, Right.CALL), 1),))
C, R = OrderPurpose.CLOSE, OrderPurpose.ROLL


def wanted(office: BackOffice, **changes: Any) -> Order:
    """An order that nobody has intended yet: an opening of a new position, unless it is changed."""
    book = office.ledger.book
    return replace(order(order_id=book.next_order_id, position_id=book.next_position_id), **changes)


class TestIntents:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({}, ""),
            ({"hold": 0}, ""),
            ({"module_id": "ghost"}, "order O000002 is for 1 in ghost"),
            ({"quantity": 0}, "order O000002 is for 0 in alpha"),
            ({"quantity": -1}, "order O000002 is for -1 in alpha"),
            ({"hold": -1}, "order O000002 is for 1 in alpha"),
            ({"purpose": C}, "order O000002 is about P000002, which is not there"),
            ({"position_id": "P000003"}, "order O000002 is about P000003, which is not there"),
            ({"order_id": "O000001"}, "order O000001 was intended twice"),
            (
                {"structure": Structure(StructureKind.COVERED_CALL, (Leg(PUT, -1),), 100)},
                "order O000002 is neither of options nor of shares",
            ),
            ({"position_id": "P000001", "module_id": BETA}, "order O000002 is about TSLA of alpha"),
            ({"position_id": "P000001", "structure": condor(symbol="SPY")}, "order O000002 is about TSLA of alpha"),
            ({"position_id": "P000001", "purpose": C, "quantity": 2}, ""),
            (
                {"position_id": "P000001", "purpose": C, "quantity": 3},
                "order O000002 closes more of P000001 than its module holds",
            ),
            (
                {"position_id": "P000001", "purpose": C, "structure": CALL},
                "order O000002 closes what P000001 does not hold",
            ),
        ],
    )
    def test_in_words(self, changes: dict[str, Any], words: str) -> None:
        """Two short puts are held, P000001, and O000001 is live."""
        office = BackOffice()
        office.open("-2.00", structure=SHORT_PUT, quantity=2)
        office.ledger.book.orders["O000001"] = order(position_id="P000009")
        structure = SHORT_PUT if "position_id" in changes else condor()
        assert contradicts(office.ledger.book, wanted(office, **{"structure": structure, **changes})) == words

    def test_what_works_on_another_position_or_adds_to_this_one_leaves_no_less_to_close(self) -> None:
        office = BackOffice()
        book = office.ledger.book
        first, second = (office.open("-2.00", structure=SHORT_PUT) for _ in range(2))

        def close(quantity: int) -> str:
            return contradicts(
                book, wanted(office, position_id=first, structure=SHORT_PUT, purpose=C, quantity=quantity)
            )

        office.intend_close(second)
        assert close(1) == ""
        office.intend(position_id=first, structure=SHORT_PUT, hold=0)  # one more is to be sold
        assert close(1) == ""
        assert close(2) == "order O000005 closes more of P000001 than its module holds", "it is not sold yet"

    def test_an_opening_is_none_of_a_closings_business(self) -> None:
        """Two are to be bought back, and one of them has expired meanwhile."""
        office = BackOffice()
        position_id = office.open("-2.00", structure=SHORT_PUT, quantity=2)
        office.intend_close(position_id)
        office.end(position_id, PUT, ActivityKind.EXPIRED, "260.00")
        more = wanted(office, position_id=position_id, structure=SHORT_PUT)
        assert contradicts(office.ledger.book, more) == ""

    def test_a_leg_may_be_closed_while_another_one_is_rolled_into_its_contract(self) -> None:
        office = BackOffice()
        position_id = office.open("-2.00", structure=SHORT_PUT)
        lower = Structure(StructureKind.SHORT_PUT, (Leg(OTHER_PUT, -1),))
        office.open("-1.00", structure=lower, position_id=position_id)
        rolled = Structure(StructureKind.CUSTOM, (Leg(PUT, 1), Leg(OTHER_PUT, -1)))
        office.intend(position_id=position_id, purpose=R, structure=rolled, hold=0)
        closing = wanted(office, position_id=position_id, purpose=C, structure=lower)
        assert contradicts(office.ledger.book, closing) == ""

    def test_a_roll_buys_back_no_more_than_there_is(self) -> None:
        office = BackOffice()
        position_id = office.open("-2.00", structure=SHORT_PUT)
        new = Leg(contract(250, expiration=MAY), -1)
        rolled = wanted(
            office, position_id=position_id, purpose=R, structure=Structure(StructureKind.CUSTOM, (Leg(PUT, 1), new))
        )
        assert contradicts(office.ledger.book, rolled) == ""
        assert "closes more of" in contradicts(office.ledger.book, replace(rolled, quantity=2))


class TestFills:
    """100 shares are to be bought for 260.00; 40 of them have been."""

    @pytest.fixture
    def office(self) -> BackOffice:
        """Shares have no legs that would have to add up as well."""
        made = BackOffice(commission=0)
        made.fill(made.intend(structure=shares_of("TSLA"), quantity=100), "260.00", 40)
        return made

    @pytest.mark.parametrize(
        ("quantity", "cumulative", "price", "words"),
        [
            (60, 101, "260", "101 of 100 does not add up"),
            (61, 101, "260", "101 of 100 does not add up"),
            (-10, 30, "260", "30 of 100 does not add up"),
            (10, 40, "260", "40 of 100 does not add up"),
            (10, 60, "260", "60 of 100 does not add up"),
            (0, 40, "260", "is of nothing"),
            (60, 100, "259.99", "its price does not make the net price"),
        ],
    )
    def test_what_does_not_add_up_moves_nothing(
        self, office: BackOffice, quantity: int, cumulative: int, price: str, words: str
    ) -> None:
        book = office.ledger.book
        cash, held = book.cash, book.positions["P000001"]
        fill = ev.OrderFilled("O000001", quantity, cumulative, dollars("260"), (dollars(price),), 0, used=0)
        with pytest.raises(LedgerFault, match=words):
            office.record(fill)
        assert (book.cash, book.positions["P000001"], book.orders["O000001"].filled) == (cash, held, 40)

    def test_all_that_is_left_may_be_filled_at_once(self, office: BackOffice) -> None:
        office.fill("O000001", "261.00")
        held = office.ledger.book.positions["P000001"]
        assert (held.shares, held.cost, office.ledger.book.orders) == (100, dollars(40 * 260 + 60 * 261), {})

    @pytest.mark.parametrize(
        ("legs", "prices", "cumulative", "words"),
        [
            ((3, 0, 0, 0), 4, 0, "3 x TSLA260417P00240000 of order O000001 were never ordered"),
            ((-1, 0, 0, 0), 4, 0, "-1 x TSLA260417P00240000 of order O000001 were never ordered"),
            ((1, -1, -1, 1), 4, 0, "its legs do not make 0 whole units"),
            ((0, 0, 0, 0), 4, 0, "is of nothing"),
            ((0, -1, 0, 0), 3, 0, "contradicts the state"),
            ((0, -1, 0), 4, 0, "contradicts the state"),
        ],
    )
    def test_legs_that_were_not_ordered_or_have_no_price(
        self, legs: tuple[int, ...], prices: int, cumulative: int, words: str
    ) -> None:
        office = BackOffice()
        order_id = office.intend(quantity=2)
        fill = ev.OrderFilled(order_id, cumulative, cumulative, 0, (0,) * prices, 0, used=0, leg_quantities=legs)
        with pytest.raises(LedgerFault, match=words):
            office.record(fill)
        assert office.ledger.book.positions == {}

    def test_a_broken_trade_of_shares_is_to_be_done_again_and_no_more_than_was_done(self, office: BackOffice) -> None:
        book = office.ledger.book
        order_ = book.orders["O000001"]
        fill = ev.OrderFilled("O000001", 30, 40, dollars("260"), (dollars("260"),), 0)
        assert office.bust(fill, order_, "2600") == "P000001"
        assert (book.orders["O000001"].filled, book.positions["P000001"].shares) == (10, 10)
        assert (book.orders["O000001"].status.value, book.cash) == ("PARTLY_FILLED", dollars(47_400))
        with pytest.raises(LedgerFault, match="did not do what was broken of it"):
            office.bust(fill, order_)
