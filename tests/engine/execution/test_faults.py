"""The bad line: each fault strikes by a seed, is counted, and makes nothing up."""

import contextlib
import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest

from engine.core.errors import NotSent
from engine.core.money import dollars
from engine.domain.account import BrokerAccount, BrokerActivity
from engine.domain.broker_reports import BrokerAccepted, BrokerFilled, BrokerKnows, BrokerReport
from engine.execution.faults import FaultKnobs, FaultyBroker
from engine.execution.paper import PaperBroker, PaperRules
from tests.engine.execution.paper_world import NOW, SECOND, SHARE, Quotes, order, run

CASH = dollars(100_000)
QUOTES = Quotes().set(NOW).at_price(NOW, 50)


def faulty(knobs: FaultKnobs, seed: int = 3, rules: PaperRules | None = None) -> FaultyBroker:
    return FaultyBroker(PaperBroker(7, CASH, rules=rules or PaperRules()), seed, knobs)


def inner(broker: FaultyBroker) -> PaperBroker:
    assert isinstance(broker.inner, PaperBroker)
    return broker.inner


def day_of(broker: FaultyBroker, orders: int = 12) -> list[BrokerReport]:
    """Orders sent second by second, each asked about, and all that comes of it within ten minutes."""
    reports: list[BrokerReport] = []
    for number in range(orders):
        at = NOW + number * SECOND
        for call in (
            partial(broker.submit, order("50.01", f"o{number}", structure=SHARE, quantity=3), at),
            partial(broker.ask, f"o{number}", at),
            partial(broker.ask_account, at),
        ):
            with contextlib.suppress(NotSent, TimeoutError):
                call()
        reports += broker.poll(at, QUOTES)
    inner(broker).deposit(dollars(5), NOW + orders * SECOND)
    reports += broker.poll(NOW + orders * SECOND, QUOTES)
    broker.ask_account(NOW + orders * SECOND)
    return reports + run(broker, QUOTES, NOW + dt.timedelta(minutes=10))


def test_a_good_line_passes_everything_on() -> None:
    broker, plain = faulty(FaultKnobs()), PaperBroker(7, CASH)
    broker.submit(order("-1.85"), NOW)
    plain.submit(order("-1.85"), NOW)
    assert broker.next_at() == plain.next_at()
    assert broker.poll(NOW + SECOND, QUOTES) == plain.poll(NOW + SECOND, QUOTES)
    structure = order("0").structure
    assert broker.preview(structure, dollars("-1.85"), 2) == plain.preview(structure, dollars("-1.85"), 2)
    assert broker.available(0) == plain.available(0)
    assert not any(broker.fired.values())
    broker.close()


def test_what_is_not_sent_has_not_happened_and_what_is_lost_neither() -> None:
    for knobs, error in ((FaultKnobs(not_sent=100), NotSent), (FaultKnobs(lost=100), TimeoutError)):
        broker = faulty(knobs)
        with pytest.raises(error):
            broker.submit(order("-1.85"), NOW)
        assert not inner(broker).knows("o1")
        for call in (partial(broker.cancel, "o1", NOW), partial(broker.replace, "o1", 0, NOW)):
            with pytest.raises(error):
                call()
        assert sum(broker.fired.values()) == 3


def test_what_is_unheard_has_happened() -> None:
    broker = faulty(FaultKnobs(unheard=100))
    with pytest.raises(TimeoutError):
        broker.submit(order("-1.85"), NOW)
    assert inner(broker).knows("o1")
    assert [type(report) for report in broker.poll(NOW + SECOND, QUOTES)] == [BrokerAccepted, BrokerFilled]


def test_dropped_reports_never_come_but_a_dropped_line_comes_with_the_next_account() -> None:
    broker = faulty(FaultKnobs(dropped=50))
    reports = day_of(broker, 30)
    lines = [report for report in reports if isinstance(report, BrokerActivity)]
    accounts = [place for place, report in enumerate(reports) if isinstance(report, BrokerAccount)]
    assert 20 < broker.fired["dropped"] < 90
    if lines:
        assert reports.index(lines[0]) < accounts[-1]
    silent = faulty(FaultKnobs(dropped=100))
    assert day_of(silent) == []


