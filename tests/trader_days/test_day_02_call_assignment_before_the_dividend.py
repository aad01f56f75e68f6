"""A short call in the money is assigned on the eve of the dividend: short stock, what it owes, and its cover.

    | step                                         | cash      | realised | commission | fees |
    |----------------------------------------------|-----------|----------|------------|------|
    | Mon: sell 95/105 call spread, 5.60 - 0.40    |    518.67 |          |       1.20 | 0.13 |
    | Thu 06:00: the 95 call assigned, 100 short   |  9,500.00 |  +560.00 |            |      |
    | Thu 06:00: dividend owed, 100 x 0.95         |    -95.00 |          |            |      |
    | Thu 06:00: borrow, 10,000 x 1 % / 360        |     -0.28 |          |            |      |
    | Thu: buy 100 shares at 99.01                 | -9,901.00 |  -401.00 |            |      |
    | Thu: sell the 105 call at 0.05               |      4.33 |   -35.00 |       0.60 | 0.07 |
    | together                                     |     26.72 |  +124.00 |       1.80 | 0.20 |

Fees: two contracts 0.0904 -> 0.10, one sold 0.01, SEC of 560: 0.0115 -> 0.02;
one contract sold for 5: 0.05 + 0.01 + 0.01.
124 - 95 - 0.28 - 1.80 - 0.20 = 26.72.
"""

import datetime as dt
from pathlib import Path

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.order import OrderPurpose
from engine.execution.paper import PaperRules
from tests.trader_days.day import Day, at, call, made_of, mindfolio, module, tick

MONDAY, WEDNESDAY, THURSDAY = dt.date(2026, 3, 16), dt.date(2026, 3, 18), dt.date(2026, 3, 19)
EXPIRY = dt.date(2026, 3, 27)
LOW, HIGH, HIGHER = call("XOM", 95, EXPIRY), call("XOM", 105, EXPIRY), call("XOM", 110, EXPIRY)
SPREAD = made_of((LOW, -1), (HIGH, 1))


def day_of(tmp_path: Path, seed: int = 1, budget: str = "10000") -> Day:
    """XOM at 100, 0.95 of dividend on Thursday, when it opens at 99."""
    last = {LOW: ("4.00", "4.10"), HIGH: ("0.05", "0.06"), HIGHER: ("0.01", "0.02")}
    ticks = [
        tick(at(MONDAY, "10:00"), "XOM", "100.00", {LOW: ("5.60", "5.70"), HIGH: ("0.35", "0.40")}),
        tick(at(WEDNESDAY, "15:55"), "XOM", "100.00", {LOW: ("5.00", "5.10"), HIGH: ("0.10", "0.15")}),
        tick(at(THURSDAY, "10:00"), "XOM", "99.00", last),
        tick(at(THURSDAY, "10:01"), "XOM", "99.00", last),
        tick(at(THURSDAY, "15:00"), "XOM", "99.00"),
    ]
    spec = mindfolio([(module("CALLS", "XOM"), budget)])
    return Day(
        tmp_path, spec, ticks, seed=seed,
        dividends={"XOM": ((THURSDAY, dollars("0.95")),)}, rules=PaperRules(borrow_rate_bps=100),
    )  # fmt: skip


