"""The Sell Puts Engine turns the wheel by itself: a put, the shares over a weekend, a call, and called away.

    | step                               | premium / price | cash       | commission | fees |
    |------------------------------------|-----------------|------------|------------|------|
    | Mon: sells the 59 put at 0.45      |          +45.00 |      44.33 |       0.60 | 0.07 |
    | Sat: assigned, 100 at 59           |       -5,900.00 |  -5,900.00 |            |      |
    | Mon: sells the 61 call at 0.53     |          +53.00 |      52.33 |       0.60 | 0.07 |
    | Sat: called away, 100 at 61        |       +6,100.00 |   6,100.00 |            |      |
    | together                           |                 |     296.66 |       1.20 | 0.14 |

The put is quoted 0.44 to 0.48 and offered at its mid of 0.46, the call 0.52 to 0.56 and offered at 0.54: each is done
one step of a cent below. Fees of one contract sold: 0.0452 -> 0.05, 0.0033 -> 0.01, 0.0009 and 0.0011 -> 0.01.
Net basis of the shares: (5,900 - 45 + 0.67) / 100 = 58.5567. Realised: 45 + 53 + 200 on the shares = 298.
"""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.budget import BudgetPlan
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec
from engine.domain.scan import Score
from engine.domain.structure import StructureKind
from engine.modules.sell_puts_calls import net_basis
from tests.fakes import chain_update
from tests.trader_days.day import GATE, Day, at, mindfolio, tick

MONDAY, FRIDAY, SATURDAY = dt.date(2026, 3, 16), dt.date(2026, 4, 17), dt.date(2026, 4, 18)
NEXT_MONDAY, NEXT_FRIDAY, NEXT_SATURDAY = dt.date(2026, 4, 20), dt.date(2026, 5, 15), dt.date(2026, 5, 16)

WHEEL = ModuleSpec(
    module_id="WHEEL",
    kind=ModuleKind.SELL_PUTS_ENGINE,
    name="Wheel",
    limits=ModuleLimits(dollars(1000), dollars(1500)),
    autotrade=True,
    universe=("KO",),
    structures=(StructureKind.SHORT_PUT, StructureKind.COVERED_CALL),
    parameters={"symbol_share_pct": 100},
)
SCORES = {"KO": Score(82.0, dt.date(2026, 1, 15), "desk")}
TICKS = [
    chain_update(at(MONDAY, "10:00"), 61.5, symbol="KO", volatility=0.2, expirations=(FRIDAY,), strikes=(50, 73, 1)),
    tick(at(FRIDAY, "15:50"), "KO", "58.60"),
    chain_update(
        at(NEXT_MONDAY, "10:00"), 59.0, symbol="KO", volatility=0.2, expirations=(NEXT_FRIDAY,), strikes=(50, 73, 1)
    ),
    tick(at(NEXT_FRIDAY, "15:50"), "KO", "62.00"),
    tick(at(dt.date(2026, 5, 18), "10:00"), "KO", "61.00"),
]


def day_of(folder: Path) -> Day:
    """$50,000, 6,500 of it with the wheel. KO ends at 58.60 when the put expires, and at 62 when the call does."""
    day = Day(folder, mindfolio([(WHEEL, "6500")]), TICKS)
    day.desk.scores_on = lambda _day: SCORES
    return day


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return day_of(tmp_path)


def test_one_lineage_from_the_put_to_the_shares_called_away(day: Day) -> None:
    day.until(at(MONDAY, "10:02"))
    assert day.positions == {"P000001": ("Short Put", 1, "Monitoring")}
    assert day.means("WHEEL") == {"used": "5900.00", "held": "0.00", "available": "599.33"}
    # In the money on its last day: the shares are paid for, so nothing is closed, and none is left to roll into.
    day.until(at(SATURDAY, "12:00"))
    assert day.positions == {"P000001": ("Long Stock", 100, "Assigned")}
    assert net_basis(day.book.positions["P000001"]) == dollars("58.5567")

    day.until(at(NEXT_MONDAY, "10:02"))
    assert day.positions == {"P000001": ("Covered Call", 1, "Assigned")}
    assert day.means("WHEEL") == {"used": "5900.00", "held": "0.00", "available": "600.00"}
    put, call = (event.order for event in day.events(ev.OrderIntended) if isinstance(event, ev.OrderIntended))
    assert "if assigned $5,900 of $6,500 available" in put.why
    assert "score 82 of 2026-01-15 (desk), at least 70" in put.why
    assert "strike 61 against a net basis of 58.56" in call.why
    assert call.position_id == put.position_id

    day.until(at(NEXT_SATURDAY, "12:00"))
    assert day.positions == {}
    assert day.record("WHEEL") == (1, 1, "296.66", "0.00")
    assert day.means("WHEEL") == {"used": "0.00", "held": "0.00", "available": "6500.00"}
    day.ends(cash="50296.66", WHEEL={"CASH": "296.66", "REALISED": "-298.00", "COMMISSIONS": "1.20", "FEES": "0.14"})


def test_without_a_score_the_put_waits_for_a_person_although_the_module_trades_by_itself(tmp_path: Path) -> None:
    day = day_of(tmp_path)
    day.desk.scores_on = lambda _day: {}
    day.until(at(MONDAY, "10:02"))
    assert day.positions == {}
    (approval,) = day.book.approvals.values()
    assert approval.candidate.needs_person == "no fundamentals score"
    assert any(text.endswith("waits for your decision (no fundamentals score)") for text in day.alerts)


def test_over_its_budget_it_sells_nothing_until_there_is_room_again(day: Day) -> None:
    day.until(at(FRIDAY, "17:00"))
    cut = BudgetPlan({"WHEEL": dollars(5000)}, dollars(45_000))
    assert day.say(cmd.ReallocateBudget(cut, 1, "ann", "less for the wheel")) == ()
    day.until(at(NEXT_MONDAY, "10:00"))
    # The call takes no buying power, but its costs would go further over the budget: the gate lets nothing do that.
    day.until(at(NEXT_MONDAY, "10:02"))
    assert day.positions == {"P000001": ("Long Stock", 100, "Assigned")}
    assert day.means("WHEEL") == {"used": "5900.00", "held": "0.00", "available": "-900.00"}


def test_it_sells_as_many_as_the_gate_lets_one_symbol_take(tmp_path: Path) -> None:
    # The risk of 1,200 and the 11,900 would be two; half of the budget is one, and two would be refused at every scan.
    spec = replace(WHEEL, limits=ModuleLimits(dollars(1200), dollars(1500)))
    half = replace(GATE, max_symbol_share_pct=50)
    day = Day(tmp_path, mindfolio([(spec, "11900")]), TICKS, gate=half)
    day.desk.scores_on = lambda _day: SCORES
    day.until(at(MONDAY, "10:02"))
    assert day.positions == {"P000001": ("Short Put", 1, "Monitoring")}
