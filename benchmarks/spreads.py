"""The spread and fill model beside recorded quotes: `uv run python -m benchmarks.spreads`.

Prints the fit of half spreads with its residuals by delta and by days, then what opening an iron condor, a vertical and
a single put costs beyond mid: by the backtest's model, and by the paper broker's ladder. Needs ../shared.
"""

import datetime as dt
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.real_chains import SHARED, spy_2021, yahoo
from engine.backtest.spreads import fill, half_spreads
from engine.backtest.valuing import value_chains
from engine.core.calendar import market_day
from engine.core.money import UNIT, Money
from engine.domain.chain import Chain, Floats
from engine.domain.contract_keys import decode_keys
from engine.domain.instrument import contract_of
from engine.domain.order import Order, OrderPurpose
from engine.domain.package import LadderRules, next_limit, package_quote, to_tick, worst_limit
from engine.domain.quote import Quote
from engine.domain.structure import Leg, Structure, StructureKind
from engine.execution.paper_fills import Market, price_of

RATE = 0.037
DRAWS = 200
"""Orders of the paper broker for each package: its price is drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Recorded quotes with a bid, 5 to 100 days, |delta| below 0.6; arrays (n,)."""

    mid: Floats
    half: Floats
    delta: Floats
    days: Floats


def main() -> None:
    """Print both tables."""
    if not SHARED.is_dir():
        sys.exit("the folder of recorded market data (../shared) is not here")
    chains = {symbol: [chain for chain, _, _ in yahoo(symbol)] for symbol in ("SPY", "QQQ", "TSLA", "NVDA")}
    rows = {symbol: rows_of(found) for symbol, found in chains.items()}
    for name, symbols in (("cents everywhere", ("SPY", "QQQ")), ("penny classes", ("TSLA", "NVDA"))):
        print_fit(name, [rows[symbol] for symbol in symbols])
    for symbol, found in rows.items():
        print_residuals(symbol, symbol, found)
    year = [chain for chain, _, _ in spy_2021()]
    print_residuals("SPY 2021", "SPY", rows_of(year))
    print("\nbeyond mid, in percent of the mid; in brackets of the way to natural")
    for symbol, recorded in {"SPY 2021": year, **chains}.items():
        print_fills(symbol, recorded)


def rows_of(chains: Iterable[Chain]) -> Rows:
    """What the fit sees of some chains."""
    columns = []
    for chain in chains:
        values = value_chains([chain], RATE).values[0]
        ordinal, _, _ = decode_keys(chain.key)
        days = ordinal - market_day(chain.at).toordinal()
        delta = np.abs(values.delta)
        seen = values.valid & (chain.bid > 0) & (chain.ask > chain.bid) & (days >= 5) & (days <= 100) & (delta < 0.6)
        columns.append((values.mid[seen], (chain.ask - chain.bid)[seen] / 2, delta[seen], days[seen]))
    mid, half, delta, days = (np.concatenate(column) for column in zip(*columns, strict=True))
    return Rows(mid, half, delta, days.astype(np.float64))


def print_fit(name: str, parts: Sequence[Rows]) -> None:
    """Coefficients over several symbols that count alike."""
    weight = np.concatenate([np.full(part.mid.size, part.mid.size**-0.5) for part in parts])
    columns = [(np.ones(part.mid.size), np.log(part.mid), part.delta, np.log(part.days)) for part in parts]
    basis = np.stack([np.concatenate(column) for column in zip(*columns, strict=True)], axis=1)
    wanted = np.concatenate([np.log(part.half) for part in parts])
    found = np.linalg.lstsq(basis * weight[:, np.newaxis], wanted * weight, rcond=None)[0]
    left = wanted - basis @ found
    bias = np.average(left**2, weights=weight**2) / 2
    figures = ", ".join(f"{each:.3f}" for each in (*found, bias))
    print(f"{name}: constant, log mid, |delta|, log days, half the variance left: {figures}")


def print_residuals(name: str, symbol: str, rows: Rows) -> None:
    """Recorded over modelled half spreads, by delta and by days."""
    model = half_spreads(symbol, rows.mid, rows.delta, rows.days)
    cells = []
    for low, high in ((0.0, 0.1), (0.1, 0.25), (0.25, 0.4), (0.4, 0.6)):
        inside = (rows.delta >= low) & (rows.delta < high)
        cells.append(f"delta {low}-{high}: {_ratio(rows, model, inside)}")
    for first, last in ((5, 20), (21, 45), (46, 100)):
        inside = (rows.days >= first) & (rows.days <= last)
        cells.append(f"days {first}-{last}: {_ratio(rows, model, inside)}")
    print(f"{name}, {rows.mid.size} quotes, mean recorded / mean modelled (middle of each): " + "; ".join(cells))


