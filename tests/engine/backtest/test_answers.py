"""Answers on disk: whole or not at all, of their own day, and only of what is the same in every respect."""

import datetime as dt
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backtest.answers import AnswerFiles, name_of, program
from engine.core.money import dollars
from engine.domain.evidence import BacktestTrade, Evidence
from engine.domain.mindfolio import Waivers
from tests.engine.backtest.hand import terms

DAY = dt.date(2026, 3, 4)
TRADES = (
    BacktestTrade(dt.date(2026, 2, 2), dt.date(2026, 2, 20), dollars("48.62"), "target"),
    BacktestTrade(dt.date(2026, 2, 3), dt.date(2026, 3, 2), dollars("-120.5"), "stop"),
)
FOUND = Evidence(
    trades=2, win_rate=0.5, expectancy=dollars("-35.94"), source="by hand (2 of 252 sessions)", win_rate_low=0.0945,
    win_rate_high=0.9055, average_win=dollars("48.62"), average_loss=dollars("-120.5"), profit_factor=0.4035,
    worst=dollars("-120.5"), drawdown=dollars("120.5"), first=dt.date(2025, 3, 4), last=dt.date(2026, 3, 3),
    results=TRADES, independent=1.4,
)  # fmt: skip
FRACTIONS = st.none() | st.floats(0, 1)
AMOUNTS = st.none() | st.integers(-(10**12), 10**12)


def test_an_answer_is_there_again_for_another_program_and_only_under_its_day_and_name(tmp_path: Path) -> None:
    AnswerFiles(tmp_path / "evidence").put(DAY, "abc", FOUND)
    again = AnswerFiles(tmp_path / "evidence")

    assert again.get(DAY, "abc") == FOUND
    assert again.has(DAY, "abc")
    assert again.get(DAY, "abd") is None
    assert again.get(DAY + dt.timedelta(days=1), "abc") is None
    assert [path.name for path in (tmp_path / "evidence" / "2026-03-04").iterdir()] == ["abc.json"], "nothing beside it"


@settings(max_examples=40)
@given(
    st.builds(
        Evidence, st.integers(0, 300), FRACTIONS, AMOUNTS, st.text(), profit_factor=st.none() | st.floats(),
        worst=AMOUNTS, first=st.none() | st.dates(), independent=st.none() | st.floats(0, 300),
    )
)  # fmt: skip
def test_what_is_read_is_what_was_written_or_nothing(
    tmp_path_factory: pytest.TempPathFactory, evidence: Evidence
) -> None:
    files = AnswerFiles(tmp_path_factory.getbasetemp() / "answers")
    files.put(DAY, "one", Evidence(1, None, None, "before"))
    files.put(DAY, "one", evidence)
    read = files.get(DAY, "one")
    is_finite = evidence.profit_factor is None or abs(evidence.profit_factor) < float("inf")
    assert read == (evidence if is_finite else Evidence(1, None, None, "before"))


@pytest.mark.parametrize("cut", [0, 1, 63, 64, 65, -1])
def test_a_file_that_was_cut_short_is_none(tmp_path: Path, cut: int) -> None:
    files = AnswerFiles(tmp_path)
    files.put(DAY, "abc", FOUND)
    path = tmp_path / "2026-03-04" / "abc.json"
    path.write_bytes(path.read_bytes()[:cut])

    assert files.get(DAY, "abc") is None
    files.put(DAY, "abc", FOUND)
    assert files.get(DAY, "abc") == FOUND


def test_a_digit_that_has_changed_and_what_is_no_answer_are_none(tmp_path: Path) -> None:
    files = AnswerFiles(tmp_path)
    files.put(DAY, "abc", FOUND)
    path = tmp_path / "2026-03-04" / "abc.json"
    whole = path.read_bytes()
    for damaged in (whole.replace(b'"trades":2', b'"trades":3'), b"\xff\xfe", b"{}", b"not ours at all"):
        assert damaged != whole
        path.write_bytes(damaged)
        assert files.get(DAY, "abc") is None
    path.unlink()
    path.mkdir()
    assert files.get(DAY, "abc") is None


def test_days_before_are_dropped_and_nothing_else(tmp_path: Path) -> None:
    files = AnswerFiles(tmp_path)
    for days in (-9, -1, 0, 1):
        files.put(DAY + dt.timedelta(days=days), "abc", FOUND)
    (tmp_path / "mine").mkdir()
    (tmp_path / "2020-01-01").write_text("a file, not a folder")
    files.forget_before(DAY)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["2020-01-01", "2026-03-04", "2026-03-05", "mine"]
    AnswerFiles(tmp_path / "missing").forget_before(DAY)


def test_where_nothing_can_be_written_it_is_said_once_and_nothing_is_lost_but_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "evidence").write_text("in the way")
    files = AnswerFiles(tmp_path / "evidence")
    with caplog.at_level(logging.WARNING):
        files.put(DAY, "abc", FOUND)
        files.put(DAY, "abd", FOUND)

    assert files.get(DAY, "abc") is None
    assert len(caplog.records) == 1


def test_a_name_is_of_everything_that_an_answer_depends_on() -> None:
    ours = terms()
    others = (
        (replace(ours, rate=0.05), ("a", 1)),
        (replace(ours, waivers=Waivers(evidence=True)), ("a", 1)),
        (replace(ours, costs=replace(ours.costs, assignment_fee=1)), ("a", 1)),
        (replace(ours, fill=lambda *_: None), ("a", 1)),
        (ours, ("a", 1.0)),
        (ours, ("a", True)),
    )
    names = [name_of(ours, ("a", 1)), *(name_of(terms, content) for terms, content in others)]

    assert len(set(names)) == len(names)
    assert name_of(terms(), ("a", 1)) == names[0]
    assert len(program().split()[-1]) == 64
