"""Why a symbol or an expiry is not looked at: one position a symbol, room in the module, and events."""

import datetime as dt
from dataclasses import replace

import pytest

from engine.core.money import dollars
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.mindfolio import Waivers
from engine.domain.position import Position, PositionStatus
from engine.domain.structure import StructureKind
from engine.modules.screening import event_before, held_symbols, room_for, symbol_refusal
from tests.builders import condor
from tests.option_markets import NOON, iv_module, scan_context, term_chain

CONTEXT = scan_context(term_chain({30: 0.2}, strikes=(95, 106, 5)), iv_module(StructureKind.IRON_CONDOR))
LAST = dt.date(2026, 4, 17)


def position(symbol: str, status: PositionStatus = PositionStatus.MONITORING) -> Position:
    return Position(symbol, "iv", condor(symbol=symbol), 1, 1, -dollars(100), NOON, status=status)


def test_only_open_positions_hold_a_symbol() -> None:
    context = replace(
        CONTEXT,
        open_positions=(position("A"), position("B", PositionStatus.CLOSED), position("C", PositionStatus.ASSIGNED)),
    )
    assert held_symbols(context) == {"A", "C"}
    assert symbol_refusal("A", context, 6) == symbol_refusal("C", context, 6) == "position already open"
    assert symbol_refusal("B", context, 6) == ""


def test_a_symbol_with_an_order_or_an_approval_waits() -> None:
    context = replace(CONTEXT, busy_symbols=frozenset({"A"}))
    assert symbol_refusal("A", context, 6) == "an order is working or an approval waiting already"


@pytest.mark.parametrize(
    ("most", "reason", "room"),
    [
        (2, "3 positions open or working, at most 2", 0),
        (3, "3 positions open or working, at most 3", 0),
        (4, "", 1),
    ],
)
def test_what_is_open_and_what_works_share_the_room(most: int, reason: str, room: int) -> None:
    context = replace(CONTEXT, open_positions=(position("A"), position("B")), busy_symbols=frozenset({"B", "C"}))
    assert symbol_refusal("D", context, most) == reason
    assert room_for(context, most) == room


@pytest.mark.parametrize(("days", "is_refused"), [(-1, True), (0, True), (1, False)])
@pytest.mark.parametrize("kind", HappeningKind)
def test_an_event_until_the_last_day_speaks_against_it(kind: HappeningKind, days: int, is_refused: bool) -> None:
    day = LAST + dt.timedelta(days=days)
    later = Happening(HappeningKind.EARNINGS, dt.date(2026, 7, 20))
    context = replace(CONTEXT, outlooks={"SPY": Outlook((later, Happening(kind, day)), dt.date(2026, 12, 31))})
    found = event_before("SPY", LAST.toordinal(), context)
    assert (None if found is None else found.reason) == (
        f"{kind} on {day}, before the expiry on 2026-04-17" if is_refused else None
    )


@pytest.mark.parametrize(
    ("complete_to", "is_known"), [(LAST - dt.timedelta(days=1), False), (LAST, True), (None, False)]
)
def test_unknown_events_are_not_none_unless_that_is_waived(complete_to: dt.date | None, is_known: bool) -> None:
    context = replace(CONTEXT, outlooks={"SPY": Outlook((), complete_to)})
    found = event_before("SPY", LAST.toordinal(), context)
    assert (found is None) is is_known
    assert found is None or found.reason == "earnings and dividends until 2026-04-17 are unknown"
    assert event_before("SPY", LAST.toordinal(), replace(context, waivers=Waivers(events=True))) is None


def test_a_symbol_that_nobody_told_of_is_unknown() -> None:
    found = event_before("NEW", LAST.toordinal(), CONTEXT)
    assert found is not None
    assert found.reason == "earnings and dividends until 2026-04-17 are unknown"


@pytest.mark.parametrize(
    ("days_ago", "words"),
    [(0, "today"), (1, "1 day ago"), (2, "2 days ago"), (3, None)],
)
def test_a_symbol_rests_after_a_trade_that_lost(days_ago: int, words: str | None) -> None:
    context = replace(CONTEXT, rested={"A": CONTEXT.now - dt.timedelta(days=days_ago)})
    reason = symbol_refusal("A", context, 6, rest_days=3)
    expected = (
        "" if words is None else f"rests: a trade here lost, or was ended by somebody else, {words}; 3 days of rest"
    )
    assert reason == expected
    assert symbol_refusal("A", context, 6) == "", "without the rule nothing rests"
