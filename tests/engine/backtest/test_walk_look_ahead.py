"""No backtest looks ahead: another future changes nothing of what was done before, whatever the module."""

import datetime as dt
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from engine.analytics.black_scholes import european
from engine.backtest.filling import Terms
from engine.backtest.source import MarketDay
from engine.backtest.walk import walk
from engine.core.calendar import next_session, session_on, years_to_expiry
from engine.core.clock import epoch_us
from engine.core.money import UNIT, Money, dollars
from engine.domain.chain import Chain
from engine.domain.contract_keys import contract_keys
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec, Parameter, Waivers
from engine.domain.order import OrderPurpose
from engine.domain.quote import Quote
from engine.domain.scan import IvRank, Past
from engine.domain.structure import Structure, StructureKind
from engine.modules.registry import BUILT_IN, parameters_for, strategy_of
from tests.engine.backtest.hand import COSTS, crossing

FIRST = dt.date(2026, 3, 2)
SESSIONS, PAST = 60, 300
RATE, SPOT, VOLATILITY = 0.04, 100.0, 0.30

LOOKS_AT_ALL = frozenset({"SMART_REBALANCER"})
"""Kinds that act on the whole mindfolio, of which a backtest of one symbol has none."""

Done = list[tuple[dt.datetime, Structure, OrderPurpose, Money | None]]


@cache
def days() -> tuple[MarketDay, ...]:
    """Sixty sessions of a random walk: eight Fridays of 25 strikes, IV rank now high and now low."""
    found, session = [], session_on(FIRST)
    moves = np.random.default_rng(5).normal(0, 0.45 / 252**0.5, PAST + SESSIONS)
    closes = SPOT * np.exp(np.cumsum(moves) - np.cumsum(moves)[PAST])
    for number in range(SESSIONS):
        assert session is not None
        before = Past(
            np.arange(session.day.toordinal() - PAST - number, session.day.toordinal()), closes[: PAST + number]
        )
        found.append(one_day(session.day, round(float(closes[PAST + number]), 2), number, before))
        session = next_session(session.closes)
    return tuple(found)


def one_day(day: dt.date, spot: float, number: int, before: Past) -> MarketDay:
    """A session with a chain at one volatility."""
    session = session_on(day)
    assert session is not None
    now = session.closes - dt.timedelta(minutes=15)
    fridays = [day + dt.timedelta(days=(4 - day.weekday()) % 7 + 7 * week) for week in range(8)]
    listed = [friday for friday in fridays if session_on(friday)]
    strikes = (round(spot / 2.5) + np.arange(-12, 13)) * 2.5
    axes = np.meshgrid([each.toordinal() for each in listed], [False, True], strikes, indexing="ij")
    ordinal, is_put, strike = (axis.ravel() for axis in axes)
    key = contract_keys(ordinal, is_put, np.round(strike * UNIT).astype(np.int64))
    order = np.argsort(key)
    years = np.array([years_to_expiry(now, dt.date.fromordinal(int(each))) for each in ordinal[order]])
    forward = spot * np.exp(RATE * years)
    mid = np.round(european(spot, forward, strike[order], years, RATE, VOLATILITY, is_put[order]).price, 2)
    half = np.round(0.01 + 0.01 * mid, 2)
    count = key.size
    chain = Chain(
        "SPY", number, now, spot, now, key[order], np.maximum(0, np.round(mid - half, 2)), np.round(mid + half, 2),
        np.full(count, 500.0), np.full(count, 5000.0), np.full(count, epoch_us(now), dtype=np.int64),
    )  # fmt: skip
    rank = IvRank(80.0 if number // 15 % 2 == 0 else 15.0, 252)
    return MarketDay(day, now, chain, dollars(str(spot)), rank, Outlook((), day + dt.timedelta(days=200)), before)


def another_future(last: int) -> list[MarketDay]:
    """The same days up to number `last`, whose settlement is after its chain; all that comes later is another."""
    known = list(days())
    changed = [replace(known[last], settlement=known[last].settlement * 2)]
    for number, day in enumerate(known[last + 1 :]):
        factor = 1.3 if number % 2 else 0.7
        chain = replace(
            day.chain,
            spot=day.chain.spot * factor,
            bid=day.chain.bid[::-1] * factor,
            ask=day.chain.ask[::-1] * factor + 0.02,
        )
        earnings = Happening(HappeningKind.EARNINGS, day.day + dt.timedelta(days=3))
        changed.append(
            replace(
                day,
                chain=chain,
                settlement=day.settlement // 2,
                iv_rank=IvRank(99.0 - (day.iv_rank.percent or 0), 252),
                outlook=Outlook((earnings,), day.day + dt.timedelta(days=200)),
                past=Past(day.past.day, day.past.close[::-1]),
                dividend=dollars(1),
                next_dividend=dollars(2),
                split=2.0 if number == 0 else 1.0,
            )
        )
    return known[:last] + changed


def traded(module: ModuleSpec, market: list[MarketDay]) -> tuple[Done, list[Money]]:
    """Every order of a walk that could be filled, at its time, and the result at each session's end."""
    done: Done = []

    def fill(structure: Structure, quotes: tuple[Quote | None, ...], purpose: OrderPurpose) -> Money | None:
        net = crossing(structure, quotes, purpose)
        done.append((max(quote.at for quote in quotes if quote is not None), structure, purpose, net))
        return net

    result = walk(strategy_of(module), module, market, Terms(COSTS, fill, RATE, Waivers(iv_rank=True, events=True)))
    return done, [worth for _, worth in result.equity]


def module_of(kind: ModuleKind) -> ModuleSpec:
    """A module of a kind by its defaults, with every structure enabled."""
    limits = ModuleLimits(max_risk_per_trade=dollars(20_000), daily_loss_limit=dollars(20_000))
    parameters: dict[str, Parameter] = {each.name: each.default for each in parameters_for(kind)}
    return ModuleSpec("M", kind, "M", limits, True, ("SPY",), tuple(StructureKind), parameters=parameters)


@pytest.mark.parametrize("kind", BUILT_IN)
def test_another_future_changes_nothing_that_was_done_before(kind: ModuleKind) -> None:
    module = module_of(kind)
    done, worth = traded(module, list(days()))
    assert done or kind.value in LOOKS_AT_ALL, "these days are to make every module trade"

    for last in (20, 46):
        until = days()[last].now
        other, other_worth = traded(module, another_future(last))
        assert [each for each in other if each[0] <= until] == [each for each in done if each[0] <= until]
        assert other_worth[:last] == worth[:last]


def test_the_days_make_the_iv_service_trade_and_the_other_futures_are_others() -> None:
    module = module_of(ModuleKind.IV_SERVICE)
    done, worth = traded(module, list(days()))
    _, other = traded(module, another_future(20))

    assert {purpose for _, _, purpose, _ in done} >= {OrderPurpose.OPEN, OrderPurpose.CLOSE}
    assert other[21:] != worth[21:]
