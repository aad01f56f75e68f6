"""What a broker says of buying power: an exception, or a figure that is none, denies an opening and stops nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.core.money import Money, dollars
from engine.domain import commands as cmd
from engine.domain.structure import Structure
from engine.runtime.openings import MOST_MONEY
from tests.engine.runtime.scenes import denied, give, working
from tests.fakes import Rig


def raises(error: Exception) -> Callable[[], object]:
    """A question that fails."""

    def ask() -> object:
        raise error

    return ask


NO_FIGURES: dict[str, Callable[[], object]] = {
    "no line": raises(ConnectionError("the line is down")),
    "a fault of its client": raises(KeyError("buyingPower")),
    "nothing": lambda: None,
    "not a number": lambda: float("nan"),
    "less than nothing can be": lambda: float("-inf"),
    "a float": lambda: 1.5,
    "a float without cents": lambda: 1e9,
    "a text": lambda: "plenty",
    "a yes": lambda: True,
    "more than there is": lambda: MOST_MONEY + 1,
}


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """An approval of IV_SERVICE_2 waits for a click."""
    return working(tmp_path)


def approve(rig: Rig) -> cmd.ApproveTrade:
    """The click."""
    (approval_id,) = rig.desk.book.approvals
    return cmd.ApproveTrade(approval_id, "user")


@pytest.mark.parametrize("ask", NO_FIGURES.values(), ids=NO_FIGURES)
class TestNoFigure:
    def test_of_what_it_would_take_denies_until_there_is_one(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object]
    ) -> None:
        def preview(structure: Structure, net_price: Money, quantity: int, shares: int = 0) -> object:
            return ask()

        sent, before = len(rig.broker.submitted), rig.desk.book.seq
        monkeypatch.setattr(rig.broker, "preview", preview)
        assert "BUDGET" in give(rig, approve(rig))
        assert (len(rig.broker.submitted), rig.desk.book.seq, rig.desk.halted) == (sent, before, "")
        monkeypatch.undo()
        assert give(rig, approve(rig)) == []

    def test_of_what_is_left_denies_until_there_is_one(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object]
    ) -> None:
        sent, before = len(rig.broker.submitted), rig.desk.book.seq
        monkeypatch.setattr(rig.broker, "available", lambda own: ask())
        assert give(rig, approve(rig)) == ["ACCOUNT_BUYING_POWER"]
        assert (len(rig.broker.submitted), rig.desk.book.seq, rig.desk.halted) == (sent, before, "")
        monkeypatch.undo()
        assert give(rig, approve(rig)) == []

    def test_leaves_a_withdrawal_to_our_own_figures(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object]
    ) -> None:
        monkeypatch.setattr(rig.broker, "available", lambda own: ask())
        (denial,) = denied(rig, cmd.WithdrawCash(dollars(50_000), "user", "x"))[1:]
        assert (denial.code.value, denial.limit) == ("ACCOUNT_BUYING_POWER", rig.desk.account_available())
        assert give(rig, cmd.WithdrawCash(dollars(5000), "user", "x")) == []


def test_a_figure_below_nothing_is_one(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig.broker, "available", lambda own: -dollars(1))
    (denial,) = denied(rig, approve(rig))
    assert (denial.code.value, denial.limit) == ("ACCOUNT_BUYING_POWER", -dollars(1))
