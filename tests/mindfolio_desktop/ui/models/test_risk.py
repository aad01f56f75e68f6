"""The tables of the risk page say what is not known, and colour only what is a gain, a loss or a warning."""

from typing import Any

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.limit_use import AccountLimit, LimitUse
from engine.domain.worst_case import WorstShare
from mindfolio_desktop.ui.models.keyed_table import KeyedTableModel
from mindfolio_desktop.ui.models.risk import (
    AccountLimitsModel,
    BetasModel,
    ConcentrationModel,
    GreeksModel,
    ModuleLimitRow,
    ModuleLimitsModel,
    ShareRow,
    SharesModel,
    greeks_rows,
)
from tests.mindfolio_desktop.ui.risk_records import comovement, limits, risky, share
from tests.mindfolio_desktop.ui.snapshots import AUTO, with_module

MINUS, UNKNOWN = "\N{MINUS SIGN}", "\N{EN DASH}"


def shown(model: KeyedTableModel[Any], row: int) -> list[str]:
    """The texts of a row."""
    return [model.item(row, column).text() for column in range(model.columnCount())]


def tip(model: KeyedTableModel[Any], row: int, column: int) -> str:
    return str(model.item(row, column).data(Qt.ItemDataRole.ToolTipRole))


def test_greeks_of_each_module_and_of_all_as_the_engine_adds_them_up(qtbot: QtBot) -> None:
    model = GreeksModel()
    model.show_rows(greeks_rows(with_module(risky(), AUTO, greeks_missing=2)))
    assert shown(model, 0)[:5] == ["IV Service", "+60.5", f"{MINUS}4.20", "+31.80", f"{MINUS}64.00"]
    assert shown(model, 0)[-1] == "2 of 3"
    assert shown(model, 3) == [
        "All modules", "+48.1", f"{MINUS}7.30", "+54.40", f"{MINUS}115.20", "+$14,230", f"{MINUS}$310", "+21.4 *",
        f"{MINUS}88.50", "2 of 5",
    ]  # fmt: skip
    assert "TSLA, whose beta is not known" in tip(model, 3, 7)


def test_a_beta_delta_that_nobody_knows_is_a_dash(qtbot: QtBot) -> None:
    model = GreeksModel()
    model.show_rows(greeks_rows(risky())[:1])
    assert shown(model, 0)[7] == UNKNOWN


def test_shares_of_the_worst_case(qtbot: QtBot) -> None:
    model = SharesModel("Module")
    rows = (
        ShareRow("IV Service", share("a", 3_000, 2_900), is_known=True),
        ShareRow("Hedge", share("b", 300, -200), is_known=True),
        ShareRow("Naked", WorstShare("c", None, None, 100, None), is_known=True),
        ShareRow("No price", share("d", 0, 0), is_known=False),
    )
    model.show_rows(rows)
    assert shown(model, 0) == ["IV Service", "$3,000", "$2,900", "$2,980"]
    assert shown(model, 1)[2] == f"{MINUS}$200"
    assert tip(model, 1, 2) == "it gains in the worst case of all: it protects"
    assert shown(model, 2) == ["Naked", "unbounded", UNKNOWN, "unbounded"]
    assert tip(model, 2, 1) == "100 shares owed without a bound"
    assert shown(model, 3) == ["No price", UNKNOWN, UNKNOWN, UNKNOWN]


def test_concentration_by_both_measures(qtbot: QtBot) -> None:
    symbols, sectors = ConcentrationModel("Symbol"), ConcentrationModel("Sector")
    symbols.show_rows(risky().concentrations)
    sectors.show_rows(risky().sectors)
    assert shown(symbols, 0) == ["TSLA", "$9,000", "17.66%", f"{MINUS}$4,200 *", f"{MINUS}8.24%"]
    assert tip(symbols, 0, 3) == "without 1 position whose delta is not known"
    assert shown(sectors, 0) == ["No sector known", "$9,000", UNKNOWN, "+$100", UNKNOWN]


def test_betas_with_their_error_and_days(qtbot: QtBot) -> None:
    model = BetasModel()
    model.show_rows(comovement().betas)
    assert shown(model, 0) == ["KO", "0.55", "\N{PLUS-MINUS SIGN} 0.04", "252"]
    assert shown(model, 2) == ["TSLA", UNKNOWN, UNKNOWN, "12"]


def test_limits_of_the_account_in_their_units(qtbot: QtBot) -> None:
    model = AccountLimitsModel()
    model.show_rows(limits().account)
    assert [shown(model, row) for row in range(4)] == [
        ["Day loss", "$800 lost today", "$2,000", "$1,200"],
        ["Drawdown", "2.40% below the highest NAV", "15.00%", "12.60%"],
        ["Least equity for spreads", "$50,950 NAV", "none is demanded", UNKNOWN],
        ["Orders in a session", "12 sent today", "390", "378"],
    ]
    model.show_rows([LimitUse(AccountLimit.DRAWDOWN, None, None, None)])
    assert shown(model, 0) == ["Drawdown", UNKNOWN, "no limit: nothing trips", UNKNOWN]


def test_limits_of_modules(qtbot: QtBot) -> None:
    model = ModuleLimitsModel()
    model.show_rows([ModuleLimitRow(use.module_id, use) for use in limits().modules])
    assert shown(model, 0)[1:] == ["$500", "$40", "$1,000", "$960"]
    assert shown(model, 1)[1:] == ["not set", "$1,500", "$1,500", "$0"]
    assert tip(model, 1, 1) == "without it nothing is opened"
    assert limits().modules[0].lost == dollars(40)
