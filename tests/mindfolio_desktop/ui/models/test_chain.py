"""The chain's cells: prices, sides, shades, and the reason for whatever is grey."""

import datetime as dt
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from engine.core.money import dollars
from engine.domain.instrument import Right
from engine.domain.quote_flags import QuoteFlag
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.models.chain import FAULTS, STRIKE, WEIGHTS, ChainModel, fault_words
from tests.mindfolio_desktop.ui.chains import chain_view, contract, quote, strike_row
from tests.mindfolio_desktop.ui.snapshots import NOW

PUT_BID, PUT_ASK, PUT_IV = STRIKE + 1, STRIKE + 2, STRIKE + 4
CALL_OI, CALL_BID, CALL_ASK = 0, STRIKE - 2, STRIKE - 1


@pytest.fixture
def model(qapp: object) -> ChainModel:
    return ChainModel()


def words(model: ChainModel, row: int, column: int) -> str:
    return str(model.item(row, column).text())


def colour(model: ChainModel, row: int, column: int, role: Qt.ItemDataRole) -> str:
    brush = model.item(row, column).data(role)
    return "" if brush is None else str(brush.color().name())


def test_the_columns_mirror_each_other_around_the_strike(model: ChainModel) -> None:
    titles = [model.horizontalHeaderItem(at).text() for at in range(model.columnCount())]
    assert titles == [
        *("OI", "Vol", "Delta", "IV", "Mid", "Bid", "Ask"), "Strike",
        *("Bid", "Ask", "Mid", "IV", "Delta", "Vol", "OI"),
    ]  # fmt: skip
    assert len(WEIGHTS) == len(titles)
    assert WEIGHTS[2] == WEIGHTS[STRIKE + 5]


def test_a_row_tells_everything_that_is_quoted(model: ChainModel) -> None:
    model.show_chain(chain_view(), {})
    assert [words(model, 1, column) for column in range(model.columnCount())] == [
        *("4,500", "120", "+0.45", "21.0%", "$8.05", "$8.00", "$8.10"), "605",
        *("$8.00", "$8.10", "$8.05", "21.0%", "\N{MINUS SIGN}0.55", "120", "4,500"),
    ]  # fmt: skip


def test_the_side_in_the_money_is_shaded(model: ChainModel) -> None:
    model.show_chain(chain_view(), {})
    ground = Qt.ItemDataRole.BackgroundRole
    raised = theme.tokens().raised
    assert [colour(model, row, CALL_BID, ground) for row in range(3)] == [raised, raised, ""]
    assert [colour(model, row, PUT_BID, ground) for row in range(3)] == ["", "", raised]


def test_a_faulty_quote_is_grey_and_says_why(model: ChainModel) -> None:
    aged = quote(600, faults=QuoteFlag.STALE, at=NOW - dt.timedelta(minutes=3))
    model.show_chain(chain_view(rows=(strike_row(600, put=aged),)), {})
    assert colour(model, 0, PUT_BID, Qt.ItemDataRole.ForegroundRole) == theme.tokens().faint
    tip = model.item(0, PUT_BID).toolTip()
    assert tip == "Aged: not in the newest quotes, or older than may be traded on (quoted 3 min ago)"
    assert colour(model, 0, CALL_BID, Qt.ItemDataRole.ForegroundRole) == ""


def test_every_fault_has_words_and_a_locked_quote_is_no_fault() -> None:
    assert set(FAULTS) == set(QuoteFlag)
    assert fault_words(quote(600, faults=QuoteFlag.LOCKED), NOW) == ""
    both = quote(600, faults=QuoteFlag.CROSSED | QuoteFlag.STALE)
    assert fault_words(both, NOW).startswith("The bid is above the ask; aged")


def test_what_is_unknown_is_a_dash(model: ChainModel) -> None:
    bare = quote(600, iv=None, delta=None, mid=None, volume=None, open_interest=None)
    model.show_chain(chain_view(rows=(strike_row(600, put=bare, call=None),)), {})
    assert [words(model, 0, column) for column in range(PUT_IV - 1, model.columnCount())] == [fmt.UNKNOWN] * 5
    assert words(model, 0, CALL_OI) == fmt.UNKNOWN
    assert model.item(0, CALL_BID).toolTip() == "The call was never quoted"
    assert model.quote_at(0, CALL_BID) is None


def test_a_borrowed_volatility_is_marked(model: ChainModel) -> None:
    model.show_chain(chain_view(rows=(strike_row(600, put=quote(600, is_iv_borrowed=True)),)), {})
    assert words(model, 0, PUT_IV) == "≈ 21.0%"
    assert "the other side" in model.item(0, PUT_IV).toolTip()


def test_a_leg_on_the_ticket_is_marked_on_its_side(model: ChainModel) -> None:
    model.show_chain(chain_view(), {contract(600): 2, contract(605): -1})
    assert model.item(0, PUT_ASK).toolTip() == "On the ticket: buy 2"
    assert model.item(1, PUT_BID).toolTip() == "On the ticket: sell 1"
    assert colour(model, 0, PUT_ASK, Qt.ItemDataRole.BackgroundRole) == theme.tokens().accent
    assert colour(model, 0, PUT_BID, Qt.ItemDataRole.BackgroundRole) == ""


def test_only_bids_and_asks_can_be_taken(model: ChainModel) -> None:
    model.show_chain(chain_view(), {})
    taken = {column: model.quote_at(1, column) for column in range(model.columnCount())}
    assert {column: (found[0].contract.right, found[1]) for column, found in taken.items() if found} == {
        CALL_BID: (Right.CALL, -1),
        CALL_ASK: (Right.CALL, 1),
        PUT_BID: (Right.PUT, -1),
        PUT_ASK: (Right.PUT, 1),
    }
    assert model.quote_at(9, PUT_BID) is None


def test_newer_quotes_change_cells_and_keep_rows(model: ChainModel) -> None:
    view = chain_view()
    model.show_chain(view, {})
    item = model.item(1, PUT_BID)
    moved = replace(view, rows=(*view.rows[:1], strike_row(605, put=quote(605, bid="7.90")), *view.rows[2:]))
    model.show_chain(moved, {})
    assert item.text() == "$7.90"
    assert model.row_of(dollars(605)) == 1
