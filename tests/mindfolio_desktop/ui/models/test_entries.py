"""The tables of the ledger's page: each cell in words and figures, sorted by what it means."""

from PySide6.QtCore import QAbstractItemModel
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.models.entries import EntriesModel, Line, NoteLine, NotesModel, PostingLine, PostingsModel
from mindfolio_desktop.ui.models.keyed_table import SORT_ROLE
from tests.mindfolio_desktop.ui.journal import FILLED, SUBMITTED, note
from tests.mindfolio_desktop.ui.snapshots import AUTO

NAMES = {AUTO: "IV Service"}


def cells(model: QAbstractItemModel, row: int = 0) -> list[str]:
    return [str(model.index(row, column).data()) for column in range(model.columnCount())]


def test_entries_tell_number_time_kind_words_and_module(qtbot: QtBot) -> None:
    model = EntriesModel()
    model.show_rows([Line.of(FILLED, NAMES), Line.of(SUBMITTED, NAMES)])
    assert cells(model) == [
        "13", "16 Mar 15:55:13", "Order filled", "O000001: 2 units at $2.50 credit a share, costs $5.00", "IV Service",
    ]  # fmt: skip
    assert cells(model, 1)[-1] == fmt.UNKNOWN
    assert model.index(0, 0).data(SORT_ROLE) == 13.0


def test_postings_have_a_debit_or_a_credit(qtbot: QtBot) -> None:
    model = PostingsModel()
    model.show_rows([PostingLine(place, row, "IV Service") for place, row in enumerate(FILLED.postings)])
    assert cells(model) == ["Cash", "IV Service", "$495.00", ""]
    assert cells(model, 1) == ["Positions", "IV Service", "", "$500.00"]
    model.show_rows([PostingLine(0, FILLED.postings[0], "")])
    assert cells(model)[1] == "the account"


def test_notes_are_on_one_line_with_the_whole_in_the_tip(qtbot: QtBot) -> None:
    model = NotesModel()
    model.show_rows([NoteLine(note(21, "two\nlines"), "KO"), NoteLine(note(20, "x"), "")])
    assert cells(model) == ["16 Mar 15:55:21", "KO", "two lines", "user"]
    assert cells(model, 1)[1] == "general"
    assert model.item(0, 2).toolTip() == "two\nlines"
