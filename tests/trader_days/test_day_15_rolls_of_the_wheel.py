"""A tested put is rolled down and out, the shares come, and the call on them is rolled up and out: one lineage.

    | step                                              | credit | cash      | commission | fees |
    |---------------------------------------------------|--------|-----------|------------|------|
    | March: sells the 59 put of April                  |  45.00 |     44.33 |       0.60 | 0.07 |
    | April, 4 days left, spot 58.90: to the 58 of May  |  35.00 |     33.68 |       1.20 | 0.12 |
    | May: assigned, 100 at 58                          |        | -5,800.00 |            |      |
    | May: sells the 59 call of June                    |  50.00 |     49.33 |       0.60 | 0.07 |
    | June, 4 days left, spot 61: to the 60 of July     |   4.00 |      2.68 |       1.20 | 0.12 |
    | July: called away, 100 at 60                      |        |  6,000.00 |            |      |
    | together                                          |        |    330.02 |       3.60 | 0.38 |

Fees of a roll: two contracts 0.0904 -> 0.10, one sold 0.01, of 89.50 and of 210.50 sold 0.0018 and 0.0043 -> 0.01.
Realised: four credits and 200 on the shares are 334. Net basis when the call is sold: 58 - (80 - 1.80 - 0.19) / 100.
"""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.limits import ModuleLimits
from engine.domain.order import OrderPurpose
from engine.domain.ports import ChainUpdate
from engine.modules.sell_puts_calls import net_basis
from tests.fakes import chain_update
from tests.trader_days.day import GATE, Day, at, mindfolio, tick
from tests.trader_days.test_day_14_the_wheel_by_itself import SCORES, WHEEL

MARCH, APRIL, MAY, JUNE = dt.date(2026, 3, 16), dt.date(2026, 4, 13), dt.date(2026, 5, 18), dt.date(2026, 6, 8)
APRIL_END, MAY_END, JUNE_END = dt.date(2026, 4, 17), dt.date(2026, 5, 15), dt.date(2026, 6, 12)
JULY_END = dt.date(2026, 7, 10)


def quotes(day: dt.date, spot: float, *ends: dt.date) -> ChainUpdate:
    return chain_update(at(day, "10:00"), spot, symbol="KO", volatility=0.2, expirations=ends, strikes=(50, 73, 1))


def test_both_rolls_pass_the_gate_for_a_credit_and_everything_is_one_trade(tmp_path: Path) -> None:
    ticks = [
        quotes(MARCH, 61.5, APRIL_END),
        quotes(APRIL, 58.9, APRIL_END, MAY_END),
        tick(at(MAY_END, "15:50"), "KO", "57.00"),
        quotes(MAY, 57.0, JUNE_END),
        quotes(JUNE, 61.0, JUNE_END, JULY_END),
        tick(at(JULY_END, "15:50"), "KO", "62.00"),
        tick(at(dt.date(2026, 7, 13), "10:00"), "KO", "62.00"),
    ]
    day = Day(tmp_path, mindfolio([(WHEEL, "6500")]), ticks)
    day.desk.scores_on = lambda _day: SCORES
    day.until(at(APRIL, "10:05"))
    assert day.positions == {"P000001": ("Short Put", 1, "Monitoring")}
    # 58 in full; the roll lost 9.50 on the old put and everything so far cost 1.99.
    assert day.means("WHEEL") == {"used": "5800.00", "held": "0.00", "available": "688.51"}

    day.until(at(MAY, "10:05"))
    assert day.positions == {"P000001": ("Covered Call", 1, "Assigned")}
    sold = next(
        e.order for e in day.events(ev.OrderIntended) if isinstance(e, ev.OrderIntended) and "covers" in e.order.why
    )
    assert "strike 59 against a net basis of 57.22" in sold.why

    day.until(at(JUNE, "10:05"))
    (held,) = day.book.positions.values()
    assert (held.rolls, held.structure.strikes, held.structure.expiration) == (2, (dollars(60),), JULY_END)
    # 80 of the puts, less 156.50 lost on the call that was bought back, less 3.98: no more than the new strike.
    assert net_basis(held) == dollars("58.8048")

    day.until(at(dt.date(2026, 7, 11), "12:00"))
    orders = [event.order for event in day.events(ev.OrderIntended) if isinstance(event, ev.OrderIntended)]
    assert [order.purpose for order in orders] == [
        OrderPurpose.OPEN, OrderPurpose.ROLL, OrderPurpose.OPEN, OrderPurpose.ROLL,
    ]  # fmt: skip
    assert {order.position_id for order in orders} == {"P000001"}
    assert day.record("WHEEL") == (1, 1, "330.02", "0.00")
    day.ends(cash="50330.02", WHEEL={"CASH": "330.02", "REALISED": "-334.00", "COMMISSIONS": "3.60", "FEES": "0.38"})


