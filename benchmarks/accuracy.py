"""European figures and volatilities against 40 digits, 1,000 options a set: `uv run python -m benchmarks.accuracy`."""

import numpy as np

from engine.analytics.black_scholes import european, european_sensitivities
from engine.analytics.implied_volatility import implied_volatility
from tests.high_precision import SETS, exact_values, options

COUNT = 1_000


def main() -> None:
    """Print the worst relative error of each figure on each set; sums of terms are held against their terms."""
    for name in SETS:
        terms = options(name, COUNT, seed=17)
        exact = exact_values(terms)
        columns = (terms.spot, terms.forward, terms.strike, terms.years, terms.rate, terms.volatility, terms.is_put)
        values, further = european(*columns), european_sensitivities(*columns)
        parts = []
        for figure in ("price", "delta", "gamma", "theta", "vega", "rho", "vanna", "charm", "volga"):
            found = getattr(values if hasattr(values, figure) else further, figure)
            scale = exact.get(f"{figure} scale", np.abs(exact[figure]))
            parts.append(f"{figure} {(np.abs(found - exact[figure]) / scale).max():.0e}")
        implied = implied_volatility(exact["price"], terms.forward, terms.strike, terms.years, terms.rate, terms.is_put)
        error = np.abs(implied.volatility / terms.volatility - 1.0)
        parts.append(f"IV {np.nanmax(error):.0e}, {int((~implied.valid).sum())} failed")
        print(f"{name:24} " + "  ".join(parts))


if __name__ == "__main__":
    main()
