"""What the paper broker knows, and how it changes."""

import msgspec
import pytest

from engine.core.money import dollars
from engine.domain.account import ActivityKind, BrokerActivity
from engine.domain.broker_reports import BrokerFilled
from engine.domain.instrument import Right
from engine.domain.order import OrderStatus
from engine.execution.paper_state import (
    FILE_VERSION,
    Accepted,
    Asked,
    Booked,
    Decided,
    Entry,
    Filled,
    Kept,
    Lived,
    Opened,
    Question,
    State,
    Taken,
    is_option,
    option_of,
    settlement,
    symbol_of,
)
from tests.engine.execution.paper_world import NOW, contract, one, order

PUT = contract(440, Right.PUT, "SPY")
SOLD = BrokerFilled("o1", 1, dollars("-5.00"), (dollars("5.00"),), 1, dollars("0.60"), dollars("0.05"))
ENTRIES: tuple[Entry, ...] = (
    Opened(FILE_VERSION, dollars(50_000)),
    Lived(NOW),
    Taken(1, order("-5.00", structure=one(440, Right.PUT, -1)), NOW, NOW),
    Accepted("o1", NOW, dollars(87_001)),
    Asked(2, Question.CANCEL, "o9", NOW),
    Filled(SOLD, NOW, NOW),
    Decided(PUT.occ, ActivityKind.ASSIGNED, 1, dollars(430)),
)


def state(*more: Entry) -> State:
    found = State()
    for entry in (*ENTRIES, *more):
        found.apply(entry)
    return found


def test_a_fill_moves_cash_and_positions_and_lets_go_of_its_part_of_the_hold() -> None:
    found = state()
    # 500 came in, 0.65 went.
    assert found.cash == dollars("50499.35")
    assert found.positions == {PUT.occ: -1}
    ticket = found.tickets["o1"]
    assert (ticket.status, ticket.remaining, ticket.held) == (OrderStatus.PARTLY_FILLED, 1, dollars("43500.50"))
    assert found.live == ["o1"]


def test_a_line_that_ends_contracts_moves_them_the_shares_and_the_cash() -> None:
    line = BrokerActivity(1, ActivityKind.ASSIGNED, NOW, PUT.occ, 1, 100, dollars(-44_000), dollars(5), dollars(430))
    found = state(Booked(line))
    assert found.positions == {"SPY": 100}
    assert found.cash == dollars("6494.35")
    assert found.decided == []


def test_everything_survives_the_way_to_json_and_back() -> None:
    kept = Kept(FILE_VERSION, state())
    back = msgspec.json.decode(msgspec.json.encode([kept, *ENTRIES]), type=list[Entry])
    assert back == [kept, *ENTRIES]
    with pytest.raises(TypeError, match="replaces"):
        State().apply(kept)


@pytest.mark.parametrize(
    ("right", "held", "kind", "result"),
    [
        (Right.PUT, -1, ActivityKind.ASSIGNED, (200, -880_000_000)),
        (Right.PUT, 1, ActivityKind.EXERCISED, (-200, 880_000_000)),
        (Right.CALL, 1, ActivityKind.EXERCISED, (200, -880_000_000)),
        (Right.CALL, -1, ActivityKind.ASSIGNED, (-200, 880_000_000)),
        (Right.CALL, -1, ActivityKind.CASH_SETTLED, (0, -20_000_000)),
        (Right.CALL, 1, ActivityKind.CASH_SETTLED, (0, 20_000_000)),
        (Right.CALL, 1, ActivityKind.EXPIRED, (0, 0)),
    ],
)
def test_shares_and_cash_of_two_contracts_at_440_that_end_at_450(
    right: Right, held: int, kind: ActivityKind, result: tuple[int, int]
) -> None:
    assert settlement(Decided(contract(440, right, "SPY").occ, kind, 2, dollars(450)), held) == result


def test_instruments_are_options_or_shares() -> None:
    assert (is_option(PUT.occ), is_option("SPY")) == (True, False)
    assert (symbol_of(PUT.occ), symbol_of("SPY")) == ("SPY", "SPY")
    assert option_of(PUT.occ) == PUT
    with pytest.raises(TypeError, match="no option"):
        option_of("SPY")
