"""Greeks with their units, the worst case with its parts, and who earns the money."""

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.worst_case import Scenario, ScenarioTime, WorstCaseView, WorstShare
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.figure import Figure
from mindfolio_desktop.ui.widgets.risk_panels import GreeksPanel, RankingPanel, WorstCasePanel, from_here_words
from tests.mindfolio_desktop.ui.snapshots import AUTO, NOW, aggressive_growth, fresh, with_module

MINUS, UNKNOWN = "\N{MINUS SIGN}", "\N{EN DASH}"


def text(panel: QWidget, name: str) -> str:
    label = panel.findChild(QLabel, name)
    assert isinstance(label, QLabel), name
    return label.text()


def figure(panel: QWidget, name: str) -> tuple[str, str]:
    found = panel.findChild(Figure, name)
    assert isinstance(found, Figure)
    return found.value, found.detail


@pytest.fixture
def greeks(qtbot: QtBot) -> GreeksPanel:
    made = GreeksPanel()
    qtbot.addWidget(made)
    made.set_snapshot(aggressive_growth())
    return made


def test_greeks_have_signs_and_enough_decimals(greeks: GreeksPanel) -> None:
    assert figure(greeks, "dollar_delta")[0] == "+$14,230"
    assert [text(greeks, f"greek_{name}") for name in ("delta", "gamma", "theta", "vega")] == [
        "+48.1",
        f"{MINUS}7.30",
        "+54.40",
        f"{MINUS}115.20",
    ]


def test_the_sign_of_theta_is_explained(greeks: GreeksPanel) -> None:
    theta = greeks.findChild(QLabel, "greek_theta")
    assert isinstance(theta, QLabel)
    row = theta.parentWidget()
    assert row is not None
    assert "positive theta" in row.toolTip()
    assert "per calendar day" in row.toolTip()


def test_positions_without_greeks_are_not_hidden_in_the_sum(greeks: GreeksPanel) -> None:
    missing = greeks.findChild(QLabel, "greeks_missing")
    assert isinstance(missing, QLabel)
    assert missing.isHidden()
    greeks.set_snapshot(with_module(aggressive_growth(), AUTO, greeks_missing=2))
    assert not missing.isHidden()
    assert missing.text() == "Without 2 positions whose volatility is unknown"


def test_the_worst_case_is_a_loss_in_dollars_of_capital_and_of_nav_and_by_underlying(qtbot: QtBot) -> None:
    panel = WorstCasePanel()
    qtbot.addWidget(panel)
    panel.set_snapshot(aggressive_growth())
    assert figure(panel, "worst_case") == ("$17,900", "35.8% of capital, 35.1% of NAV")
    assert [text(panel, f"worst_case_{symbol}") for symbol in ("NVDA", "QQQ", "SPY", "TSLA")] == [
        "$1,880",
        "$3,750",
        "$5,690",
        "$6,580",
    ]
    panel.set_snapshot(aggressive_growth(worst_case_by_symbol={"IWM": dollars(400)}))
    assert text(panel, "worst_case_IWM") == "$400"
    qtbot.waitUntil(lambda: panel.findChild(QLabel, "worst_case_TSLA") is None)


def test_the_longest_bar_is_the_largest_loss(qtbot: QtBot) -> None:
    panel = WorstCasePanel()
    qtbot.addWidget(panel)
    panel.resize(360, 240)
    panel.set_snapshot(aggressive_growth(worst_case_by_symbol={"A": dollars(100), "B": dollars(400), "C": 0}))
    panel.show()
    qtbot.waitExposed(panel)
    lengths = []
    for symbol in ("A", "B", "C"):
        amount = panel.findChild(QLabel, f"worst_case_{symbol}")
        assert isinstance(amount, QLabel)
        bar = amount.parentWidget()
        assert bar is not None
        image = bar.grab().toImage()
        y = amount.geometry().center().y()
        lengths.append(sum(image.pixelColor(x, y).name() == theme.tokens().loss for x in range(amount.x())))
    assert lengths[1] > 3 * lengths[0] > 0
    assert lengths[2] == 0


def test_best_and_worst_by_dollars_and_by_percent(qtbot: QtBot) -> None:
    panel = RankingPanel()
    qtbot.addWidget(panel)
    panel.set_snapshot(aggressive_growth())
    keys = ("best_dollars", "worst_dollars", "best_percent", "worst_percent")
    assert [text(panel, f"ranking_{key}_module") for key in keys] == ["IV Service", "IV Service, ask first"] * 2
    assert [text(panel, f"ranking_{key}") for key in keys] == [
        "▲ +$1,250",
        f"▼ {MINUS}$300",
        "▲ +8.3%",
        f"▼ {MINUS}1.5%",
    ]


def test_without_a_ranking_there_are_dashes(qtbot: QtBot) -> None:
    panel = RankingPanel()
    qtbot.addWidget(panel)
    panel.set_snapshot(fresh())
    assert text(panel, "ranking_best_dollars") == UNKNOWN
    assert text(panel, "ranking_best_dollars_module") == ""


def a_worst_case(**changes: Any) -> WorstCaseView:
    falls = Scenario("TSLA", -30, 50, ScenarioTime.NOW)
    share = WorstShare("TSLA", dollars(1_240), dollars(1_240), 0, dollars(1_000))
    made = WorstCaseView(
        NOW, dollars(1_240), dollars(1_240), dollars(900), dollars(1_000), 0, falls, (), (share,), (share,),
        dollars(1_800), dollars(560),
    )  # fmt: skip
    return replace(made, **changes)


def test_what_could_be_lost_from_here_says_in_which_case_and_what_netting_saves() -> None:
    words = "From today's prices $1,240: TSLA falls 30%, volatility 50% higher; netting saves $560"
    assert from_here_words(a_worst_case()) == words
    bound = a_worst_case(loss=dollars(1_500), at_expiry=dollars(1_500), diversification=0)
    assert from_here_words(bound) == "From today's prices $1,500: at expiry"
    tie = a_worst_case(at_expiry=dollars(1_240), diversification=0)
    assert from_here_words(tie) == "From today's prices $1,240: at expiry"
    naked = a_worst_case(loss=None, at_expiry=None, naked=100, diversification=None)
    assert from_here_words(naked) == "From today's prices without bound: 100 shares owed above the last strike"


def test_a_book_that_holds_nothing_says_nothing_of_it(qtbot: QtBot) -> None:
    panel = WorstCasePanel()
    qtbot.addWidget(panel)
    line = panel.findChild(QLabel, "worst_from_here")
    assert isinstance(line, QLabel)
    panel.set_snapshot(replace(aggressive_growth(), worst=a_worst_case()))
    assert (line.isHidden(), line.text()) == (False, from_here_words(a_worst_case()))
    panel.set_snapshot(replace(aggressive_growth(), worst=a_worst_case(symbols=())))
    assert line.isHidden()
    panel.set_snapshot(replace(aggressive_growth(), worst=None))
    assert line.isHidden()
