"""What a folder of market data holds, for people and scripts: spans, rows, gaps and faults of everything in it."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from engine.analytics.volatility_rank import SESSIONS
from engine.core.calendar import market_day, previous_session, session_on
from engine.core.expiries import is_regular
from engine.market.bars import Adjustment, bar_spans, read_bars, read_rates
from engine.market.contracts import read_contracts
from engine.market.events import read_calendar
from engine.market.history import HistoryStore
from engine.market.iv_history import IvHistory, read_iv_history, sessions_waiting, vix_check
from engine.market.quality import quality
from engine.market.scores import read_scores

Section = dict[str, Any]

_BESIDE_THE_VIX = "SPY"
_MOST_GAPS_SHOWN = 3

_ADJUSTMENTS = {
    Adjustment.NONE: "as traded",
    Adjustment.SPLITS: "adjusted for splits",
    Adjustment.ALL: "adjusted for splits and dividends",
}


def data_document(history: HistoryStore, progress: Callable[[str], None]) -> Section:
    """Everything below the history's folder. Reads all of it. Raises HistoryFault where it is damaged."""
    root = history.root
    volatilities, rates = read_iv_history(root), read_rates(root)
    return {
        "folder": str(root),
        "chains": [_chains(history, symbol, progress) for symbol in history.symbols],
        "bars": bar_spans(root),
        "rates": None
        if rates is None
        else {"rows": int(rates.day.size), "first": _day(int(rates.day[0])), "last": _day(int(rates.day[-1]))},
        "events": read_calendar(root).coverage(),
        "scores": read_scores(root).listed(),
        "volatilities": [_volatilities(volatilities, symbol) for symbol in volatilities.symbols],
        "volatilities_waiting": sessions_waiting(root),
        "vix": _beside_the_vix(root, volatilities),
    }


def missing_sessions(days: set[dt.date]) -> list[tuple[dt.date, dt.date, int]]:
    """Runs of sessions between the first and the last of `days` that are not among them: first, last, how many."""
    if not days:
        return []
    first, day = min(days), max(days)
    missing: list[dt.date] = []
    runs: list[list[dt.date]] = []
    while day > first:
        day = previous_session(day).day
        if day not in days and day > first:
            missing.append(day)
        elif missing:
            runs.append(missing)
            missing = []
    if missing:
        runs.append(missing)
    return [(run[-1], run[0], len(run)) for run in reversed(runs)]


def data_text(document: Section) -> str:
    """A document of `data_document` as lines for a terminal."""
    lines = [document["folder"]]
    for chains in document["chains"]:
        lines += _chain_lines(chains)
    lines += [
        f"{bars['symbol']:<6} bars ({_ADJUSTMENTS[bars['adjustment']]}): {bars['rows']:,} from {bars['first']} to "
        f"{bars['last']}, from {bars['sources']}"
        for bars in document["bars"]
    ]
    if (rates := document["rates"]) is not None:
        lines.append(f"rates  {rates['rows']:,} from {rates['first']} to {rates['last']}")
    for events in document["events"]:
        spans = ", ".join(f"{first} to {last}" for first, last in events["complete"])
        complete = f"complete {spans}" if spans else "not said to be complete anywhere"
        lines.append(
            f"{events['symbol']:<6} {events['kind']}: {events['listed']:,} listed, {complete}, "
            f"from {', '.join(events['sources'])}"
        )
    lines += [_volatility_line(each) for each in document["volatilities"]]
    if waiting := document["volatilities_waiting"]:
        lines.append(f"30-day volatilities of {waiting:,} sessions are not worked out yet; the next import does it")
    if (vix := document["vix"]) is not None:
        lines.append(
            f"{vix['symbol']:<6} beside the VIX on {vix['sessions']:,} sessions: correlation {vix['correlation']:.3f}, "
            f"the VIX is {vix['mean_difference']:+.1f} points from it on average"
        )
    if len(lines) == 1:
        lines.append("nothing is kept there yet; import files first: mindfolio import FILE")
    return "\n".join(lines)


