"""The iron condor of the IV Service: which strikes, at which price, and why not.

Source of rules and defaults: product terms, section 3.
"""

import datetime as dt

import numpy as np

from engine.analytics.payoff import expiry_extremes
from engine.analytics.volatility_rank import SESSIONS
from engine.core.calendar import market_day
from engine.core.errors import Fact
from engine.core.money import UNIT
from engine.domain.chain import Chain
from engine.domain.instrument import MULTIPLIER
from engine.domain.quote_flags import Flags
from engine.domain.scan import IvRank, ScanContext
from engine.domain.structure import StructureKind, widest_wing
from engine.modules.board import Board, board_of, row_at_delta
from engine.modules.iv_rules import IvRules
from engine.modules.proposal import Package, PickedLeg, Skip, known, plain, priced

_RATIOS = (1, -1, -1, 1)
"""Long put, short put, short call, long call."""

_WIDEST_WING_FACTOR = 2


def condor(chain: Chain, expiry_dte: int, context: ScanContext, rules: IvRules) -> Package | Skip:
    """The condor of one expiry, or why it gives none."""
    ordinal = market_day(context.now).toordinal() + expiry_dte
    board = board_of(chain, ordinal, context.now, context.rate)
    rows = _choose(board, ordinal, rules)
    return rows if isinstance(rows, Skip) else _checked(board, rows, context, rules)


def _choose(board: Board, expiration: int, rules: IvRules) -> list[int] | Skip:
    """Rows of long put, short put, short call, long call of one expiration (an ordinal)."""
    on = dt.date.fromordinal(expiration)
    shorts: list[int] = []
    longs: list[int] = []
    for word, is_put in (("put", True), ("call", False)):
        side = board.listed(expiration, puts=is_put)
        short = row_at_delta(board, side, rules.min_delta, rules.max_delta)
        if short is None:
            return Skip(f"no {word} strike at {rules.min_delta:g}-{rules.max_delta:g} delta with a quote on {on}")
        long = _wing_row(board, side, short, rules)
        if long is None:
            far = rules.wing_width * _WIDEST_WING_FACTOR
            strike = int(board.strike[short]) / UNIT
            return Skip(f"no {word} wing {rules.wing_width:g}-{far:g} beyond {strike:g} with a quote on {on}")
        shorts.append(short)
        longs.append(long)
    return [longs[0], shorts[0], shorts[1], longs[1]]


def _wing_row(board: Board, side: Flags, short: int, rules: IvRules) -> int | None:
    """The nearest listed strike at least the wing's width further out, and at most twice that."""
    outwards = -1 if board.is_put[short] else 1
    distance = (board.strike - board.strike[short]) * outwards
    width = round(rules.wing_width * UNIT)
    rows = np.flatnonzero(side & (distance >= width) & (distance <= width * _WIDEST_WING_FACTOR))
    return int(rows[np.argmin(distance[rows])]) if rows.size else None


def _checked(board: Board, rows: list[int], context: ScanContext, rules: IvRules) -> Package | Skip:
    """The condor with its prices, if it is one and pays enough for its risk and its costs."""
    picked = [PickedLeg(board, row, ratio) for row, ratio in zip(rows, _RATIOS, strict=True)]
    package = priced(picked, StructureKind.IRON_CONDOR, context)
    if isinstance(package, Skip):
        return package
    net, worst = package.net_price, package.worst_price
    wing, costs = widest_wing(package.structure), package.unit_costs
    if -net * 100 < rules.min_credit_pct * wing:
        share = f"{-net * 100 / wing:.1f} % of the {plain(wing)} wing"
        return Skip(f"credit {plain(-net)} is {share}, below {rules.min_credit_pct} %")
    if -worst * MULTIPLIER <= 2 * costs:
        at_worst = f"{plain(-worst * MULTIPLIER)} at the worst price"
        return Skip(f"credit too small after costs: {at_worst}, {plain(2 * costs)} to open and close")
    expiry_worst = expiry_extremes(package.payoff, -worst * MULTIPLIER).worst
    if expiry_worst is None or expiry_worst >= 0:
        return Skip(f"credit {plain(-worst)} is no less than the {plain(wing)} wing: these quotes cannot be right")
    return package


def condor_reasons(package: Package, expiry_dte: int, rank: IvRank, rules: IvRules) -> tuple[str, ...]:
    """What speaks for a condor, in words with numbers."""
    percent = known(rank)
    about_rank = f"IV rank unknown ({rank.sessions} sessions), waived"
    if percent is not None:
        short = ", less than a year" if rank.sessions < SESSIONS else ""
        about_rank = f"IV rank {percent:g} ({rank.sessions} sessions{short}), at least {rules.min_iv_rank_pct:g}"
    put, call = (abs(leg.delta) * 100 for leg in package.picked[1:3])
    strikes = "/".join(f"{strike / UNIT:g}" for strike in package.structure.strikes)
    wing = widest_wing(package.structure)
    return (
        about_rank,
        f"condor {strikes}, {expiry_dte} days",
        f"short put at {put:.1f} delta, short call at {call:.1f}",
        f"credit {plain(-package.net_price)} is {-package.net_price * 100 / wing:.1f} % of the {plain(wing)} wing",
    )


def condor_numbers(package: Package, expiry_dte: int) -> dict[str, Fact]:
    """The figures behind a condor for the scan record; "_usd" is money, 1/10,000 USD a share."""
    _, put, call, _ = package.picked
    expiration = package.structure.expiration
    return {
        "expiration": "" if expiration is None else expiration.isoformat(),
        "expiry_dte": expiry_dte,
        "short_put_delta": round(put.delta, 4),
        "short_call_delta": round(call.delta, 4),
        "short_put_iv": round(put.iv, 4),
        "short_call_iv": round(call.iv, 4),
        "credit_usd": -package.net_price,
        "worst_credit_usd": -package.worst_price,
        "wing_usd": widest_wing(package.structure),
    }
