"""American options by another house: QuantLib, as the tests' independent opinion."""

import math

import QuantLib as ql  # noqa: N813 - the name that its users give it

TODAY = ql.Date(15, 6, 2026)
_DAY_COUNT = ql.Actual365Fixed()


def american_by_quantlib(
    spot: float, forward: float, strike: float, years: float, rate: float, volatility: float, *, is_put: bool
) -> float:
    """Price by the exercise boundary with QuantLib's default accuracy (2e-6 $ on a spot of 100)."""
    process, exercise, payoff = _terms(spot, forward, strike, years, rate, volatility, is_put=is_put)
    option = ql.VanillaOption(payoff, exercise)
    option.setPricingEngine(ql.QdFpAmericanEngine(process, ql.QdFpAmericanEngine.accurateScheme()))
    return float(option.NPV())


def volatility_and_delta_by_quantlib(
    mid: float, spot: float, forward: float, strike: float, years: float, rate: float, *, is_put: bool
) -> tuple[float, float]:
    """The volatility that gives a mid price, and its delta by a move of $1 each way, the forward in proportion."""

    def price(volatility: float, at: float) -> float:
        return american_by_quantlib(at, forward * at / spot, strike, years, rate, volatility, is_put=is_put)

    low, high = 0.05, 1.5
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if price(middle, spot) > mid else (middle, high)
    found = (low + high) / 2
    return found, (price(found, spot + 1) - price(found, spot - 1)) / 2


def american_with_dividends_by_quantlib(
    spot: float,
    strike: float,
    days: int,
    rate: float,
    volatility: float,
    dividends: dict[int, float],
    *,
    is_put: bool,
    grid: int = 500,
) -> float:
    """Price by finite differences under cash dividends: day of each from today, and its amount in $."""
    years = days / 365
    process, exercise, payoff = _terms(
        spot, spot * math.exp(rate * years), strike, years, rate, volatility, is_put=is_put
    )
    paid = ql.DividendVector([TODAY + day for day in dividends], list(dividends.values()))
    option = ql.VanillaOption(payoff, exercise)
    option.setPricingEngine(ql.FdBlackScholesVanillaEngine(process, paid, grid, grid * 3 // 2))
    return float(option.NPV())


def _terms(
    spot: float, forward: float, strike: float, years: float, rate: float, volatility: float, *, is_put: bool
) -> tuple[ql.BlackScholesMertonProcess, ql.AmericanExercise, ql.PlainVanillaPayoff]:
    """QuantLib counts whole days: rates and variance are spread over the nearest number of them instead."""
    ql.Settings.instance().evaluationDate = TODAY
    days = max(1, round(years * 365))
    stretch = years / (days / 365)
    dividend_yield = rate - math.log(forward / spot) / years
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(spot)),
        ql.YieldTermStructureHandle(ql.FlatForward(TODAY, dividend_yield * stretch, _DAY_COUNT)),
        ql.YieldTermStructureHandle(ql.FlatForward(TODAY, rate * stretch, _DAY_COUNT)),
        ql.BlackVolTermStructureHandle(
            ql.BlackConstantVol(TODAY, ql.NullCalendar(), volatility * math.sqrt(stretch), _DAY_COUNT)
        ),
    )
    kind = ql.Option.Put if is_put else ql.Option.Call
    return process, ql.AmericanExercise(TODAY, TODAY + days), ql.PlainVanillaPayoff(kind, strike)
