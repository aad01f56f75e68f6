"""No part of a closing plan widens the worst case: random books, every unit, and every contract leg by leg."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.analytics.book_worst import BookRisk, Worst, book_risk
from engine.analytics.stress_cells import Prices
from engine.core.money import CENT, UNIT
from engine.domain.chain import Ints
from engine.domain.closing import ClosingPlan, ClosingStep
from engine.domain.limits import Costs
from engine.domain.position import Position
from engine.domain.quote import Quote
from engine.risk.closing_plan import closing_plan, fallback_steps
from tests.engine.risk.books import NOW, SPOTS, position, prices


def plan(positions: list[Position], market: Prices, target_pct: int) -> ClosingPlan:
    return closing_plan(positions, market, plan_id="C1", costs=Costs(), target_pct=target_pct)


SHAPES = (
    *("+P{a} -P{b} -C{c} +C{d}", "-P{b}", "+P{a} -P{b}", "-C{c} +C{d}", "-C{c}", "+P{b} +C{c}", "-P{b} -C{c}"),
    *("+100S -C{c}", "+100S +P{b}", "+100S +P{b} -C{c}", "-C{c} +C{c}'", "+C{b}' -C{c}", "-P{b} +C{c}"),
    *("+P{a}", "+C{d}", "+C{a} -2C{c} +C{d}", "-C{c} +2C{d}", "+1S", "-1S", "-100S +C{c}", "+C{a} +P{d}"),
    *("-P{b} +P{b}' -C{c} +C{c}'",),
)


@st.composite
def books(draw: st.DrawFn) -> tuple[list[Position], Prices]:
    """Up to six positions in two underlyings, some wings without a bid, some contracts without a volatility."""
    positions = []
    for place in range(draw(st.integers(1, 6))):
        symbol = draw(st.sampled_from(["AAA", "BBB"]))
        step = SPOTS[symbol] // UNIT // 20
        a, b, c, d = sorted(draw(st.sets(st.integers(14, 27), min_size=4, max_size=4)))
        text = draw(st.sampled_from(SHAPES)).format(a=a * step, b=b * step, c=c * step, d=d * step)
        quantity = draw(st.integers(1, 4)) * (50 if text.endswith("1S") else 1)
        positions.append(position(f"P{place}", text, quantity, symbol))
    market = prices(
        positions, volatility=draw(st.sampled_from([0.15, 0.3, 0.8])), half=draw(st.sampled_from([0, CENT, 5 * CENT]))
    )
    contracts = sorted(market.quotes)
    chosen = st.sets(st.sampled_from(contracts), max_size=3) if contracts else st.just(set())
    worthless = {each: Quote(0, 5 * CENT, NOW) for each in draw(chosen)}
    blind = draw(chosen)
    known = {key: each for key, each in market.volatilities.items() if key not in blind}
    return positions, replace(market, quotes=dict(market.quotes) | worthless, volatilities=known)


def rows_of(step: ClosingStep, positions: list[Position], risk: BookRisk) -> list[int]:
    """The rows of what a step trades, in the order of its fallback."""
    place = [each.position_id for each in positions].index(step.position_id)
    by_contract = {piece.contract: row for row, piece in enumerate(risk.pieces) if piece.position == place}
    return [by_contract[each.legs[0].contract if each.legs else None] for each in fallback_steps(step.structure)]


def ratios_of(step: ClosingStep) -> list[int]:
    return [each.legs[0].ratio if each.legs else each.shares for each in fallback_steps(step.structure)]


def whole_risk(positions: list[Position], market: Prices) -> BookRisk:
    """A book whose shares are settled with one expiration each: a step then tells which row it takes out."""
    risk = book_risk(positions, market)
    assume(len(risk.positions) == len(positions))
    return risk


def start_of(positions: list[Position], risk: BookRisk) -> Ints:
    held = [piece.ratio * positions[piece.position].quantity for piece in risk.pieces]
    return risk.sum_of(np.array(held, dtype=np.int64))


def taken(risk: BookRisk, row: int, ratio: int, *, is_spent: bool) -> Ints:
    """What one leg of one unit takes out of the book, the money for shorts spent or not."""
    found: Ints = (risk.spent_row(row) if is_spent and ratio < 0 else risk.rows[row]) * ratio
    return found


def by_package(steps: list[ClosingStep], positions: list[Position], risk: BookRisk) -> Iterator[tuple[Worst, Worst]]:
    """The worst case before and after each unit of each step that is a whole position."""
    book = start_of(positions, risk)
    for step in steps:
        pairs = list(zip(rows_of(step, positions, risk), ratios_of(step), strict=True))
        unit = sum((taken(risk, row, ratio, is_spent=False) for row, ratio in pairs), start=np.zeros_like(book))
        for _ in range(step.quantity):
            before = risk.worst(book)
            book = book - unit
            yield before, risk.worst(book)


def is_whole(step: ClosingStep, steps: list[ClosingStep]) -> bool:
    return sum(each.position_id == step.position_id for each in steps) == 1


@settings(max_examples=80)
@given(book=books())
def test_no_unit_of_any_step_widens_the_worst_case(book: tuple[list[Position], Prices]) -> None:
    positions, market = book
    risk = whole_risk(positions, market)
    found = plan(positions, market, 0)
    steps = list(found.steps)
    if all(is_whole(step, steps) for step in steps):
        assert all(after <= before for before, after in by_package(steps, positions, risk))
    # Parts of one position are one move; the worst case after it is what the step says.
    worst = risk.worst(start_of(positions, risk))
    current = start_of(positions, risk)
    for place, step in enumerate(steps):
        for row, ratio in zip(rows_of(step, positions, risk), ratios_of(step), strict=True):
            current = current - risk.rows[row] * ratio * step.quantity
        if place + 1 == len(steps) or steps[place + 1].position_id != step.position_id:
            assert risk.worst(current) < worst
            worst = risk.worst(current)
            assert step.worst_case == worst.loss
        assert step.cost >= 0
        assert step.quantity > 0
    assert found.cost == sum(step.cost for step in steps)


@settings(max_examples=50)
@given(book=books(), data=st.data())
def test_no_leg_of_any_step_widens_it_either(book: tuple[list[Position], Prices], data: st.DataObject) -> None:
    positions, market = book
    steps = list(plan(positions, market, 0).steps)
    risk = whole_risk(positions, market)
    current = start_of(positions, risk)
    for place, step in enumerate(steps):
        is_first = place == 0 or steps[place - 1].position_id != step.position_id
        if is_first:
            ceiling, spent = risk.worst(current), current
        pairs = list(zip(rows_of(step, positions, risk), ratios_of(step), strict=True))
        done = data.draw(st.integers(0, step.quantity))
        for row, ratio in pairs:  # so many as a package...
            spent = spent - taken(risk, row, ratio, is_spent=not is_whole(step, steps)) * done
        assert risk.worst(spent) <= ceiling
        for row, ratio in pairs:  # ...and the others leg by leg, contract by contract
            one = taken(risk, row, ratio, is_spent=True) // abs(ratio)
            for _ in range(abs(ratio) * (step.quantity - done)):
                spent = spent - one
                assert risk.worst(spent) <= ceiling
        for row, ratio in pairs:
            current = current - risk.rows[row] * ratio * step.quantity


@settings(max_examples=40)
@given(book=books(), pct=st.integers(0, 100))
def test_a_plan_reaches_its_target_or_says_what_stays(book: tuple[list[Position], Prices], pct: int) -> None:
    positions, market = book
    found = plan(positions, market, pct)
    risk = whole_risk(positions, market)
    current = start_of(positions, risk)
    before = risk.worst(current)
    for step in found.steps:
        for row, ratio in zip(rows_of(step, positions, risk), ratios_of(step), strict=True):
            current = current - risk.rows[row] * ratio * step.quantity
    assert (found.worst_before, found.target) == (before.amount, before.loss * pct // 100)
    assert risk.worst(current) <= Worst(0, before.loss * pct // 100) or found.left
