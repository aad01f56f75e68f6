"""Two put spreads gap through their stops overnight: module pause, account breaker, exits at the open.

    | step                                          | SPIES, 3 units | QUBES, 4 units |
    |-----------------------------------------------|----------------|----------------|
    | Mon: sell 95/90 for 1.40 - 0.40               |        +300.00 |        +400.00 |
    | commission, fees                              |    3.60 + 0.30 |    4.80 + 0.41 |
    | Mon: mark at 1.05, P&L until then             |         -18.90 |         -25.21 |
    | Tue 09:31: mark at 4.21, day P&L              |        -948.00 |      -1,264.00 |
    | Tue: bought back at 4.22                      |      -1,266.00 |      -1,688.00 |
    | commission, fees                              |    3.60 + 0.30 |    4.80 + 0.40 |
    | result                                        |        -973.80 |      -1,298.41 |
    | stop at twice the credit; most that can be lost | 600; 1,200   |     800; 1,600 |

Fees, opened: 6 x 0.0452 = 0.2712 -> 0.28, 3 x 0.0033 -> 0.01, SEC of 420: 0.0087 -> 0.01; 8 x 0.0452 = 0.3616 -> 0.37,
4 x 0.0033 = 0.0132 -> 0.02, SEC of 560: 0.0115 -> 0.02. Closed the same, but for the SEC's: of 298.50, and of 398.00
(0.0082 -> 0.01). The account's day: -948 - 1,264 = -2,212, its limit 2,000.
"""

import datetime as dt
from pathlib import Path

import pytest

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.limits import AccountLimits
from engine.domain.mindfolio import ModuleKind, ModuleStatus
from engine.domain.order import OrderStatus
from engine.modules import iv_rules, iv_service, registry
from tests.trader_days.day import ByHand, Day, Sides, at, made_of, mindfolio, module, put, tick

MONDAY, TUESDAY, EXPIRY = dt.date(2026, 3, 16), dt.date(2026, 3, 17), dt.date(2026, 3, 27)
CALM: tuple[Sides, Sides] = ("1.40", "1.45"), ("0.35", "0.40")
GAPPED: tuple[Sides, Sides] = ("5.20", "5.22"), ("0.99", "1.01")
RESTING = put("IWM", 95, EXPIRY)


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Day:
    """Real exits of the IV Service (stop at twice the credit); a third module has an opening at rest."""
    monkeypatch.setitem(registry._PROGRAMS, ModuleKind.IV_SERVICE, (iv_service.IvService(), iv_rules.PARAMETERS))
    ticks = []
    for symbol in ("SPY", "QQQ"):
        short, long = put(symbol, 95, EXPIRY), put(symbol, 90, EXPIRY)
        ticks += [
            tick(at(MONDAY, "15:00"), symbol, "97.00", dict(zip((short, long), CALM, strict=True))),
            tick(at(TUESDAY, "09:31"), symbol, "90.50", dict(zip((short, long), GAPPED, strict=True))),
            tick(at(TUESDAY, "09:32"), symbol, "90.50", dict(zip((short, long), GAPPED, strict=True))),
        ]
    ticks += [
        tick(at(TUESDAY, "09:30"), "IWM", "97.00", {RESTING: ("1.40", "1.45")}),
        tick(at(TUESDAY, "15:00"), "IWM", "97.00", {RESTING: ("1.40", "1.45")}),
    ]
    rules = {"exit_days": 0}
    spec = mindfolio(
        [
            (module("SPIES", "SPY", loss="600", parameters={**rules}), "10000"),
            (module("QUBES", "QQQ", loss="1500", parameters={**rules}), "10000"),
            (module("SMALL", "IWM", parameters={**rules}), "10000"),
        ],
        limits=AccountLimits(day_loss=dollars(2000), drawdown_pct=15),
    )
    return Day(tmp_path, spec, ticks)


