"""Which orders the paper broker turns down, and the reason that it gives."""

import datetime as dt
from dataclasses import replace

import pytest

from engine.core.money import Money, dollars
from engine.domain.account import BrokerAccount
from engine.domain.broker_reports import BrokerAccepted, BrokerEnded, BrokerFilled, BrokerReplaced
from engine.domain.instrument import Right
from engine.domain.limits import Costs
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.structure import Leg, Structure, StructureKind
from engine.execution.paper import PaperBroker
from engine.execution.paper_orders import charge, fault_of_limit
from tests.engine.execution.paper_world import (
    CLOSE,
    CONDOR,
    LEGS,
    NOW,
    OPEN,
    ROLL,
    SECOND,
    SHARE,
    SHORT_SHARE,
    Quotes,
    contract,
    do,
    leg,
    one,
    order,
)

P, C = Right.PUT, Right.CALL
EXPIRED = replace(CONDOR, legs=tuple(leg(k, C, 1, "TSLA", dt.date(2026, 3, 13)) for k in (250, 260)))
FIVE = tuple(leg(strike, C, 1) for strike in (240, 250, 260, 270, 280))


def custom(*legs: Leg, shares: int = 0) -> Structure:
    return Structure(StructureKind.CUSTOM, legs, shares)


def why(wanted: Order, cash: int | str = 1_000_000, quotes: Quotes | None = None) -> str:
    """The reason of the rejection, "" for an order that is taken."""
    broker = PaperBroker(7, dollars(cash))
    first = do(broker, wanted, Quotes().set(NOW) if quotes is None else quotes, NOW)[0]
    if isinstance(first, BrokerEnded):
        assert (first.status, first.cumulative) == (OrderStatus.REJECTED, 0)
        assert broker.next_at() is None
        return first.why
    assert isinstance(first, BrokerAccepted)
    return ""


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (order("-1.85", quantity=0), "quantity 0 is not a positive number"),
        (order("-1.85", quantity=-1), "quantity -1 is not a positive number"),
        (order("-1.85", structure=custom()), "the order has no legs"),
        (order("-1.85", structure=replace(SHARE, shares=100)), "the order has no legs"),
        (order("-1.85", structure=custom(LEGS[0], shares=100)), "shares and options do not trade as one package"),
        (order("-1.85", structure=custom(*FIVE)), "5 legs are more than 4"),
        (order("1.00", structure=custom(LEGS[0], leg(50, C, 1, "SPY"))), "the legs are of several underlyings"),
        (order("1.00", structure=custom(LEGS[0], LEGS[0])), "each leg must be another contract, bought or sold"),
        (
            order("1.00", structure=custom(leg(240, P, 2), leg(250, P, -2))),
            "the ratios of the legs have a common divisor",
        ),
        (replace(order("0"), limit=-18_501), "limit -18501 (1/10,000 USD) is not in whole cents"),
        (order("1000000.01"), "limit 10000000100 (1/10,000 USD) is beyond any price"),
        (order("-1.85", structure=EXPIRED), "TSLA260313C00250000 has expired"),
        (order("1.00", structure=custom(leg(245, P, 1))), "TSLA260417P00245000 is not listed"),
        (order("1.00", structure=SHARE), "SPY is not listed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_malformed_order_is_rejected_with_the_reason(bad: Order, reason: str) -> None:
    assert why(bad) == reason


@pytest.mark.parametrize(
    ("symbol", "limit", "is_right"),
    [
        ("SPY", "3.01", True),  # cents at every price
        ("TSLA", "2.99", True),  # penny class: cents below 3, nickels above
        ("TSLA", "3.01", False),
        ("TSLA", "3.05", True),
        ("ZZZ", "2.99", False),  # everything else: nickels, then dimes
        ("ZZZ", "2.95", True),
        ("ZZZ", "3.05", False),
        ("ZZZ", "-3.10", True),
    ],
)
def test_one_option_alone_is_ordered_on_its_own_grid_and_a_package_in_cents(
    symbol: str, limit: str, is_right: bool
) -> None:
    single = one(250, C, -1, symbol)
    assert (fault_of_limit(single, dollars(limit)) == "") is is_right
    assert fault_of_limit(CONDOR, dollars(limit)) == ""


def test_a_condor_needs_its_wing_less_the_credit_and_its_commission() -> None:
    # Two of: 10.00 wide for 1.85, four legs at 0.60: 2 x (1,000 - 185 + 2.40) = 1,634.80.
    assert why(order("-1.85"), "1634.80") == ""
    reason = "needs buying power of $1,634.80, and $1,634.79 is left"
    assert why(order("-1.85"), "1634.79") == reason


def test_a_short_put_is_secured_by_its_strike_in_full() -> None:
    quotes = Quotes().at_price(NOW, 450).option(NOW, contract(440, P, "SPY"), "5.00", "5.10")
    sold = order("-5.00", structure=one(440, P, -1), quantity=1)
    # 44,000 - 500 + 0.60
    assert why(sold, "43500.60", quotes) == ""
    assert why(sold, "43500.59", quotes) == "needs buying power of $43,500.60, and $43,500.59 is left"


def test_the_lesser_of_the_naked_requirement_and_the_pairs_counts() -> None:
    # A short call far out of the money under a long one 100 higher: naked, 20 % of 260 - 20 out of it, is less.
    legs = (leg(270, C, -1), leg(370, C, 1))
    quotes = Quotes().set(NOW, ((190, 200), (5, 6)), legs)
    # 1.95 + 20 % x 260 - 10 = 43.95 a share naked at mid; 1.85 came in: 4,395 - 184 + 1.20.
    spread = order("-1.84", structure=Structure(StructureKind.BEAR_CALL_SPREAD, legs), quantity=1)
    assert why(spread, "4212.20", quotes) == ""
    assert why(spread, "4212.19", quotes) == "needs buying power of $4,212.20, and $4,212.19 is left"


def test_shares_sold_short_need_half_their_value_beyond_what_they_bring() -> None:
    quotes = Quotes().at_price(NOW, 50)
    sold = order("-49.99", structure=SHORT_SHARE, quantity=100)
    # 150 % of 5,000 less the 4,999 that come in.
    assert why(sold, "2501.00", quotes) == ""
    assert why(sold, "2500.99", quotes) == "needs buying power of $2,501.00, and $2,500.99 is left"


def test_shares_and_long_options_are_paid_in_full_and_lend_nothing() -> None:
    quotes = Quotes().at_price(NOW, 50).option(NOW, contract(50, C, "SPY"), "2.00", "2.02")
    assert why(order("50.01", structure=SHARE, quantity=100), "5001.00", quotes) == ""
    assert why(order("50.01", structure=SHARE, quantity=100), "5000.99", quotes) != ""
    broker = PaperBroker(7, dollars(5100))
    do(broker, order("50.01", structure=SHARE, quantity=100), quotes, NOW)
    assert broker.available(0) == dollars(99)
    # A call against the shares needs nothing more, a second one is naked.
    covered = do(broker, order("-2.00", "o2", OPEN, one(50, C, -1), 1), quotes, NOW + SECOND)
    assert isinstance(covered[-1], BrokerFilled)
    naked = do(broker, order("-2.00", "o3", OPEN, one(50, C, -1), 1), quotes, NOW + 2 * SECOND)
    assert isinstance(naked[0], BrokerEnded)


def test_what_works_is_set_aside_and_let_go_with_the_end_of_the_order() -> None:
    broker, quotes = PaperBroker(7, dollars(2000)), Quotes().set(NOW)
    # Each needs 1,000 - 213 + 2.40 = 789.40.
    for number in (1, 2):
        first = do(broker, order("-2.13", f"o{number}", quantity=1), quotes, NOW)
        assert first == [BrokerAccepted(f"o{number}")]
    broker.poll(NOW + 2 * SECOND, quotes)
    assert broker.available(0) == dollars(2000) - 2 * dollars("789.40")
    third = do(broker, order("-2.13", "o3", quantity=1), quotes, NOW + 2 * SECOND)
    reason = "needs buying power of $789.40, and $421.20 is left"
    assert third == [BrokerEnded("o3", OrderStatus.REJECTED, 0, reason)]
    broker.cancel("o1", NOW + 3 * SECOND)
    broker.poll(NOW + 4 * SECOND, quotes)
    assert do(broker, order("-2.13", "o4", quantity=1), quotes, NOW + 4 * SECOND) == [BrokerAccepted("o4")]


def test_a_new_limit_that_the_account_cannot_bear_is_refused() -> None:
    broker, quotes = PaperBroker(7, dollars(800)), Quotes().set(NOW - dt.timedelta(minutes=10))
    assert do(broker, order("-2.13", quantity=1), quotes, NOW) == [BrokerAccepted("o1")]
    broker.replace("o1", dollars("-2.03"), NOW + SECOND)
    broker.replace("o1", dollars("-2.02"), NOW + SECOND)
    reason = "needs buying power of $800.40, and $800.00 is left"
    assert broker.poll(NOW + 2 * SECOND, quotes) == (
        BrokerReplaced("o1", dollars("-2.03")),
        BrokerReplaced("o1", dollars("-2.03"), reason),
    )


def test_closing_no_more_than_is_held_net_of_other_closes() -> None:
    broker, quotes = PaperBroker(7, dollars(100_000)), Quotes().set(NOW)
    do(broker, order("-1.85", quantity=3), quotes, NOW)
    assert do(broker, order("2.00", "c1", CLOSE, quantity=2), quotes, NOW + SECOND) == [BrokerAccepted("c1")]
    ended = do(broker, order("2.00", "c2", CLOSE, quantity=2), quotes, NOW + 2 * SECOND)
    reason = "closing 2 of TSLA260417P00240000, but the account has 1 that no other order closes"
    assert ended == [BrokerEnded("c2", OrderStatus.REJECTED, 0, reason)]
    assert do(broker, order("2.00", "c3", CLOSE, quantity=1), quotes, NOW + 3 * SECOND) == [BrokerAccepted("c3")]
    turned = Structure(StructureKind.LONG_IRON_CONDOR, tuple(Leg(each.contract, -each.ratio) for each in LEGS))
    (wrong_way,) = do(broker, order("2.00", "c4", CLOSE, turned, 1), quotes, NOW + 4 * SECOND)
    assert isinstance(wrong_way, BrokerEnded)
    assert why(order("2.00", purpose=CLOSE, quantity=1)).startswith("closing 1 of TSLA260417P00240000")


class TestOfOneSide:
    """An account with 60 shares; orders of shares and of a contract."""

    @staticmethod
    def sent(held: int, wanted: Order) -> str:
        """Why it is turned down."""
        quotes = Quotes().at_price(NOW, 100)
        broker = PaperBroker(7, dollars(100_000), positions={"SPY": held} if held else None)
        first = do(broker, wanted, quotes, NOW)[0]
        return first.why if isinstance(first, BrokerEnded) else ""

    @pytest.mark.parametrize(("quantity", "fits"), [(60, True), (61, False)])
    @pytest.mark.parametrize("purpose", [OPEN, CLOSE])
    def test_nothing_closes_and_opens_at_once(self, purpose: OrderPurpose, quantity: int, fits: bool) -> None:
        sale = order("-99.99", purpose=purpose, structure=SHORT_SHARE if purpose is OPEN else SHARE, quantity=quantity)
        assert (self.sent(60, replace(sale, is_netted=purpose is CLOSE)) == "") is fits

    @pytest.mark.parametrize("held", [60, 0])
    def test_a_closing_that_others_net_away_opens(self, held: int) -> None:
        back = order("100.01", purpose=CLOSE, structure=SHORT_SHARE, quantity=40)
        assert self.sent(held, back).startswith("closing 40 of SPY, but the account has")
        assert self.sent(held, replace(back, is_netted=True)) == ""

    def test_a_netted_closing_leaves_no_more_to_be_closed(self) -> None:
        quotes, broker = Quotes().at_price(NOW, 100), PaperBroker(7, dollars(100_000), positions={"SPY": 60})
        back = replace(order("90.00", purpose=CLOSE, structure=SHORT_SHARE, quantity=40), is_netted=True)
        assert do(broker, back, quotes, NOW) == [BrokerAccepted("o1")]
        (more,) = do(broker, order("-110.00", "c2", CLOSE, SHARE, 61), quotes, NOW + SECOND)
        assert isinstance(more, BrokerEnded)
        assert do(broker, order("-110.00", "c3", CLOSE, SHARE, 60), quotes, NOW + 2 * SECOND) == [BrokerAccepted("c3")]


def test_a_loss_may_always_be_closed_but_a_cover_not_taken_away() -> None:
    broker = PaperBroker(7, dollars("820"))
    do(broker, order("-1.85", quantity=1), Quotes().set(NOW), NOW)
    # Dearer than its whole width, with less than that in the account.
    bad = Quotes().set(NOW + SECOND, ((100, 110), (200, 220), (1090, 1100), (20, 25)))
    wing = do(broker, order("-0.20", "c1", CLOSE, one(280, C, 1, "TSLA"), 1), bad, NOW + SECOND)[0]
    assert isinstance(wing, BrokerEnded)
    assert wing.why.startswith("needs buying power of")
    whole = do(broker, order("12.00", "c2", CLOSE, quantity=1), bad, NOW + 2 * SECOND)
    assert isinstance(whole[-1], BrokerFilled)
    broker.ask_account(NOW + 3 * SECOND)
    (account,) = broker.poll(NOW + 4 * SECOND, bad)
    assert isinstance(account, BrokerAccount)
    # 820 + 185 - 2.40, then (2.20 + 11.00 - 1.00 - 0.20) x 100 and 2.40 again.
    assert account.cash == dollars("820") + dollars("185") - dollars("1200") - dollars("4.80")


def test_fees_are_of_contracts_sales_and_proceeds_each_rounded_up_to_the_cent() -> None:
    costs = Costs(
        regulatory_per_contract=dollars("0.03"),
        taf_per_contract=dollars("0.0033"),
        sec_per_million=dollars("27.80"),
        taf_per_share_millionths=166,
    )
    prices = tuple(dollars(each) for each in ("1.10", "2.00", "1.90", "0.95"))
    # Two condors: 8 contracts at 0.03 = 0.24; 4 sold at 0.0033 = 0.0132 -> 0.02; proceeds 2 x (200 + 190) = 780, of
    # which 27.80 in a million = 0.0217 -> 0.03.
    assert charge(order("-1.85"), 2, prices, costs) == (dollars("4.80"), dollars("0.29"))
    # 1,000 shares sold at 50: 0.166 -> 0.17, and 1.39 of 50,000.
    sold = order("-50", structure=SHORT_SHARE, quantity=1000)
    assert charge(sold, 1000, (dollars(50),), costs) == (0, dollars("1.56"))
    bought: tuple[Money, Money] = charge(order("50", structure=SHARE), 2, (dollars(50),), costs)
    assert bought == (0, 0)


def test_a_roll_that_needs_nothing_is_taken_also_by_an_account_that_is_short_of_cash() -> None:
    near, far = contract(100, P, "SPY"), contract(95, P, "SPY")
    quotes = Quotes().at_price(NOW, 110).option(NOW, near, "1.00", "1.02").option(NOW, far, "0.98", "1.00")
    broker = PaperBroker(7, dollars(10_000))
    do(broker, order("-1.00", structure=one(100, P, -1), quantity=1), quotes, NOW)
    assert broker.withdraw(dollars(99), NOW + SECOND) == ""
    down = Structure(StructureKind.CUSTOM, (Leg(far, -1), Leg(near, 1)))
    # 500 less are tied up, and 0.04 a share and 1.20 go.
    taken = do(broker, order("0.04", "o2", ROLL, down, 1), quotes, NOW + SECOND)
    assert isinstance(taken[-1], BrokerFilled)
    up = Structure(StructureKind.CUSTOM, (Leg(far, 1), Leg(near, -1)))
    refused = do(broker, order("0.00", "o3", ROLL, up, 2), quotes, NOW + 2 * SECOND)[0]
    assert isinstance(refused, BrokerEnded)
