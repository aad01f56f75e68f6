"""The Gamma Scalper over the nineteen sessions: five trades with their hedges and six skips checked by hand.

The recording holds no daily closes, without which the module buys nothing: that is what its default run shows. Here 20
hand-made returns of 2.5 % up and down in turn stand before each session: their mean is 0 and their variance is
20 x 0.025^2 / 19, a volatility of 0.025 x sqrt(252 x 20 / 19) = 40.7 % a year. All else is the default, with
one contract a trade. Quotes were read in the file by eye.
"""

import datetime as dt
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from engine.core.calendar import market_day, previous_session, years_to_expiry
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.instrument import Right, contract_of
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec
from engine.domain.order import Order, OrderPurpose
from engine.domain.ports import ChainUpdate
from engine.domain.position import Position
from engine.domain.scan import Past
from engine.domain.structure import StructureKind
from tests.american_oracle import volatility_and_delta_by_quantlib
from tests.golden.runs import GoldenRun
from tests.golden.test_sell_puts_replay import closed, rows_of
from tests.option_markets import moment
from tests.trader_days.day import GATE, MINUTE, Day, mindfolio

UNIVERSE = ("NVDA", "QQQ", "SPY", "TSLA")
REALISED = 0.025 * math.sqrt(252 * 20 / 19)
Quote = tuple[float, float]


@dataclass(frozen=True)
class HandStraddle:
    """A straddle on paper: quotes of put and call when it was bought, where the order began and ended, and the fill."""

    position: str
    symbol: str
    at: str
    expires: str
    strike: int
    spot: float
    put: Quote
    call: Quote
    first: str
    worst: str
    fill: str


TRADES = (
    # 15.50 + 17.375 = 32.875 at mid, 32.88 on the grid; 15.56 + 17.43 = 32.99 at natural, 32.944 at 60 %: up to 32.95.
    HandStraddle("P000001", "QQQ", "2026-03-16 15:55:34-0400", "2026-04-17", 600, 599.9605,
                 (15.44, 15.56), (17.32, 17.43), "32.88", "32.95", "32.91"),
    # 15.365 + 16.14 = 31.505, so 31.51; 15.40 + 16.17 = 31.57 at natural, 31.544 at 60 %.
    HandStraddle("P000002", "SPY", "2026-03-16 15:55:34-0400", "2026-04-17", 669, 668.81,
                 (15.33, 15.40), (16.11, 16.17), "31.51", "31.55", "31.53"),
    # 6.70 + 7.95 = 14.65; 6.75 + 8.00 = 14.75 at natural, 14.71 at 60 %.
    HandStraddle("P000003", "NVDA", "2026-03-24 15:56:14-0400", "2026-04-24", 175, 175.095,
                 (6.65, 6.75), (7.90, 8.00), "14.65", "14.71", "14.69"),
    # 16.275 + 18.04 = 34.315, so 34.32; 16.31 + 18.08 = 34.39 at natural, 34.36 at 60 %.
    HandStraddle("P000004", "QQQ", "2026-04-21 11:57:37-0400", "2026-05-29", 647, 646.86,
                 (16.24, 16.31), (18.00, 18.08), "34.32", "34.36", "34.34"),
    # 13.50 + 15.795 = 29.295, so 29.30; 13.53 + 15.82 = 29.35 at natural, 29.328 at 60 %.
    HandStraddle("P000005", "SPY", "2026-04-21 11:57:37-0400", "2026-05-29", 707, 706.97,
                 (13.47, 13.53), (15.77, 15.82), "29.30", "29.33", "29.32"),
)  # fmt: skip


@dataclass(frozen=True)
class HandHedge:
    """The first hedge of a straddle: quotes of put and call then, and the shares against its delta."""

    position: str
    at: str
    spot: float
    put: Quote
    call: Quote
    shares: int
    fill: str


HEDGES = (
    HandHedge("P000003", "2026-03-25 13:42:18-0400", 179.15, (5.35, 5.45), (9.60, 9.70), -22, "179.14"),
    HandHedge("P000001", "2026-04-01 12:14:41-0400", 586.59, (17.43, 17.91), (4.61, 4.65), 40, "586.61"),
    HandHedge("P000002", "2026-04-01 12:14:41-0400", 657.60, (15.92, 16.22), (5.21, 5.24), 34, "657.62"),
    HandHedge("P000004", "2026-04-24 11:45:08-0400", 662.74, (10.79, 10.87), (26.88, 27.00), -31, "662.72"),
    HandHedge("P000005", "2026-04-24 11:45:08-0400", 713.29, (10.97, 11.02), (18.11, 18.32), -17, "713.26"),
)


