"""The pre-trade backtest as the gate asks for it: what it looks at, once a question, and again on another day."""

import datetime as dt
import math
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backtest.evidence import LOOK_BACK, HistoryBacktester, Question, questions_of, restricted
from engine.backtest.source import MarketDay
from engine.core.calendar import session_on
from engine.core.money import dollars
from engine.domain.evidence import Evidence
from engine.domain.mindfolio import ModuleSpec, ModuleStatus
from engine.domain.ports import Strategy
from engine.domain.position import Position
from engine.domain.scan import Action, Exit, ExitCode, ManageContext
from engine.domain.structure import StructureKind
from tests.builders import candidate
from tests.engine.backtest.hand import MONDAY, Scripted, day_of, option, spec, structure, terms

TUESDAY = dt.date(2026, 3, 3)
PUT = option(100)
SOLD = structure((PUT, -1))
DAYS = (day_of(MONDAY, 101, {PUT: (1.00, 1.10)}), day_of(TUESDAY, 102, {PUT: (0.40, 0.50)}))
NOW = dt.datetime(2026, 3, 4, 15, 0, tzinfo=dt.UTC)
WEDNESDAY = NOW.date()
CANDIDATE = candidate("alpha", structure=SOLD)


@dataclass
class Source:
    """A source of two days that counts what it was asked for."""

    asked: list[tuple[str, dt.date, dt.date]] = field(default_factory=list)
    together: list[tuple[tuple[str, ...], dt.date, dt.date]] = field(default_factory=list)
    let_go_of: int = 0
    version: str = "1"

    def days(self, symbol: str, first: dt.date, last: dt.date) -> Sequence[MarketDay]:
        """The days of SPY."""
        self.asked.append((symbol, first, last))
        return [day for day in DAYS if first <= day.day <= last] if symbol == "SPY" else []

    def chosen(self, symbol: str, first: dt.date, last: dt.date) -> "Source":
        """Itself."""
        return self

    def let_go(self) -> None:
        """Counted as an answer of nothing."""
        self.let_go_of += 1

    def read_together(self, symbols: Collection[str], first: dt.date, last: dt.date) -> None:
        """Note it."""
        self.together.append((tuple(symbols), first, last))

    def label(self, symbol: str, first: dt.date, last: dt.date, told: int) -> str:
        """What it was asked about."""
        return f"{symbol} by hand from {first} to {last}"

    def fingerprint(self, symbol: str, day: dt.date) -> str:
        """Its version."""
        return f"{symbol} {day} {self.version}"


def strategy(_module: ModuleSpec) -> Strategy:
    """Sells the put on Monday and is out on Tuesday."""
    return Scripted({MONDAY: SOLD}, lambda position, _: (Exit(position.position_id, "target", ExitCode.TARGET),))


def backtester(source: Source) -> HistoryBacktester:
    """Over the two days."""
    return HistoryBacktester(source, terms(), strategy)


def test_it_says_what_the_year_before_today_came_to() -> None:
    source = Source()
    found = backtester(source).evidence(spec(), CANDIDATE, NOW)

    # sold at 1.00, bought at 0.50, two contracts at 0.65 and 0.04
    assert (found.trades, found.win_rate, found.expectancy) == (1, 1.0, dollars("48.62"))
    assert source.asked[0] == ("SPY", WEDNESDAY - LOOK_BACK, TUESDAY)
    assert found.source == f"SPY by hand from {WEDNESDAY - LOOK_BACK} to {TUESDAY}"


def test_nothing_of_today_is_looked_at() -> None:
    source = Source()
    found = backtester(source).evidence(spec(), CANDIDATE, NOW - dt.timedelta(days=1))

    assert source.asked[0][2] == MONDAY
    assert found.trades == 0


def test_the_same_question_is_worked_out_once_whoever_asks_and_however_his_module_stands() -> None:
    source = Source()
    tester = backtester(source)
    first = tester.evidence(spec(), CANDIDATE, NOW)
    again = tester.evidence(
        spec(module_id="beta", name="Other", autotrade=False, status=ModuleStatus.PAUSED, universe=("QQQ", "SPY")),
        replace(CANDIDATE, quantity=7, module_id="beta"),
        NOW + dt.timedelta(hours=2),
    )

    assert again is first
    assert len(source.asked) == 1


@pytest.mark.parametrize("what", ["parameters", "limits", "house rules", "day", "history", "structure"])
def test_what_may_change_an_answer_makes_it_another_question(what: str) -> None:
    source = Source()
    tester = backtester(source)
    tester.evidence(spec(), CANDIDATE, NOW)
    module, wanted, now = spec(), CANDIDATE, NOW
    if what == "parameters":
        module = spec(parameters={"exit_days": 7})
    elif what == "limits":
        module = spec(limits=replace(spec().limits, max_risk_per_trade=dollars(1)))
    elif what == "house rules":
        module = spec(house_rules=False)
    elif what == "day":
        now += dt.timedelta(days=1)
    elif what == "history":
        source.version = "2"
    else:
        wanted = replace(CANDIDATE, structure=replace(SOLD, kind=StructureKind.CUSTOM))

    tester.evidence(module, wanted, now)

    assert len(source.asked) == 2


