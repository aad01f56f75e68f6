"""The worst case of 500 structures in 12 modules: anew, and with one underlying's tick.

`uv run python -m benchmarks.worst_case`. Also what exact American values would cost and change.
"""

import datetime as dt
import time
from dataclasses import replace

import numpy as np

from engine.analytics import stress_cells
from engine.analytics.american import american_price
from engine.analytics.book_worst import book_risk
from engine.analytics.scenarios import Moves, model_values
from engine.core.calendar import years_to_expiry
from engine.core.clock import epoch_us
from engine.core.money import UNIT
from engine.domain.chain import Chain
from engine.domain.instrument import OptionContract, Right
from engine.domain.position import Position
from engine.domain.structure import Leg, Structure, StructureKind
from engine.domain.structure_shapes import recognise
from engine.portfolio.held_legs import prices_of
from engine.portfolio.worst_case import WorstCases, worst_case

NOW = dt.datetime(2026, 3, 16, 19, 0, tzinfo=dt.UTC)
RATE, STRUCTURES, MODULES, SYMBOLS, TICKS = 0.04, 500, 12, 30, 100
DAYS = (dt.date(2026, 4, 17), dt.date(2026, 5, 15), dt.date(2026, 6, 18))
STRIKES = range(70, 131, 2)


def chain(symbol: str, spot: float, generation: int, volatility: float = 0.3) -> Chain:
    """A chain at the model's values, a cent or two to each side."""
    contracts = sorted(
        (OptionContract(symbol, day, strike * UNIT, right) for day in DAYS for strike in STRIKES for right in Right),
        key=lambda each: each.key,
    )
    years = np.array([years_to_expiry(NOW, each.expiration) for each in contracts])
    strike = np.array([each.strike / UNIT for each in contracts])
    is_put = np.array([each.right is Right.PUT for each in contracts])
    value = american_price(spot, spot * np.exp(RATE * years), strike, years, RATE, volatility, is_put)
    mid = np.maximum(np.round(value, 2), 0.03)
    count = np.full(len(contracts), 100.0)
    at = np.full(len(contracts), epoch_us(NOW))
    keys = np.array([each.key for each in contracts])
    return Chain(symbol, generation, NOW, spot, NOW, keys, mid - 0.02, mid + 0.02, count, count, at)


def positions() -> list[Position]:
    """Condors, calendars, double spreads and covered calls, four legs each where they have four."""
    draw, held = np.random.default_rng(1), []
    for number in range(STRUCTURES):
        symbol = f"S{number % SYMBOLS:02d}"
        day = DAYS[int(draw.integers(0, 2))]
        a, b, c, d = sorted(int(each) for each in draw.choice(np.array(STRIKES), 4, replace=False))
        longs = DAYS[2] if number % 10 == 9 else day  # some are diagonals
        legs = (
            Leg(OptionContract(symbol, longs, a * UNIT, Right.PUT), 1),
            Leg(OptionContract(symbol, day, b * UNIT, Right.PUT), -1),
            Leg(OptionContract(symbol, day, c * UNIT, Right.CALL), -1),
            Leg(OptionContract(symbol, longs, d * UNIT, Right.CALL), 1),
        )
        kind = recognise(legs, 0) or StructureKind.CUSTOM
        held.append(
            Position(
                f"P{number:04d}", f"M{number % MODULES:02d}", Structure(kind, legs), 1 + number % 3, 1, -UNIT * 100, NOW
            )
        )
    return held


def main() -> None:
    """Print milliseconds."""
    held = positions()
    chains = {f"S{number:02d}": chain(f"S{number:02d}", 100.0, 0) for number in range(SYMBOLS)}
    kept = WorstCases()
    kept.view(held, chains, NOW, RATE)
    full, ticks = [], []
    for turn in range(3):
        fresh = {symbol: replace(each, generation=turn + 1) for symbol, each in chains.items()}
        began = time.perf_counter()
        WorstCases().view(held, fresh, NOW, RATE)
        full.append(time.perf_counter() - began)
    moved = [chain("S00", 100 + step * 0.05, step) for step in range(10)]
    for turn in range(TICKS):
        chains["S00"] = replace(moved[turn % 10], generation=turn)
        began = time.perf_counter()
        view = kept.view(held, chains, NOW, RATE)
        ticks.append(time.perf_counter() - began)
    began = time.perf_counter()
    prices = prices_of(held, chains, NOW, RATE)
    read = time.perf_counter() - began
    began = time.perf_counter()
    again = worst_case(held, prices)
    anew = time.perf_counter() - began
    risk = book_risk(held, prices)
    if again != view or risk.worst(risk.book).amount != view.loss:
        raise ValueError("screen and closing plan see different worst cases")
    print(f"{'anew, chains to view (median of 3)':48} {np.median(full) * 1e3:8.1f} ms")
    print(f"{'  of which from known prices to view':48} {anew * 1e3:8.1f} ms; prices {read * 1e3:.1f} ms")
    print(f"{'one underlying ticks, median':48} {np.median(ticks) * 1e3:8.2f} ms")
    print(f"{'one underlying ticks, p99':48} {np.percentile(ticks, 99) * 1e3:8.2f} ms")
    _american(held, prices)


def _american(held: list[Position], prices: stress_cells.Prices) -> None:
    contracts = sorted({leg.contract for each in held if each.symbol == "S00" for leg in each.structure.legs})
    legs = stress_cells.legs_of([(each, False) for each in contracts], prices.spot("S00"), prices)
    moves = Moves(stress_cells.PRICE_MOVES, stress_cells.VOLATILITY_MOVES)
    began = time.perf_counter()
    exact = model_values(legs, moves).by_position
    taken = time.perf_counter() - began
    began = time.perf_counter()
    ours = stress_cells.stressed_values(legs, moves, stress_cells.exercised_values(legs, moves.price))
    cheap = time.perf_counter() - began
    gap = np.abs(exact - ours).max() / 100
    print(f"{f'American grid of {len(contracts)} contracts':48} {taken * 1e3:8.1f} ms; ours {cheap * 1e3:.2f} ms")
    print(f"{'largest difference a share':48} {gap:8.3f} $ of a price of 100")


if __name__ == "__main__":
    main()
