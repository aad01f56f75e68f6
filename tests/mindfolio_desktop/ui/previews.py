"""What the engine answers about a waiting trade, for the window's tests."""

import datetime as dt
from dataclasses import replace
from typing import Any

from engine.core.money import dollars
from engine.domain.concentration import Concentration
from engine.domain.greeks import Greeks
from engine.domain.preview import Standing, TradePreview
from engine.domain.worst_case import Scenario, ScenarioTime
from tests.mindfolio_desktop.ui.snapshots import MANUAL, NOW

BEFORE = Standing(
    budget=dollars(20_000),
    used=dollars(12_000),
    held=0,
    available=dollars(8_000),
    greeks=Greeks(-12.4, -3.1, 22.6, -51.2),
    greeks_missing=0,
    dollar_delta=dollars(-3_100),
    module_worst=dollars(11_640),
    worst=dollars(17_900),
    scenario=Scenario("TSLA", -30, 50, ScenarioTime.NOW),
    symbol=Concentration("TSLA", dollars(7_650), 15.0, dollars(-1_200), -2.4),
    sector=Concentration("Technology", dollars(9_000), 17.7, dollars(-900), -1.8),
)

AFTER = replace(
    BEFORE,
    used=dollars(12_765),
    available=dollars("7232.60"),
    greeks=Greeks(-14.5, -3.5, 30.5, -70.7),
    dollar_delta=dollars(-3_650),
    module_worst=dollars(12_405),
    worst=dollars(18_400),
    symbol=Concentration("TSLA", dollars(8_415), 16.5, dollars(-1_750), -3.4),
    sector=Concentration("Technology", dollars(9_765), 19.2, dollars(-1_450), -2.8),
)


def preview(**changes: Any) -> TradePreview:
    """The condor of `snapshots.candidate` four seconds after its quotes: ten cents dearer, and every check passes."""
    found = TradePreview(
        at=NOW,
        quantity=1,
        module_id=MANUAL,
        is_closing=False,
        bid=dollars("-2.60"),
        mid=dollars("-2.40"),
        ask=dollars("-2.20"),
        quoted_at=NOW - dt.timedelta(seconds=4),
        buying_power=dollars(765),
        max_risk=dollars(765),
        denials=(),
        before=BEFORE,
        after=AFTER,
    )
    return replace(found, **changes)