def up_and_down(day: dt.date) -> dict[str, Past]:
    """21 closes up to the session before a day, 2.5 % up and down in turn."""
    days = [previous_session(day).day]
    while len(days) < 21:
        days.append(previous_session(days[-1]).day)
    ordinals = np.array([each.toordinal() for each in reversed(days)], dtype=np.int64)
    past = Past(ordinals, 100 * np.exp(0.025 * (np.arange(21) % 2)))
    return dict.fromkeys(UNIVERSE, past)


@dataclass(frozen=True)
class Outcome:
    """What the module ordered, what was filled, what it skipped and what has ended."""

    orders: list[Order]
    fills: dict[str, ev.OrderFilled]
    rows: list[dict[str, Any]]
    ended: dict[str, Position]
    held: dict[str, Position]

    def of(self, position: str, purpose: OrderPurpose = OrderPurpose.OPEN) -> list[Order]:
        """A position's orders for a purpose, in order."""
        return [each for each in self.orders if each.position_id == position and each.purpose is purpose]


@pytest.fixture(scope="module")
def outcome(ticks: list[ChainUpdate], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A module of $250,000 over all sessions, with the real kernel and paper broker."""
    limits = ModuleLimits(dollars(10_000), dollars(100_000))
    kinds = (StructureKind.LONG_STRADDLE, StructureKind.LONG_STOCK, StructureKind.SHORT_STOCK)
    spec = ModuleSpec("GAMMA", ModuleKind.GAMMA_SCALPER, "Gamma", limits, True, UNIVERSE, kinds,
                      parameters={"max_contracts": 1})  # fmt: skip
    gate = replace(GATE, max_quote_age=10 * MINUTE)
    day = Day(tmp_path_factory.mktemp("gamma"), mindfolio([(spec, "250000")], capital="300000"), ticks, gate=gate)
    day.desk.pasts_on = up_and_down
    day.until(ticks[-1].at + dt.timedelta(days=1))
    found = Outcome(
        [event.order for event in day.events(ev.OrderIntended) if isinstance(event, ev.OrderIntended)],
        {event.order_id: event for event in day.events(ev.OrderFilled) if isinstance(event, ev.OrderFilled)},
        rows_of(day),
        {each.position_id: each for each in day.desk.ledger.closed()},
        dict(day.book.positions),
    )
    closed(day)
    return found


def by_another_program(put: Quote, call: Quote, spot: float, strike: int, years: float) -> tuple[float, float]:
    """Mean volatility of a straddle's two mids, and its delta a share, by QuantLib; the forward is by parity."""
    forward = strike + (sum(call) - sum(put)) / 2 * math.exp(0.04 * years)
    pair = [
        volatility_and_delta_by_quantlib(sum(quote) / 2, spot, forward, strike, years, 0.04, is_put=is_put)
        for quote, is_put in ((put, True), (call, False))
    ]
    return (pair[0][0] + pair[1][0]) / 2, pair[0][1] + pair[1][1]


def test_it_bought_these_five_straddles_and_nothing_else(outcome: Outcome) -> None:
    bought = [each.position_id for each in outcome.orders if each.structure.kind is StructureKind.LONG_STRADDLE
              and each.purpose is OrderPurpose.OPEN]  # fmt: skip
    assert bought == [hand.position for hand in TRADES]


@pytest.mark.parametrize("hand", TRADES, ids=lambda hand: hand.position)
def test_a_straddle_worked_out_by_hand(outcome: Outcome, hand: HandStraddle) -> None:
    order = outcome.of(hand.position)[0]
    fill = outcome.fills[order.order_id]
    contracts = [leg.contract for leg in order.structure.legs]
    assert [(each.underlying, str(each.expiration), each.strike, each.right) for each in contracts] == [
        (hand.symbol, hand.expires, dollars(hand.strike), right) for right in (Right.PUT, Right.CALL)
    ]
    assert (order.limit, order.worst, fill.net_price) == (dollars(hand.first), dollars(hand.worst), dollars(hand.fill))
    assert sum(hand.put + hand.call) / 2 <= float(hand.fill) <= hand.put[1] + hand.call[1]
    # Two contracts at 0.0452 are 0.0904, so 0.10; nothing is sold.
    assert (fill.commission, fill.fees) == (dollars("1.20"), dollars("0.10"))
    # Volatility by another program, put and call apart: their mean is the share of the realised one that is told.
    years = years_to_expiry(moment(hand.at), contracts[0].expiration)
    iv, _ = by_another_program(hand.put, hand.call, hand.spot, hand.strike, years)
    row = row_of(outcome, hand.at, hand.symbol)
    assert row["numbers"]["realised_volatility"] == round(REALISED, 4)
    assert row["numbers"]["expiry_iv"] == pytest.approx(iv, abs=0.004)
    assert row["numbers"]["iv_to_realised"] == pytest.approx(iv / REALISED, abs=0.01)


@pytest.mark.parametrize("hand", HEDGES, ids=lambda hand: hand.position)
def test_a_first_hedge_takes_back_the_delta_that_another_program_tells(outcome: Outcome, hand: HandHedge) -> None:
    order = outcome.of(hand.position)[1]
    straddle = next(trade for trade in TRADES if trade.position == hand.position)
    assert order.created_at == moment(hand.at)
    years = years_to_expiry(moment(hand.at), dt.date.fromisoformat(straddle.expires))
    _, delta = by_another_program(hand.put, hand.call, hand.spot, straddle.strike, years)
    assert abs(delta * 100) > 15
    assert -delta * 100 == pytest.approx(hand.shares, abs=1.5)
    assert order.structure.kind is (StructureKind.LONG_STOCK if hand.shares > 0 else StructureKind.SHORT_STOCK)
    assert order.quantity == abs(hand.shares)
    assert abs(outcome.fills[order.order_id].net_price) == dollars(hand.fill)


def test_what_the_three_that_ended_came_to(outcome: Outcome) -> None:
    ended = {name: (each.closed_why, each.net_pnl) for name, each in outcome.ended.items()}
    # Time takes an at-the-money straddle's value by the square root of what is left: of 32.00 days 10.16 are left on
    # 7 April, 1 - sqrt(10.16 / 32.00) = 43.7 %, and 40 % is the budget.
    # QQQ: 2,398 - 3,291 = -893 (mid 24.18, natural 23.72); 40 shares from 586.61 to 583.46 are -126; 2.40 and 0.76.
    # SPY: 2,280 - 3,153 = -873 (mid 22.85, natural 22.62); 34 shares from 657.62 to 654.93 are -91.46; 2.40 and 0.73.
    # NVDA: 2,619 - 1,469 = 1,150; 22 shares sold at 179.14 and bought back at 167.98 are 245.52; 29 from 166.75 to
    # 200.97 are 992.38; 2.40 and 0.51. At mid 2,623 - 1,469 + 245.52 + 992.38 = 2,391.90 of 1,469 are 162 %.
    assert ended == {
        "P000001": ("theta budget: time has cost 43 % of the premium", dollars("-1022.16")),
        "P000002": ("theta budget: time has cost 43 % of the premium", dollars("-967.59")),
        "P000003": ("profit target: 162 % of the premium", dollars("2384.99")),
    }
    assert {name: each.shares for name, each in outcome.held.items()} == {"P000004": -31, "P000005": -17}


def row_of(outcome: Outcome, at: str, symbol: str) -> dict[str, Any]:
    """What one scan recorded of a symbol."""
    (row,) = (
        row for row in outcome.rows
        if dt.datetime.fromisoformat(row["at"]) == moment(at) and row["symbol"] == symbol
    )  # fmt: skip
    return row


SKIPS = (
    # 1. The recording has NVDA from 20 March on. 2. On 20 March its 170 and 175 lie around 172.47, 175 is 2.53 away and
    # 170 is 2.47: 6.80 for the put and 10.475 for the call.
    ("2026-03-16 15:55:34-0400", "NVDA", "no option quotes yet"),
    ("2026-03-20 15:53:12-0400", "NVDA", "IV 40.2 % on 2026-04-24 is 0.99 x realised 40.7 %, not below 0.95"),
    # 3. The 395 put at 19.05 and call at 21.975, TSLA at 395.33. 4. 375 at 18.30 and 19.275, TSLA at 375.95.
    ("2026-03-16 15:55:34-0400", "TSLA", "IV 43.8 % on 2026-04-17 is 1.08 x realised 40.7 %, not below 0.95"),
    ("2026-04-24 11:45:08-0400", "TSLA", "IV 40.4 % on 2026-05-29 is 0.99 x realised 40.7 %, not below 0.95"),
    # 5. Of the expirations listed 15 May is the nearest to 40 days, and no quote of it is of that day.
    ("2026-04-07 12:10:45-0400", "TSLA",
     "no strike within 2 % of the price with a put and a call quoted on 2026-05-15"),
    # 6. The straddle of the 16th is held.
    ("2026-03-17 14:48:20-0400", "SPY", "position already open"),
)  # fmt: skip


@pytest.mark.parametrize(("at", "symbol", "reason"), SKIPS, ids=range(1, 7))
def test_a_skip_worked_out_by_hand(outcome: Outcome, at: str, symbol: str, reason: str) -> None:
    row = row_of(outcome, at, symbol)
    assert (row["action"], row["reason"]) == ("SKIPPED", reason)


@pytest.mark.parametrize(
    ("at", "symbol", "strike", "expires", "spot", "put", "call", "iv"),
    [
        ("2026-03-20 15:53:12-0400", "NVDA", 170, "2026-04-24", 172.47, (6.75, 6.85), (10.40, 10.55), 0.402),
        ("2026-03-16 15:55:34-0400", "TSLA", 395, "2026-04-17", 395.33, (19.00, 19.10), (21.90, 22.05), 0.438),
        ("2026-04-24 11:45:08-0400", "TSLA", 375, "2026-05-29", 375.95, (18.20, 18.40), (19.00, 19.55), 0.404),
    ],
)
def test_volatilities_that_were_too_high_by_another_program(
    at: str, symbol: str, strike: int, expires: str, spot: float, put: Quote, call: Quote, iv: float
) -> None:
    years = years_to_expiry(moment(at), dt.date.fromisoformat(expires))
    found, _ = by_another_program(put, call, spot, strike, years)
    assert found == pytest.approx(iv, abs=0.004)
    assert found > 0.95 * REALISED, symbol


def test_with_default_settings_it_bought_nothing_for_want_of_closes_and_of_goog_for_want_of_money(
    nineteen_sessions: GoldenRun, goog_minutes: GoldenRun
) -> None:
    reasons = {row.reason for row in nineteen_sessions.rows["GAMMA_SCALPER"]}
    assert reasons == {
        "realised volatility unknown: 21 daily closes up to the last session are needed", "no option quotes yet",
    }  # fmt: skip
    # At 10:00 of 24 December: 30 shares x 150 % of the price, and the straddle, are above half of $10,000.
    budgets = [row for row in goog_minutes.rows["GAMMA_SCALPER"] if row.reason.startswith("budget: one takes")]
    assert len(budgets) == 13
    for row in budgets:
        spot = row.numbers["spot_usd"]
        assert isinstance(spot, int)
        assert f"${spot * 30 * 150 // 100 / 10_000:,.0f} of it for hedges of 30 shares" in row.reason
        assert row.numbers["realised_volatility"] == pytest.approx(0.2, abs=0.02)
        assert market_day(row.at) == dt.date(2015, 12, 24)


@pytest.mark.parametrize("number", range(len(TRADES) + len(HEDGES)))
def test_the_hand_copied_quotes_are_the_recordings(yahoo_file: Path, number: int) -> None:
    hand = (*TRADES, *HEDGES)[number]
    straddle = next(trade for trade in TRADES if trade.position == hand.position)
    rows = duckdb.execute(
        "select type, bid, ask, spot_price from read_parquet(?) where snapshot_et = ? and ticker = ?"
        " and expiration = ? and strike = ? order by type desc",
        [str(yahoo_file), hand.at, straddle.symbol, straddle.expires, straddle.strike],
    ).fetchall()
    assert [(kind, round(bid, 2), round(ask, 2)) for kind, bid, ask, _ in rows] == [
        ("put", *hand.put), ("call", *hand.call),
    ]  # fmt: skip
    assert rows[0][3] == pytest.approx(hand.spot, abs=0.006)


def test_on_7_april_no_quote_of_15_may_is_of_that_day(ticks: list[ChainUpdate]) -> None:
    (update,) = (each for each in ticks if each.symbol == "TSLA" and each.at == moment("2026-04-07 12:10:45-0400"))
    listed = {str(contract_of("TSLA", int(key)).expiration) for key in update.key}
    assert listed == {"2026-04-08", "2026-04-10", "2026-04-17", "2026-05-22"}
