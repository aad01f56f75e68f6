"""A short put ends in the money on a Friday: the weekend, the shares on Monday, a covered call, and called away.

    | step                           | premium / price | cash       | commission | fees |
    |--------------------------------|-----------------|------------|------------|------|
    | Mon: sell the 60 put at 0.60   |          +60.00 |      59.33 |       0.60 | 0.07 |
    | Sat: assigned, 100 at 60       |       -6,000.00 |  -6,000.00 |            |      |
    | Mon: sell the 61 call at 0.50  |          +50.00 |      49.33 |       0.60 | 0.07 |
    | Wed: dividend 100 x 0.53       |          +53.00 |      53.00 |            |      |
    | Sat: called away, 100 at 61    |       +6,100.00 |   6,100.00 |            |      |
    | together                       |                 |     261.66 |       1.20 | 0.14 |

Fees of one contract sold: 0.0452 -> 0.05 regulatory, 0.0033 -> 0.01 TAF, 60 x 20.60 / 1,000,000 = 0.0012 -> 0.01 SEC.
Realised: the put's 60 + the call's 50 + 100 on the shares = 210.
"""

import datetime as dt
from pathlib import Path

import pytest

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain.budget import BudgetPlan
from tests.trader_days.day import MINUTE, Day, at, call, made_of, mindfolio, module, put, tick

MONDAY, FRIDAY, SATURDAY = dt.date(2026, 3, 16), dt.date(2026, 3, 20), dt.date(2026, 3, 21)
NEXT_MONDAY, NEXT_WEDNESDAY = dt.date(2026, 3, 23), dt.date(2026, 3, 25)
NEXT_FRIDAY, NEXT_SATURDAY = dt.date(2026, 3, 27), dt.date(2026, 3, 28)

PUT, CALL = put("KO", 60, FRIDAY), call("KO", 61, NEXT_FRIDAY)
SHORT_PUT, SHORT_CALL = made_of((PUT, -1)), made_of((CALL, -1))


@pytest.fixture
def day(tmp_path: Path) -> Day:
    """$50,000: 6,500 with the wheel, 10,000 with a module that does nothing. KO ends at 59.20, then at 62."""
    ticks = [
        tick(at(MONDAY, "10:00"), "KO", "60.50", {PUT: ("0.60", "0.65")}),
        tick(at(FRIDAY, "15:50"), "KO", "59.20"),
        tick(at(NEXT_MONDAY, "10:00"), "KO", "59.50", {CALL: ("0.50", "0.55")}),
        tick(at(NEXT_WEDNESDAY, "10:00"), "KO", "59.60", {CALL: ("0.20", "0.25")}),
        tick(at(NEXT_FRIDAY, "15:50"), "KO", "62.00", {CALL: ("0.95", "1.05")}),
        tick(at(dt.date(2026, 3, 30), "10:00"), "KO", "61.00"),
    ]
    spec = mindfolio([(module("WHEEL", "KO"), "6500"), (module("IDLE", "SPY"), "10000")])
    dividends = {"KO": ((NEXT_WEDNESDAY, dollars("0.53")),)}
    return Day(tmp_path, spec, ticks, dividends=dividends)


def sold_and_assigned(day: Day) -> None:
    """Up to Saturday noon."""
    day.until(at(MONDAY, "10:01"))
    assert day.enter("WHEEL", SHORT_PUT, "-0.60") == ()
    # Strike in full, 0.60 commission, 0.07 fees.
    assert day.means("WHEEL") == {"used": "0.00", "held": "6000.67", "available": "499.33"}
    day.until(at(MONDAY, "10:02"))
    assert day.positions == {"P000001": ("Short Put", 1, "Monitoring")}
    # The costs are a realised loss of 0.67 until the premium is earned.
    assert day.means("WHEEL") == {"used": "6000.00", "held": "0.00", "available": "499.33"}
    assert day.accounts("WHEEL") == {"CASH": "59.33", "POSITIONS": "-60.00", "COMMISSIONS": "0.60", "FEES": "0.07"}
    day.until(at(FRIDAY, "16:00"))
    assert day.positions == {"P000001": ("Short Put", 1, "Awaiting assignment")}
    day.until(at(SATURDAY, "05:59")).restart()
    assert day.positions == {"P000001": ("Short Put", 1, "Awaiting assignment")}, "it is never assumed"
    day.until(at(SATURDAY, "12:00"))
    assert day.positions == {"P000001": ("Long Stock", 100, "Assigned")}


