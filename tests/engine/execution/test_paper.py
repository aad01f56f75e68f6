"""The paper broker: when it fills, at what price, and what it says."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.money import CENT, Money, dollars
from engine.domain.broker_reports import (
    BrokerAccepted,
    BrokerCancelRefused,
    BrokerEnded,
    BrokerFilled,
    BrokerKnows,
    BrokerReplaced,
    BrokerReport,
)
from engine.domain.order import OrderPurpose, OrderStatus
from engine.domain.package import PackageQuote, package_quote
from engine.domain.quote import Quote
from engine.execution.paper import PaperBroker, PaperRules
from tests.engine.execution.paper_world import (
    CENTS,
    CLOSE,
    CLOSE_OF_DAY,
    LEGS,
    NEW_YORK,
    NOW,
    OPEN,
    SECOND,
    Quotes,
    do,
    order,
    run,
)

CASH = dollars(1_000_000)
MINUTE = dt.timedelta(minutes=1)
COMMISSION = dollars("4.80")
"""Two condors of four legs at $0.60."""


def package_for(quotes: Quotes, purpose: OrderPurpose) -> PackageQuote:
    found = package_quote(LEGS, tuple(quotes.quote(each.contract) for each in LEGS), purpose)
    assert found is not None
    return found


def broker_for(purpose: OrderPurpose, seed: int = 7) -> PaperBroker:
    """A broker whose account has what a closing order closes."""
    broker = PaperBroker(seed, CASH)
    if purpose is CLOSE:
        before = NOW - 30 * MINUTE
        assert len(do(broker, order("9.00", "held", quantity=5), Quotes().set(before), before)) == 2
    return broker


def sent(limit: str, order_id: str = "o1", purpose: OrderPurpose = OPEN, seed: int = 7) -> PaperBroker:
    """A broker with one order on its way to it."""
    broker = broker_for(purpose, seed)
    broker.submit(order(limit, order_id, purpose), NOW)
    return broker


def fills(limit: str, quotes: Quotes, order_id: str = "o1", seed: int = 7) -> bool:
    return isinstance(run(sent(limit, order_id, seed=seed), quotes, NOW + SECOND)[-1], BrokerFilled)


def test_an_order_at_natural_is_accepted_and_filled_whole_at_natural_after_the_latency() -> None:
    quotes = Quotes().set(NOW)
    broker: PaperBroker = sent("-1.85")
    assert broker.next_at() == NOW + SECOND
    assert broker.poll(NOW + SECOND - dt.timedelta(microseconds=1), quotes) == ()
    prices = (dollars("1.10"), dollars("2.00"), dollars("1.90"), dollars("0.95"))
    filled = BrokerFilled("o1", 2, dollars("-1.85"), prices, 2, COMMISSION, 0)
    assert broker.poll(NOW + SECOND, quotes) == (BrokerAccepted("o1"), filled)
    assert broker.next_at() == CLOSE_OF_DAY


def test_a_limit_beyond_natural_still_pays_no_more_than_natural() -> None:
    broker = sent("2.60", purpose=CLOSE)
    prices = (dollars("1.00"), dollars("2.20"), dollars("2.00"), dollars("0.80"))
    filled = broker.poll(NOW + SECOND, Quotes().set(NOW))[-1]
    assert filled == BrokerFilled("o1", 2, dollars("2.40"), prices, 2, COMMISSION, 0)


def test_nothing_fills_at_mid_or_better() -> None:
    # A package whose mid, -2.12, lies on the grid.
    quotes = Quotes().set(NOW, ((100, 110), (200, 220), (190, 200), (80, 96)))
    assert not any(fills(limit, quotes, f"o{number}") for limit in ("-2.12", "-2.13", "-9.00") for number in range(200))


def test_the_chance_of_a_fill_of_four_legs_grows_evenly_from_mid_to_74_per_cent_of_the_way_to_natural() -> None:
    quotes = Quotes().set(NOW)
    tries, shares = 400, {}
    for limit in ("-2.10", "-2.07", "-2.02", "-1.96", "-1.92"):
        expected = min(1, (2.125 + float(limit)) / (2.125 - 1.85) / 0.74)
        shares[limit] = sum(fills(limit, quotes, f"o{number}") for number in range(tries)) / tries
        assert shares[limit] == pytest.approx(expected, abs=0.07)
    assert list(shares.values()) == sorted(shares.values())


def test_the_draw_belongs_to_seed_order_limit_and_quote_time() -> None:
    quotes = Quotes().set(NOW)
    ids = [f"o{number}" for number in range(60)]
    first = [fills("-2.00", quotes, order_id) for order_id in ids]
    assert first == [fills("-2.00", quotes, order_id) for order_id in ids]
    assert first != [fills("-2.00", quotes, order_id, seed=8) for order_id in ids]
    assert first != [fills("-1.99", quotes, order_id) for order_id in ids]
    assert first != [fills("-2.00", Quotes().set(NOW - SECOND), order_id) for order_id in ids]


def test_asking_a_thousand_times_fills_no_more_often_than_asking_once() -> None:
    quotes = Quotes().set(NOW)
    unlucky = next(f"o{number}" for number in range(100) if not fills("-1.96", quotes, f"o{number}"))
    broker = sent("-1.96", unlucky)
    reports = [report for tick in range(1000) for report in broker.poll(NOW + SECOND * (1 + tick / 10), quotes)]
    assert reports == [BrokerAccepted(unlucky)]


def test_a_new_quote_gets_a_draw_of_its_own() -> None:
    quotes = Quotes().set(NOW)
    unlucky = [f"o{number}" for number in range(200) if not fills("-2.00", quotes, f"o{number}")]
    filled = 0
    for order_id in unlucky:
        broker = sent("-2.00", order_id)
        assert len(broker.poll(NOW + SECOND, quotes)) == 1
        filled += bool(broker.poll(NOW + 9 * SECOND, Quotes().set(NOW + 9 * SECOND)))
    assert 0.45 < filled / len(unlucky) < 0.75


def test_walking_up_on_one_quote_fills_no_more_often_than_going_straight_there() -> None:
    quotes = Quotes().set(NOW)
    for number in range(200):
        order_id = f"o{number}"
        walking = sent("-2.10", order_id)
        reports = [*walking.poll(NOW + SECOND, quotes)]
        for step, limit in enumerate(("-2.06", "-2.03", "-2.00"), start=1):
            walking.replace(order_id, dollars(limit), NOW + 5 * step * SECOND)
            reports += walking.poll(NOW + (5 * step + 1) * SECOND, quotes)
        assert any(isinstance(report, BrokerFilled) for report in reports) == fills("-2.00", quotes, order_id)


def test_a_new_limit_counts_from_its_latency_on_and_not_before() -> None:
    broker, quotes = sent("-2.13"), Quotes().set(NOW)
    assert run(broker, quotes, NOW + SECOND) == [BrokerAccepted("o1")]
    broker.replace("o1", dollars("-1.85"), NOW + 5 * SECOND)
    assert broker.poll(NOW + 6 * SECOND - dt.timedelta(microseconds=1), quotes) == ()
    replaced, filled = broker.poll(NOW + 6 * SECOND, quotes)
    assert replaced == BrokerReplaced("o1", dollars("-1.85"))
    assert isinstance(filled, BrokerFilled)


def test_a_late_poll_lets_no_quote_reach_back_to_a_limit_or_an_order_that_had_ended_when_it_came() -> None:
    replaced, cancelled, quotes = sent("-1.85"), sent("-1.85"), Quotes().set(NOW + 8 * SECOND)
    replaced.replace("o1", dollars("-2.13"), NOW + 5 * SECOND)
    assert replaced.poll(NOW + 12 * SECOND, quotes) == (
        BrokerAccepted("o1"),
        BrokerReplaced("o1", dollars("-2.13")),
    )
    cancelled.cancel("o1", NOW + 5 * SECOND)
    cancelled.replace("o1", dollars("-1.80"), NOW + 9 * SECOND)
    ended = BrokerEnded("o1", OrderStatus.CANCELLED, 0, "cancelled on request")
    late = BrokerReplaced("o1", dollars("-1.85"), "the order has ended: cancelled")
    assert cancelled.poll(NOW + 12 * SECOND, quotes) == (BrokerAccepted("o1"), ended, late)


@pytest.mark.parametrize("position", range(4))
@pytest.mark.parametrize("bad", [(1, None), (120, 110), (0, 0)], ids=["no ask", "crossed", "no quote"])
def test_one_leg_without_a_good_quote_keeps_the_whole_package_from_filling(
    position: int, bad: tuple[int, int | None]
) -> None:
    quotes = Quotes().set(NOW)
    bid, ask = bad
    quotes.known[LEGS[position].contract] = Quote(bid * CENT, None if ask is None else ask * CENT, NOW)
    assert not fills("9.00", quotes)


def test_a_short_leg_without_bid_cannot_be_opened_and_a_worthless_wing_goes_along_when_closing() -> None:
    quotes = Quotes().set(NOW, ((100, 110), (200, 220), (0, 5), (0, 5)))
    assert not fills("9.00", quotes)
    broker = sent("9.00", purpose=CLOSE)
    prices = (dollars("1.00"), dollars("2.20"), dollars("0.05"), 0)
    assert broker.poll(NOW + SECOND, quotes)[-1] == BrokerFilled("o1", 2, dollars("1.25"), prices, 2, COMMISSION, 0)


@pytest.mark.parametrize(("age_s", "is_filled"), [(299, True), (300, True), (301, False), (-1, False)])
def test_the_oldest_leg_may_be_five_minutes_old_and_none_may_come_from_the_future(age_s: int, is_filled: bool) -> None:
    quotes = Quotes().set(NOW)
    contract = LEGS[2].contract
    quotes.known[contract] = replace(quotes.known[contract], at=NOW + SECOND - age_s * SECOND)
    assert fills("-1.85", quotes) is is_filled
    strict = PaperBroker(7, CASH, rules=PaperRules(max_quote_age=(age_s - 1) * SECOND))
    strict.submit(order("-1.85"), NOW)
    assert strict.poll(NOW + SECOND, quotes) == (BrokerAccepted("o1"),)


@pytest.mark.parametrize(
    "sent_at",
    [
        dt.datetime(2026, 3, 16, 9, 29, 58, tzinfo=NEW_YORK),
        dt.datetime(2026, 3, 16, 15, 59, 59, tzinfo=NEW_YORK),
        dt.datetime(2026, 3, 14, 12, 0, tzinfo=NEW_YORK),
        dt.datetime(2026, 4, 3, 12, 0, tzinfo=NEW_YORK),
    ],
    ids=["before the open", "arrives at the close", "Saturday", "Good Friday"],
)
def test_an_order_that_arrives_outside_a_session_is_rejected(sent_at: dt.datetime) -> None:
    broker, at = PaperBroker(7, CASH), sent_at.astimezone(dt.UTC)
    broker.submit(order("-1.85"), at)
    ended = BrokerEnded("o1", OrderStatus.REJECTED, 0, "the market is closed")
    assert broker.poll(at + SECOND, Quotes().set(at)) == (ended,)
    assert broker.next_at() is None


def test_a_day_order_ends_at_the_close_and_later_quotes_do_not_reach_it() -> None:
    broker = sent("-2.13")
    assert run(broker, Quotes().set(NOW), NOW + SECOND) == [BrokerAccepted("o1")]
    assert broker.next_at() == CLOSE_OF_DAY
    # The next poll comes late, with the next morning's quotes, at which the order would be far beyond natural.
    morning = NOW + dt.timedelta(hours=20)
    cheap = Quotes().set(morning, ((100, 110), (400, 420), (390, 400), (80, 95)))
    assert broker.poll(morning, cheap) == (BrokerEnded("o1", OrderStatus.EXPIRED, 0, "day order expired"),)
    assert broker.next_at() is None


def test_a_half_day_ends_day_orders_at_one() -> None:
    at = dt.datetime(2025, 11, 28, 12, 0, tzinfo=NEW_YORK).astimezone(dt.UTC)
    broker = PaperBroker(7, CASH)
    broker.submit(order("-2.13"), at)
    broker.poll(at + SECOND, Quotes().set(at))
    assert broker.next_at() == at + dt.timedelta(hours=1)


def test_a_cancel_is_confirmed_after_the_latency_and_nothing_fills_from_then_on() -> None:
    broker, quotes = sent("-2.13"), Quotes().set(NOW)
    broker.poll(NOW + SECOND, quotes)
    broker.cancel("o1", NOW + 5 * SECOND)
    broker.cancel("o1", NOW + 9 * SECOND)
    broker.replace("o1", dollars("-1.85"), NOW + 5 * SECOND)
    assert broker.next_at() == NOW + 6 * SECOND
    ended = BrokerEnded("o1", OrderStatus.CANCELLED, 0, "cancelled on request")
    why = "the order has ended: cancelled"
    assert broker.poll(NOW + 6 * SECOND, quotes) == (ended, BrokerReplaced("o1", dollars("-2.13"), why))
    later = Quotes().set(NOW + 60 * SECOND)
    assert broker.poll(NOW + 60 * SECOND, later) == (BrokerCancelRefused("o1", why),)
    assert broker.next_at() is None


def test_a_fill_before_the_cancel_takes_force_wins() -> None:
    broker = sent("-2.00")
    broker.poll(NOW + SECOND, Quotes().set(NOW - 10 * MINUTE))
    broker.cancel("o1", NOW + 5 * SECOND)
    rich = Quotes().set(NOW + 5 * SECOND, ((100, 110), (240, 260), (190, 200), (80, 95)))
    filled, refused = broker.poll(NOW + 7 * SECOND, rich)
    assert isinstance(filled, BrokerFilled)
    assert refused == BrokerCancelRefused("o1", "the order has ended: filled")


def test_an_order_cancelled_with_its_submission_is_accepted_and_ended_without_a_fill() -> None:
    broker = sent("9.00")
    broker.cancel("o1", NOW)
    assert [type(report) for report in broker.poll(NOW + SECOND, Quotes().set(NOW))] == [
        BrokerAccepted,
        BrokerEnded,
    ]


def test_a_client_id_is_taken_once_even_after_its_end() -> None:
    broker, quotes = PaperBroker(7, CASH), Quotes().set(NOW)
    assert not broker.knows("o1")
    broker.submit(order("-1.85"), NOW)
    broker.submit(order("-1.85"), NOW)
    assert broker.knows("o1")
    assert len(broker.poll(NOW + SECOND, quotes)) == 2
    broker.submit(order("-1.85"), NOW + SECOND)
    assert broker.poll(NOW + 9 * SECOND, quotes) == ()
    assert broker.knows("o1")


def test_reports_of_several_orders_come_by_time_and_do_not_depend_on_each_other() -> None:
    quotes, together = Quotes().set(NOW), PaperBroker(7, CASH)
    ids = [f"o{number}" for number in range(30)]
    for number, order_id in enumerate(ids):
        together.submit(order("-1.95", order_id), NOW + number % 3 * SECOND)
    reports = together.poll(NOW + 5 * SECOND, quotes)
    accepted = [report.order_id for report in reports if isinstance(report, BrokerAccepted)]
    assert accepted == sorted(ids, key=lambda order_id: int(order_id[1:]) % 3)
    filled = {report.order_id for report in reports if isinstance(report, BrokerFilled)}
    assert filled == {order_id for order_id in ids if fills("-1.95", quotes, order_id)}
    assert 0 < len(filled) < len(ids)


legs_cents = st.tuples(*[st.tuples(st.integers(1, 400), st.integers(0, 60)) for _ in LEGS]).map(
    lambda pairs: tuple((bid, bid + spread) for bid, spread in pairs)
)
purposes = st.sampled_from((OPEN, CLOSE))
ids = st.integers(0, 10_000).map(lambda number: f"o{number}")


@given(legs_cents, purposes, st.integers(-60, 60), ids)
def test_a_fill_is_never_better_than_mid_nor_worse_than_limit_or_natural_and_its_legs_add_up(
    cents: tuple[tuple[int, int], ...], purpose: OrderPurpose, offset: int, order_id: str
) -> None:
    quotes, broker = Quotes().set(NOW, cents), broker_for(purpose)
    package = package_for(quotes, purpose)
    limit: Money = (package.natural // CENT + offset) * CENT
    broker.submit(replace(order("0", order_id, purpose), limit=limit), NOW)
    accepted, *rest = broker.poll(NOW + SECOND, quotes)
    assert accepted == BrokerAccepted(order_id)
    if limit >= package.natural:
        assert [type(report) for report in rest] == [BrokerFilled]
    if limit < package.mid:
        assert rest == []
    for report in rest:
        assert isinstance(report, BrokerFilled)
        assert report.cumulative == 2
        assert package.mid <= report.net_price <= min(limit, package.natural)
        sign = 1 if purpose is OPEN else -1
        net = sum(sign * one.ratio * price for one, price in zip(LEGS, report.leg_prices, strict=True))
        assert net == report.net_price
        for (bid, ask), price in zip(cents, report.leg_prices, strict=True):
            assert bid * CENT <= price <= ask * CENT


actions = st.lists(
    st.tuples(st.integers(0, 90), st.sampled_from(["quote", "raise", "cancel"]), legs_cents), min_size=1, max_size=8
)


def replayed(steps: list[tuple[int, str, tuple[tuple[int, int], ...]]], extra: list[int]) -> list[BrokerReport]:
    """Reports of one ladder over a script of quotes, reprices and a cancel, polled when due and at `extra` seconds."""
    broker, quotes = PaperBroker(7, CASH), Quotes().set(NOW)
    limit = dollars("-2.12")
    broker.submit(replace(order("0"), limit=limit), NOW)
    reports: list[BrokerReport] = []
    moments = sorted(
        [(second, 0, what, cents) for second, what, cents in steps] + [(e, 1, "poll", CENTS) for e in extra]
    )
    for second, _, what, cents in moments:
        at = NOW + second * SECOND
        reports += run(broker, quotes, at)
        if what == "quote":
            quotes.set(at, cents)
        elif what == "raise":
            limit += 3 * CENT
            broker.replace("o1", limit, at)
        elif what == "cancel":
            broker.cancel("o1", at)
        reports += broker.poll(at, quotes)
    reports += run(broker, quotes, CLOSE_OF_DAY)
    broker.ask("o1", CLOSE_OF_DAY)
    return reports + list(broker.poll(CLOSE_OF_DAY + SECOND, quotes))


@settings(max_examples=150)
@given(actions, st.lists(st.integers(0, 95), max_size=30))
def test_polling_more_often_changes_nothing_and_every_order_has_exactly_one_end(
    steps: list[tuple[int, str, tuple[tuple[int, int], ...]]], extra: list[int]
) -> None:
    reports = replayed(steps, [])
    assert replayed(steps, extra) == reports
    assert reports[0] == BrokerAccepted("o1")
    ends = [report for report in reports if isinstance(report, BrokerFilled | BrokerEnded)]
    assert len(ends) == 1
    (end,), told = ends, reports[-1]
    assert isinstance(told, BrokerKnows)
    assert told.fills == ((end,) if isinstance(end, BrokerFilled) else ())
    assert told.status is (OrderStatus.FILLED if isinstance(end, BrokerFilled) else end.status)
