"""What the Gamma Scalper buys of one expiry: which strikes, at which price, and why not."""

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from engine.analytics.volatility_rank import SESSIONS
from engine.core.calendar import market_day
from engine.core.errors import Fact
from engine.core.money import UNIT, Money
from engine.domain.chain import Chain
from engine.domain.scan import IvRank, ScanContext
from engine.domain.structure import StructureKind
from engine.modules.board import Board, board_of, row_at_delta
from engine.modules.gamma_rules import GammaRules
from engine.modules.proposal import Package, PickedLeg, Skip, known, plain, priced

AT_THE_MONEY_PCT = 2
"""Of the price: a straddle struck further away is a bet on a direction."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A straddle or strangle that may be bought, and the expiry's and the realised volatility that speak for it.

    `spread` is bid to ask of the whole package a share.
    """

    package: Package
    days: int
    iv: float
    realised: float
    spread: Money
    more: tuple[str, ...] = ()

    def with_reason(self, text: str) -> "Entry":
        """The same with one more thing that speaks for it."""
        return replace(self, more=(*self.more, text))

    def reasons(self, rank: IvRank, rules: GammaRules) -> tuple[str, ...]:
        """What speaks for it, in words with numbers."""
        percent = known(rank)
        about_rank = f"IV rank unknown ({rank.sessions} sessions), waived"
        if percent is not None:
            short = ", less than a year" if rank.sessions < SESSIONS else ""
            about_rank = f"IV rank {percent:g} ({rank.sessions} sessions{short}), at most {rules.max_iv_rank_pct:g}"
        ratio = f"{self.iv / self.realised:.2f} x realised {self.realised * 100:.1f} %"
        strikes = "/".join(f"{strike / UNIT:g}" for strike in sorted(set(self.package.structure.strikes)))
        return (
            about_rank,
            f"{self.package.structure.kind.value.lower()} {strikes}, {self.days} days",
            f"IV {self.iv * 100:.1f} % is {ratio}, below {rules.max_iv_ratio:g}",
            *self.more,
        )

    def numbers(self) -> dict[str, Fact]:
        """The figures behind it for the scan record; "_usd" is money, 1/10,000 USD a share."""
        expiration = self.package.structure.expiration
        put, call = self.package.picked
        return {
            "expiration": "" if expiration is None else expiration.isoformat(),
            "expiry_dte": self.days,
            "expiry_iv": round(self.iv, 4),
            "iv_to_realised": round(self.iv / self.realised, 4),
            "put_delta": round(put.delta, 4),
            "call_delta": round(call.delta, 4),
            "debit_usd": self.package.net_price,
            "worst_debit_usd": self.package.worst_price,
            "spread_usd": self.spread,
        }


def entry(
    chain: Chain, expiry_dte: int, kind: StructureKind, realised: float, context: ScanContext, rules: GammaRules
) -> Entry | Skip:
    """What to buy of one expiry, or why nothing; `realised` volatility a year.

    The expiry's volatility is that at the money, where put and call have one strike: the mean of both. A strangle is
    measured by it as well.
    """
    ordinal = market_day(context.now).toordinal() + expiry_dte
    board, on = board_of(chain, ordinal, context.now, context.rate), dt.date.fromordinal(ordinal)
    middle = _at_the_money(board, ordinal)
    if middle is None:
        return Skip(f"no strike within {AT_THE_MONEY_PCT} % of the price with a put and a call quoted on {on}")
    iv = float(board.values.iv[list(middle)].mean())
    if not iv < rules.max_iv_ratio * realised:
        ratio = f"{iv / realised:.2f} x realised {realised * 100:.1f} %" if realised > 0 else "above realised 0 %"
        return Skip(f"IV {iv * 100:.1f} % on {on} is {ratio}, not below {rules.max_iv_ratio:g}")
    rows = middle if kind is StructureKind.LONG_STRADDLE else _strangle(board, ordinal, rules)
    if rows is None:
        band = f"{rules.strangle_min_delta:g}-{rules.strangle_max_delta:g} delta"
        return Skip(f"no put and call at {band} with a quote on {on}")
    package = priced([PickedLeg(board, row, 1) for row in rows], kind, context)
    if isinstance(package, Skip):
        return package
    spread = round(float((chain.ask[list(rows)] - chain.bid[list(rows)]).sum()) * UNIT)
    if spread * 100 > rules.max_spread_pct * package.net_price:
        share = f"{spread * 100 / package.net_price:.1f} % of the {plain(package.net_price)} premium"
        return Skip(f"spread {plain(spread)} is {share}, above {rules.max_spread_pct} %")
    return Entry(package, expiry_dte, iv, realised, spread)


def _at_the_money(board: Board, ordinal: int) -> tuple[int, int] | None:
    """Rows of put and call at the strike nearest the price, the lower of two, of those where both may be traded."""
    puts, calls = (np.flatnonzero(board.listed(ordinal, puts=is_put)) for is_put in (True, False))
    strikes, at_put, at_call = np.intersect1d(board.strike[puts], board.strike[calls], return_indices=True)
    if strikes.size == 0:
        return None
    spot = round(board.chain.spot * UNIT)
    nearest = int(np.argmin(np.abs(strikes - spot)))
    if abs(int(strikes[nearest]) - spot) * 100 > AT_THE_MONEY_PCT * spot:
        return None
    return int(puts[at_put[nearest]]), int(calls[at_call[nearest]])


def _strangle(board: Board, ordinal: int, rules: GammaRules) -> tuple[int, int] | None:
    """Rows of put and call nearest the middle of the band of deltas, None where one side has none inside."""
    band = rules.strangle_min_delta, rules.strangle_max_delta
    put, call = (row_at_delta(board, board.listed(ordinal, puts=is_put), *band) for is_put in (True, False))
    return None if put is None or call is None else (put, call)
