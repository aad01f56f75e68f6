"""What the paper broker's account can bear: requirement of what is held, buying power left, what an order needs.

Nothing is lent: shares and long options are paid in full, naked puts are secured by their strikes. All else is the
margin of `analytics/margin`, pair by pair. What is held is kept at maintenance, what is new needs the initial rate.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.analytics.margin import BROAD_INDEX, MarginGroup, MarginRates, cash_secured_requirement, margin
from engine.core.money import Money
from engine.domain.instrument import OptionContract, Right
from engine.domain.ports import QuoteSource
from engine.domain.structure import Leg
from engine.domain.tick import INDEX_CLASSES
from engine.execution.paper_state import State, is_option, option_of, symbol_of

_EQUITY = MarginRates()


@dataclass(frozen=True, slots=True)
class Tied:
    """Cash that holdings of one underlying tie up, what shares sold short brought included: to open, and to keep."""

    initial: Money
    maintenance: Money


NOTHING_TIED = Tied(0, 0)


def share_price(symbol: str, quotes: QuoteSource) -> Money | None:
    """Middle of the shares' quote, in 1/10,000 USD; None when they have none."""
    quote = quotes.stock(symbol)
    return None if quote is None or not quote.is_good else quote.mid


class Requirements:
    """What holdings tie up by one set of quotes: each set of holdings is reckoned once."""

    def __init__(self, quotes: QuoteSource) -> None:
        self.quotes = quotes
        self._known: dict[tuple[str, tuple[tuple[str, int], ...]], Tied | None] = {}

    def tied(self, held: Mapping[str, int], symbol: str) -> Tied | None:
        """What holdings of one underlying tie up, None when its shares have no price."""
        key = symbol, tuple(sorted(held.items()))
        if key not in self._known:
            self._known[key] = _tied(held, symbol, self.quotes)
        return self._known[key]

    def change(self, positions: Mapping[str, int], symbol: str, moves: Mapping[str, int]) -> tuple[Tied, Tied] | None:
        """What an underlying's holdings tie up before and after `moves`; None when it has no price."""
        held = {name: count for name, count in positions.items() if symbol_of(name) == symbol}
        names = dict.fromkeys([*held, *moves])
        before = self.tied(held, symbol)
        after = self.tied({name: n for name in names if (n := held.get(name, 0) + moves.get(name, 0))}, symbol)
        return None if before is None or after is None else (before, after)

    def buying_power(self, state: State) -> Money | None:
        """Cash that nothing ties up: not holdings, not working orders. None when a share has no price."""
        by_symbol: dict[str, dict[str, int]] = {}
        for name, count in state.positions.items():
            by_symbol.setdefault(symbol_of(name), {})[name] = count
        left = state.cash - sum(state.tickets[order_id].held for order_id in state.live)
        for symbol, held in by_symbol.items():
            one = self.tied(held, symbol)
            if one is None:
                return None
            left -= one.maintenance
        return left


def _tied(held: Mapping[str, int], symbol: str, quotes: QuoteSource) -> Tied | None:
    shares = held.get(symbol, 0)
    options = tuple((name, count) for name, count in held.items() if is_option(name))
    if not options and not shares:
        return NOTHING_TIED
    spot = share_price(symbol, quotes)
    if spot is None:
        return None
    legs = tuple(Leg(option_of(name), count) for name, count in options)
    marks = {leg.contract: _option_price(leg.contract, spot, quotes) for leg in legs}
    needed = margin(legs, spot, marks, shares, BROAD_INDEX if symbol in INDEX_CLASSES else _EQUITY)
    if needed is None:
        return None
    value = spot * shares
    initial = sum(_requirement(group, group.initial, spot) for group in needed.groups)
    maintenance = sum(_requirement(group, group.maintenance, spot) for group in needed.groups)
    return Tied(initial - value, maintenance - value)


def _option_price(contract: OptionContract, spot: Money, quotes: QuoteSource) -> Money:
    """Mid; without two sides the one that there is, and without any what exercise pays."""
    quote = quotes.quote(contract)
    if quote is not None:
        price = quote.mid or quote.ask or quote.bid
        if price is not None:
            return price
    return max(0, contract.inside(spot))


def _requirement(group: MarginGroup, needed: Money, spot: Money) -> Money:
    if group.shares > 0:
        return max(needed, spot * group.shares)
    if group.rule == "naked":
        puts = [leg for leg in group.legs if leg.contract.right is Right.PUT]
        return max(needed, sum(cash_secured_requirement(leg.contract) * -leg.ratio for leg in puts))
    return needed
