"""The list of what waits for a decision."""

import datetime as dt

import pytest
from PySide6.QtWidgets import QApplication

from engine.domain.candidate import ApprovalStatus
from engine.domain.order import OrderPurpose
from mindfolio_desktop.ui.models.approvals import ApprovalsModel, countdown, waiting
from tests.mindfolio_desktop.ui.snapshots import (
    AUTO,
    MANUAL,
    NOW,
    aggressive_growth,
    approval,
    candidate,
    condor,
    with_module,
)


def test_all_modules_requests_are_listed_first_to_expire_on_top() -> None:
    snapshot = with_module(
        aggressive_growth(), AUTO, approvals=(approval("a-2", expires_at=NOW + dt.timedelta(minutes=1)),)
    )
    assert [row.approval.approval_id for row in waiting(snapshot)] == ["a-2", "a-1"]
    assert [row.module.spec.module_id for row in waiting(snapshot)] == [AUTO, MANUAL]


def test_what_was_decided_is_not_listed() -> None:
    snapshot = with_module(aggressive_growth(), MANUAL, approvals=(approval(status=ApprovalStatus.EXPIRED),))
    assert waiting(snapshot) == ()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(364.0, "6:04"), (59.9, "0:59"), (1.0, "0:01"), (0.5, "expired"), (0.0, "expired"), (3_723.0, "1:02:03")],
)
def test_the_countdown_reads_like_a_clock(seconds: float, words: str) -> None:
    assert countdown(seconds) == words


def test_a_line_says_trade_risk_and_time_left(qapp: QApplication) -> None:
    model = ApprovalsModel()
    spy = candidate(structure=condor("SPY", (560, 575, 640, 655)), quantity=2)
    snapshot = with_module(aggressive_growth(), MANUAL, approvals=(approval(candidate=spy),))
    model.show_rows(waiting(snapshot))
    assert [model.item(0, column).text() for column in range(3)] == [
        "2 \N{MULTIPLICATION SIGN} SPY 17 Apr 560/575/640/655",
        "$765",
        "6:00",
    ]
    assert "iron condor" in model.item(0, 0).toolTip()
    assert model.row_of("a-1") == 0


def test_time_left_is_the_markets_and_never_negative() -> None:
    late = waiting(with_module(aggressive_growth(), MANUAL, approvals=(approval(expires_at=NOW - dt.timedelta(1)),)))
    assert late[0].seconds_left == 0.0


@pytest.mark.parametrize(("purpose", "verb"), [(OrderPurpose.CLOSE, "Close 1"), (OrderPurpose.ROLL, "Roll 1")])
def test_a_closing_and_a_roll_are_called_so(qapp: QApplication, purpose: OrderPurpose, verb: str) -> None:
    model = ApprovalsModel()
    suggested = candidate(structure=condor("SPY", (560, 575, 640, 655)), purpose=purpose)
    snapshot = with_module(aggressive_growth(), MANUAL, approvals=(approval(candidate=suggested),))
    model.show_rows(waiting(snapshot))
    assert model.item(0, 0).text().startswith(verb)


def test_a_closing_risks_nothing_new(qapp: QApplication) -> None:
    model = ApprovalsModel()
    suggested = candidate(purpose=OrderPurpose.CLOSE, max_risk=0)
    model.show_rows(waiting(with_module(aggressive_growth(), MANUAL, approvals=(approval(candidate=suggested),))))
    assert (model.item(0, 1).text(), model.item(0, 1).toolTip()) == ("none", "A closing risks nothing new")
