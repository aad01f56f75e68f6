"""The worst case: how much, when, whose, and what is left out of it."""

import pytest
from PySide6.QtWidgets import QLabel, QTableView
from pytestqt.qtbot import QtBot

from engine.domain.worst_case import WorstCaseView
from mindfolio_desktop.ui.views.worst_panel import WorstPanel, bound_words, case_words, lacking_words
from mindfolio_desktop.ui.widgets.figure import Figure
from mindfolio_desktop.ui.widgets.panel import Facts
from tests.mindfolio_desktop.ui.risk_records import NOTHING, risky, worst

UNKNOWN = "\N{EN DASH}"


@pytest.fixture
def panel(qtbot: QtBot) -> WorstPanel:
    made = WorstPanel()
    qtbot.addWidget(made)
    made.resize(1000, 500)
    made.show()
    qtbot.waitExposed(made)
    return made


def figure(panel: WorstPanel) -> tuple[str, str]:
    found = panel.findChild(Figure, "worst_loss")
    assert isinstance(found, Figure)
    return found.value, found.detail


def text(panel: WorstPanel, name: str) -> str:
    found = panel.findChild(QLabel, name)
    assert isinstance(found, QLabel)
    return found.text() if found.isVisible() else ""


def facts(panel: WorstPanel) -> list[str]:
    found = panel.findChild(Facts, "worst")
    assert isinstance(found, Facts)
    return [found.text(key) for key in ("stressed", "at_expiry", "from_cost", "sum_alone", "saved")]


def table(panel: WorstPanel, name: str) -> list[list[str]]:
    view = panel.findChild(QTableView, name)
    assert isinstance(view, QTableView)
    model = view.model()
    return [[str(model.data(model.index(row, column))) for column in range(3)] for row in range(model.rowCount())]


def test_loss_share_of_capital_case_and_credit(panel: WorstPanel) -> None:
    panel.set_snapshot(risky())
    assert figure(panel) == ("$4,200", "8.4% of capital, 8.2% of NAV")
    assert text(panel, "worst_words") == "If all fall 30%, volatility 50% higher."
    assert facts(panel) == ["$4,200", "$3,900", "$4,000", "$4,800", "$600"]
    assert text(panel, "worst_bounds") == "Worst prices at expiry: TSLA $240.00 on 17 Apr; KO $0.00"


def test_shares_of_modules_by_name_and_of_underlyings(panel: WorstPanel) -> None:
    panel.set_snapshot(risky())
    assert table(panel, "worst_modules") == [
        ["IV Service", "$3,000", "$2,900"],
        ["IV Service, ask first", "$1,800", "$1,300"],
    ]
    assert [row[0] for row in table(panel, "worst_symbols")] == ["SPY", "TSLA", "KO"]


def test_nothing_held_is_said_once(panel: WorstPanel) -> None:
    panel.set_snapshot(risky())
    panel.set_snapshot(risky(**NOTHING))
    assert figure(panel) == ("$0", "")
    assert text(panel, "worst_words") == "Nothing is held: there is nothing to lose."
    assert not panel.findChild(Facts, "worst").isVisible()  # type: ignore[union-attr]
    assert text(panel, "worst_bounds") == ""


def test_without_a_bound(panel: WorstPanel) -> None:
    panel.set_snapshot(
        risky(worst=worst(loss=None, at_expiry=None, from_cost=None, naked=100, sum_alone=None, diversification=None))
    )
    assert figure(panel) == ("unbounded", "100 shares owed without a bound")
    assert text(panel, "worst_words") == "No price limits what may be lost."
    assert facts(panel) == ["$4,200", "unbounded", "unbounded", "unbounded", UNKNOWN]


def test_where_no_price_is_known_nothing_is_claimed(panel: WorstPanel) -> None:
    panel.set_snapshot(risky(worst=worst(without_price=("SPY", "TSLA", "KO"))))
    assert figure(panel) == (UNKNOWN, "")
    assert "not known" in text(panel, "worst_words")
    assert facts(panel) == [UNKNOWN] * 5
    assert table(panel, "worst_modules")[0][1:] == [UNKNOWN, UNKNOWN]


def test_one_name_without_a_price_is_a_dash_and_is_named(panel: WorstPanel) -> None:
    panel.set_snapshot(risky(worst=worst(without_price=("KO",))))
    assert table(panel, "worst_symbols")[2] == ["KO", UNKNOWN, UNKNOWN]
    assert table(panel, "worst_modules")[0][1:] == ["$3,000", "$2,900"]
    assert text(panel, "worst_lacking") == "No price of KO: in the bound at expiry only"


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (worst(stressed=0, at_expiry=0, loss=0, scenario=None), "No move that is looked at loses anything."),
        (worst(stressed=100, at_expiry=42_000_000), "At expiry, if every underlying is at its worst price."),
    ],
)
def test_in_which_case(view: WorstCaseView, words: str) -> None:
    assert case_words(view) == words


def test_what_is_left_out() -> None:
    assert lacking_words(worst()) == ""
    assert bound_words(()) == ""
    assert lacking_words(worst(without_volatility=2, without_beta=("KO",))) == (
        "2 options without volatility, taken to expiry; no beta of KO: falls as the index does in a crash"
    )
