"""Entries: the strike at the money, and trades and skips of real chains, checked by hand against their quotes."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from engine.core.clock import epoch_us
from engine.core.money import dollars
from engine.domain.chain import Chain, Floats
from engine.domain.contract_keys import contract_keys
from engine.domain.limits import Costs
from engine.domain.mindfolio import Parameter, Waivers
from engine.domain.scan import ScanContext
from engine.domain.structure import StructureKind
from engine.modules.gamma_entry import Entry, entry
from engine.modules.gamma_rules import GammaRules
from engine.modules.gamma_scalper import GammaScalper
from engine.modules.proposal import Skip
from tests.engine.modules.gamma_scenes import STRADDLE, STRANGLE, chain, module, past, scanning

HALF = "50 % of what is available"
WAIVED = Waivers(evidence=True, iv_rank=True, events=True)


def found(market: Chain, realised: float = 0.30, kind: StructureKind = STRADDLE) -> Entry | Skip:
    return entry(market, 39, kind, realised, scanning(), GammaRules.of(module()))


def strike(market: Chain) -> float:
    each = found(market)
    assert isinstance(each, Entry), each
    return each.package.structure.strikes[0] / 10_000


class TestStrike:
    @pytest.mark.parametrize(("spot", "chosen"), [(100.0, 100), (100.4, 100), (100.5, 100), (100.51, 101)])
    def test_it_is_the_nearest_and_of_two_equally_near_the_lower(self, spot: float, chosen: float) -> None:
        assert strike(chain(spot)) == chosen

    @pytest.mark.parametrize(("spot", "is_near"), [(98.04, True), (98.03, False)])
    def test_two_percent_away_is_the_furthest(self, spot: float, is_near: bool) -> None:
        # 2 % of 98.04 are 1.9608, and 100 is 1.96 away; of 98.03 they are 1.9606, and it is 1.97 away.
        market = chain(spot, strikes=(100.0, 131.0, 1.0))
        assert isinstance(found(market), Entry) is is_near

    def test_put_and_call_have_to_be_quoted_at_it(self) -> None:
        market = chain()
        bid = market.bid.copy()
        entry_at_100 = found(market)
        assert isinstance(entry_at_100, Entry)
        call = market.row(entry_at_100.package.structure.legs[1].contract)
        assert call is not None
        bid[call] = np.nan
        assert strike(replace(market, bid=bid)) == 99


def test_volatility_has_to_be_below_the_line_and_without_realised_movement_nothing_is() -> None:
    market = chain()
    each = found(market)
    assert isinstance(each, Entry)
    assert isinstance(found(market, each.iv / 0.95 * 1.0001), Entry)
    assert isinstance(found(market, each.iv / 0.95), Skip)
    assert found(market, 0.0) == Skip("IV 24.8 % on 2026-04-24 is above realised 0 %, not below 0.95")


# --- real chains -----------------------------------------------------------------------------------------------------
def recorded(path: Path, symbol: str, snapshot: str) -> Chain:
    """A chain of the recording, as its rows have it."""
    query = "SELECT expiration, type, strike, bid, ask, volume, openInterest, spot_price FROM read_parquet(?)"
    rows = duckdb.execute(f"{query} WHERE snapshot_et = ? AND ticker = ?", [str(path), snapshot, symbol]).fetchnumpy()
    floats: dict[str, Floats] = {
        name: np.asarray(
            np.round(np.ma.filled(np.ma.asarray(rows[name]).astype(np.float64), np.nan), 4), dtype=np.float64
        )
        for name in ("strike", "bid", "ask", "volume", "openInterest", "spot_price")
    }
    days = np.array([dt.date.fromisoformat(day).toordinal() for day in rows["expiration"]], dtype=np.int64)
    key = contract_keys(days, rows["type"] == "put", np.round(floats["strike"] * 10_000).astype(np.int64))
    order, at = np.argsort(key), instant(snapshot)
    bid, ask, volume, interest = (floats[name][order] for name in ("bid", "ask", "volume", "openInterest"))
    quoted_at = np.full(key.size, epoch_us(at))
    return Chain(symbol, 1, at, float(floats["spot_price"][0]), at, key[order], bid, ask, volume, interest, quoted_at)


def instant(snapshot: str) -> dt.datetime:
    return dt.datetime.strptime(snapshot, "%Y-%m-%d %H:%M:%S%z").astimezone(dt.UTC)


def context_of(
    market: Chain, realised: float, *kinds: StructureKind, available: str = "200000", **parameters: Parameter
) -> ScanContext:
    """What the module saw then, with a past of a realised volatility that the test sets."""
    spec = replace(module(*kinds, **parameters), universe=(market.symbol,))
    given: dict[str, Any] = {
        "now": market.at,
        "chains": {market.symbol: market},
        "iv_ranks": {},
        "outlooks": {},
        "waivers": WAIVED,
        "costs": Costs(),
        "available": dollars(available),
        "pasts": {market.symbol: past(realised, market.at)},
    }
    return scanning(spec, **given)


@pytest.mark.parametrize(
    ("symbol", "snapshot", "kind", "strikes", "expires", "mid", "natural", "iv"),
    [
        # put 15.33 x 15.40, call 16.11 x 16.17: 31.44 x 31.57. 31.505 / (0.798 x 668.81 x root of 32 days) = 19.9 %.
        ("SPY", "2026-03-16 15:55:34-0400", STRADDLE, (669, 669), "2026-04-17", "31.51", "31.57", 0.199),
        # put 13.87 x 13.92, call 16.17 x 16.23: 30.04 x 30.15. 30.095 / (0.798 x 603.14 x root of 31.05 days) = 21.4 %.
        ("QQQ", "2026-03-17 14:48:20-0400", STRADDLE, (603, 603), "2026-04-17", "30.10", "30.15", 0.214),
        # put 19.17 x 19.24, call 22.30 x 22.36: 41.47 x 41.60. 41.535 / (0.798 x 657.60 x root of 58.2 days) = 19.8 %.
        ("SPY", "2026-04-01 12:14:41-0400", STRADDLE, (658, 658), "2026-05-29", "41.54", "41.60", 0.198),
        # put 21.25 x 21.55, call 22.49 x 22.59: 43.74 x 44.14. 43.94 / (0.798 x 583.48 x root of 52.2 days) = 25.0 %.
        ("QQQ", "2026-04-07 12:10:45-0400", STRADDLE, (583, 583), "2026-05-29", "43.94", "44.14", 0.250),
        # put 7.63 x 7.66, call 5.30 x 5.33: 12.93 x 12.99. At the money the expiry is at 15.4 % by its 713 straddle.
        ("SPY", "2026-04-24 11:45:08-0400", STRANGLE, (694, 731), "2026-05-29", "12.96", "12.99", 0.154),
    ],
)  # fmt: skip
def test_five_real_trades_are_at_their_quotes(
    symbol: str, snapshot: str, kind: StructureKind, strikes: tuple[int, int], expires: str, mid: str, natural: str,
    iv: float, yahoo_file: Path,
) -> None:  # fmt: skip
    market = recorded(yahoo_file, symbol, snapshot)
    (finding,) = GammaScalper().scan(context_of(market, 0.30, kind))
    candidate = finding.candidate
    assert candidate is not None, finding.reason
    assert candidate.structure.kind is kind
    assert candidate.structure.strikes == tuple(dollars(each) for each in strikes)
    assert str(candidate.structure.expiration) == expires
    assert candidate.net_price == dollars(mid)
    assert dollars(mid) < candidate.worst_price <= dollars(natural)
    assert candidate.quantity == 1
    assert candidate.waived == ("evidence", "iv_rank")
    assert finding.numbers["expiry_iv"] == pytest.approx(iv, abs=0.002)
    assert candidate.max_risk == candidate.buying_power == candidate.worst_price * 100


@pytest.mark.parametrize(
    ("symbol", "snapshot", "realised", "available", "why"),
    [
        # put 19.00 x 19.10, call 21.90 x 22.05: 41.025 / (0.798 x 395.33 x root of 32 days) = 43.9 %.
        ("TSLA", "2026-03-16 15:55:34-0400", 0.30, "200000",
         "IV 43.8 % on 2026-04-17 is 1.46 x realised 30.0 %, not below 0.95"),
        # No 564 call. 565: put 16.47 x 16.58, call 19.59 x 19.66: 36.15 / (0.798 x 564.48 x ...) = 28.9 %.
        ("QQQ", "2026-03-27 13:27:56-0400", 0.30, "200000",
         "IV 28.8 % on 2026-04-24 is 0.96 x realised 30.0 %, not below 0.95"),
        # put 7.25 x 7.35, call 6.60 x 6.65 at 180: 13.925 / (0.798 x 179.15 x root of 30.1 days) = 33.9 %.
        ("NVDA", "2026-03-25 13:42:18-0400", 0.30, "200000",
         "IV 33.8 % on 2026-04-24 is 1.13 x realised 30.0 %, not below 0.95"),
        # put 11.00 x 11.20, call 11.20 x 11.45 at 210: 22.425 / (0.798 x 209.79 x root of 35.2 days) = 43.1 %.
        ("NVDA", "2026-04-24 11:45:08-0400", 0.45, "200000",
         "IV 43.2 % on 2026-05-29 is 0.96 x realised 45.0 %, not below 0.95"),
        # The 669 straddle for 31.55 at most, 1.20, and 30 shares at 668.81 x 1.5: 3,155 + 1 + 30,096.
        ("SPY", "2026-03-16 15:55:34-0400", 0.30, "60000",
         f"budget: one takes $33,253, $30,096 of it for hedges of 30 shares; {HALF} is $30,000"),
    ],
)  # fmt: skip
def test_five_real_skips_have_their_quotes_behind_them(
    symbol: str, snapshot: str, realised: float, available: str, why: str, yahoo_file: Path
) -> None:
    market = recorded(yahoo_file, symbol, snapshot)
    (finding,) = GammaScalper().scan(context_of(market, realised, available=available))
    assert (finding.candidate, finding.reason) == (None, why)