def test_the_shares_cover_a_call_and_are_called_away_in_one_lineage(day: Day) -> None:
    sold_and_assigned(day)
    # The put's premium is earned: 60 - 0.67; shares stand at cost.
    assert day.means("WHEEL") == {"used": "6000.00", "held": "0.00", "available": "500.00"}
    assert day.accounts("WHEEL") == {
        "CASH": "-5940.67", "POSITIONS": "6000.00", "REALISED": "-60.00", "COMMISSIONS": "0.60", "FEES": "0.07",
    }  # fmt: skip
    assert day.record("WHEEL") == (0, 0, "0.00", "0.00"), "the trade is not over"

    day.until(at(NEXT_MONDAY, "10:00") + MINUTE)
    assert day.enter("WHEEL", SHORT_CALL, "-0.50", position_id="P000001") == ()
    day.until(at(NEXT_MONDAY, "10:02"))
    assert day.positions == {"P000001": ("Covered Call", 1, "Assigned")}
    assert day.means("WHEEL") == {"used": "6000.00", "held": "0.00", "available": "500.00"}
    day.until(at(NEXT_FRIDAY, "16:00"))
    assert day.accounts("WHEEL")["DIVIDENDS"] == "-53.00"
    assert day.positions == {"P000001": ("Covered Call", 1, "Awaiting assignment")}
    day.until(at(NEXT_SATURDAY, "06:00"))
    assert day.positions == {}

    (ended,) = day.desk.ledger.closed()
    assert (ended.position_id, ended.lineage, ended.income) == ("P000001", "", dollars("53"))
    assert day.record("WHEEL") == (1, 1, "261.66", "0.00")
    assert day.means("WHEEL") == {"used": "0.00", "held": "0.00", "available": "6500.00"}
    day.ends(
        cash="50261.66",
        WHEEL={
            "CASH": "261.66", "REALISED": "-210.00", "COMMISSIONS": "1.20", "FEES": "0.14", "DIVIDENDS": "-53.00",
        },
        IDLE={},
    )  # fmt: skip


def test_a_budget_cut_over_the_weekend_leaves_the_module_over_it_and_only_reducing(day: Day) -> None:
    day.until(at(MONDAY, "10:01"))
    plan = BudgetPlan({"WHEEL": dollars(5000), "IDLE": dollars(10_000)}, dollars(35_000))
    assert day.enter("WHEEL", SHORT_PUT, "-0.60") == ()
    day.until(at(FRIDAY, "17:00"))
    assert day.say(cmd.ReallocateBudget(plan, 1, "ann", "less for the wheel")) == ()
    day.until(at(SATURDAY, "12:00"))
    assert day.means("WHEEL") == {"used": "6000.00", "held": "0.00", "available": "-1000.00"}
    assert "over its budget by $1,000.00: it may only reduce" in day.alerts

    day.until(at(NEXT_MONDAY, "10:01"))
    denials = day.enter("WHEEL", SHORT_CALL, "-0.50", position_id="P000001")
    assert DenialCode.BUDGET in [denial.code for denial in denials]
    # Reducing is never refused: 100 shares at the bid of 59.49 (59.50 less half of 2 basis points).
    assert day.close("P000001") == ()
    day.until(at(NEXT_MONDAY, "10:02"))
    # 60 - 0.67 on the put; shares sold at 59.49: -51, TAF 100 x 0.000195 = 0.0195 -> 0.02, SEC 0.1226 -> 0.13.
    assert day.record("WHEEL") == (1, 1, "8.18", "0.00")
    day.ends(
        cash="50008.18",
        WHEEL={"CASH": "8.18", "REALISED": "-9.00", "COMMISSIONS": "0.60", "FEES": "0.22"},
        IDLE={},
    )
