"""One row of the scan record in full, as a person reads it under the table."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.core.errors import GATE_CODES, DenialCode
from engine.core.money import dollars
from engine.domain.candidate import ScanAction, ScanRow
from engine.domain.denial import Denial
from engine.domain.evidence import Evidence
from mindfolio_desktop.ui.widgets.scan_detail import ScanDetail, passed_words, trade_words
from tests.mindfolio_desktop.ui.snapshots import AUTO, NOW, candidate

EVIDENCE = Evidence(trades=42, win_rate=0.55, expectancy=dollars("-3.10"), source="recorded chains")
DENIED = ScanRow(
    NOW,
    AUTO,
    "TSLA",
    "Iron Condor 17 Apr 240/250/270/280",
    ScanAction.SKIPPED,
    "BUDGET, EVIDENCE",
    {"iv_rank_pct": 72.0, "credit_usd": dollars("2.50")},
    (
        Denial(DenialCode.BUDGET, dollars(765), dollars(500), "usd"),
        Denial(DenialCode.EVIDENCE, 55.0, 60.0, "pct", {"why": "win rate"}),
    ),
    candidate=replace(candidate(), evidence=EVIDENCE),
)


@pytest.fixture
def detail(qtbot: QtBot) -> ScanDetail:
    widget = ScanDetail()
    qtbot.addWidget(widget)
    widget.resize(900, 500)
    widget.show_row(DENIED)
    widget.show()
    return widget


def text(detail: QWidget, name: str) -> str:
    found = detail.findChild(QLabel, name)
    assert found is not None
    return found.text() if found.isVisible() else ""


def test_a_denied_candidate_tells_its_reasons_checks_figures_and_backtest(detail: ScanDetail) -> None:
    assert text(detail, "scan_detail_title") == "TSLA 17 Apr 240/250/270/280 iron condor"
    assert text(detail, "scan_detail_action").startswith("SKIPPED")
    failed = text(detail, "scan_detail_failed").splitlines()
    assert [line.split(":")[0] for line in failed] == ["Budget", "Evidence"]
    assert text(detail, "scan_detail_passed").startswith(f"{len(GATE_CODES) - 2} of {len(GATE_CODES)} checks passed: ")
    assert "budget" not in text(detail, "scan_detail_passed")
    assert text(detail, "scan_detail_numbers").splitlines() == ["IV rank: 72.0%", "Credit: $2.50"]
    assert text(detail, "evidence_headline") == "42 trades, 55% won, \N{MINUS SIGN}$3.10 each"
    assert text(detail, "scan_detail_trade") == trade_words(candidate())


def test_a_symbol_without_a_candidate_has_no_checks_and_no_backtest(detail: ScanDetail) -> None:
    detail.show_row(ScanRow(NOW, AUTO, "SPY", "Calendar", ScanAction.SKIPPED, "IV rank 12 below 50"))
    assert text(detail, "scan_detail_title") == "SPY Calendar"
    assert text(detail, "scan_detail_reason") == "• IV rank 12 below 50"
    for name in ("scan_detail_failed", "scan_detail_passed", "scan_detail_trade", "evidence_headline"):
        assert text(detail, name) == ""


def test_without_a_row_it_is_hidden(detail: ScanDetail) -> None:
    detail.show_row(None)
    assert not detail.isVisible()


def test_a_trade_is_told_with_its_size_price_and_risk() -> None:
    assert trade_words(candidate()) == (
        "1 \N{MULTIPLICATION SIGN} 17 Apr 240/250/270/280 iron condor, $250.00 credit, max risk $765, takes $765, "
        "68% chance of profit"
    )
    debit = replace(candidate(), net_price=dollars("1.20"), probability_of_profit=None)
    assert trade_words(debit).endswith("$120.00 debit, max risk $765, takes $765")


def test_every_check_that_did_not_fail_is_named() -> None:
    words = passed_words(DENIED)
    assert words.count(",") == len(GATE_CODES) - 3
