"""What happens at the paper broker without an order, to the cent and to the morning."""

import datetime as dt

import pytest

from engine.core.money import Money, dollars
from engine.domain.account import ActivityKind, BrokerAccount, BrokerActivity
from engine.domain.broker_reports import BrokerFilled, BrokerReport
from engine.domain.instrument import Right
from engine.domain.limits import Costs
from engine.domain.structure import Structure
from engine.execution.paper import PaperBroker, PaperRules
from engine.execution.paper_lifecycle import Dividends
from tests.engine.execution.paper_world import OPEN, SECOND, SHARE, SHORT_SHARE, Quotes, new_york, one, order, run

P, C = Right.PUT, Right.CALL
CASH = dollars(200_000)
FRIDAY = dt.date(2026, 4, 17)
SATURDAY = dt.date(2026, 4, 18)
MONDAY = dt.date(2026, 4, 20)
FREE = Costs(commission_per_contract=0)
MORNING = new_york(SATURDAY, 6)


class World:
    """A broker that holds something on the morning of a Friday, without costs."""

    def __init__(
        self,
        held: Structure,
        quantity: int = 1,
        spot: str = "440",
        price: tuple[str, str] = ("1.00", "1.02"),
        *,
        costs: Costs = FREE,
        rules: PaperRules | None = None,
        dividends: Dividends | None = None,
        day: dt.date = FRIDAY,
        seed: int = 7,
        symbol: str = "SPY",
    ) -> None:
        self.now = new_york(day, 11)
        self.symbol = symbol
        self.quotes = Quotes().at_price(self.now, spot, symbol)
        self.legs = held.legs
        self.price = price
        for each in held.legs:
            self.quotes.option(self.now, each.contract, *price)
        self.broker = PaperBroker(seed, CASH, costs, rules=rules or PaperRules(), dividends=dividends)
        is_bought = sum(leg.ratio for leg in held.legs) + held.shares > 0
        limit = (spot + ".01" if is_bought else "0.01") if not held.legs else ("99" if is_bought else "0.00")
        self.broker.submit(order(limit, "o1", OPEN, held, quantity), self.now)
        self.filled = self.broker.poll(self.now + SECOND, self.quotes)[-1]
        assert isinstance(self.filled, BrokerFilled), self.filled

    def at(self, when: dt.datetime, spot: str | None = None, options: tuple[str, str] | None = None) -> "World":
        """New quotes."""
        if spot is not None:
            self.quotes.at_price(when, spot, self.symbol)
        for each in self.legs if options else ():
            self.quotes.option(when, each.contract, *(options or ("", "")))
        return self

    def until(self, when: dt.datetime) -> list[BrokerReport]:
        return run(self.broker, self.quotes, when)

    def account(self, when: dt.datetime) -> BrokerAccount:
        self.broker.ask_account(when)
        account = self.broker.poll(when + SECOND, self.quotes)[-1]
        assert isinstance(account, BrokerAccount)
        return account


def line(
    kind: ActivityKind, held: Structure, shares: int, cash: int | str, price: str, quantity: int = 1, fees: Money = 0
) -> BrokerActivity:
    name = held.legs[0].contract.occ
    return BrokerActivity(1, kind, MORNING, name, quantity, shares, dollars(cash), fees, dollars(price))


K = ActivityKind


