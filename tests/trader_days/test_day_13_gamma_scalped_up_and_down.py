"""A straddle is bought because it is cheap, hedged up to 109 and down again, and closed with its shares at the target.

XYZ at 25 % against realised 30 %, 39 days. Delta is 100 x (2 N(d1) - 1), near enough; shares trade a cent from mid.

    | step                                     | price  | cash      | fees |
    |------------------------------------------|--------|-----------|------|
    | 10:00 buy put and call at 100            |   6.54 |   -654.00 | 0.10 |
    | 10:10 at 102, delta 26: sell 26 short    | 101.99 | +2,651.74 | 0.07 |
    | 10:20 at 104, delta 17: sell 17 short    | 103.99 | +1,767.83 | 0.05 |
    | 10:30 at 109, delta 32: sell 32 short    | 108.99 | +3,487.68 | 0.09 |
    | 10:40 at 103, delta -40: buy 40          | 103.00 | -4,120.00 | 0.00 |
    | 10:50 at 97: target; buy the other 35    |  97.01 | -3,395.35 | 0.00 |
    | 10:50 sell put and call                  |   6.72 |   +672.00 | 0.13 |
    | together                                 |        |   +409.90 | 0.44 |

Commissions are 4 x 0.60. First in, first out the shares have brought 26 x (101.99 - 103) + 14 x (103.99 - 103) = -12.40
and 3 x (103.99 - 97.01) + 32 x (108.99 - 97.01) = 404.30, together 391.90; the options 18.00.
Fees: two options bought or sold 0.0904 -> 0.10 regulatory; sold also 0.0066 -> 0.01 TAF and 0.0138 -> 0.02 SEC. Shares
sold: TAF under a cent -> 0.01 each time, SEC 0.0546 -> 0.06, 0.0364 -> 0.04, 0.0718 -> 0.08.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.mindfolio import MindfolioSpec, ModuleKind, ModuleStatus, Parameter
from engine.domain.order import OrderPurpose
from engine.domain.ports import ChainUpdate
from tests.engine.modules.gamma_scenes import past
from tests.fakes import MONDAY, chain_update
from tests.trader_days.day import GATE, MINUTE, Day, at, mindfolio, module

PATH = {"10:00": 100, "10:10": 102, "10:20": 104, "10:30": 109, "10:40": 103, "10:50": 97}


def market() -> list[ChainUpdate]:
    """Each price for two minutes."""
    times = [(at(MONDAY, clock), spot) for clock, spot in PATH.items()]
    return [chain_update(when + wait, spot, symbol="XYZ") for when, spot in times for wait in (0 * MINUTE, MINUTE)]


def scalper(budget: str, **parameters: Parameter) -> MindfolioSpec:
    """One Gamma Scalper that trades by itself, at most one straddle."""
    given: dict[str, Parameter] = {"max_contracts": 1, **parameters}
    spec = replace(module("GAMMA", "XYZ"), kind=ModuleKind.GAMMA_SCALPER, autotrade=True, house_rules=True)
    return mindfolio([(replace(spec, parameters=given), budget)])


def hedges(day: Day) -> list[tuple[str, int]]:
    """Orders of shares: when, and how many were bought (negative: sold)."""
    found = []
    for event in day.events(ev.OrderIntended):
        assert isinstance(event, ev.OrderIntended)
        order = event.order
        if order.structure.shares:
            side = -1 if order.purpose is OrderPurpose.CLOSE else 1
            found.append((f"{order.created_at:%H:%M}", order.structure.shares * order.quantity * side))
    return found


@pytest.fixture
def day(tmp_path: Path) -> Day:
    """$40,000 with the scalper."""
    made = Day(tmp_path, scalper("40000"), market())
    made.desk.pasts_on = lambda _day: {"XYZ": past()}
    return made


def test_it_is_hedged_both_ways_and_closed_with_its_shares(day: Day) -> None:
    day.until(at(MONDAY, "10:05"))
    assert day.positions == {"P000001": ("Long Straddle", 1, "Monitoring")}
    assert day.means("GAMMA") == {"used": "654.00", "held": "0.00", "available": "39344.70"}

    day.until(at(MONDAY, "10:15"))
    assert day.positions == {"P000001": ("Custom", 1, "Monitoring")}
    # 26 sold short at 101.99 take half as much again: 2,651.74 + 1,325.87.
    assert day.means("GAMMA")["used"] == "4631.61"
    day.until(at(MONDAY, "10:45"))
    # 35 are left short, 3 of them at 103.99, 108.5615 each: 35 x (108.5615 + 54.2808) and the premium.
    assert day.means("GAMMA")["used"] == "6353.4805"
    assert day.book.positions["P000001"].realised == dollars("-12.40")

    day.until(at(MONDAY, "10:59"))
    assert hedges(day) == [("14:10", -26), ("14:20", -17), ("14:30", -32), ("14:40", 40), ("14:50", 35)]
    assert day.positions == {}
    (ended,) = day.desk.ledger.closed()
    assert ended.realised == dollars("391.90") + dollars("18")
    assert ended.closed_why.startswith("profit target: ")
    assert day.record("GAMMA") == (1, 1, "407.06", "0.00")
    day.ends(
        cash="50407.06",
        GAMMA={"CASH": "407.06", "REALISED": "-409.90", "COMMISSIONS": "2.40", "FEES": "0.44"},
    )


def test_hedges_go_on_while_the_module_is_paused_and_not_while_stopped(day: Day) -> None:
    day.until(at(MONDAY, "10:05"))
    assert day.say(cmd.PauseModule("GAMMA", "ann", "lunch")) == ()
    day.until(at(MONDAY, "10:15"))
    assert hedges(day) == [("14:10", -26)]
    assert day.say(cmd.EmergencyStop("button", "test")) == ()
    day.until(at(MONDAY, "10:35"))
    assert hedges(day) == [("14:10", -26)]


def test_a_restart_in_the_middle_changes_nothing(day: Day) -> None:
    for clock in ("10:12", "10:22", "10:32", "10:42"):
        day.until(at(MONDAY, clock)).restart()
        day.desk.pasts_on = lambda _day: {"XYZ": past()}
    day.until(at(MONDAY, "10:59"))
    assert hedges(day) == [("14:10", -26), ("14:20", -17), ("14:30", -32), ("14:40", 40), ("14:50", 35)]
    assert day.record("GAMMA") == (1, 1, "407.06", "0.00")


def test_a_budget_that_is_too_small_hedges_what_it_can_pay_for_and_then_says_so(tmp_path: Path) -> None:
    # 5,000 less 654 and 1.30 of costs leave 4,344.70: 26 shares take 3,977.61, and two more are all that is left.
    spec = scalper("5000", hedge_reserve=5, position_share_pct=100)
    day = Day(tmp_path, spec, market())
    day.desk.pasts_on = lambda _day: {"XYZ": past()}
    day.until(at(MONDAY, "10:25"))
    assert hedges(day) == [("14:10", -26)]
    (said,) = [text for text in day.alerts if "should hedge" in text]
    assert said.startswith("-17 XYZ should hedge P000001 (delta +17.")
    assert DenialCode.BUDGET.value in said


def test_a_hedge_is_cut_to_what_the_gate_allows_in_one_symbol(tmp_path: Path) -> None:
    # 8,000 less 1.30 of costs: half of 7,998.70 less the 654 paid is 3,345.35, which is 21 shares at 153.
    day = Day(tmp_path, scalper("8000", hedge_reserve=5), market(), gate=replace(GATE, max_symbol_share_pct=50))
    day.desk.pasts_on = lambda _day: {"XYZ": past()}
    day.until(at(MONDAY, "10:15"))
    assert hedges(day) == [("14:10", -21)]
    assert not [text for text in day.alerts if "should hedge" in text]


def test_hedges_go_on_after_the_days_loss_limit_has_paused_the_module(tmp_path: Path) -> None:
    # Volatility falls to 20 % at 102: the straddle is worth less than the 654 paid, and has a delta to be hedged.
    given = scalper("40000")
    (spec,) = given.modules
    spec = replace(spec, limits=replace(spec.limits, daily_loss_limit=dollars(10)))
    calm = [chain_update(at(MONDAY, clock), 102, symbol="XYZ", volatility=0.2) for clock in ("10:10", "10:11")]
    day = Day(tmp_path, replace(given, modules=(spec,)), [*market()[:2], *calm])
    day.desk.pasts_on = lambda _day: {"XYZ": past()}
    day.until(at(MONDAY, "10:15"))
    assert day.book.modules["GAMMA"].status is ModuleStatus.PAUSED
    assert day.book.day_pnl("GAMMA") < -dollars(10)
    assert [clock for clock, _ in hedges(day)] == ["14:10"]
    assert not [text for text in day.alerts if "should hedge" in text]
