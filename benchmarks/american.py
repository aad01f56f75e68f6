"""American options beside QuantLib, speed and error: `uv run python -m benchmarks.american`.

The last table needs the folder of recorded data, ../shared, and is left out without it.
"""

import csv
import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import QuantLib as ql  # noqa: N813 - the name that its users give it

from benchmarks.timing import interleaved_medians
from engine.analytics.american import Method, american, american_price
from engine.analytics.american_dividends import CashDividends, american_with_dividends
from engine.domain.chain import Floats

COUNT = 400
SPOT = 100.0
TODAY = ql.Date(15, 6, 2026)
DAY_COUNT = ql.Actual365Fixed()
PUBLISHED = Path(__file__).resolve().parents[2] / "shared" / "data" / "reference" / "quantlib_option_values.csv"


def main() -> None:
    """Print the tables."""
    ql.Settings.instance().evaluationDate = TODAY
    continuous()
    dividends()
    published()


def continuous() -> None:
    """3 days to 2 years, 12 to 80 % volatility, 40 % without a yield, within 1.5 deviations of the money."""
    draw = np.random.default_rng(5)
    years = np.maximum(3, np.round(365 * np.exp(draw.uniform(math.log(3 / 365), math.log(2.0), COUNT)))) / 365
    volatility, rate = draw.uniform(0.12, 0.8, COUNT), draw.uniform(0.005, 0.08, COUNT)
    carry = np.where(draw.random(COUNT) < 0.4, 0.0, draw.uniform(0.0, 0.08, COUNT))
    strike = SPOT * np.exp(draw.uniform(-1.5, 1.5, COUNT) * volatility * np.sqrt(years))
    is_put = draw.random(COUNT) < 0.5
    forward = SPOT * np.exp((rate - carry) * years)
    columns = (SPOT, forward, strike, years, rate, volatility, is_put)
    options = [
        option(strike[i], round(years[i] * 365), rate[i], carry[i], volatility[i], is_put=bool(is_put[i]))
        for i in range(COUNT)
    ]
    exact = by(options, lambda p: ql.QdFpAmericanEngine(p, ql.QdFpAmericanEngine.highPrecisionScheme()))
    engines: dict[str, Callable[[], Floats]] = {
        "scan": lambda: american_price(*columns, Method.SCAN),
        "book": lambda: american_price(*columns, Method.BOOK),
        "scan with Greeks": lambda: american(*columns, Method.SCAN).price,
        "book with Greeks": lambda: american(*columns, Method.BOOK).price,
        "QuantLib QdFp fast": lambda: by(
            options, lambda p: ql.QdFpAmericanEngine(p, ql.QdFpAmericanEngine.fastScheme())
        ),
        "QuantLib QdFp accurate": lambda: by(
            options, lambda p: ql.QdFpAmericanEngine(p, ql.QdFpAmericanEngine.accurateScheme())
        ),
        "QuantLib LR 101": lambda: by(options, lambda p: ql.BinomialVanillaEngine(p, "lr", 101)),
    }
    taken = interleaved_medians(engines, repeats=5)
    print(f"continuous yield, {COUNT} options against QdFp high precision")
    for name, run in engines.items():
        show(name, taken[name] / COUNT, run() - exact)


