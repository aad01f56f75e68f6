"""European figures and volatilities against 40 digits, 1,000 options a set: `uv run python -m benchmarks.accuracy`."""

import numpy as np

from engine.analytics.black_scholes import european, european_sensitivities
from engine.analytics.implied_volatility import implied_volatility
from engine.analytics.kernel import FloatLike, IvStatus
from tests.high_precision import SETS, Options, exact_values, options

COUNT = 1_000
FIGURES = ("price", "delta", "gamma", "theta", "vega", "rho", "vanna", "charm", "volga")


def main() -> None:
    """Print the worst relative error of each figure on each set, then what becomes of quotes that cannot be."""
    print(
        "worst relative error; theta, vanna, charm and volga, sums of both signs, against the sum of their terms' sizes"
    )
    print(f"{'set':24}" + "".join(f"{name:>8}" for name in (*FIGURES, "IV", "failed")))
    for name in SETS:
        terms = options(name, COUNT, seed=17)
        exact = exact_values(terms)
        columns = (terms.spot, terms.forward, terms.strike, terms.years, terms.rate, terms.volatility, terms.is_put)
        values, further = european(*columns), european_sensitivities(*columns)
        errors = []
        for figure in FIGURES:
            found = getattr(values if hasattr(values, figure) else further, figure)
            scale = exact.get(f"{figure} scale", np.abs(exact[figure]))
            errors.append((np.abs(found - exact[figure]) / scale).max())
        implied = implied_volatility(exact["price"], terms.forward, terms.strike, terms.years, terms.rate, terms.is_put)
        errors.append(np.nanmax(np.abs(implied.volatility / terms.volatility - 1.0)))
        print(f"{name:24}" + "".join(f"{error:8.0e}" for error in errors) + f"{int((~implied.valid).sum()):8d}")
    print_flags(options("in the money", COUNT, seed=19))


def print_flags(terms: Options) -> None:
    """What share of impossible quotes comes back with its own reason and without a volatility."""
    discount, side = np.exp(-terms.rate * terms.years), np.where(terms.is_put, -1.0, 1.0)
    intrinsic = discount * np.maximum(side * (terms.forward - terms.strike), 0.0)
    maximum = discount * np.where(terms.is_put, terms.strike, terms.forward)
    cases: tuple[tuple[str, FloatLike, FloatLike, IvStatus], ...] = (
        ("1 % below intrinsic", 0.99 * intrinsic, terms.years, IvStatus.BELOW_INTRINSIC),
        ("at intrinsic", intrinsic, terms.years, IvStatus.BELOW_INTRINSIC),
        ("1 % above maximum", 1.01 * maximum, terms.years, IvStatus.ABOVE_MAXIMUM),
        ("zero", 0.0, terms.years, IvStatus.NO_PRICE),
        ("negative", -intrinsic, terms.years, IvStatus.NO_PRICE),
        ("NaN", np.nan, terms.years, IvStatus.NOT_FINITE),
        ("infinite", np.inf, terms.years, IvStatus.NOT_FINITE),
        ("expired", maximum, 0.0, IvStatus.NO_TIME),
    )
    print(f"\n{'impossible quote':24}{'flagged':>9}")
    for name, price, years, reason in cases:
        found = implied_volatility(price, terms.forward, terms.strike, years, terms.rate, terms.is_put)
        flagged = (found.status == reason) & np.isnan(found.volatility)
        print(f"{name:24}{flagged.mean():9.1%}")


if __name__ == "__main__":
    main()
