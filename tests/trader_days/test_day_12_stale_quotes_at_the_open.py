"""The options of SPY are not quoted at the open: nothing opens, marks stay, and no exit acts on old prices.

    | step                                      | cash    | realised | commission | fees |
    |-------------------------------------------|---------|----------|------------|------|
    | Mon: sell 95/90 for 1.40 - 0.40           |   98.68 |          |       1.20 | 0.12 |
    | Tue 09:30, 09:35: no options, stock 90.50 |         |          |            |      |
    | Tue 09:40: quoted; bought back at 4.22    | -423.32 |  -322.00 |       1.20 | 0.12 |
    | together                                  | -324.64 |  -322.00 |       2.40 | 0.24 |

Fees each time: 2 x 0.0452 = 0.0904 -> 0.10, 0.01, and SEC of 140, of 99.50 -> 0.01.
"""

import datetime as dt
from pathlib import Path

import pytest

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.limits import AccountLimits
from engine.domain.mindfolio import ModuleKind
from engine.modules import iv_rules, iv_service, registry
from tests.trader_days.day import Day, at, made_of, mindfolio, module, put, tick

MONDAY, TUESDAY, EXPIRY = dt.date(2026, 3, 16), dt.date(2026, 3, 17), dt.date(2026, 3, 27)
SHORT, LONG = put("SPY", 95, EXPIRY), put("SPY", 90, EXPIRY)


def test_nothing_is_done_on_old_prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._PROGRAMS, ModuleKind.IV_SERVICE, (iv_service.IvService(), iv_rules.PARAMETERS))
    gapped = {SHORT: ("5.20", "5.22"), LONG: ("0.99", "1.01")}
    ticks = [
        tick(at(MONDAY, "15:00"), "SPY", "97.00", {SHORT: ("1.40", "1.45"), LONG: ("0.35", "0.40")}),
        tick(at(TUESDAY, "09:30"), "QQQ", "400.00"),
        tick(at(TUESDAY, "09:35"), "SPY", "90.50"),
        tick(at(TUESDAY, "09:36"), "QQQ", "400.00"),
        tick(at(TUESDAY, "09:40"), "SPY", "90.50", gapped),
        tick(at(TUESDAY, "09:41"), "SPY", "90.50", gapped),
    ]
    limits = AccountLimits(day_loss=dollars(250), drawdown_pct=15, asks_first=True)
    spec = mindfolio([(module("SPREADS", "SPY", loss="200", parameters={"exit_days": 0}), "10000")], limits=limits)
    day = Day(tmp_path, spec, ticks)
    day.until(at(MONDAY, "15:00:30"))
    bull_put = made_of((LONG, 1), (SHORT, -1))
    assert day.enter("SPREADS", bull_put, "-1.00") == ()
    day.until(at(MONDAY, "17:00"))
    assert day.book.marks == {"P000001": dollars(-105)}
    marked_at = day.book.marked_at["P000001"]

    for clock in ("09:30:30", "09:35:30", "09:36:30"):
        day.until(at(TUESDAY, clock))
        assert day.book.marks == {"P000001": dollars(-105)}
        assert day.book.marked_at["P000001"] == marked_at, "a mark keeps its age"
        assert day.book.day_pnl("SPREADS") == 0
        assert day.book.orders == {}
        assert day.events(ev.BreakerTripped) == []
        codes = [each.code for each in day.enter("SPREADS", made_of((SHORT, -1)), "-1.40")]
        assert DenialCode.DATA_STALE in codes
        (denial,) = day.close("P000001")
        assert (denial.code, denial.facts["why"]) == (DenialCode.DATA_BAD, "no price to close at")

    day.restart().until(at(TUESDAY, "09:40"))
    assert day.book.day_pnl("SPREADS") == dollars(-316), "421 against 105"
    assert [event.code for event in day.events(ev.BreakerTripped) if isinstance(event, ev.BreakerTripped)] == [
        "ACCOUNT_LOSS"
    ]
    (order,) = day.book.orders.values()
    assert order.why.startswith("stop: loss 3.2 x the credit")
    day.until(at(TUESDAY, "09:41:30"))
    assert day.record("SPREADS") == (1, 0, "0.00", "-324.64")
    day.ends(
        cash="49675.36",
        SPREADS={"CASH": "-324.64", "REALISED": "322.00", "COMMISSIONS": "2.40", "FEES": "0.24"},
    )
