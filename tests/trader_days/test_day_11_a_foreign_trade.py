"""Somebody trades in the account from elsewhere: its name halts, others trade on, and a person says whose it is.

    | step                                        | book cash  | broker's cash | book SPY | broker's SPY |
    |---------------------------------------------|------------|---------------|----------|--------------|
    | elsewhere: 100 SPY at 100.01                |  50,000.00 |     39,999.00 |        0 |          100 |
    | ours: sell the QQQ 390 put spread for 1.00  |  50,098.68 |     40,097.68 |        0 |          100 |
    | SPY: 60 to ALPHA, 40 to EXTERNAL, at 100.00 |  40,098.68 |     40,097.68 |      100 |          100 |
    | cash: 1.00 less, EXTERNAL                   |  40,097.68 |     40,097.68 |      100 |          100 |

The spread: 100 - 1.20 - 0.12, fees 0.0904 -> 0.10, 0.01, SEC of 140 -> 0.01. Shares are taken in at the middle.
"""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.account import EXTERNAL, Difference, Resolution
from engine.domain.order import Order, OrderPurpose
from engine.domain.structure import shares_of
from tests.trader_days.day import Day, at, made_of, mindfolio, module, put, tick

MONDAY, EXPIRY = dt.date(2026, 3, 16), dt.date(2026, 3, 27)
SHORT, LONG, SPY_PUT = put("QQQ", 390, EXPIRY), put("QQQ", 385, EXPIRY), put("SPY", 95, EXPIRY)
BULL_PUT = made_of((LONG, 1), (SHORT, -1))


@pytest.fixture
def day(tmp_path: Path) -> Day:
    """100 SPY are bought elsewhere at 10:01; at 10:02 book and broker were compared twice."""
    ticks = []
    for minute in range(0, 60, 2):
        when = at(MONDAY, f"10:{minute:02}")
        ticks += [
            tick(when, "SPY", "100.00", {SPY_PUT: ("1.40", "1.45")}),
            tick(when, "QQQ", "400.00", {SHORT: ("1.40", "1.45"), LONG: ("0.35", "0.40")}),
        ]
    spec = mindfolio([(module("ALPHA", "SPY"), "20000"), (module("BETA", "QQQ"), "20000")])
    day = Day(tmp_path, spec, ticks)
    day.until(at(MONDAY, "10:01"))
    foreign = Order(
        "X1",
        "",
        "",
        OrderPurpose.OPEN,
        shares_of("SPY"),
        100,
        dollars("100.01"),
        dollars("100.01"),
        0,
        day.desk.now,
        "",
    )
    day.paper.submit(foreign, day.desk.now)
    day.until(at(MONDAY, "10:02"))
    assert set(day.book.differences.values()) == {
        Difference("SPY", "SPY", 0, 100),
        Difference("USD", "USD", dollars(50_000), dollars(39_999)),
    }
    return day


def sell_the_spread(day: Day) -> None:
    assert day.enter("BETA", BULL_PUT, "-1.00") == (), "others trade on"
    day.until(at(MONDAY, "10:03"))
    assert day.positions["P000001"] == ("Bull Put Spread", 1, "Monitoring")


def test_its_name_halts_and_others_trade_on(day: Day) -> None:
    halted = [each.code for each in day.enter("ALPHA", made_of((SPY_PUT, -1)), "-1.40")]
    assert halted == [DenialCode.SYMBOL_HALTED]
    sell_the_spread(day)
    day.restart().until(at(MONDAY, "10:20"))
    halted = [each.code for each in day.enter("ALPHA", made_of((SPY_PUT, -1)), "-1.40")]
    assert halted == [DenialCode.SYMBOL_HALTED], "and is halted after a restart, too"
    assert day.book.instruments() == {SHORT.occ: -1, LONG.occ: 1}, "nothing is traded to repair it"
    told = [text for text in day.alerts if "differ in USD" in text]
    assert len(told) == 1, "the same difference is told once, whatever else moves the cash"


def test_it_is_shared_among_a_module_and_nobody(day: Day) -> None:
    sell_the_spread(day)
    wrong = day.say(cmd.ResolveDifference("SPY", Resolution.ASSIGN, {"ALPHA": 60}, "ann", "mine"))
    assert [each.code for each in wrong] == [DenialCode.SUM_MISMATCH]
    shares = cmd.ResolveDifference("SPY", Resolution.ASSIGN, {"ALPHA": 60, EXTERNAL: 40}, "ann", "mine, and not")
    assert day.say(shares) == ()
    assert day.means("ALPHA") == {"used": "6000.00", "held": "0.00", "available": "14000.00"}
    # The shares were booked as bought, so that what is left of the difference in cash is what they cost more.
    assert day.book.differences["USD"].missing == dollars("-1.00")
    all_of_it = cmd.ResolveDifference("USD", Resolution.ASSIGN, {EXTERNAL: dollars("-10001.00")}, "ann", "theirs")
    assert [each.code for each in day.say(all_of_it)] == [DenialCode.SUM_MISMATCH]
    assert day.say(replace(all_of_it, split={EXTERNAL: dollars("-1.00")})) == ()
    day.until(at(MONDAY, "10:10"))
    assert day.book.differences == {}
    assert day.enter("ALPHA", made_of((SPY_PUT, -1)), "-1.40") == (), "it opens again"
    day.until(at(MONDAY, "10:10:10"))
    assert day.close("P000002") == ()
    day.until(at(MONDAY, "10:30"))
    # The put: 140 - 0.60 - 0.07. 60 shares sold at 99.99: -0.60, TAF 0.0117 -> 0.02, SEC of 5,999.40: 0.1236 -> 0.13.
    day.ends(
        cash="46236.26",
        ALPHA={"CASH": "138.58", "POSITIONS": "-140.00", "REALISED": "0.60", "COMMISSIONS": "0.60", "FEES": "0.22"},
        BETA={"CASH": "98.68", "POSITIONS": "-100.00", "COMMISSIONS": "1.20", "FEES": "0.12"},
        EXTERNAL={"CASH": "-4001.00", "POSITIONS": "4000.00", "OUTSIDE": "1.00"},
    )


def test_it_is_ignored_and_so_is_what_it_cost(day: Day) -> None:
    sell_the_spread(day)
    for instrument in ("SPY", "USD"):
        assert day.say(cmd.ResolveDifference(instrument, Resolution.IGNORE, {}, "ann", "my other program")) == ()
    day.until(at(MONDAY, "10:10"))
    assert day.book.differences == {}
    assert day.book.ignored == {"SPY": 100, "USD": dollars("-10001.00")}
    assert day.enter("ALPHA", made_of((SPY_PUT, -1)), "-1.40") == ()
    day.until(at(MONDAY, "10:11"))
    assert len(day.events(ev.AccountReconciled)) >= 1
    day.ends(
        cash="50238.01",
        ALPHA={"CASH": "139.33", "POSITIONS": "-140.00", "COMMISSIONS": "0.60", "FEES": "0.07"},
        BETA={"CASH": "98.68", "POSITIONS": "-100.00", "COMMISSIONS": "1.20", "FEES": "0.12"},
        EXTERNAL={},
    )