def test_settings_are_compared_with_their_types() -> None:
    source = Source()
    tester = backtester(source)
    tester.evidence(spec(parameters={"x": 1}), CANDIDATE, NOW)
    tester.evidence(spec(parameters={"x": True}), CANDIDATE, NOW)

    assert len(source.asked) == 2


def test_several_who_ask_at_once_share_one_answer() -> None:
    source, ready = Source(), Barrier(4)
    tester = backtester(source)

    def ask(_number: int) -> Evidence:
        ready.wait(timeout=5)
        return tester.evidence(spec(), CANDIDATE, NOW)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))

    assert len(source.asked) == 1
    assert all(answer is answers[0] for answer in answers)


def test_a_program_that_fails_fails_for_who_asked_and_is_asked_again() -> None:
    asked = []

    def broken(_module: ModuleSpec) -> Strategy:
        asked.append(1)
        raise ValueError("settings that cannot be")

    tester = HistoryBacktester(Source(), terms(), broken)
    for _ in range(2):
        with pytest.raises(ValueError, match="cannot be"):
            tester.evidence(spec(), CANDIDATE, NOW)

    assert len(asked) == 2


def test_a_symbol_without_chains_has_no_trades_and_says_why() -> None:
    found = backtester(Source()).answer(Question(spec(), "TSLA", StructureKind.SHORT_PUT, WEDNESDAY))

    assert (found.trades, found.win_rate, found.source) == (0, None, "no chains of TSLA")


def test_everything_that_modules_could_ask_is_each_structure_on_each_symbol_but_what_is_sold_on_shares() -> None:
    wheel = spec(structures=(StructureKind.SHORT_PUT, StructureKind.COVERED_CALL), universe=("QQQ", "SPY"))
    other = spec(module_id="beta", structures=(StructureKind.IRON_CONDOR, StructureKind.CALENDAR), universe=("SPY",))
    found = questions_of((wheel, other), WEDNESDAY)

    assert [(each.module.module_id, each.symbol, each.kind.value, each.day) for each in found] == [
        ("alpha", "QQQ", "Short Put", WEDNESDAY),
        ("alpha", "SPY", "Short Put", WEDNESDAY),
        ("beta", "SPY", "Iron Condor", WEDNESDAY),
        ("beta", "SPY", "Calendar", WEDNESDAY),
    ]


def test_only_one_structure_is_traded_and_what_is_sold_on_its_shares() -> None:
    wheel = spec(
        structures=(StructureKind.IRON_CONDOR, StructureKind.SHORT_PUT, StructureKind.COVERED_CALL),
        universe=("QQQ", "SPY"),
    )
    only = restricted(wheel, "SPY", StructureKind.SHORT_PUT)

    assert only.structures == (StructureKind.SHORT_PUT, StructureKind.COVERED_CALL)
    assert only.universe == ("SPY",)


# --- from one day to the next -----------------------------------------------------------------------------------------
FIRST_MONDAY = dt.date(2024, 3, 4)
WEEKS = 104


@cache
def two_years() -> tuple[MarketDay, ...]:
    """A session a week, the put dearer and cheaper by turns."""
    days = [FIRST_MONDAY + dt.timedelta(weeks=week) for week in range(WEEKS)]
    days = [day if session_on(day) else day + dt.timedelta(days=1) for day in days]
    prices = [round(1 + 0.5 * math.sin(week), 2) for week in range(WEEKS)]
    return tuple(
        day_of(day, 101, {PUT: (price, round(price + 0.1, 2))}) for day, price in zip(days, prices, strict=True)
    )


@dataclass
class Years(Source):
    """A source of two years that counts the sessions that were read."""

    read: int = 0

    def days(self, symbol: str, first: dt.date, last: dt.date) -> Sequence[MarketDay]:
        """The days of SPY."""
        found = [day for day in two_years() if first <= day.day <= last] if symbol == "SPY" else []
        self.read += len(found)
        return found

    def label(self, symbol: str, first: dt.date, last: dt.date, told: int) -> str:
        """How many sessions there were."""
        return f"{told} sessions of {symbol} from {first} to {last}"


def sells_often(module: ModuleSpec) -> Strategy:
    """Sells the put two weeks of three, and is out after some weeks, by the day of the month and a setting."""
    longer = int(module.parameters.get("x", 0))

    def answer(position: Position, context: ManageContext) -> tuple[Action, ...]:
        weeks = (context.now - position.opened_at).days // 7
        out = weeks > longer + position.opened_at.day % 11
        return (Exit(position.position_id, "out", ExitCode.DAYS),) if out else ()

    opens = {each.day: SOLD for number, each in enumerate(two_years()) if number % 3}
    return Scripted(opens, answer)


def ask(tester: HistoryBacktester, week: int) -> Evidence:
    """The answer on the day after a week's session."""
    return tester.answer(Question(spec(), "SPY", StructureKind.SHORT_PUT, two_years()[week].day + dt.timedelta(days=1)))


