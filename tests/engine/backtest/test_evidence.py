"""The pre-trade backtest as the gate asks for it: what it looks at, once a question, and again on another day."""

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Barrier

import pytest

from engine.backtest.evidence import LOOK_BACK, HistoryBacktester, restricted
from engine.backtest.source import MarketDay
from engine.core.money import dollars
from engine.domain.evidence import Evidence
from engine.domain.mindfolio import ModuleSpec, ModuleStatus
from engine.domain.ports import Strategy
from engine.domain.scan import Exit, ExitCode
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
    version: str = "1"

    def days(self, symbol: str, first: dt.date, last: dt.date) -> Sequence[MarketDay]:
        """The days of SPY."""
        self.asked.append((symbol, first, last))
        return [day for day in DAYS if first <= day.day <= last] if symbol == "SPY" else []

    def label(self, symbol: str, first: dt.date, last: dt.date) -> str:
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
    found = backtester(Source()).on_day(spec(), "TSLA", StructureKind.SHORT_PUT, WEDNESDAY)

    assert (found.trades, found.win_rate, found.source) == (0, None, "no chains of TSLA")


def test_an_answer_worked_out_elsewhere_is_taken() -> None:
    source = Source()
    tester = backtester(source)
    kept = Evidence(trades=40, win_rate=0.7, expectancy=dollars(10), source="at night")
    tester.keep(spec(), "SPY", StructureKind.SHORT_PUT, WEDNESDAY, kept)

    assert tester.evidence(spec(), CANDIDATE, NOW) is kept
    assert source.asked == []


def test_only_one_structure_is_traded_and_what_is_sold_on_its_shares() -> None:
    wheel = spec(
        structures=(StructureKind.IRON_CONDOR, StructureKind.SHORT_PUT, StructureKind.COVERED_CALL),
        universe=("QQQ", "SPY"),
    )
    only = restricted(wheel, "SPY", StructureKind.SHORT_PUT)

    assert only.structures == (StructureKind.SHORT_PUT, StructureKind.COVERED_CALL)
    assert only.universe == ("SPY",)