def test_exits_cost_more_than_the_stop_and_no_more_than_the_width(day: Day) -> None:
    day.until(at(MONDAY, "15:00:30"))
    for name, symbol, units in (("SPIES", "SPY", 3), ("QUBES", "QQQ", 4)):
        bull_put = made_of((put(symbol, 90, EXPIRY), 1), (put(symbol, 95, EXPIRY), -1))
        assert day.enter(name, bull_put, "-1.00", units) == ()
    day.until(at(MONDAY, "17:00"))
    assert day.positions == {
        "P000001": ("Bull Put Spread", 3, "Monitoring"),
        "P000002": ("Bull Put Spread", 4, "Monitoring"),
    }
    assert [day.book.pnl(name) for name in ("SPIES", "QUBES")] == [dollars("-18.90"), dollars("-25.21")]

    day.until(at(TUESDAY, "09:30:30"))
    assert day.enter("SMALL", made_of((RESTING, -1)), "-1.60") == ()
    day.until(at(TUESDAY, "09:30:59"))
    assert day.means("SMALL")["held"] == "9500.67"  # the strike, 0.60, and 0.05 + 0.01 + 0.01
    day.until(at(TUESDAY, "09:31"))
    assert [day.book.day_pnl(name) for name in ("SPIES", "QUBES")] == [dollars(-948), dollars(-1264)]
    (tripped,) = day.events(ev.BreakerTripped)
    assert isinstance(tripped, ev.BreakerTripped)
    assert (tripped.code, tripped.measured, tripped.limit) == ("ACCOUNT_LOSS", dollars(2212), dollars(2000))
    statuses = {name: each.status for name, each in day.book.modules.items()}
    assert statuses == {
        "SPIES": ModuleStatus.PAUSED, "QUBES": ModuleStatus.ACTIVE, "SMALL": ModuleStatus.ACTIVE,
    }, "its own limit pauses one module alone; the breaker pauses the mindfolio"  # fmt: skip
    assert str(day.book.status) == "PAUSED"
    assert {each.position_id: str(each.purpose) for each in day.book.orders.values()} == {
        "P000001": "CLOSE", "P000002": "CLOSE", "P000003": "OPEN",
    }  # fmt: skip

    day.until(at(TUESDAY, "09:32:30")).restart()
    assert day.positions == {}
    assert day.means("SMALL") == {"used": "0.00", "held": "0.00", "available": "10000.00"}
    rested = next(row for row in day.store.orders() if row.order.module_id == "SMALL")
    assert rested.order.status is OrderStatus.CANCELLED
    codes = [each.code for each in day.enter("SMALL", made_of((RESTING, -1)), "-1.40")]
    assert DenialCode.MODULE_STATUS in codes
    assert DenialCode.DAILY_LOSS in codes

    assert [str(each.code) for each in day.say(cmd.ResumeMindfolio("ann", "again"))] == ["STOPPED"]
    assert [str(each.code) for each in day.say(cmd.RearmMindfolio("ann", "at once"))] == ["BROKER_UNREACHABLE"]
    day.until(at(TUESDAY, "09:32:32"))  # the broker's account is heard
    assert day.say(cmd.RearmMindfolio("ann", "seen, understood")) == ()
    assert str(day.book.status) == "ACTIVE"
    day.until(at(TUESDAY, "15:00:30"))
    codes = [each.code for each in day.enter("SMALL", made_of((RESTING, -1)), "-1.40")]
    assert codes == [], "a person has seen the loss: the limit counts from here"
    assert day.record("SPIES") == (1, 0, "0.00", "-973.80")
    assert day.record("QUBES") == (1, 0, "0.00", "-1298.41")
    day.ends(
        cash="47727.79",
        SPIES={"CASH": "-973.80", "REALISED": "966.00", "COMMISSIONS": "7.20", "FEES": "0.60"},
        QUBES={"CASH": "-1298.41", "REALISED": "1288.00", "COMMISSIONS": "9.60", "FEES": "0.81"},
        SMALL={},
    )


