"""Books of positions with quotes that are the model's own, for what is asked of a closing plan."""

import datetime as dt
from collections.abc import Iterable, Mapping

import numpy as np

from engine.analytics.american import american_price
from engine.analytics.stress_cells import Prices
from engine.core.calendar import years_to_expiry
from engine.core.money import CENT, UNIT, Money, dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.position import Position
from engine.domain.quote import Quote
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from engine.domain.structure_shapes import recognise

NOW = dt.datetime(2026, 3, 16, 19, 0, tzinfo=dt.UTC)
FRONT, BACK = dt.date(2026, 4, 17), dt.date(2026, 5, 15)
RATE = 0.04
SPOTS: Mapping[str, Money] = {"AAA": dollars(100), "BBB": dollars(50), "CCC": dollars(250)}


def contract(text: str, symbol: str = "AAA", day: dt.date = FRONT) -> OptionContract:
    """ "P90", or "C110'" for the later expiration."""
    right, strike = Right(text[0]), text[1:].rstrip("'")
    return OptionContract(symbol, BACK if text.endswith("'") else day, dollars(strike), right)


def structure(text: str, symbol: str = "AAA") -> Structure:
    """ "+P85 -P90 -C110 +C115", "+100S -C110", "-2C110"."""
    legs, shares = [], 0
    for word in text.split():
        sign = 1 if word[0] == "+" else -1
        if word.endswith("S"):
            shares = sign * int(word[1:-1])
        else:
            count = word[1:].split("P")[0].split("C")[0]
            legs.append(Leg(contract(word[1 + len(count) :], symbol), sign * int(count or 1)))
    if not legs:
        return shares_of(symbol, is_long=shares > 0)
    return Structure(recognise(tuple(legs), shares) or StructureKind.CUSTOM, tuple(legs), shares)


def position(name: str, text: str, quantity: int = 1, symbol: str = "AAA") -> Position:
    """An open position of one module."""
    return Position(name, "iv", structure(text, symbol), quantity, quantity, 0, NOW)


def prices(
    positions: Iterable[Position],
    *,
    spots: Mapping[str, Money] = SPOTS,
    volatility: float = 0.3,
    half: Money = 2 * CENT,
    quotes: Mapping[OptionContract, Quote] | None = None,
) -> Prices:
    """Quotes around the model's value, `half` a spread to each side, for all that is held; `quotes` come on top."""
    contracts = sorted({leg.contract for each in positions for leg in each.structure.legs})
    found = {each: _quote(each, spots[each.underlying], volatility, half) for each in contracts}
    stocks = {symbol: Quote(spot - CENT, spot + CENT, NOW) for symbol, spot in spots.items()}
    return Prices(NOW, found | dict(quotes or {}), stocks, dict.fromkeys(contracts, volatility), RATE)


def _quote(option: OptionContract, spot: Money, volatility: float, half: Money) -> Quote:
    years = years_to_expiry(NOW, option.expiration)
    at, strike = spot / UNIT, option.strike / UNIT
    value = american_price(at, at * np.exp(RATE * years), strike, years, RATE, volatility, option.right is Right.PUT)
    mid = max(3 * CENT, round(float(value[0]) * 100) * CENT)
    return Quote(max(CENT, mid - half), mid + half, NOW)