def _chains(history: HistoryStore, symbol: str, progress: Callable[[str], None]) -> Section:
    progress(f"reading the chains of {symbol}")
    contracts = read_contracts(history.root, symbol)
    snapshots = [at for at, _ in history.snapshots([symbol])]
    days = {day for at in snapshots if is_regular(symbol, at, day := market_day(at))}
    years = quality(history, symbol)
    return {
        "symbol": symbol,
        "first": snapshots[0].isoformat(),
        "last": snapshots[-1].isoformat(),
        "snapshots": len(snapshots),
        "sessions": sum(session_on(day) is not None for day in days),
        "rows": int(contracts.quotes.sum()),
        "contracts": int(contracts.key.size),
        "gaps": [[str(first), str(last), count] for first, last, count in missing_sessions(days)],
        "years": [
            {
                "year": year,
                "snapshots": counts.snapshots,
                "outside_hours": counts.outside,
                "rows": counts.rows,
                "untradable": counts.untradable,
                "faults": counts.named(),
            }
            for year, counts in sorted(years.items())
        ],
    }


def _volatilities(history: IvHistory, symbol: str) -> Section:
    found = history.of(symbol)
    known = found.day[np.isfinite(found.volatility)]
    last = dt.date.fromordinal(int(found.day[-1]))
    rank = history.rank(symbol, float(found.volatility[-1]), last)
    percent = float(rank.rank[0])
    return {
        "symbol": symbol,
        "first": _day(int(found.day[0])),
        "last": str(last),
        "sessions": int(found.day.size),
        "known": int(known.size),
        "rank": round(percent, 1) if np.isfinite(percent) else None,
        "rank_sessions": int(rank.sessions[0]),
        "less_than_a_year": int(rank.sessions[0]) < SESSIONS,
    }


def _beside_the_vix(root: Path, history: IvHistory) -> Section | None:
    vix = read_bars(root, "VIX")
    found = None if vix is None else vix_check(history.of(_BESIDE_THE_VIX), vix)
    if found is None:
        return None
    return {
        "symbol": _BESIDE_THE_VIX,
        "sessions": found.sessions,
        "correlation": round(found.correlation, 4),
        "mean_difference": round(found.mean_difference, 2),
    }


def _chain_lines(chains: Section) -> list[str]:
    gaps = chains["gaps"]
    missing = sum(count for _, _, count in gaps)
    shown = ", ".join(first if first == last else f"{first} to {last}" for first, last, _ in gaps[:_MOST_GAPS_SHOWN])
    more = f" and {len(gaps) - _MOST_GAPS_SHOWN:,} more gaps" if len(gaps) > _MOST_GAPS_SHOWN else ""
    lines = [
        f"{chains['symbol']:<6} chains: {chains['rows']:,} rows of {chains['contracts']:,} contracts in "
        f"{chains['snapshots']:,} snapshots, {chains['first'][:10]} to {chains['last'][:10]}; "
        f"{chains['sessions']:,} sessions" + (f", {missing:,} missing: {shown}{more}" if gaps else ", none missing")
    ]
    for year in chains["years"]:
        faults = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in year["faults"].items())
        outside = f", {year['outside_hours']:,} of them outside regular hours" if year["outside_hours"] else ""
        lines.append(
            f"       {year['year']}: {year['snapshots']:,} snapshots{outside}; {year['rows']:,} rows, "
            f"{year['untradable']:,} not tradable{f': {faults}' if faults else ''}"
        )
    return lines


def _volatility_line(volatilities: Section) -> str:
    sessions = f"{volatilities['rank_sessions']:,} sessions before it"
    if volatilities["less_than_a_year"]:
        sessions += ", less than a year"
    rank = "unknown" if volatilities["rank"] is None else f"{volatilities['rank']:g}"
    return (
        f"{volatilities['symbol']:<6} 30-day volatility: {volatilities['known']:,} of {volatilities['sessions']:,} "
        f"sessions, {volatilities['first']} to {volatilities['last']}; IV rank {rank} ({sessions})"
    )


def _day(ordinal: int) -> str:
    return str(dt.date.fromordinal(ordinal))
