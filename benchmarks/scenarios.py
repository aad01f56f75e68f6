"""Ten thousand legs over 21 prices and 9 volatilities: `uv run python -m benchmarks.scenarios`."""

import numpy as np
from vollib.black_scholes import black_scholes

from benchmarks.timing import interleaved_medians
from engine.analytics import kernel
from engine.domain.chain import Floats

LEGS, MOVES, SHIFTS = 10_000, 21, 9
AMERICAN_LEGS = 500
VOLLIB_CELLS = 2_000


def legs() -> tuple[Floats, ...]:
    """Spot and the columns of `kernel.scenario_grid`, seeded."""
    draw = np.random.default_rng(1)
    spot, years = draw.uniform(20, 600, LEGS), draw.uniform(0.01, 1.5, LEGS)
    rate = np.full(LEGS, 0.04)
    forward = spot * np.exp((rate - draw.choice([0.0, 0.013], LEGS)) * years)
    strike, side = spot * draw.uniform(0.7, 1.3, LEGS), np.where(draw.random(LEGS) < 0.5, 1.0, -1.0)
    volatility = draw.uniform(0.1, 0.8, LEGS)[:, None] * np.linspace(0.6, 1.6, SHIFTS)
    factor = np.tile(np.linspace(0.75, 1.25, MOVES), (LEGS, 1))
    return spot, forward, strike, years, rate, volatility, side, factor


def main() -> None:
    """Print medians of interleaved runs."""
    spot, forward, strike, years, rate, volatility, side, factor = legs()
    columns = (forward, strike, years, rate, volatility, side, factor)
    few = tuple(column[:AMERICAN_LEGS] for column in (spot, *columns))

    def cell_by_cell() -> None:
        for move in range(MOVES):
            for shift in range(SHIFTS):
                moved = factor[:, move]
                kernel.european(spot * moved, forward * moved, strike, years, rate, volatility[:, shift].copy(), side)

    def by_vollib() -> None:
        for row in range(VOLLIB_CELLS):
            flag = "c" if side[row] > 0 else "p"
            black_scholes(flag, spot[row], strike[row], years[row], rate[row], volatility[row, 4])

    taken = interleaved_medians(
        {
            "European grid": lambda: kernel.scenario_grid(*columns),
            "kernel.european cell by cell": cell_by_cell,
            f"vollib (from {VOLLIB_CELLS} cells)": by_vollib,
            f"American grid (from {AMERICAN_LEGS} legs)": lambda: kernel.american_grid(*few),
        },
        repeats=5,
    )
    cells = LEGS * MOVES * SHIFTS
    scale = {"vollib": cells / VOLLIB_CELLS, "American": LEGS / AMERICAN_LEGS}
    base = taken["European grid"]
    for name, seconds in taken.items():
        whole = seconds * scale.get(name.split()[0], 1.0)
        print(f"{name:42} {whole * 1e3:12.1f} ms {whole / cells * 1e9:10.1f} ns a cell {whole / base:10.1f} x")


if __name__ == "__main__":
    main()
