"""The journal as a file: every entry that was asked for, exact, and whole or not at all."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.core.errors import LedgerFault
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.records import EntryRow
from engine.ledger.query import LedgerQuery
from engine.ledger.store import SqliteStore
from engine.portfolio import journal_csv
from engine.portfolio.journal_csv import COLUMNS, export_journal
from tests.builders import Clerk, ledger


@pytest.fixture
def query(tmp_path: Path) -> Iterator[LedgerQuery]:
    store = SqliteStore(tmp_path / "ledger.sqlite")
    clerk = Clerk(ledger(store))
    for text in ("first", "=cmd()", "last"):
        clerk.record(ev.NoteWritten(text, "", "", "SPY", "user"))
    clerk.record(ev.CashDeposited(dollars("250.5"), 250, "user", "more"))
    clerk.ledger.commit()
    opened = LedgerQuery(tmp_path / "ledger.sqlite")
    yield opened
    opened.close()
    store.close()


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_every_entry_is_a_row_newest_first_with_its_postings(
    query: LedgerQuery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_csv, "_PAGE", 2)
    out = tmp_path / "journal.csv"
    count = export_journal(query, out)
    header, *rows = read(out)
    assert header == list(COLUMNS)
    assert len(rows) == count == len(query.entries())
    numbers = [int(row[0]) for row in rows]
    assert numbers == sorted(numbers, reverse=True)
    assert rows[0][2] == "CashDeposited"
    assert rows[0][4] == "CASH 250.5000; CAPITAL -250.5000"


def test_only_what_was_asked_for(query: LedgerQuery, tmp_path: Path) -> None:
    out = tmp_path / "notes.csv"
    assert export_journal(query, out, "NoteWritten", "LAST") == 1
    assert '"text":"last"' in read(out)[1][5]
    assert export_journal(query, out, "NoteWritten", "nowhere") == 0
    assert read(out) == [list(COLUMNS)]


def test_an_export_that_fails_leaves_the_file_before_it_and_no_part(tmp_path: Path) -> None:
    class Broken:
        def entries(self, *_args: object) -> tuple[EntryRow, ...]:
            raise LedgerFault("the file is damaged")

    out = tmp_path / "journal.csv"
    out.write_text("as it was", encoding="utf-8")
    with pytest.raises(LedgerFault, match="damaged"):
        export_journal(Broken(), out)  # type: ignore[arg-type]
    assert out.read_text(encoding="utf-8") == "as it was"
    assert [each.name for each in tmp_path.iterdir()] == ["journal.csv"]


def test_a_place_that_is_not_there_is_named(query: LedgerQuery, tmp_path: Path) -> None:
    with pytest.raises(LedgerFault, match="cannot be written"):
        export_journal(query, tmp_path / "nowhere" / "journal.csv")


def test_a_folder_of_that_name_is_left_alone(query: LedgerQuery, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").write_text("x", encoding="utf-8")
    with pytest.raises(LedgerFault, match="cannot be written"):
        export_journal(query, tmp_path / "taken")
    assert not list(tmp_path.glob(".taken*"))
