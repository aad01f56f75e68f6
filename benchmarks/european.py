"""Price and four Greeks of European options beside vollib and QuantLib: `uv run python -m benchmarks.european`."""

import math

import numpy as np
import QuantLib as ql  # noqa: N813 - the name that its users give it
from vollib.black_scholes_merton import black_scholes_merton
from vollib.black_scholes_merton.greeks.analytical import delta, gamma, theta, vega

from benchmarks.timing import interleaved_medians
from engine.analytics.black_scholes import european, european_sensitivities

OPTIONS = 1_000_000
SCALAR = 1_000


def main() -> None:
    """Print medians of interleaved runs, in ns an option, and their ratios to ours."""
    draw = np.random.default_rng(3)
    spot, years = draw.uniform(20, 600, OPTIONS), draw.uniform(0.01, 2.0, OPTIONS)
    rate, dividend_yield = draw.uniform(0.0, 0.08, OPTIONS), draw.uniform(0.0, 0.04, OPTIONS)
    volatility, is_put = draw.uniform(0.08, 1.2, OPTIONS), draw.random(OPTIONS) < 0.5
    forward = spot * np.exp((rate - dividend_yield) * years)
    strike = forward * np.exp(draw.uniform(-1.8, 1.8, OPTIONS) * volatility * np.sqrt(years))
    columns = (spot, strike, years, rate, volatility, dividend_yield, is_put)
    rows = list(zip(*(column[:SCALAR].tolist() for column in columns), strict=True))

    def by_vollib() -> None:
        for s, k, t, r, v, q, put in rows:
            flag = "p" if put else "c"
            black_scholes_merton(flag, s, k, t, r, v, q)
            for greek in (delta, gamma, theta, vega):
                greek(flag, s, k, t, r, v, q)

    taken = interleaved_medians(
        {
            "price + 4 Greeks": lambda: european(spot, forward, strike, years, rate, volatility, is_put),
            "rho, vanna, charm, volga": lambda: european_sensitivities(
                spot, forward, strike, years, rate, volatility, is_put
            ),
            "vollib": by_vollib,
            "QuantLib AnalyticEuropeanEngine": lambda: by_engine(rows),
            "QuantLib BlackCalculator": lambda: by_calculator(rows),
        },
        repeats=9,
    )
    count = {"price + 4 Greeks": OPTIONS, "rho, vanna, charm, volga": OPTIONS}
    base = taken["price + 4 Greeks"] / OPTIONS
    for name, seconds in taken.items():
        each = seconds / count.get(name, SCALAR)
        print(f"{name:34} {each * 1e9:10.1f} ns an option {each / base:9.1f} x")


def by_calculator(rows: list[tuple[float, ...]]) -> None:
    """QuantLib's closed formula, one object an option."""
    for s, k, t, r, v, q, put in rows:
        payoff = ql.PlainVanillaPayoff(ql.Option.Put if put else ql.Option.Call, k)
        forward, discount = s * math.exp((r - q) * t), math.exp(-r * t)
        found = ql.BlackCalculator(payoff, forward, v * t**0.5, discount)
        found.value()
        found.delta(s)
        found.gamma(s)
        found.theta(s, t)
        found.vega(t)


def by_engine(rows: list[tuple[float, ...]]) -> None:
    """QuantLib's instrument and engine, quotes moved from option to option."""
    today = ql.Date(15, 6, 2026)
    ql.Settings.instance().evaluationDate = today
    quotes = [ql.SimpleQuote(1.0) for _ in range(4)]
    spot, rate, dividend, volatility = (ql.QuoteHandle(quote) for quote in quotes)
    count = ql.Actual365Fixed()
    process = ql.BlackScholesMertonProcess(
        spot,
        ql.YieldTermStructureHandle(ql.FlatForward(today, dividend, count)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, rate, count)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), volatility, count)),
    )
    engine = ql.AnalyticEuropeanEngine(process)
    for s, k, t, r, v, q, put in rows:
        for quote, value in zip(quotes, (s, r, q, v), strict=True):
            quote.setValue(value)
        payoff = ql.PlainVanillaPayoff(ql.Option.Put if put else ql.Option.Call, k)
        option = ql.VanillaOption(payoff, ql.EuropeanExercise(today + max(1, round(t * 365))))
        option.setPricingEngine(engine)
        option.NPV()
        option.delta()
        option.gamma()
        option.theta()
        option.vega()


if __name__ == "__main__":
    main()
