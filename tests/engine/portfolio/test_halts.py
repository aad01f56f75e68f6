"""Stops in words."""

import pytest

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.closing import ClosingPlan
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.portfolio.halts import halt_of
from tests.builders import ALPHA, NOW, created

PLAN = ClosingPlan("C1", NOW, (), dollars(100), dollars(50), 0, {})


@pytest.mark.parametrize(
    ("event", "what", "who"),
    [
        (ev.EmergencyStopLatched("button", "odd"), "Emergency stop", "button"),
        (ev.MindfolioRearmed("anna", "fine"), "Re-armed", "anna"),
        (
            ev.BreakerTripped("ACCOUNT_LOSS", dollars(2100), dollars(2000), "it fell"),
            "Breaker: the account's daily loss limit reached, $2,100.00 of $2,000.00",
            "",
        ),
        (
            ev.BreakerTripped("DRAWDOWN", 1512, 1500, "it fell"),
            "Breaker: the drawdown limit reached, 15.12 % of 15.00 %",
            "",
        ),
        (ev.MindfolioStatusChanged(MindfolioStatus.PAUSED, "anna", "lunch"), "Everything paused", "anna"),
        (ev.MindfolioStatusChanged(MindfolioStatus.ACTIVE, "anna", "back"), "Everything resumed", "anna"),
        (ev.ModuleStatusChanged(ALPHA, ModuleStatus.PAUSED, "", "lost", "DAILY_LOSS"), "Alpha paused", "DAILY_LOSS"),
        (ev.ModuleStatusChanged("gone", ModuleStatus.ACTIVE, "anna", ""), "gone resumed", "anna"),
        (ev.ClosingPlanned(PLAN), "Closing plan C1 of 0 steps", ""),
        (ev.ClosingDecided("C1", True, "anna", ""), "Closing plan C1 confirmed", "anna"),
        (ev.ClosingDecided("C1", False, "anna", ""), "Closing plan C1 ended", "anna"),
    ],
)
def test_what_was_stopped_is_said(event: ev.Event, what: str, who: str) -> None:
    halt = halt_of(NOW, event, {ALPHA: "Alpha"})
    assert halt is not None
    assert (halt.at, halt.what, halt.who) == (NOW, what, who)


def test_everything_else_is_no_stop() -> None:
    assert halt_of(NOW, created(), {}) is None