def dividends() -> None:
    """Quarterly cash dividends of $0.30 to $3.00 on a spot of 100, 20 to 600 days."""
    draw = np.random.default_rng(21)
    count = 240
    days = draw.choice([20, 45, 70, 120, 250, 400, 600], count)
    volatility, rate = draw.uniform(0.12, 0.6, count), draw.uniform(0.01, 0.06, count)
    strike = SPOT * np.exp(draw.uniform(-1.5, 1.5, count) * volatility * np.sqrt(days / 365))
    is_put = draw.random(count) < 0.5
    amount, first = draw.choice([0.3, 0.8, 1.5, 3.0], count), draw.integers(5, 60, count)
    found, exact = np.empty(count), np.empty(count)
    started = time.perf_counter()
    for i in range(count):
        ex_days = np.arange(first[i], 900, 91)
        paid = CashDividends(ex_days / 365, np.full(ex_days.size, amount[i]))
        found[i] = american_with_dividends(
            SPOT, strike[i], days[i] / 365, rate[i], volatility[i], is_put[i], paid
        ).price[0]
    alone = (time.perf_counter() - started) / count
    for i in range(count):
        made, process = option(strike[i], int(days[i]), rate[i], 0.0, volatility[i], is_put=bool(is_put[i]))
        ex = [int(day) for day in range(first[i], days[i], 91)]
        vector = ql.DividendVector([TODAY + day for day in ex], [float(amount[i])] * len(ex))
        made.setPricingEngine(ql.FdBlackScholesVanillaEngine(process, vector, 800, 1200))
        exact[i] = made.NPV()
    print(f"cash dividends, {count} options against finite differences 800 x 1200")
    show("lattice with Greeks, one by one", alone, found - exact)
    strikes = np.linspace(60.0, 150.0, 1000)
    paid = CashDividends(np.array([0.1, 0.35]), np.array([0.8, 0.8]))
    started = time.perf_counter()
    american_with_dividends(SPOT, strikes, 0.5, 0.04, 0.3, np.arange(1000) % 2 == 0, paid)
    print(f"{'lattice with Greeks, 1,000 together':36} {(time.perf_counter() - started) * 1e3:8.1f} us an option")


def published() -> None:
    """Prices by the approximation of Barone-Adesi and Whaley as QuantLib's own tests hold them."""
    if not PUBLISHED.is_file():
        print(f"published approximations: {PUBLISHED.name} is not here")
        return
    with PUBLISHED.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["file"] == "americanoption.cpp"]
    spot, strike, years, rate, carry, volatility, expected = (
        np.array([float(row[name]) for row in rows])
        for name in ("spot", "strike", "t_years", "r", "q", "vol", "expected")
    )
    is_put = np.array([row["type"] == "Put" for row in rows])
    columns = (spot, spot * np.exp((rate - carry) * years), strike, years, rate, volatility, is_put)
    print(f"published Barone-Adesi-Whaley values, {len(rows)} options")
    for method in Method:
        show(method.value.lower(), math.nan, american_price(*columns, method) - expected)


def option(
    strike: float, days: int, rate: float, carry: float, volatility: float, *, is_put: bool
) -> tuple[ql.VanillaOption, ql.BlackScholesMertonProcess]:
    """QuantLib's option and the process of its underlying."""
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(SPOT)),
        ql.YieldTermStructureHandle(ql.FlatForward(TODAY, float(carry), DAY_COUNT)),
        ql.YieldTermStructureHandle(ql.FlatForward(TODAY, float(rate), DAY_COUNT)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(TODAY, ql.NullCalendar(), float(volatility), DAY_COUNT)),
    )
    payoff = ql.PlainVanillaPayoff(ql.Option.Put if is_put else ql.Option.Call, float(strike))
    return ql.VanillaOption(payoff, ql.AmericanExercise(TODAY, TODAY + days)), process


def by(
    options: list[tuple[ql.VanillaOption, ql.BlackScholesMertonProcess]],
    engine: Callable[[ql.BlackScholesMertonProcess], object],
) -> Floats:
    """Prices of all options with a fresh engine each."""
    prices = []
    for made, process in options:
        made.setPricingEngine(engine(process))
        prices.append(made.NPV())
    return np.array(prices)


def show(name: str, seconds: float, error: Floats) -> None:
    """One line of a table; a time that is not a number was not taken."""
    rms, worst = math.sqrt(np.square(error).mean()), np.abs(error).max()
    taken = "" if math.isnan(seconds) else f"{seconds * 1e6:8.1f} us an option"
    print(f"{name:36} {taken:21}   rms {rms:.1e} $   worst {worst:.1e} $")


if __name__ == "__main__":
    main()
