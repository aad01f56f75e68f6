"""Scores of fundamentals: what a file may hold, which rows are refused, and what is known on which day."""

import datetime as dt
from pathlib import Path

import pytest

from engine.core.errors import ImportRefused
from engine.domain.scan import Score
from engine.market.import_kinds import Kind, kind_of
from engine.market.scores import ScoresReport, import_scores, read_scores
from engine.market.tables import Merged
from mindfolio_desktop.market_data import import_paths

FILE = """symbol,score,as-of,source
KO,81.5,2026-01-15,desk
ko,84,2026-04-15,desk
TSLA,55,2026-02-01,
PFE,100,2026-02-01,desk
INTC,0,2026-02-01,desk
"""


def imported(folder: Path, text: str, name: str = "scores.csv") -> ScoresReport:
    path = folder / name
    path.write_text(text)
    return import_scores(path, folder / "history")


def test_the_newest_score_of_a_day_or_before_counts_and_never_a_later_one(tmp_path: Path) -> None:
    assert imported(tmp_path, FILE).scores == Merged(5, 0, 0)
    book = read_scores(tmp_path / "history")
    first, second = Score(81.5, dt.date(2026, 1, 15), "desk"), Score(84.0, dt.date(2026, 4, 15), "desk")
    assert book.on(dt.date(2026, 1, 14)) == {}
    assert book.on(dt.date(2026, 1, 15)) == {"KO": first}
    assert book.on(dt.date(2026, 4, 14))["KO"] == first
    assert book.on(dt.date(2026, 4, 15))["KO"] == second
    assert book.on(dt.date(2026, 2, 1))["TSLA"] == Score(55.0, dt.date(2026, 2, 1), "scores.csv")
    # Both ends of the scale are scores.
    assert {book.on(dt.date(2026, 5, 1))[symbol].score for symbol in ("PFE", "INTC")} == {0.0, 100.0}


def test_what_becomes_known_later_changes_no_earlier_day(tmp_path: Path) -> None:
    imported(tmp_path, FILE)
    day = dt.date(2026, 3, 1)
    before = dict(read_scores(tmp_path / "history").on(day))
    imported(tmp_path, "Symbol,Score,As_Of\nKO,12,2026-03-02\nNEW,99,2027-01-01\n", "later.csv")
    assert read_scores(tmp_path / "history").on(day) == before


def test_every_bad_row_is_named_by_its_number_and_what_stands_there(tmp_path: Path) -> None:
    rows = "symbol,score,asof\nKO,80,2026-01-15\n,70,2026-01-15\nTSLA,100.5,2026-01-15\nAMD,-1,2026-01-15\n"
    rows += "MU,n/a,2026-01-15\nBA,nan,2026-01-15\nGS,70,soon\nHD,70,2026-01-15\nHD,71,2026-01-15\n"
    rows += "CAT,70,2026-01-15\nCAT,70,2026-01-15\n"
    report = imported(tmp_path, rows)
    assert report.rejected == (
        (2, "no symbol: empty"),
        (3, "score is not from 0 to 100: 100.5"),
        (4, "score is not from 0 to 100: -1"),
        (5, "score is not from 0 to 100: empty"),
        (6, "score is not from 0 to 100: empty"),
        (7, "as-of is no day: soon"),
        (8, "another score of the same symbol and day stands in the file"),
        (9, "another score of the same symbol and day stands in the file"),
    )
    assert sorted(read_scores(tmp_path / "history").on(dt.date(2026, 2, 1))) == ["CAT", "KO"]


def test_a_corrected_score_replaces_the_one_before_and_the_same_again_adds_nothing(tmp_path: Path) -> None:
    imported(tmp_path, FILE)
    assert imported(tmp_path, FILE).scores == Merged(0, 5, 0)
    assert imported(tmp_path, "symbol,score,as-of\nTSLA,58,2026-02-01\n").scores == Merged(0, 0, 1)
    assert read_scores(tmp_path / "history").on(dt.date(2026, 2, 1))["TSLA"].score == 58.0


def test_a_file_without_a_needed_column_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"scores.csv: each once is needed of: asof; it has symbol, score"):
        imported(tmp_path, "symbol,score\nKO,80\n")


def test_without_an_import_nothing_is_known(tmp_path: Path) -> None:
    assert read_scores(tmp_path).on(dt.date(2026, 2, 1)) == {}


def test_the_import_command_knows_such_a_file_by_its_header_and_tells_what_became_of_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(FILE + "BAD,101,2026-01-01,desk\n")
    assert kind_of(path) is Kind.SCORES
    assert list(import_paths([path], tmp_path / "history", None, None, lambda _: None)) == [
        f"{path}: 5 scores kept, 5 of them new, 0 in place of another figure",
        "  row 6: score is not from 0 to 100: 101",
    ]


def test_the_list_for_people_has_the_newest_of_each_symbol_and_how_many_there_are(tmp_path: Path) -> None:
    imported(tmp_path, FILE)
    listed = read_scores(tmp_path / "history").listed()
    assert [row["symbol"] for row in listed] == ["INTC", "KO", "PFE", "TSLA"]
    assert listed[1] == {"symbol": "KO", "score": 84.0, "as_of": "2026-04-15", "source": "desk", "kept": 2}
    assert read_scores(tmp_path).listed() == []


def test_a_source_that_a_terminal_would_obey_or_that_is_no_name_is_refused(tmp_path: Path) -> None:
    rows = "symbol,score,asof,source\n"
    rows += f"KO,80,2026-01-15,\x1b[2Jdesk\nPFE,80,2026-01-15,{'x' * 201}\nHD,80,2026-01-15,{'é' * 200}\n"
    report = imported(tmp_path, rows)
    why = "source is longer than 200 signs, or has one that cannot be shown"
    assert report.rejected == ((1, why), (2, why))
    assert set(read_scores(tmp_path / "history").on(dt.date(2026, 2, 1))) == {"HD"}
