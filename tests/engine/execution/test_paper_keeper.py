"""What is kept and what is told: nothing leaves before it is kept, and the statement can be told again."""

from pathlib import Path

from engine.core.money import dollars
from engine.domain.account import ActivityKind, BrokerActivity
from engine.domain.broker_reports import BrokerAccepted
from engine.execution.paper_keeper import Keeper
from engine.execution.paper_state import Lived
from tests.engine.execution.paper_world import NOW

LINES = tuple(BrokerActivity(number, ActivityKind.DEPOSIT, NOW, "USD", 0, 0, dollars(number)) for number in (1, 2, 3))


def test_reports_are_told_once_in_order_and_lines_among_them() -> None:
    keeper = Keeper(dollars(10), None, 1000)
    keeper.book(LINES[0])
    keeper.report(BrokerAccepted("o1"))
    keeper.book(LINES[1])
    assert keeper.take() == (LINES[0], BrokerAccepted("o1"), LINES[1])
    assert keeper.take() == ()
    assert keeper.state.cash == dollars(13)
    keeper.tell_after(1)
    keeper.tell_lines()
    assert keeper.take() == (LINES[1],)


def test_an_account_that_is_kept_wins_over_the_cash_that_a_new_one_would_have(tmp_path: Path) -> None:
    path = tmp_path / "paper.jsonl"
    keeper = Keeper(dollars(10), path, 1000)
    for line in LINES:
        keeper.book(line)
    assert keeper.take() == LINES
    keeper.record(Lived(NOW))
    keeper.close()
    again = Keeper(dollars(99), path, 1000)
    # 10 + 1 + 2 + 3; what was not saved is not there.
    assert (again.state.cash, again.state.opening, again.state.lived) == (dollars(16), dollars(10), None)
    again.tell_lines()
    assert again.take() == LINES
    again.close()
