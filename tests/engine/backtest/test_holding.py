"""What a backtest's position is after trades, ends, dividends and splits."""

from dataclasses import replace

import pytest

from engine.backtest.holding import Ended, after_split, paid, settled, traded, trading_costs
from engine.core.money import Money, dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.limits import Costs
from engine.domain.order import OrderPurpose
from engine.domain.position import Position, PositionStatus
from engine.domain.structure import StructureKind
from engine.ledger.lots import Trade
from tests.builders import NOW
from tests.engine.backtest.hand import COSTS, FRIDAY, option, structure

PUT, CALL = option(100), option(105, Right.CALL)
FREE = Costs(commission_per_contract=0)


def held(*trades: Trade) -> Position:
    """A position of SPY after these trades, without costs."""
    empty = Position("P000001", "alpha", structure((PUT, -1)), 0, 0, 0, NOW)
    return traded(empty, trades, FREE, NOW, OrderPurpose.OPEN)


def option_trade(contract: OptionContract, quantity: int, price: str) -> Trade:
    """Contracts at a price in dollars."""
    return Trade(contract, quantity, dollars(price))


def shares(count: int, price: str = "100") -> Trade:
    """Shares at a price in dollars."""
    return Trade(None, count, dollars(price))


def test_costs_are_a_commission_and_fees_on_contracts_and_on_what_is_sold() -> None:
    costs = Costs(
        commission_per_contract=dollars("0.65"),
        regulatory_per_contract=dollars("0.04"),
        taf_per_contract=dollars("0.01"),
        sec_per_million=dollars(100),
        taf_per_share_millionths=200,
    )
    trades = (option_trade(PUT, -2, "1.00"), option_trade(CALL, 1, "2.00"), shares(-100, "50"))

    # 3 x 0.65; 3 x 0.04 + 2 x 0.01 + 100 a million of 5,200 (0.52) + 100 x 0.0002
    assert trading_costs(trades, costs) == (dollars("1.95"), dollars("0.68"))


def test_an_assigned_put_becomes_shares_at_the_strike_and_its_premium_is_earned() -> None:
    after = settled(held(option_trade(PUT, -1, "1.00")), Ended(PUT, has_shares=True), COSTS, NOW)

    assert (after.structure.kind, after.shares, after.cost) == (StructureKind.LONG_STOCK, 100, dollars(10_000))
    assert (after.realised, after.fees, after.status) == (dollars(100), dollars(5), PositionStatus.ASSIGNED)


def test_a_worthless_put_leaves_nothing_and_costs_nothing() -> None:
    after = settled(held(option_trade(PUT, -1, "1.00")), Ended(PUT, has_shares=False), COSTS, NOW)

    assert (after.lots, after.net_pnl, after.status) == ((), dollars(100), PositionStatus.SETTLED)


def test_of_a_spread_that_is_exercised_on_both_sides_nothing_is_left() -> None:
    lower = option(95)
    spread = held(option_trade(PUT, -1, "2.00"), option_trade(lower, 1, "1.00"))
    after = settled(settled(spread, Ended(PUT, has_shares=True), FREE, NOW), Ended(lower, has_shares=True), FREE, NOW)

    assert (after.lots, after.net_pnl) == ((), dollars(-400))


@pytest.mark.parametrize(("count", "expected"), [(100, dollars(50)), (-100, dollars(-50)), (0, 0)])
def test_a_dividend_is_paid_on_shares_and_owed_on_those_sold_short(count: int, expected: Money) -> None:
    position = held(option_trade(PUT, -1, "1.00"), *([shares(count)] if count else []))

    assert paid(position, dollars("0.50")).income == expected


def test_a_whole_split_makes_more_contracts_at_a_part_of_the_strike() -> None:
    after = after_split(held(option_trade(PUT, -1, "1.00"), shares(100)), 4.0, dollars(25))

    assert after is not None
    assert [(lot.contract, lot.quantity) for lot in after.lots] == [(option(25), -4), (None, 400)]
    assert (after.cost, after.income) == (dollars(9_900), 0)


def test_a_strike_that_does_not_divide_is_rounded_to_the_cent() -> None:
    after = after_split(held(option_trade(option(100), -1, "1.00")), 3.0, dollars(33))

    assert after is not None
    assert after.lots[0].contract == option("33.33")


def test_a_reverse_split_pays_the_rest_of_the_shares_and_ends_options() -> None:
    after = after_split(held(shares(105, "10")), 0.1, dollars(100))

    assert after is not None
    assert (after.shares, after.income, after.cost) == (10, dollars(50), dollars(1_050))
    assert after_split(held(option_trade(PUT, -1, "1.00")), 0.1, dollars(1_000)) is None
    assert after_split(held(option_trade(PUT, -1, "1.00")), 1.5, dollars(66)) is None


def test_a_reverse_split_of_too_few_shares_leaves_only_cash() -> None:
    after = after_split(held(shares(5, "10")), 0.1, dollars(100))

    assert after is not None
    assert (after.lots, after.income) == ((), dollars(50))


def test_a_roll_counts_and_an_addition_does_not() -> None:
    position = held(option_trade(PUT, -1, "1.00"))
    later = replace(PUT, strike=dollars(99))
    rolled = traded(
        position, (option_trade(PUT, 1, "2.00"), option_trade(later, -1, "2.50")), FREE, NOW, OrderPurpose.ROLL
    )

    assert (rolled.rolls, rolled.structure.legs[0].contract, rolled.realised) == (1, later, dollars(-100))
    assert traded(position, (shares(100),), FREE, NOW, OrderPurpose.OPEN).rolls == 0
    assert position.structure.expiration == FRIDAY
