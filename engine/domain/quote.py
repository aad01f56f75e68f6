"""A quote of one contract, as the gate, the brokers and the marks see it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.core.money import Money


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
        """Tradable: 0 < bid <= ask."""
        return self.bid is not None and self.ask is not None and 0 < self.bid <= self.ask

    @property
    def mid(self) -> Money | None:
        """Middle of bid and ask; None unless 0 <= bid <= ask and ask > 0.

        A zero bid marks a worthless wing at half its ask; nothing on both sides is no quote at all.
        """
        if self.bid is None or self.ask is None or not 0 <= self.bid <= self.ask or self.ask == 0:
            return None
        return (self.bid + self.ask) // 2

    def age(self, now: datetime) -> timedelta:
        """How old the quote is at `now`."""
        return now - self.at