def test_what_is_short_is_covered_shares_first_and_the_dividend_is_owed(tmp_path: Path) -> None:
    day = day_of(tmp_path)
    day.until(at(MONDAY, "10:01"))
    assert day.enter("CALLS", SPREAD, "-5.20") == ()
    day.until(at(MONDAY, "10:02"))
    # The width less the credit.
    assert day.means("CALLS") == {"used": "480.00", "held": "0.00", "available": "9518.67"}

    day.until(at(THURSDAY, "05:59"))
    assert day.positions == {"P000001": ("Bear Call Spread", 1, "Monitoring")}
    day.until(at(THURSDAY, "06:00")).restart()
    assert day.positions == {"P000001": ("Protective Call", 1, "Assigned")}
    assert day.accounts("CALLS") == {
        "CASH": "9923.39", "POSITIONS": "-9460.00", "REALISED": "-560.00", "COMMISSIONS": "1.20", "FEES": "0.13",
        "DIVIDENDS": "95.00", "BORROW": "0.28",
    }  # fmt: skip
    # Regulation T: 150 % of 9,500, and the 40 that the long call cost. Realised: 560 - 95 - 0.28 - 1.33 > 0.
    assert day.means("CALLS") == {"used": "14290.00", "held": "0.00", "available": "-4290.00"}
    assert "short 100 shares of XOM: buy them back, dividends are owed" in day.alerts
    assert "over its budget by $4,290.00: it may only reduce" in day.alerts

    day.until(at(THURSDAY, "10:00:30"))
    denials = day.enter("CALLS", made_of((HIGH, -1), (HIGHER, 1)), "-0.03", position_id="P000001")
    assert DenialCode.BUDGET in [denial.code for denial in denials], "it may only reduce"
    assert day.close("P000001") == ()
    (order,) = day.book.orders.values()
    assert (order.purpose, order.structure.kind, order.quantity) == (OrderPurpose.CLOSE, "Short Stock", 100)
    assert order.hold == 0
    day.until(at(THURSDAY, "10:02"))
    assert day.positions == {}, "the long call follows when the shares are bought back"
    parts = [row.order.structure.kind for row in day.store.orders() if row.order.purpose is OrderPurpose.CLOSE]
    assert [str(kind) for kind in parts] == ["Short Stock", "Long Call"]
    assert day.record("CALLS") == (1, 1, "26.72", "0.00")
    day.ends(
        cash="50026.72",
        CALLS={
            "CASH": "26.72", "REALISED": "-124.00", "COMMISSIONS": "1.80", "FEES": "0.20", "DIVIDENDS": "95.00",
            "BORROW": "0.28",
        },
    )  # fmt: skip


ONE_OF_TWO = 26
"""With which one of two short calls is assigned."""


def test_one_of_two_units_is_assigned_and_both_parts_are_one_trade(tmp_path: Path) -> None:
    """The unit that was hit goes its own way under an id of its own; together they count once.

    | step                                          | P000001              | P000002, split off |
    |-----------------------------------------------|----------------------|--------------------|
    | Mon: two spreads at 5.20, costs 2.40 + 0.23   | 520.00 - 2.63        | 520.00             |
    | Thu: stock -401, dividend -95, borrow -0.28   |                      | -496.28            |
    | Thu: the 105 call for 5, costs 0.60 + 0.07    |                      | 5.00 - 0.67        |
    | Thu: spread bought back at 4.05, 1.20 + 0.12  | -405.00 - 1.32       |                    |
    | result                                        | 111.05               | 28.05              |

    Fees: 4 x 0.0452 = 0.1808 -> 0.19, 2 x 0.0033 -> 0.01, SEC of 1,120: 0.0231 -> 0.03; 0.10 + 0.01, SEC of 5 -> 0.01.
    """
    day = day_of(tmp_path, ONE_OF_TWO, "20000")
    day.until(at(MONDAY, "10:01"))
    assert day.enter("CALLS", SPREAD, "-5.20", 2) == ()
    day.until(at(THURSDAY, "06:00")).restart()
    assert day.positions == {
        "P000001": ("Bear Call Spread", 1, "Monitoring"),
        "P000002": ("Protective Call", 1, "Assigned"),
    }
    assert [day.book.positions[key].used for key in day.positions] == [dollars(480), dollars(14_290)]

    day.until(at(THURSDAY, "10:00:30"))
    assert day.close("P000002") == ()
    day.until(at(THURSDAY, "10:00:50"))
    assert list(day.positions) == ["P000001"]
    assert day.record("CALLS") == (0, 0, "0.00", "0.00"), "the trade is not over while a part is open"
    assert day.close("P000001", "4.05") == ()
    day.until(at(THURSDAY, "10:02"))
    ended = {each.position_id: (each.net_pnl, each.lineage) for each in day.desk.ledger.closed()}
    assert ended == {"P000001": (dollars("111.05"), ""), "P000002": (dollars("28.05"), "P000001")}
    assert day.record("CALLS") == (1, 1, "139.10", "0.00")
    day.ends(
        cash="50139.10",
        CALLS={
            "CASH": "139.10", "REALISED": "-239.00", "COMMISSIONS": "4.20", "FEES": "0.42", "DIVIDENDS": "95.00",
            "BORROW": "0.28",
        },
    )  # fmt: skip