@cache
def alone(week: int) -> Evidence:
    """The answer of a backtester that was asked for nothing else."""
    return ask(HistoryBacktester(Years(), terms(), sells_often), week)


@settings(max_examples=25)
@given(weeks=st.lists(st.integers(0, WEEKS - 1), min_size=1, max_size=12))
def test_an_answer_is_the_same_whatever_was_asked_before_it(weeks: list[int]) -> None:
    gone_on = HistoryBacktester(Years(), terms(), sells_often)
    for week in weeks:
        assert ask(gone_on, week) == alone(week)


def test_another_day_takes_the_newest_session_and_leaves_out_what_was_opened_before_the_year() -> None:
    source = Years()
    tester = HistoryBacktester(source, terms(), sells_often)
    before = ask(tester, 80)
    read = source.read
    after = ask(tester, 81)

    # A year of weeks, then the last of them once more and the new one.
    assert (read, source.read - read) == (53, 2)
    assert {trade.opened for trade in before.results} - {trade.opened for trade in after.results} == {
        two_years()[28].day
    }
    first = two_years()[81].day + dt.timedelta(days=1) - LOOK_BACK
    assert min(trade.opened for trade in after.results) >= first
    assert after == alone(81)


def test_answers_of_the_days_before_are_let_go_and_given_again_all_the_same() -> None:
    tester = backtester(Source())
    first = tester.evidence(spec(), CANDIDATE, NOW)
    assert tester.evidence(spec(), CANDIDATE, NOW) is first

    tester.evidence(spec(), CANDIDATE, NOW + dt.timedelta(days=1))
    again = tester.evidence(spec(), CANDIDATE, NOW)

    assert again == first
    assert again is not first


def test_sessions_that_were_let_go_change_no_answer() -> None:
    source = Source()
    keeps, lets_go = backtester(Source()), backtester(source)
    for days in range(3):
        now = NOW + dt.timedelta(days=days - 1)
        assert lets_go.evidence(spec(), CANDIDATE, now) == keeps.evidence(spec(), CANDIDATE, now)
        lets_go.let_go()
    assert source.let_go_of == 3


def test_another_past_is_walked_anew() -> None:
    source = Years()
    tester = HistoryBacktester(source, terms(), sells_often)
    ask(tester, 80)
    source.version = "2"
    read = source.read
    ask(tester, 81)

    assert source.read - read == 53


def test_a_walk_that_failed_on_the_way_is_walked_anew() -> None:
    is_broken = [False]

    def breaks(module: ModuleSpec) -> Strategy:
        made = sells_often(module)
        assert isinstance(made, Scripted)
        return Scripted(made.opens, broken) if is_broken[0] else made

    def broken(_position: Position, _context: ManageContext) -> tuple[Action, ...]:
        raise ValueError("the program fell over")

    tester = HistoryBacktester(Years(), terms(), breaks)
    ask(tester, 80)
    is_broken[0] = True
    with pytest.raises(ValueError, match="fell over"):
        ask(tester, 81)
    is_broken[0] = False

    assert ask(tester, 81) == alone(81)


def test_other_settings_are_another_walk() -> None:
    tester = HistoryBacktester(Years(), terms(), sells_often)
    day = two_years()[80].day + dt.timedelta(days=1)
    kind = StructureKind.SHORT_PUT
    short = tester.answer(Question(spec(parameters={"x": 0}), "SPY", kind, day))
    longer = tester.answer(Question(spec(parameters={"x": 3}), "SPY", kind, day + dt.timedelta(weeks=1)))
    other = HistoryBacktester(Years(), terms(), sells_often)

    assert short.results != longer.results
    assert longer == other.answer(Question(spec(parameters={"x": 3}), "SPY", kind, day + dt.timedelta(weeks=1)))


# --- several at once --------------------------------------------------------------------------------------------------
def test_candidates_are_prepared_with_their_sessions_read_together() -> None:
    source = Source()
    tester = backtester(source)
    other = replace(
        CANDIDATE, structure=replace(SOLD, legs=(replace(SOLD.legs[0], contract=replace(PUT, underlying="QQQ")),))
    )
    tester.prepare(spec(), (CANDIDATE, other, CANDIDATE), NOW)

    assert source.together == [(("QQQ", "SPY"), WEDNESDAY - LOOK_BACK, TUESDAY)]
    assert tester.evidence(spec(), CANDIDATE, NOW).trades == 1
    assert tester.evidence(spec(), other, NOW).source == "no chains of QQQ"
    assert [symbol for symbol, _, _ in source.asked] == ["SPY", "QQQ"], "each was worked out once"

    tester.prepare(spec(), (CANDIDATE,), NOW + dt.timedelta(hours=1))
    assert len(source.together) == 1, "what is known already is not read again"


def test_a_fault_is_not_told_by_who_prepares_but_to_who_asks() -> None:
    def broken(_module: ModuleSpec) -> Strategy:
        raise ValueError("settings that cannot be")

    tester = HistoryBacktester(Source(), terms(), broken)
    tester.prepare(spec(), (CANDIDATE,), NOW)
    with pytest.raises(ValueError, match="cannot be"):
        tester.evidence(spec(), CANDIDATE, NOW)
