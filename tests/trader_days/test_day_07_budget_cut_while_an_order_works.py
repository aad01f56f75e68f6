"""The budget is cut below the hold of an order that works: the hold stays, the fill is booked, nothing more opens.

| step                                  | budget | used     | held     | available |
|---------------------------------------|--------|----------|----------|-----------|
| sell the 60 put at 0.70, resting      |  6,500 |          | 6,000.67 |    499.33 |
| cut to 5,000                          |  5,000 |          | 6,000.67 | -1,000.67 |
| filled at 0.70: costs 0.60 + 0.07     |  5,000 | 6,000.00 |          | -1,000.67 |
| raised to 12,000                      | 12,000 | 6,000.00 |          |  5,999.33 |
"""

import datetime as dt
from pathlib import Path

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain.budget import BudgetPlan
from tests.trader_days.day import Day, at, made_of, mindfolio, module, put, tick

MONDAY, EXPIRY = dt.date(2026, 3, 16), dt.date(2026, 3, 27)
PUT, LOWER = put("KO", 60, EXPIRY), put("KO", 55, EXPIRY)


def split(amount: int) -> BudgetPlan:
    return BudgetPlan({"PUTS": dollars(amount)}, dollars(50_000 - amount))


def test_the_hold_stays_the_fill_is_booked_and_the_module_only_reduces(tmp_path: Path) -> None:
    ticks = [
        tick(at(MONDAY, "10:00"), "KO", "60.50", {PUT: ("0.60", "0.65"), LOWER: ("0.05", "0.06")}),
        tick(at(MONDAY, "10:05"), "KO", "60.30", {PUT: ("0.70", "0.75"), LOWER: ("0.05", "0.06")}),
        tick(at(MONDAY, "10:10"), "KO", "60.50", {PUT: ("0.60", "0.65"), LOWER: ("0.05", "0.06")}),
        tick(at(MONDAY, "15:00"), "KO", "60.50"),
    ]
    day = Day(tmp_path, mindfolio([(module("PUTS", "KO"), "6500")]), ticks)
    day.until(at(MONDAY, "10:01"))
    assert day.enter("PUTS", made_of((PUT, -1)), "-0.70") == ()
    assert day.means("PUTS") == {"used": "0.00", "held": "6000.67", "available": "499.33"}
    day.until(at(MONDAY, "10:02"))
    assert day.say(cmd.ReallocateBudget(split(5000), 1, "ann", "less")) == ()
    assert day.means("PUTS") == {"used": "0.00", "held": "6000.67", "available": "-1000.67"}

    day.restart().until(at(MONDAY, "10:05:10"))
    assert day.positions == {"P000001": ("Short Put", 1, "Monitoring")}
    assert day.means("PUTS") == {"used": "6000.00", "held": "0.00", "available": "-1000.67"}
    denial, too_much_in_one = day.enter("PUTS", made_of((LOWER, -1)), "-0.05")
    assert too_much_in_one.code is DenialCode.SYMBOL_CAP
    # 5,500 + 0.60 + 0.07 of costs against what is left.
    assert (denial.code, denial.measured, denial.limit) == (DenialCode.BUDGET, dollars("5500.67"), dollars("-1000.67"))
    stale = day.say(cmd.ReallocateBudget(split(12_000), 1, "ann", "more"))
    assert [each.code for each in stale] == [DenialCode.STALE_VERSION]
    assert day.say(cmd.ReallocateBudget(split(12_000), 2, "ann", "more")) == ()
    assert day.means("PUTS") == {"used": "6000.00", "held": "0.00", "available": "5999.33"}
    day.until(at(MONDAY, "10:10:05"))
    assert day.enter("PUTS", made_of((LOWER, -1)), "-0.05") == ()
    day.until(at(MONDAY, "10:11"))
    # 5 less 0.60 and 0.05 + 0.01 + 0.01.
    day.ends(
        cash="50073.66",
        PUTS={"CASH": "73.66", "POSITIONS": "-75.00", "COMMISSIONS": "1.20", "FEES": "0.14"},
    )
