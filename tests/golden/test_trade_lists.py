"""The golden runs again: every trade, every reason for a skip and the books are what they were when last looked at.

`uv run python -m tests.golden.write_trades` writes the lists anew after a rule was changed on purpose.
"""

from collections.abc import Iterator

import pytest

from engine.domain.candidate import ScanAction, ScanRow
from engine.domain.order import OrderPurpose
from tests.golden.runs import KEPT, RECORDINGS, GoldenRun


@pytest.fixture(scope="module", params=sorted(RECORDINGS))
def named(request: pytest.FixtureRequest) -> tuple[str, GoldenRun]:
    """Each run with its name."""
    run: GoldenRun = request.getfixturevalue(request.param)
    return request.param, run


def openings(run: GoldenRun) -> Iterator[ScanRow]:
    """Rows of trades that a module found and would have opened, whatever became of them."""
    for rows in run.rows.values():
        yield from (row for row in rows if row.candidate and row.candidate.purpose is OrderPurpose.OPEN)


def test_every_trade_every_skip_and_the_books_are_the_kept_ones(named: tuple[str, GoldenRun]) -> None:
    name, run = named
    assert run.as_text().splitlines() == (KEPT / f"{name}.json").read_text(encoding="utf-8").splitlines()


def test_each_symbol_is_looked_at_by_each_module_at_each_scan(named: tuple[str, GoldenRun]) -> None:
    _, run = named
    universe = {row.symbol for row in run.rows["GAMMA_SCALPER"]}
    for module, rows in run.rows.items():
        moments = {row.at for row in rows}
        assert moments == {row.at for row in run.rows["GAMMA_SCALPER"]}, module
        for at in moments:
            assert {row.symbol for row in rows if row.at == at} == universe, (module, at)
    assert all(row.reason for rows in run.rows.values() for row in rows)


def test_nothing_is_said_to_have_evidence_and_every_row_says_that_it_was_waived(named: tuple[str, GoldenRun]) -> None:
    _, run = named
    found = list(openings(run))
    assert run.document["waived"] == ["evidence", "iv_rank", "events"]
    assert len(found) >= 15
    for row in found:
        assert row.candidate is not None
        assert "evidence" in row.waived, row
        assert "evidence" in row.candidate.waived, "the ticket says so too"
        assert row.candidate.quantity == 1, "without evidence one contract at most"


def test_every_position_was_opened_by_a_row_that_shows_the_waiver(nineteen_sessions: GoldenRun) -> None:
    shown = {
        (row.module_id, row.at.date().isoformat(), row.candidate.structure)
        for row in openings(nineteen_sessions)
        if row.candidate is not None and row.action is not ScanAction.SKIPPED and "evidence" in row.waived
    }
    opened = {(module, day, legs_of(structure)) for module, day, structure in shown}
    trades = nineteen_sessions.trades()
    assert {(trade["module"], trade["opened_at"][:10], trade["legs"]) for trade in trades} == opened
    assert len(trades) == len(shown) == 9


def legs_of(structure: object) -> str:
    """Legs as the trade list has them."""
    legs = getattr(structure, "legs", ())
    return " ".join(f"{leg.ratio:+d} {leg.contract.occ}" for leg in legs)


def test_every_skip_is_counted_once(named: tuple[str, GoldenRun]) -> None:
    _, run = named
    skipped = sum(row.action is ScanAction.SKIPPED for rows in run.rows.values() for row in rows)
    assert sum(skip["times"] for skip in run.skips()) == skipped > 200
