"""Where a mindfolio leans on one thing: symbols, pairs that move as one, and sectors above their limits.

Source of rules and defaults: product terms, sections 1 and 3. Both ways of measuring are shown and either flags: buying
power of options plus market value of stock, and |delta dollars|, each over NAV.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from engine.analytics.concentration import Measures, measured, share
from engine.analytics.correlation import FEWEST_SESSIONS, Correlations, correlations, returns_of
from engine.core.errors import Fact
from engine.core.money import Money
from engine.domain.chain import Ints
from engine.domain.exposure import Exposure
from engine.domain.quote_flags import Flags
from engine.domain.scan import Past
from engine.modules.rebalancer_rules import RebalancerRules


@dataclass(frozen=True, slots=True, eq=False)
class Flag:
    """One limit that is exceeded: `about` names it, the same at every scan, and `words` tell its figures.

    `members` (h,) are the holdings counted and `limit` the amount that neither their power nor their delta may pass.
    `remark` says why nothing could be suggested about it, "" where something can.
    """

    about: str
    kind: str
    symbol: str
    words: str
    members: Flags
    limit: Money
    numbers: dict[str, Fact]
    remark: str = ""


def measures_of(exposure: Exposure) -> Measures:
    """The columns of an exposure."""
    holdings = exposure.holdings
    return measured(
        exposure.nav,
        [holding.position.symbol for holding in holdings],
        [holding.power for holding in holdings],
        [holding.dollar_delta for holding in holdings],
        exposure.sectors,
    )


def excess(flags: Sequence[Flag], measures: Measures, kept: Flags) -> Ints:
    """By how much each flag's limit is passed by the holdings `kept` (h,), both measures added up; (f,)."""
    if not flags:
        return np.zeros(0, dtype=np.int64)
    members = np.stack([flag.members for flag in flags]) & kept
    limits = np.array([flag.limit for flag in flags], dtype=np.int64)
    power = np.maximum(members.astype(np.int64) @ measures.power - limits, 0)
    delta = np.maximum(np.abs(members.astype(np.int64) @ measures.delta) - limits, 0)
    total: Ints = power + delta
    return total


def flags_of(measures: Measures, pasts: Mapping[str, Past], rules: RebalancerRules) -> tuple[Flag, ...]:
    """Every limit that is exceeded: symbols, then pairs, then sectors, the largest figure of each first.

    Of a NAV that is zero or less nothing is a share: there is no flag then.
    """
    if measures.nav <= 0 or not measures.symbols:
        return ()
    flags = (
        _symbol_flags(measures, rules),
        _pair_flags(measures, pasts, rules),
        _sector_flags(measures, rules),
    )
    return tuple(flag for group in flags for flag in group)


def _of_nav(percent: float, nav: Money) -> Money:
    return int(percent * nav / 100)


def _symbol_flags(measures: Measures, rules: RebalancerRules) -> list[Flag]:
    flags = [
        _limited(measures, f"concentration of {symbol}", "concentration", members, rules.max_symbol_pct)
        for symbol in measures.symbols
        if (members := measures.of(symbol)).any()
    ]
    return _largest_first(flags, measures)


def _sector_flags(measures: Measures, rules: RebalancerRules) -> list[Flag]:
    sectors = sorted({sector for sector in measures.sector if sector})
    flags = []
    for sector in sectors:
        symbols = [symbol for symbol, own in zip(measures.symbols, measures.sector, strict=True) if own == sector]
        members = measures.of(*symbols)
        flags.append(_limited(measures, f"sector {sector}", "sector", members, rules.max_sector_pct))
    return _largest_first(flags, measures)


