"""How much of a mindfolio leans on one symbol, or on one sector: two measures of each holding, as columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.core.money import Money
from engine.domain.chain import Ints
from engine.domain.concentration import Concentration
from engine.domain.quote_flags import Flags


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """The holdings as columns (h,): `power` and `delta` in 1/10,000 USD, delta 0 where it is not `known`.

    `symbol` indexes `symbols`, which are sorted; `sector` has the sector of each of those, "" where unknown.
    """

    nav: Money
    power: Ints
    delta: Ints
    known: Flags
    symbol: Ints
    symbols: tuple[str, ...]
    sector: tuple[str, ...]

    def of(self, *symbols: str) -> Flags:
        """Holdings (h,) in any of these symbols."""
        places = [place for place, symbol in enumerate(self.symbols) if symbol in symbols]
        return np.isin(self.symbol, places)

    def size(self, members: Flags) -> tuple[Money, Money]:
        """Power, and the size of the delta, of the holdings marked."""
        return int(self.power[members].sum()), abs(int(self.delta[members].sum()))


def measured(
    nav: Money,
    symbols: Sequence[str],
    powers: Sequence[Money],
    deltas: Sequence[Money | None],
    sectors: Mapping[str, str],
) -> Measures:
    """The columns of holdings (h,): the symbol, power and dollar delta of each; None is an unknown delta."""
    names = tuple(sorted(set(symbols)))
    place = {symbol: number for number, symbol in enumerate(names)}
    return Measures(
        nav,
        np.array(powers, dtype=np.int64),
        np.array([delta or 0 for delta in deltas], dtype=np.int64),
        np.array([delta is not None for delta in deltas], dtype=np.bool_),
        np.array([place[symbol] for symbol in symbols], dtype=np.int64),
        names,
        tuple(sectors.get(symbol, "") for symbol in names),
    )


def share(amount: Money, nav: Money) -> float:
    """An amount in percent of NAV, to two decimals."""
    return round(100 * amount / nav, 2)


def concentrations(measures: Measures) -> tuple[tuple[Concentration, ...], tuple[Concentration, ...]]:
    """What each symbol weighs, and what each sector does: the heavier of the two measures first, then by name."""
    groups = tuple(sorted(set(measures.sector)))
    number = {sector: place for place, sector in enumerate(groups)}
    of_symbol = np.array([number[sector] for sector in measures.sector], dtype=np.int64)
    return _weighed(measures, measures.symbols, measures.symbol), _weighed(measures, groups, of_symbol[measures.symbol])


def _weighed(measures: Measures, names: Sequence[str], place: Ints) -> tuple[Concentration, ...]:
    power, delta, unknown = (np.zeros(len(names), dtype=np.int64) for _ in range(3))
    np.add.at(power, place, measures.power)  # whole numbers, where bincount would add floats
    np.add.at(delta, place, measures.delta)
    np.add.at(unknown, place, ~measures.known)
    nav = measures.nav
    rows = [
        Concentration(
            name,
            weight,
            share(weight, nav) if nav > 0 else None,
            leaning,
            share(leaning, nav) if nav > 0 else None,
            missing,
        )
        for name, weight, leaning, missing in zip(names, power.tolist(), delta.tolist(), unknown.tolist(), strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: (-max(row.power, abs(row.delta)), row.name)))
