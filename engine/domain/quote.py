"""A quote of one contract, as the gate, the brokers and the marks see it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.core.money import CENT, Money
from engine.domain.quote_flags import UNTRADABLE, pair_flags


@dataclass(frozen=True, slots=True)
class Quote:
    """Best bid and ask of one contract, per share; None where that side is missing or not a finite number.

    `at` is the exchange's (or the recording's) time, never the time of arrival.
    """

    bid: Money | None
    ask: Money | None
    at: datetime
    volume: int | None = None
    open_interest: int | None = None

    @property
    def is_good(self) -> bool:
        """Tradable: 0 < bid <= ask, and no price that cannot be."""
        return self.bid is not None and self.ask is not None and not pair_flags(self.bid, self.ask) & UNTRADABLE

    @property
    def two_sided(self) -> tuple[Money, Money] | None:
        """Bid and ask where they can price something: 0 <= bid <= ask and ask > 0; else None.

        A zero bid is a worthless wing. Nobody asks nothing for an option: recordings write 0 by 0 where a contract,
        however valuable, was not quoted.
        """
        if self.bid is None or self.ask is None or not 0 <= self.bid <= self.ask or self.ask == 0:
            return None
        return self.bid, self.ask

    @property
    def mid(self) -> Money | None:
        """Middle of a two-sided quote; a worthless wing is marked at half its ask."""
        sides = self.two_sided
        return None if sides is None else sum(sides) // 2

    def age(self, now: datetime) -> timedelta:
        """How old the quote is at `now`."""
        return now - self.at


def stock_quote(spot: Money, at: datetime) -> Quote:
    """A quote of shares around a price: a spread of two basis points, a cent at the least.

    Neither recordings nor chains tell what shares were bid and offered at; liquid names trade a cent apart.
    """
    spread = max(CENT, -(-spot * 2 // 10_000 // CENT) * CENT)
    bid = max(0, (spot - spread // 2) // CENT * CENT)
    return Quote(bid, bid + spread, at)