def _limited(measures: Measures, about: str, kind: str, members: Flags, limit_pct: float) -> Flag | None:
    """A flag where power or delta of the members is above a share of NAV, None where neither is."""
    nav = measures.nav
    power, delta = measures.size(members)
    limit = _of_nav(limit_pct, nav)
    if max(power, delta) <= limit:
        return None
    unknown = int((members & ~measures.known).sum())
    words = f"{share(power, nav):g} % of NAV by buying power and stock, {share(delta, nav):g} % by delta"
    words += f" ({unknown} without a delta)" if unknown else ""
    numbers: dict[str, Fact] = {
        "power_usd": power,
        "power_pct": share(power, nav),
        "delta_usd": delta,
        "delta_pct": share(delta, nav),
        "unknown_deltas": unknown,
        "limit_pct": limit_pct,
        "nav_usd": nav,
    }
    words += f", limit {limit_pct:g} %"
    return Flag(about, kind, _heaviest(measures, members), words, members, limit, numbers)


def _heaviest(measures: Measures, members: Flags) -> str:
    """The symbol with the most power among the members, the first of equals."""
    places = measures.symbol[members]
    power = np.full(len(measures.symbols), -1.0)
    power[places] = np.bincount(places, measures.power[members], power.size)[places]
    return measures.symbols[int(np.argmax(power))]


def _largest_first(flags: Sequence[Flag | None], measures: Measures) -> list[Flag]:
    found = [flag for flag in flags if flag is not None]
    return sorted(found, key=lambda flag: -max(measures.size(flag.members)))


def _pair_flags(measures: Measures, pasts: Mapping[str, Past], rules: RebalancerRules) -> list[Flag]:
    table = correlations(returns_of(measures.symbols, pasts, rules.sessions))
    flags = [
        _pair(measures, table, one, other, rules)
        for one, other in combinations(range(len(measures.symbols)), 2)
        if table.shrunk[one, other] > rules.max_correlation
    ]
    return sorted(flags, key=lambda flag: -float(str(flag.numbers["correlation"])))


def _pair(measures: Measures, table: Correlations, one: int, other: int, rules: RebalancerRules) -> Flag:
    """Two names that move as one: their weights count as that of one symbol."""
    nav, first, second = measures.nav, measures.symbols[one], measures.symbols[other]
    members, limit = measures.of(first, second), _of_nav(rules.max_symbol_pct, nav)
    power, delta = measures.size(members)
    apart = [int(measures.delta[measures.of(symbol)].sum()) for symbol in (first, second)]
    found, sessions = round(float(table.shrunk[one, other]), 4), int(table.sessions[one, other])
    words = f"{found:.2f} over {sessions} sessions, above {rules.max_correlation:g}; "
    words += f"together {share(power, nav):g} % of NAV by buying power and stock, {share(delta, nav):g} % by delta"
    remark = ""
    if apart[0] * apart[1] < 0:
        remark = "one is held long and the other short: they offset each other"
    elif max(power, delta) <= limit:
        remark = f"together they are not above the {rules.max_symbol_pct:g} % of one symbol"
    numbers: dict[str, Fact] = {
        "other": second,
        "correlation": found,
        "sample_correlation": round(float(table.sample[one, other]), 4),
        "sessions": sessions,
        "power_pct": share(power, nav),
        "delta_pct": share(delta, nav),
        "limit_pct": rules.max_symbol_pct,
    }
    about = f"correlation of {first} and {second}"
    return Flag(about, "correlation", first, words, members, limit, numbers, remark)


def unknowns_of(measures: Measures, pasts: Mapping[str, Past], rules: RebalancerRules) -> dict[str, str]:
    """What cannot be judged, by symbol: a sector that no table names, pairs with too few sessions in common."""
    table = correlations(returns_of(measures.symbols, pasts, rules.sessions)).sessions if measures.symbols else None
    found: dict[str, str] = {}
    for place, symbol in enumerate(measures.symbols):
        words = [] if measures.sector[place] else ["sector unknown: name it in sectors.csv"]
        if table is not None:
            short = [
                f"{other} ({table[place, number]})"
                for number, other in enumerate(measures.symbols)
                if number != place and table[place, number] < FEWEST_SESSIONS
            ]
            if short:
                few = f"fewer than {FEWEST_SESSIONS} common sessions"
                words.append(f"correlation unknown, {few}: {', '.join(short)}")
        if words:
            found[symbol] = "; ".join(words)
    return found