def _ratio(rows: Rows, model: Floats, inside: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> str:
    if np.count_nonzero(inside) < 10:
        return "-"
    return f"{rows.half[inside].mean() / model[inside].mean():.2f} ({np.median(rows.half[inside] / model[inside]):.2f})"


def print_fills(name: str, chains: Sequence[Chain]) -> None:
    """What opening costs beyond mid, by the model and by the paper broker."""
    for legs in (1, 2, 4):
        found = [each for chain in chains for each in packages(chain, legs)]
        if not found:
            continue
        ours, theirs, of_mid = [], [], []
        for structure, quotes in found:
            package = package_quote(structure.legs, quotes, OrderPurpose.OPEN)
            price = fill(structure, quotes, OrderPurpose.OPEN)
            if package is None or price is None or package.natural == package.mid:
                continue
            way = package.natural - package.mid
            ours.append((price - package.mid) / way)
            theirs.append(paper_share(structure, quotes))
            of_mid.append(way / abs(package.mid))
        scale = np.array(of_mid) * 100
        mine, paper = np.array(ours), np.array(theirs)
        print(
            f"{name:9} {legs} legs, {mine.size:3} packages: natural {np.median(scale):5.1f} %; backtest "
            f"{np.median(mine * scale):5.1f} % ({mine.mean():.2f}); paper ladder "
            f"{np.median(paper * scale):5.1f} % ({paper.mean():.2f})"
        )


def packages(chain: Chain, legs: int) -> list[tuple[Structure, tuple[Quote | None, ...]]]:
    """Of each expiration in 28 to 48 days one package with shorts nearest to 18 delta."""
    values = value_chains([chain], RATE).values[0]
    ordinal, is_put, strike = decode_keys(chain.key)
    days = ordinal - market_day(chain.at).toordinal()
    delta = np.abs(values.delta)
    found = []
    for each in np.unique(days[(days >= 28) & (days <= 48)]).tolist():
        usable = (days == each) & values.valid & (chain.bid > 0) & (delta > 0.02) & (delta < 0.45)
        picked: list[tuple[int, int]] = []
        for puts in (True, False)[: 2 if legs == 4 else 1]:
            rows = np.flatnonzero(usable & (is_put == puts))
            if rows.size < 2:
                break
            short = rows[np.argmin(np.abs(delta[rows] - 0.18))]
            wing = strike[short] / UNIT + (-1 if puts else 1) * max(0.015 * chain.spot, 1.0)
            long = rows[np.argmin(np.abs(strike[rows] / UNIT - wing))]
            if short == long or abs(delta[short] - 0.18) > 0.05:
                break
            picked += [(int(short), -1), (int(long), 1)][: 1 if legs == 1 else 2]
        if len(picked) == legs:
            picked.sort(key=lambda each: chain.key[each[0]])
            parts = tuple(Leg(contract_of(chain.symbol, int(chain.key[row])), ratio) for row, ratio in picked)
            kind = {1: StructureKind.SHORT_PUT, 2: StructureKind.BULL_PUT_SPREAD, 4: StructureKind.IRON_CONDOR}[legs]
            found.append((Structure(kind, parts), tuple(chain.quote(leg.contract) for leg in parts)))
    return found


def paper_share(structure: Structure, quotes: tuple[Quote | None, ...]) -> float:
    """How far from mid to natural the paper broker's ladder fills on average, where it fills; each step a new quote."""
    package = package_quote(structure.legs, quotes, OrderPurpose.OPEN)
    if package is None:
        return float("nan")
    rules, shares = LadderRules(), []
    worst = worst_limit(package, OrderPurpose.OPEN, rules, structure)
    known = tuple(quote for quote in quotes if quote is not None)
    for draw in range(DRAWS):
        order = _order(structure, f"order {draw}", package.at)
        limit: Money | None = to_tick(package.mid, structure)
        for step in range(rules.max_steps + 1):
            if limit is None:
                break
            at = package.at + step * rules.interval
            price = price_of(1, order, limit, Market(known, replace(package, at=at), at))
            if price is not None:
                shares.append((price - package.mid) / (package.natural - package.mid))
                break
            limit = next_limit(limit, package, worst, structure)
    return float(np.mean(shares)) if shares else 1.0


def _order(structure: Structure, order_id: str, at: dt.datetime) -> Order:
    return Order(
        order_id=order_id,
        module_id="",
        position_id="",
        purpose=OrderPurpose.OPEN,
        structure=structure,
        quantity=1,
        limit=0,
        worst=0,
        hold=0,
        created_at=at,
        why="",
    )


if __name__ == "__main__":
    main()