@pytest.mark.parametrize(
    ("held", "spot", "kind", "shares", "cash"),
    [
        (one(440, P, -1), "430", K.ASSIGNED, 100, -44_000),
        (one(440, P, -1), "439.99", K.ASSIGNED, 100, -44_000),
        (one(440, P, -1), "440.00", K.EXPIRED, 0, 0),
        (one(440, P, 1), "430", K.EXERCISED, -100, 44_000),
        (one(440, C, 1), "440.01", K.EXERCISED, 100, -44_000),
        (one(440, C, 1), "440.00", K.EXPIRED, 0, 0),
        (one(440, C, -1), "450", K.ASSIGNED, -100, 44_000),
        (one(440, C, -1), "439", K.EXPIRED, 0, 0),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_contract_ends_by_a_cent_in_the_money_at_the_close_and_is_told_the_next_morning(
    held: Structure, spot: str, kind: ActivityKind, shares: int, cash: int
) -> None:
    world = World(held)
    before = world.account(world.now + SECOND)
    world.at(new_york(FRIDAY, 15, 59, 30), spot)
    assert world.until(MORNING - SECOND) == []
    waiting = world.account(MORNING - 3 * SECOND)
    assert (waiting.positions, waiting.cash, waiting.activity) == (before.positions, before.cash, 0)
    assert world.broker.next_at() == MORNING
    assert world.until(MORNING) == [line(kind, held, shares, cash, spot)]
    after = world.account(MORNING)
    assert after.positions == ({"SPY": shares} if shares else {})
    assert after.cash == before.cash + dollars(cash)
    assert after.activity == 1


def test_what_a_later_quote_says_changes_nothing_after_the_close() -> None:
    held = one(440, C, 1)
    world = World(held).at(new_york(FRIDAY, 15, 50), "440.00")
    world.until(new_york(FRIDAY, 16))
    world.at(new_york(FRIDAY, 17), "460")
    assert world.until(MORNING) == [line(K.EXPIRED, held, 0, 0, "440.00")]


def test_a_half_day_ends_its_contracts_at_one() -> None:
    half = dt.date(2026, 11, 27)
    held = one(440, C, 1, expiration=half)
    world = World(held, day=half).at(new_york(half, 12, 59), "441")
    assert world.broker.next_at() == new_york(half, 13)
    world.until(new_york(half, 13))
    world.at(new_york(half, 15, 59), "439")
    (told,) = world.until(new_york(dt.date(2026, 11, 28), 6))
    assert isinstance(told, BrokerActivity)
    assert (told.kind, told.price) == (K.EXERCISED, dollars(441))


def test_an_expiration_on_good_friday_ends_at_thursdays_close() -> None:
    thursday = dt.date(2026, 4, 2)
    held = one(440, C, 1, expiration=dt.date(2026, 4, 3))
    world = World(held, day=thursday).at(new_york(thursday, 15, 59), "441")
    (told,) = world.until(new_york(dt.date(2026, 4, 3), 6))
    assert isinstance(told, BrokerActivity)
    assert told.kind is K.EXERCISED


def test_without_a_price_near_the_close_the_last_of_the_day_counts_in_the_morning() -> None:
    held = one(440, C, 1)
    world = World(held).at(new_york(FRIDAY, 14), "441")
    assert world.until(MORNING) == [line(K.EXERCISED, held, 100, -44_000, "441")]


def test_without_any_price_of_the_day_the_contract_waits_for_the_next_one() -> None:
    held = one(440, C, 1)
    world = World(held, day=dt.date(2026, 4, 16))
    assert world.until(new_york(MONDAY, 9)) == []
    assert list(world.account(new_york(MONDAY, 9)).positions) == [held.legs[0].contract.occ]
    opens = new_york(MONDAY, 9, 30)
    world.at(opens, "445")
    (told,) = world.broker.poll(opens, world.quotes)
    assert isinstance(told, BrokerActivity)
    assert (told.kind, told.at, told.price, told.number) == (K.EXERCISED, opens, dollars(445), 1)


def test_an_index_option_pays_cash() -> None:
    held = one(6000, C, -1, "SPX")
    world = World(held, spot="5900", price=("20.00", "20.10"), symbol="SPX").at(new_york(FRIDAY, 16), "6012.34")
    # 12.34 x 100
    assert world.until(MORNING) == [line(K.CASH_SETTLED, held, 0, "-1234.00", "6012.34")]


def test_an_assignment_has_its_fee_and_an_expiry_none() -> None:
    costs = Costs(commission_per_contract=0, assignment_fee=dollars(5))
    held = one(440, P, -1)
    world = World(held, 2, costs=costs).at(new_york(FRIDAY, 16), "430")
    before = world.account(new_york(FRIDAY, 16)).cash
    assert world.until(MORNING) == [line(K.ASSIGNED, held, 200, -88_000, "430", 2, dollars(5))]
    assert world.account(MORNING).cash == before - dollars(88_005)
    flat = World(held, 2, costs=costs).at(new_york(FRIDAY, 16), "450")
    assert flat.until(MORNING) == [line(K.EXPIRED, held, 0, 0, "450", 2)]


# --- dividends, early assignment -------------------------------------------------------------------------------------
EX_DAY = dt.date(2026, 4, 21)
EVE_CLOSE = new_york(MONDAY, 16)
PAYS: Dividends = {"SPY": ((EX_DAY, dollars("1.75")),)}
TUESDAY_MORNING = new_york(EX_DAY, 6)
MAY = dt.date(2026, 5, 15)


@pytest.mark.parametrize(("held", "shares", "cash"), [(SHARE, 100, "175.00"), (SHORT_SHARE, -100, "-175.00")])
def test_a_dividend_on_a_hundred_shares_comes_or_goes_on_the_ex_day(held: Structure, shares: int, cash: str) -> None:
    world = World(held, 100, dividends=PAYS, day=MONDAY)
    assert world.broker.next_at() == TUESDAY_MORNING
    paid = BrokerActivity(1, K.DIVIDEND, TUESDAY_MORNING, "SPY", shares, 0, dollars(cash), 0, dollars("1.75"))
    assert world.until(TUESDAY_MORNING) == [paid]
    assert world.until(new_york(dt.date(2026, 4, 25), 6)) == []


def test_shares_bought_on_the_ex_day_have_no_dividend() -> None:
    world = World(SHARE, 100, dividends=PAYS, day=EX_DAY)
    assert world.until(new_york(dt.date(2026, 4, 25), 6)) == []


def short_call_on_the_eve(seed: int, beyond: str, spot: str = "450", dividends: Dividends = PAYS) -> list[BrokerReport]:
    """What Tuesday morning tells of ten short calls at 440 that are worth `beyond` more than exercise on Monday."""
    held = one(440, C, -1, expiration=MAY)
    world = World(held, 10, dividends=dividends, day=MONDAY, seed=seed)
    inside = max(0, dollars(spot) - dollars(440))
    mid = inside + dollars(beyond)
    quote = (str((mid - 100) / 10_000), str((mid + 100) / 10_000))
    world.at(EVE_CLOSE, spot, quote)
    return world.until(TUESDAY_MORNING)


def test_short_calls_worth_less_beyond_exercise_than_the_dividend_are_nearly_all_assigned_on_the_eve() -> None:
    assigned = 0
    for seed in range(20):
        first, *rest = short_call_on_the_eve(seed, "1.74")
        assert isinstance(first, BrokerActivity)
        assert (first.kind, first.at, first.price) == (K.ASSIGNED, TUESDAY_MORNING, dollars(450))
        count = first.quantity
        assert (first.shares, first.cash) == (-100 * count, count * dollars(44_000))
        # Who was assigned is short the shares over the ex-day, and owes the dividend.
        assert rest == [
            BrokerActivity(
                2, K.DIVIDEND, TUESDAY_MORNING, "SPY", -100 * count, 0, -count * dollars(175), 0, dollars("1.75")
            )
        ]
        assigned += count
    assert 180 <= assigned < 200


@pytest.mark.parametrize(
    ("beyond", "spot", "dividends"),
    [("1.75", "450", PAYS), ("1.00", "440", PAYS), ("0.01", "450", {}), ("0.01", "450", {"SPY": ((MAY, 17_500),)})],
    ids=["worth as much", "not in the money", "no dividend", "later"],
)
def test_short_calls_that_nobody_gains_by_exercising_are_left_alone(
    beyond: str, spot: str, dividends: Dividends
) -> None:
    assert all(short_call_on_the_eve(seed, beyond, spot, dividends) == [] for seed in range(10))


def test_a_monday_ex_day_has_its_eve_on_friday() -> None:
    held = one(440, C, -1, expiration=MAY)
    world = World(held, 10, dividends={"SPY": ((MONDAY, dollars("1.75")),)})
    world.at(new_york(FRIDAY, 16), "450", ("10.10", "10.12"))
    (told,) = world.until(MORNING)
    assert isinstance(told, BrokerActivity)
    assert told.kind is K.ASSIGNED
    (paid,) = world.until(new_york(MONDAY, 6))
    assert isinstance(paid, BrokerActivity)
    assert (paid.kind, paid.quantity) == (K.DIVIDEND, told.shares)


def test_deep_short_puts_worth_nothing_beyond_exercise_are_now_and_then_assigned() -> None:
    def hits(price: tuple[str, str], spot: str) -> int:
        held = one(440, P, -1, expiration=MAY)
        count = 0
        for seed in range(60):
            world = World(held, 4, day=MONDAY, seed=seed).at(EVE_CLOSE, spot, price)
            count += sum(told.quantity for told in world.until(TUESDAY_MORNING) if isinstance(told, BrokerActivity))
        return count

    # 5 % of 240 contracts
    assert 4 <= hits(("40.00", "40.10"), "400") <= 22
    assert hits(("40.20", "40.30"), "400") == 0
    assert hits(("10.00", "10.02"), "430") == 0


def test_yesterdays_quotes_assign_nobody() -> None:
    held = one(440, C, -1, expiration=MAY)
    world = World(held, 10, dividends=PAYS).at(new_york(FRIDAY, 15), "450", ("10.10", "10.12"))
    assert world.until(TUESDAY_MORNING) == []


# --- interest and borrow ---------------------------------------------------------------------------------------------
def test_interest_is_of_every_day_rounded_down_and_borrow_rounded_up() -> None:
    rules = PaperRules(cash_rate_bps=360, borrow_rate_bps=25)
    world = World(SHORT_SHARE, 100, "50", rules=rules)
    # 100 x 49.99 came in; 3.6 % of 204,999 a year is 20.4999 a day of 360.
    interest = dollars("20.49")
    # 0.25 % of 5,000 a year: 0.0347 a day.
    told = world.until(new_york(MONDAY, 6))
    days = [MORNING, MORNING + dt.timedelta(days=1), MORNING + dt.timedelta(days=2)]
    expected = []
    for number, day in enumerate(days):
        expected += [
            BrokerActivity(2 * number + 1, K.INTEREST, day, "USD", 0, 0, interest + number * dollars("0.00")),
            BrokerActivity(2 * number + 2, K.BORROW, day, "SPY", -100, 0, -dollars("0.04"), 0, dollars(50)),
        ]
    # 20.45 more a day: the second day's cash is 205,019.45, the third's 205,039.90.
    expected[2] = BrokerActivity(3, K.INTEREST, days[1], "USD", 0, 0, dollars("20.50"))
    expected[4] = BrokerActivity(5, K.INTEREST, days[2], "USD", 0, 0, dollars("20.50"))
    assert told == expected


def test_a_late_poll_books_every_day_that_it_missed_once() -> None:
    rules = PaperRules(cash_rate_bps=360)
    often, once = World(SHARE, 100, "50", rules=rules), World(SHARE, 100, "50", rules=rules)
    late = new_york(dt.date(2026, 5, 1), 12)
    each = often.until(late)
    assert len(each) == 14
    assert list(once.broker.poll(late, once.quotes)) == each
    assert once.broker.poll(late, once.quotes) == ()


def test_outcomes_are_told_at_the_hour_that_is_asked_for() -> None:
    world = World(one(440, C, 1), rules=PaperRules(told_at=dt.time(8, 30))).at(new_york(FRIDAY, 16), "450")
    (told,) = world.until(new_york(SATURDAY, 9))
    assert isinstance(told, BrokerActivity)
    assert told.at == new_york(SATURDAY, 8, 30)
