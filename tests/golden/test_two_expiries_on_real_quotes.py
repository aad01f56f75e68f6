"""Calendars and diagonals on the real recording: four trades and four skips, worked out by hand from its own rows.

The recording lists few expirations beyond six weeks, so that the default bands find none in it: that is one of the
skips. The others look at expirations of 5 to 18 days against 22 to 49. Quotes were read in the file by eye. A price is
the difference of two mids, rounded up to the cent; the worst one lies 60 % of the way on to natural.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.calendar import market_day, previous_session
from engine.core.money import dollars, usd
from engine.domain.candidate import Finding
from engine.domain.limits import Costs
from engine.domain.mindfolio import Parameter, Waivers
from engine.domain.scan import Past, ScanContext
from engine.domain.structure import StructureKind
from engine.modules.iv_service import IvService
from tests.option_markets import iv_module, moment, recorded, recorded_chain

SHORTER: dict[str, int] = {
    "front_min_days": 5,
    "front_max_days": 18,
    "back_min_days": 22,
    "back_max_days": 49,
    "front_exit_days": 1,
}
CALENDAR, DIAGONAL = StructureKind.CALENDAR, StructureKind.DIAGONAL
Quote = tuple[float, float]
Row = tuple[str, str, float, Quote]
"""Expiration, type, strike, and bid and ask."""


@dataclass(frozen=True)
class HandTrade:
    """A trade on paper: the row sold, the row bought, mid and worst price, and the ratio of the volatilities."""

    symbol: str
    snapshot: str
    kind: StructureKind
    sold: Row
    bought: Row
    price: str
    worst: str
    ratio: float


TRADES = (
    # 15.12 - 11.205 = 3.915 at mid, 3.92 on the grid; 15.15 - 11.18 = 3.97 at natural, 3.948 at 60 %. The call calendar
    # at the strike is 16.78 - 11.60 = 5.18, its worst 5.21: as narrow, and dearer. Volatilities at the forwards: 0.2102
    # over 15.003 days and 0.1991 over 32.003; (0.1991^2 x 32.003 - 0.2102^2 x 15.003) / 17 = 0.03563 = 0.1888^2.
    HandTrade(
        "SPY",
        "2026-03-16 15:55:34-0400",
        CALENDAR,
        ("2026-03-31", "put", 668, (11.18, 11.23)),
        ("2026-04-17", "put", 668, (15.09, 15.15)),
        "3.92",
        "3.95",
        0.2102 / 0.1888,
    ),
    # 21.525 - 13.75 = 7.775, on the grid 7.78; 21.60 - 13.70 = 7.90 at natural, 7.85 at 60 %. The calls are wider:
    # 23.90 - 14.95 = 8.95, and 9.25 at natural. Volatilities 0.5514 over 10.169 days and 0.4521 over 38.169:
    # (0.4521^2 x 38.169 - 0.5514^2 x 10.169) / 28 = 0.16820 = 0.4101^2. So dear a front may have earnings in it: the
    # recording has no calendar of them, which is waived here.
    HandTrade(
        "TSLA",
        "2026-04-21 11:57:37-0400",
        CALENDAR,
        ("2026-05-01", "put", 390, (13.70, 13.80)),
        ("2026-05-29", "put", 390, (21.45, 21.60)),
        "7.78",
        "7.85",
        0.5514 / 0.4101,
    ),
    # 11.70 - 1.67 = 10.03; 11.75 - 1.66 = 10.09 at natural, 10.066 at 60 %, on the grid 10.07. The gap is 12.50: with
    # 2.40 dollars of costs 2.43 a share less 0.024 are left however far the price rises. Volatilities 0.3641 over 9.998
    # days and 0.3522 over 31.998: (0.3522^2 x 31.998 - 0.3641^2 x 9.998) / 22 = 0.12017 = 0.3467^2.
    HandTrade(
        "NVDA",
        "2026-03-23 16:02:26-0400",
        DIAGONAL,
        ("2026-04-02", "call", 182.5, (1.66, 1.68)),
        ("2026-04-24", "call", 170, (11.65, 11.75)),
        "10.03",
        "10.07",
        0.3641 / 0.3467,
    ),
    # 36.91 - 3.92 = 32.99; 37.55 - 3.90 = 33.65 at natural, 33.386 at 60 %. The gap is 36. Volatilities 0.2906 over
    # 7.005 days and 0.2701 over 35.005: (0.2701^2 x 35.005 - 0.2906^2 x 7.005) / 28 = 0.07008 = 0.2647^2.
    HandTrade(
        "QQQ",
        "2026-03-20 15:53:12-0400",
        DIAGONAL,
        ("2026-03-27", "call", 593, (3.90, 3.94)),
        ("2026-04-24", "call", 557, (36.27, 37.55)),
        "32.99",
        "33.39",
        0.2906 / 0.2647,
    ),
)


def past_of(spot: float, snapshot: str, slope: float) -> Past:
    """Fifty closes on a line up to 1 % below (or above, for a fall) the spot: the recording holds no daily closes."""
    last = previous_session(market_day(moment(snapshot))).day.toordinal()
    return Past(np.arange(last - 49, last + 1), spot * np.linspace(1 - 10 * slope, 1 - slope, 50))


def look(
    path: Path, symbol: str, snapshot: str, *kinds: StructureKind, slope: float = 0.01, **parameters: Parameter
) -> tuple[Finding, ...]:
    module = replace(iv_module(*kinds, **parameters), universe=(symbol,))
    chain = recorded_chain(path, symbol, snapshot)
    context = ScanContext(
        now=moment(snapshot),
        generation=1,
        module=module,
        chains={symbol: chain},
        iv_ranks={},
        available=dollars(15_000),
        open_positions=(),
        busy_symbols=frozenset(),
        costs=Costs(dollars("0.60")),
        waivers=Waivers(evidence=True, iv_rank=True, events=True),
        rate=0.04,
        outlooks={},
        pasts={symbol: past_of(chain.spot, snapshot, slope)},
    )
    return IvService().scan(context)


@pytest.mark.parametrize("trade", TRADES, ids=lambda trade: trade.symbol)
def test_the_hand_copied_quotes_are_the_recordings(yahoo_file: Path, trade: HandTrade) -> None:
    rows = recorded(yahoo_file, "expiration, type, strike, bid, ask", trade.symbol, trade.snapshot)
    for expiration, right, strike, quote in (trade.sold, trade.bought):
        hit = (rows["expiration"] == expiration) & (rows["type"] == right) & (rows["strike"] == strike)
        assert np.count_nonzero(hit) == 1
        assert (round(float(rows["bid"][hit][0]), 4), round(float(rows["ask"][hit][0]), 4)) == quote


@pytest.mark.parametrize("trade", TRADES, ids=lambda trade: trade.symbol)
def test_a_trade_worked_out_by_hand(yahoo_file: Path, trade: HandTrade) -> None:
    (finding,) = look(yahoo_file, trade.symbol, trade.snapshot, trade.kind, **SHORTER)
    candidate = finding.candidate
    assert candidate is not None, finding.reason
    assert candidate.structure.kind is trade.kind
    legs = {leg.ratio: leg.contract for leg in candidate.structure.legs}
    for ratio, (expiration, right, strike, _) in ((-1, trade.sold), (1, trade.bought)):
        contract = legs[ratio]
        assert (str(contract.expiration), contract.strike) == (expiration, round(strike * 10_000))
        assert contract.right.name.lower() == right
    assert (candidate.net_price, candidate.worst_price) == (dollars(trade.price), dollars(trade.worst))
    assert candidate.max_risk == candidate.buying_power == dollars(trade.worst) * 100
    assert finding.numbers["term_ratio"] == pytest.approx(trade.ratio, abs=0.001)
    low, high = candidate.breakevens if trade.kind is CALENDAR else (*candidate.breakevens, 10**12)
    assert low < legs[-1].strike < high


def test_a_diagonal_of_the_recording_cannot_lose_on_its_trend() -> None:
    for trade in TRADES:
        if trade.kind is DIAGONAL:
            gap = trade.sold[2] - trade.bought[2]
            assert gap * 100 > float(trade.worst) * 100 + 2.40


@pytest.mark.parametrize("kind", [CALENDAR, DIAGONAL])
def test_on_16_march_spy_lists_nothing_in_fifty_to_seventy_days(yahoo_file: Path, kind: StructureKind) -> None:
    (finding,) = look(yahoo_file, "SPY", "2026-03-16 15:55:34-0400", kind)
    # Its last expiration is 17 April, 32 days away.
    assert (finding.candidate, finding.reason) == (None, "no back expiry in 50-70 days")


def test_on_16_march_teslas_front_is_no_dearer_than_what_comes_after(yahoo_file: Path) -> None:
    (finding,) = look(yahoo_file, "TSLA", "2026-03-16 15:55:34-0400", CALENDAR, **SHORTER)
    # 0.4315 over 11.003 days and 0.4358 over 32.003: (0.4358^2 x 32.003 - 0.4315^2 x 11.003) / 21 = 0.19188 = 0.4380^2.
    assert finding.candidate is None
    assert finding.reason == "front IV 43.1% is 0.985 x the 43.8% from 2026-03-27 to 2026-04-17, below 1.05"


def test_without_a_trend_spy_gives_no_diagonal(yahoo_file: Path) -> None:
    (finding,) = look(yahoo_file, "SPY", "2026-03-16 15:55:34-0400", DIAGONAL, slope=0.0, **SHORTER)
    assert finding.candidate is None
    assert finding.reason.startswith("no trend: close 668.81 between, or at one of, its means 668.81 (20) and 668.81")


def test_of_two_structures_one_is_proposed_and_the_other_says_which_was_preferred(yahoo_file: Path) -> None:
    best, other = look(yahoo_file, "SPY", "2026-03-16 15:55:34-0400", CALENDAR, DIAGONAL, **SHORTER)
    assert best.candidate is not None
    assert (best.structure, other.structure, other.candidate) == ("Calendar", "Diagonal", None)
    assert best.candidate.expected_profit is not None
    expected = f"{usd(best.candidate.expected_profit, signed=True)} expected for $395.00 at risk"
    assert other.reason.startswith(f"calendar preferred: {expected}, here +$")
