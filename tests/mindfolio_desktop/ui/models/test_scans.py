"""The scan record: every symbol with what became of it and why, in words, the numbers in the tool tip."""

import pytest
from PySide6.QtWidgets import QApplication

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.candidate import ScanAction, ScanRow
from engine.domain.denial import Denial
from mindfolio_desktop.ui.models.scans import ScansModel, reason_words
from tests.mindfolio_desktop.ui.snapshots import AUTO, NOW

REASON = 4

SKIPPED = ScanRow(
    NOW,
    AUTO,
    "TSLA",
    "Iron Condor 17 Apr 240/250/270/280",
    ScanAction.SKIPPED,
    "IV rank 72",
    {"iv_rank_pct": 72.0, "credit_usd": 25_000, "short_put_delta": -0.18, "expiration": "2026-04-17", "sessions": None},
    (
        Denial(DenialCode.BUDGET, dollars(44_000), dollars(8_000), "usd"),
        Denial(DenialCode.MAX_RISK, dollars(4_400), dollars(1_000), "usd"),
    ),
    ("evidence",),
)
NOTHING = ScanRow(NOW, AUTO, "QQQ", "", ScanAction.SKIPPED, "no expiry in 30-45 days")


@pytest.fixture
def model(qapp: QApplication) -> ScansModel:
    model = ScansModel()
    model.show_rows([SKIPPED, NOTHING])
    return model


def test_every_refusal_is_on_the_line_with_what_was_waived(model: ScansModel) -> None:
    assert model.item(0, REASON).text() == (
        "Budget: needs $44,000.00, available $8,000.00, short by $36,000.00; "
        "Max risk per trade: $4,400.00, limit $1,000.00, over by $3,400.00 · evidence waived"
    )


def test_the_modules_own_reason_stands_where_nothing_was_refused(model: ScansModel) -> None:
    assert model.item(1, REASON).text() == "no expiry in 30-45 days"
    assert model.item(1, 2).text() == "\N{EN DASH}"
    assert model.item(1, 3).text() == "SKIPPED"


def test_the_tool_tip_has_the_numbers_with_their_units(model: ScansModel) -> None:
    tip = model.item(0, REASON).toolTip()
    assert tip.startswith("IV rank 72\n\nBudget: needs")
    assert "IV rank: 72.0%\nCredit: $2.50\nShort put delta: \N{MINUS SIGN}0.1800\n" in tip
    assert tip.endswith("Expiration: 17 Apr 2026\nSessions: \N{EN DASH}")


def test_two_scans_at_one_moment_are_both_shown(model: ScansModel) -> None:
    model.show_rows([NOTHING, SKIPPED, NOTHING])
    assert [model.item(at, 1).text() for at in range(3)] == ["QQQ", "TSLA", "QQQ"]


def test_a_row_without_any_reason_still_says_what_was_waived() -> None:
    assert reason_words(ScanRow(NOW, AUTO, "SPY", "", ScanAction.PENDING, "", waived=("iv_rank",))) == "IV rank waived"