def test_a_call_is_rolled_where_the_shares_fill_the_symbols_share_of_the_budget(tmp_path: Path) -> None:
    # Half of 11,900 are 5,950: the shares take 5,800, and buying the old call back realises a loss of 156.50.
    ticks = [
        quotes(MARCH, 61.5, APRIL_END),
        quotes(APRIL, 58.9, APRIL_END, MAY_END),
        tick(at(MAY_END, "15:50"), "KO", "57.00"),
        quotes(MAY, 57.0, JUNE_END),
        quotes(JUNE, 61.0, JUNE_END, JULY_END),
    ]
    day = Day(tmp_path, mindfolio([(WHEEL, "11900")]), ticks, gate=replace(GATE, max_symbol_share_pct=50))
    day.desk.scores_on = lambda _day: SCORES
    day.until(at(JUNE, "10:05"))
    (held,) = day.book.positions.values()
    assert (held.rolls, held.structure.strikes) == (2, (dollars(60),))


def test_a_call_is_sold_on_shares_that_have_risen_beyond_the_risk_of_a_trade(tmp_path: Path) -> None:
    # The 59 put risks 590 of 595; a tenth of 67 on a hundred shares less the call's premium is more, and less than the
    # 670 that the shares risk without the call.
    spec = replace(WHEEL, limits=ModuleLimits(dollars(595), dollars(1500)))
    ticks = [
        quotes(MARCH, 61.5, APRIL_END),
        quotes(APRIL, 58.9, APRIL_END, MAY_END),
        tick(at(MAY_END, "15:50"), "KO", "57.00"),
        quotes(MAY, 67.0, JUNE_END),
    ]
    day = Day(tmp_path, mindfolio([(spec, "6500")]), ticks)
    day.desk.scores_on = lambda _day: SCORES
    day.until(at(MAY, "10:05"))
    (held,) = day.book.positions.values()
    assert (held.structure.kind.value, held.structure.strikes) == ("Covered Call", (dollars(69),))


def test_a_call_is_sold_on_a_part_of_the_shares_where_few_are_listed(tmp_path: Path) -> None:
    # Of 30 open contracts 5 % are one: it covers half of two hundred shares, and lowers what they risk.
    spec = replace(WHEEL, limits=ModuleLimits(dollars(1200), dollars(1500)))
    thin = replace(quotes(MAY, 57.0, JUNE_END), open_interest=np.full(quotes(MAY, 57.0, JUNE_END).key.size, 30.0))
    ticks = [
        quotes(MARCH, 61.5, APRIL_END),
        quotes(APRIL, 58.9, APRIL_END, MAY_END),
        tick(at(MAY_END, "15:50"), "KO", "57.00"),
        thin,
    ]
    day = Day(tmp_path, mindfolio([(spec, "13000")]), ticks)
    day.desk.scores_on = lambda _day: SCORES
    day.until(at(MAY, "10:05"))
    (held,) = day.book.positions.values()
    assert held.shares == 200
    assert [leg.ratio * held.quantity for leg in held.structure.legs] == [-1]


@pytest.mark.parametrize(("budget", "rolls"), [("5905", 1), ("5901.60", 0)])
def test_a_roll_down_pays_its_loss_from_the_buying_power_that_it_frees(tmp_path: Path, budget: str, rolls: int) -> None:
    # The 59 put takes all but 5 less its costs; the roll loses 9.50 on it, frees 100, and costs 1.32 in cash.
    ticks = [quotes(MARCH, 61.5, APRIL_END), quotes(APRIL, 58.9, APRIL_END, MAY_END)]
    day = Day(tmp_path, mindfolio([(WHEEL, budget)]), ticks)
    day.desk.scores_on = lambda _day: SCORES
    day.until(at(APRIL, "10:05"))
    (held,) = day.book.positions.values()
    assert held.rolls == rolls
    if rolls:
        assert day.means("WHEEL") == {"used": "5800.00", "held": "0.00", "available": "93.51"}
