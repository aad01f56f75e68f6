"""The positions table in a trader's words."""

import datetime as dt
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from engine.core.money import dollars
from engine.domain.instrument import Right
from engine.domain.position import Lot, PositionStatus
from engine.domain.snapshot import PositionView
from engine.domain.structure import Leg
from engine.domain.structure_shapes import held_structure
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.models.keyed_table import SORT_ROLE
from mindfolio_desktop.ui.models.positions import NOT_SHOWN_FIRST, PositionRow, PositionsModel, everywhere
from tests.builders import contract
from tests.mindfolio_desktop.ui.snapshots import NOW, aggressive_growth, position_view


@pytest.fixture
def model(qapp: QApplication) -> PositionsModel:
    return PositionsModel()


def line(model: PositionsModel, row: int = 0) -> dict[str, str]:
    return {
        model.horizontalHeaderItem(column).text(): model.item(row, column).text()
        for column in range(model.columnCount())
    }


def test_a_position_reads_like_a_line_of_a_blotter(model: PositionsModel) -> None:
    model.show_positions([position_view()], NOW)
    assert line(model) == {
        "Symbol": "TSLA",
        "Structure": "1 \N{MULTIPLICATION SIGN} 17 Apr 240/250/270/280 iron condor",
        "Entry": "$2.50 credit",
        "DTE": "32 d",
        "P&L": "▲ +$42.50",
        "% of max": "+17.0%",
        "IV": "52.3%",
        "Age": "4 s",
        "Status": "Monitoring",
    }


def test_the_entry_is_per_share_whatever_the_number_of_contracts(model: PositionsModel) -> None:
    model.show_positions([position_view(quantity=3, credit=dollars(750))], NOW)
    assert line(model)["Entry"] == "$2.50 credit"
    assert "received $750.00" in model.item(0, 2).toolTip()


def test_the_entry_of_a_hedged_straddle_is_that_of_its_options(model: PositionsModel) -> None:
    put, call = contract(45, Right.PUT, "XLU"), contract(45, Right.CALL, "XLU")
    hedged, units = held_structure("XLU", [Leg(put, 2), Leg(call, 2)], -33)
    held = (
        Lot(put, 2, dollars(90), NOW),
        Lot(call, 2, dollars(110), NOW),
        Lot(None, -33, dollars(-1485), NOW),
    )
    view = position_view()
    position = replace(view.position, structure=hedged, quantity=units, cost=dollars(-1285), lots=held)
    model.show_positions([replace(view, position=position)], NOW)
    assert line(model)["Structure"] == "2 \N{MULTIPLICATION SIGN} 17 Apr 45/45 long straddle and 33 shares short"
    assert line(model)["Entry"] == "$1.00 debit"


def test_what_is_unknown_is_a_dash_and_sorts_last(model: PositionsModel) -> None:
    unknown = position_view(pnl_of_max_pct=None, iv=None, closing_cost=None)
    model.show_positions([unknown], NOW)
    assert (line(model)["% of max"], line(model)["IV"]) == ("\N{EN DASH}", "\N{EN DASH}")
    assert model.item(0, 6).data(SORT_ROLE) is None
    assert model.item(0, 4).toolTip() == "no quote to close at"


def test_a_volatility_of_the_other_side_is_marked_as_about(model: PositionsModel) -> None:
    model.show_positions([position_view(is_iv_borrowed=True)], NOW)
    assert line(model)["IV"] == "≈ 52.3%"
    assert "other side's at the same strike" in model.item(0, 6).toolTip()


def test_quotes_age_with_the_markets_time_only(model: PositionsModel) -> None:
    view = position_view()
    model.show_positions([view], NOW + dt.timedelta(minutes=10))
    assert line(model)["Age"] == "10 min"


def test_a_position_that_closes_is_marked(model: PositionsModel) -> None:
    def closing(view: PositionView) -> PositionView:
        return replace(view, position=replace(view.position, status=PositionStatus.CLOSING))

    model.show_positions([closing(position_view())], NOW)
    assert line(model)["Status"] == "Closing"


def test_every_position_of_every_module_then_what_is_external() -> None:
    stray = position_view("x-1", "EXTERNAL")
    rows = everywhere(aggressive_growth(external=(stray,)))
    assert [(row.view.position.position_id, row.module) for row in rows] == [
        ("p-1", "IV Service"),
        ("p-2", "IV Service"),
        ("p-3", "IV Service"),
        ("p-4", "IV Service, ask first"),
        ("p-5", "IV Service, ask first"),
        ("x-1", "External"),
    ]
    assert [row.is_external for row in rows] == [False] * 5 + [True]


@pytest.mark.parametrize(
    ("words", "found"),
    [("", 5), ("tsla", 2), ("ASK first", 2), ("condor spy", 1), ("240/250", 2), ("calendar", 0)],
)
def test_words_find_positions_by_symbol_module_and_structure(words: str, found: int) -> None:
    assert sum(row.matches(words) for row in everywhere(aggressive_growth())) == found


def test_the_table_of_all_tells_more_and_marks_what_is_external(qapp: object) -> None:
    model = PositionsModel(of_all=True)
    titles = [model.headerData(column, Qt.Orientation.Horizontal) for column in range(model.columnCount())]
    assert set(NOT_SHOWN_FIRST) < set(titles)
    bare = position_view("x-1", "EXTERNAL", greeks=None, closing_cost=None, spot=None)
    gives = position_view("p-8", closing_cost=dollars(-12), spot=dollars("261.5"))
    model.show_rows([PositionRow(bare, NOW, "External"), PositionRow(gives, NOW, "IV Service")])

    def cell(row: int, title: str) -> str:
        return model.item(row, titles.index(title)).text()

    assert [cell(0, title) for title in ("Module", "To close", "Price", "Delta", "Vega")] == [
        "External",
        *[fmt.UNKNOWN] * 4,
    ]
    assert "no module's" in model.item(0, titles.index("Module")).toolTip()
    assert [cell(1, title) for title in ("To close", "Price", "Delta", "Gamma", "Theta", "Opened")] == [
        "receive $12.00",
        "$261.50",
        f"{fmt.MINUS}3.2",
        f"{fmt.MINUS}0.41",
        "+8.6",
        "13 Mar 11:55",
    ]