def test_a_delay_is_counted_in_the_time_of_the_next_report() -> None:
    broker = faulty(FaultKnobs(delayed=100, delay_s=30))
    broker.submit(order("-1.85"), NOW)
    assert broker.poll(NOW + SECOND, QUOTES) == ()
    due = broker.next_at()
    assert due is not None
    assert NOW + SECOND < due <= NOW + 31 * SECOND
    assert len(run(broker, QUOTES, NOW + 32 * SECOND)) == 2
    assert broker.fired["delayed"] == 2


def multiset(reports: Sequence[BrokerReport]) -> list[str]:
    return sorted(map(repr, reports))


def test_duplicates_are_the_same_again_and_a_window_shuffles() -> None:
    plain = day_of(faulty(FaultKnobs()))
    twice = day_of(faulty(FaultKnobs(duplicated=100, delay_s=5)))
    assert multiset(twice) == multiset([*plain, *plain])
    broker = faulty(FaultKnobs(reorder=5, delayed=100, delay_s=1))
    shuffled = day_of(broker)
    assert multiset(shuffled) == multiset(plain)
    assert shuffled != plain
    assert broker.fired["reorder"] > 0


def test_a_stale_fill_is_the_one_before_with_its_old_cumulative() -> None:
    broker = faulty(FaultKnobs(stale=100), rules=PaperRules(partial_pct=100))
    broker.submit(order("-1.85", quantity=9), NOW)
    fills: list[BrokerFilled] = []
    for second in range(1, 20):
        at = NOW + second * SECOND
        fills += [each for each in broker.poll(at, Quotes().set(at)) if isinstance(each, BrokerFilled)]
    assert broker.fired["stale"] >= 1
    counts = [fill.cumulative for fill in fills]
    assert counts != sorted(counts)
    assert max(counts) == 9


def test_nothing_is_told_in_a_silence_and_all_of_it_after() -> None:
    plain = day_of(faulty(FaultKnobs()))
    broker = faulty(FaultKnobs(silent=60, silent_s=4))
    late = day_of(broker)
    assert broker.fired["silent"] > 0
    assert multiset(late) == multiset(plain)
    with pytest.raises(ValueError, match="silent"):
        FaultKnobs(silent=100)


def test_a_question_may_be_answered_late_or_never() -> None:
    assert not any(isinstance(report, BrokerKnows) for report in day_of(faulty(FaultKnobs(ask_never=100))))
    broker = faulty(FaultKnobs(ask_late=100, ask_late_s=90))
    broker.ask("o1", NOW)
    assert broker.poll(NOW + SECOND, QUOTES) == ()
    assert broker.next_at() == NOW + 91 * SECOND
    assert broker.poll(NOW + 91 * SECOND, QUOTES) == (BrokerKnows("o1", is_known=False, status=None),)


def test_an_account_may_lack_something_and_says_so() -> None:
    for knobs in (FaultKnobs(empty=100), FaultKnobs(incomplete=100)):
        broker = faulty(knobs)
        broker.submit(order("-1.85"), NOW)
        broker.poll(NOW + SECOND, QUOTES)
        broker.ask_account(NOW + SECOND)
        (account,) = broker.poll(NOW + 2 * SECOND, QUOTES)
        assert isinstance(account, BrokerAccount)
        assert not account.is_complete
        assert len(account.positions) < 4
        inner(broker).ask_account(NOW + SECOND)
        (whole,) = inner(broker).poll(NOW + 2 * SECOND, QUOTES)
        assert isinstance(whole, BrokerAccount)
        assert replace(account, positions=whole.positions, is_complete=True) == whole


def test_the_same_seed_strikes_the_same_and_another_elsewhere() -> None:
    knobs = FaultKnobs(
        not_sent=5, lost=5, unheard=10, dropped=10, delayed=30, delay_s=20, duplicated=20, reorder=3, stale=10,
        silent=20, silent_s=10, ask_never=10, ask_late=20, ask_late_s=30, incomplete=20, empty=20,
    )  # fmt: skip
    first, second, other = faulty(knobs), faulty(knobs), faulty(knobs, seed=4)
    assert day_of(first) == day_of(second)
    assert first.fired == second.fired
    assert day_of(other) != day_of(faulty(knobs))
    struck = {fault for fault, count in (first.fired + other.fired).items() if count}
    assert struck >= {"lost", "unheard", "dropped", "delayed", "duplicated", "silent", "ask_late"}