def test_where_no_module_closes_anything_the_accounts_plan_does_on_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the worst case goes: the whole of QUBES, which is cheaper to be rid of; SPIES stay.

    | what can still be lost at expiry  | SPIES, 3 units | QUBES, 4 units | together |
    |-----------------------------------|----------------|----------------|----------|
    | 500 a unit less the mark of 421   |         237.00 |         316.00 |   553.00 |

    The plan's worst case is that or worse, where the grid's model knows worse before expiry; SPIES are 3/7 of it.
    QUBES, 4 x 4.22: -1,288.00 - 9.60 - 0.81 = -1,298.41, as above.
    """
    monkeypatch.setitem(registry._PROGRAMS, ModuleKind.IV_SERVICE, (ByHand(), ()))
    wide = ("5.10", "5.32"), ("0.90", "1.10")
    ticks = []
    for symbol, gapped in (("SPY", wide), ("QQQ", GAPPED)):
        contracts = put(symbol, 95, EXPIRY), put(symbol, 90, EXPIRY)
        ticks.append(tick(at(MONDAY, "15:00"), symbol, "97.00", dict(zip(contracts, CALM, strict=True))))
        ticks += [
            tick(at(TUESDAY, clock), symbol, "90.50", dict(zip(contracts, gapped, strict=True)))
            for clock in ("09:31", "09:32", "09:34:59", "09:35", "09:35:11", "09:36", "09:37", "15:00", "15:00:11")
        ]
    spec = mindfolio(
        [(module("SPIES", "SPY"), "10000"), (module("QUBES", "QQQ"), "10000")],
        limits=AccountLimits(day_loss=dollars(2000), drawdown_pct=15),
    )
    day = Day(tmp_path, spec, ticks)
    day.until(at(MONDAY, "15:00:30"))
    for name, symbol, units in (("SPIES", "SPY", 3), ("QUBES", "QQQ", 4)):
        bull_put = made_of((put(symbol, 90, EXPIRY), 1), (put(symbol, 95, EXPIRY), -1))
        assert day.enter(name, bull_put, "-1.00", units) == ()
    day.until(at(MONDAY, "15:01"))
    assert day.say(cmd.PlanClosing(50, "ann")) == ()
    unconfirmed = day.book.closing
    day.until(at(TUESDAY, "09:35:05"))
    assert len(day.events(ev.BreakerTripped)) == 1
    assert day.book.closing == unconfirmed, "nothing is sold on the prices of the first five minutes"
    assert day.book.orders == {}
    day.until(at(TUESDAY, "09:35:11"))
    plan = day.book.closing
    assert plan is not None
    assert plan != unconfirmed, "what waits unconfirmed is in nobody's way"
    assert day.book.closing_by == "engine"
    assert plan.worst_before is not None
    assert plan.target is not None
    assert dollars(553) <= plan.worst_before <= dollars(700)
    assert abs(plan.worst_before - 2 * plan.target) <= 1
    (step,) = plan.steps
    assert (step.position_id, step.quantity) == ("P000002", 4)
    assert dollars(237) <= step.worst_case <= plan.target
    day.restart().until(at(TUESDAY, "09:37:30"))
    assert list(day.positions) == ["P000001"]
    assert day.book.closing is None, "the worst case has come down to its target"
    assert day.say(cmd.RearmMindfolio("ann", "seen, understood")) == ()
    day.until(at(TUESDAY, "15:05"))
    assert list(day.positions) == ["P000001"], "it is not halved again for the same loss, restarted, re-armed or not"
    assert day.record("QUBES") == (1, 0, "0.00", "-1298.41")
    day.ends(
        cash="48997.69",
        SPIES={"CASH": "296.10", "POSITIONS": "-300.00", "COMMISSIONS": "3.60", "FEES": "0.30"},
        QUBES={"CASH": "-1298.41", "REALISED": "1288.00", "COMMISSIONS": "9.60", "FEES": "0.81"},
    )
