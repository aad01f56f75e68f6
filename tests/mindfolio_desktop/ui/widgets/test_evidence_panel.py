"""The backtest behind a trade as a person reads it."""

import datetime as dt
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.evidence import BacktestTrade, Evidence
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.evidence_panel import EvidencePanel, ResultsStrip, headline

DAY = dt.date(2025, 6, 2)
RESULTS = (dollars(80), dollars(-160), dollars(90), dollars(70))
EVIDENCE = Evidence(
    trades=4,
    win_rate=0.75,
    expectancy=dollars(20),
    source="recorded chains",
    win_rate_low=0.30,
    win_rate_high=0.95,
    average_win=dollars(80),
    average_loss=dollars(-160),
    profit_factor=1.5,
    worst=dollars(-160),
    drawdown=dollars(160),
    first=DAY,
    last=DAY + dt.timedelta(days=365),
    results=tuple(BacktestTrade(DAY, DAY + dt.timedelta(days=20), result, "target") for result in RESULTS),
)


@pytest.fixture
def panel(qtbot: QtBot) -> EvidencePanel:
    widget = EvidencePanel()
    qtbot.addWidget(widget)
    widget.resize(600, 200)
    widget.show()
    widget.show_evidence(EVIDENCE)
    return widget


def text(panel: QWidget, name: str) -> str:
    found = panel.findChild(QLabel, f"evidence_{name}")
    assert found is not None
    return found.text() if found.isVisible() else ""


def test_trades_that_overlap_are_said_to_stand_for_fewer() -> None:
    assert headline(replace(EVIDENCE, independent=1.3)) == "4 trades (about 1 independent), 75% won, +$20.00 each"
    assert headline(replace(EVIDENCE, independent=3.8)) == "4 trades, 75% won, +$20.00 each"


def test_every_figure_of_the_backtest_is_shown(panel: EvidencePanel) -> None:
    assert text(panel, "headline") == "4 trades, 75% won, +$20.00 each"
    assert text(panel, "odds_interval") == "30% to 95%"
    assert text(panel, "odds_factor") == "1.50"
    assert text(panel, "odds_drawdown") == "$160"
    assert text(panel, "money_expectancy") == "+$20.00"
    assert text(panel, "money_average") == "+$80 / \N{MINUS SIGN}$160"
    assert text(panel, "money_worst") == "\N{MINUS SIGN}$160"
    assert text(panel, "source").endswith(
        "recorded chains; one contract a trade, filled across the spread, after costs"
    )


def test_gains_stand_above_the_line_and_losses_below_it(panel: EvidencePanel) -> None:
    strip = panel.findChild(ResultsStrip)
    assert strip is not None
    image = strip.grab().toImage()
    gain, loss = theme.colour(theme.tokens().gain), theme.colour(theme.tokens().loss)
    # 90 above and 160 below share 56 pixels: the line is 20 from the top.
    assert image.pixelColor(4, 10).rgb() == gain.rgb()
    assert image.pixelColor(14, 40).rgb() == loss.rgb()
    assert image.pixelColor(4, 40).rgb() not in (gain.rgb(), loss.rgb())
    assert strip.accessibleName() == "Results: 4 trades, 3 of them won, oldest at the left"


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (None, "No backtest was asked for this trade"),
        (replace(EVIDENCE, trades=0, source="no history"), "No trades to judge by: no history"),
    ],
)
def test_without_trades_there_is_a_headline_only(panel: EvidencePanel, evidence: Evidence | None, words: str) -> None:
    panel.show_evidence(evidence)
    assert text(panel, "headline") == words == headline(evidence)
    assert [text(panel, name) for name in ("odds_interval", "money_worst", "source")] == ["", "", ""]
    strip = panel.findChild(ResultsStrip)
    assert strip is not None
    assert not strip.isVisible()


def test_without_a_loser_there_is_no_profit_factor(panel: EvidencePanel) -> None:
    panel.show_evidence(replace(EVIDENCE, profit_factor=None, average_loss=None))
    assert text(panel, "odds_factor") == fmt.UNKNOWN
    assert text(panel, "money_average") == f"+$80 / {fmt.UNKNOWN}"
