"""The expiration desk's table: what ends today or is in the money stands out; what is not known is said."""

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.expiration import Ending, OpenExpiry
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.models.expirations import ENDINGS, ExpirationsModel
from tests.mindfolio_desktop.ui.risk_records import expiry, in_the_money
from tests.mindfolio_desktop.ui.snapshots import AUTO

UNKNOWN = "\N{EN DASH}"
NAMES = {AUTO: "IV Service"}


def made(*expiries: OpenExpiry) -> ExpirationsModel:
    model = ExpirationsModel()
    model.show_expiries(expiries, NAMES)
    return model


def shown(model: ExpirationsModel, row: int = 0) -> list[str]:
    return [model.item(row, column).text() for column in range(model.columnCount())]


def is_stressed(model: ExpirationsModel, column: int) -> bool:
    brush: Any = model.item(0, column).data(Qt.ItemDataRole.ForegroundRole)
    return brush is not None and brush.color().name() == theme.tokens().warning


def test_a_position_far_from_its_end(qtbot: QtBot) -> None:
    model = made(expiry())
    assert shown(model) == [
        "32 d", "1 \N{MULTIPLICATION SIGN} TSLA 17 Apr 240/250/270/280 iron condor", "$8.65 (3.3%)",
        "$40,500", "none", "Kept to the end", "IV Service",
    ]  # fmt: skip
    assert not any(is_stressed(model, column) for column in (0, 2, 3, 5))


def test_what_ends_today_in_the_money_and_cannot_be_paid_for_stands_out(qtbot: QtBot) -> None:
    model = made(in_the_money())
    assert shown(model)[0] == "today"
    assert shown(model)[2:] == [
        "in by $1.00 (1.7%)", "$6,000", "17 Mar, $0.51", "A rule closes it", "iv_service_manual",
    ]  # fmt: skip
    assert all(is_stressed(model, column) for column in (0, 2, 3, 5))
    assert model.item(0, 5).toolTip() == "last day: 60 put could leave +100 shares"


def test_what_is_not_known(qtbot: QtBot) -> None:
    unknown = expiry(spot=None, nearest=None, distance=None, distance_pct=None, cash=None, shares=0, is_ex_known=False)
    assert shown(made(unknown))[2:5] == [UNKNOWN, UNKNOWN, "not known"]
    assert shown(made(in_the_money(dividend=None)))[4] == "17 Mar, amount not known"


def test_long_options_alone_have_nothing_to_be_assigned(qtbot: QtBot) -> None:
    long = expiry(nearest=None, distance=None, distance_pct=None, cash=None, shares=0)
    assert shown(made(long))[2:4] == ["no short leg", "nothing"]


def test_every_ending_has_words_and_rows_keep_the_order_of_the_engine(qtbot: QtBot) -> None:
    assert set(ENDINGS) == set(Ending)
    model = made(in_the_money(), replace(expiry(), cash=dollars(0)))
    assert [model.item(row, 0).text() for row in range(2)] == ["today", "32 d"]
