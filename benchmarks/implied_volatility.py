"""Implied volatility beside vollib: `uv run python -m benchmarks.implied_volatility`."""

import numpy as np
from vollib.black_scholes_merton.implied_volatility import implied_volatility as by_vollib

from benchmarks.timing import interleaved_medians
from engine.analytics.american import Method, american_price
from engine.analytics.american_volatility import american_implied_volatility
from engine.analytics.black_scholes import european
from engine.analytics.implied_volatility import implied_volatility

QUOTES = 1_000_000
SCALAR = 1_000
AMERICAN = 2_000


def main() -> None:
    """Print medians of interleaved runs, in ns a quote."""
    draw = np.random.default_rng(5)
    spot, years = draw.uniform(20, 600, QUOTES), draw.uniform(0.01, 2.0, QUOTES)
    volatility, is_put = draw.uniform(0.08, 1.2, QUOTES), draw.random(QUOTES) < 0.5
    rate = draw.uniform(0.01, 0.08, QUOTES)
    forward = spot * np.exp((rate - 0.01) * years)
    strike = forward * np.exp(draw.uniform(-1.8, 1.8, QUOTES) * volatility * np.sqrt(years))
    price = european(spot, forward, strike, years, rate, volatility, is_put).price
    columns = (price, spot, strike, years, rate, is_put)
    rows = list(zip(*(column[:SCALAR].tolist() for column in columns), strict=True))
    s, f, k, t, r, v = (column[:AMERICAN] for column in (spot, forward, strike, years, rate, volatility))
    few_puts = is_put[:AMERICAN]
    alive = american_price(s, f, k, t, r, v, few_puts)

    def by_method(method: Method) -> None:
        american_implied_volatility(alive, s, f, k, t, r, few_puts, method)

    def scalar() -> None:
        for p, s0, k0, t0, r0, put in rows:
            by_vollib(p, s0, k0, t0, r0, 0.01, "p" if put else "c")

    candidates = {
        "European": lambda: implied_volatility(price, forward, strike, years, rate, is_put),
        "vollib": scalar,
        "American, scan": lambda: by_method(Method.SCAN),
        "American, book": lambda: by_method(Method.BOOK),
    }
    taken = interleaved_medians(candidates, repeats=9)
    count = {"European": QUOTES, "vollib": SCALAR, "American, scan": AMERICAN, "American, book": AMERICAN}
    base = taken["European"] / QUOTES
    for name, seconds in taken.items():
        each = seconds / count[name]
        print(f"{name:20} {each * 1e9:10.1f} ns a quote {each / base:9.1f} x")
    found = implied_volatility(price, forward, strike, years, rate, is_put)
    error = np.abs(found.volatility - volatility)
    print(f"worst error on this set {error.max():.1e}, without an answer {int((~found.valid).sum())}")


if __name__ == "__main__":
    main()
