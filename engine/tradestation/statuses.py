"""What their order statuses mean for us. Sources: the OpenAPI document's list of 37, and which of them were captured.

The status is the lesser witness: what was done is read off the legs' cumulative quantities first.
"""

from enum import Enum

from engine.domain.order import OrderStatus


class Standing(Enum):
    """Where an order stands at TradeStation."""

    LIVE = "live"
    CANCEL_SENT = "a cancel is on its way"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"


_WORDS: dict[Standing, str] = {
    # RJC: a cancel was refused; LAT: too late to cancel; STP: its stop was hit. The order lives on.
    Standing.LIVE: "ACK DON OPN CND OSO PLA REC STP STT SUS FPR CHG RPD RSN RJC LAT",
    Standing.CANCEL_SENT: "UCN",
    Standing.FILLED: "FLL",
    # FLP: filled in part, the rest cancelled; OUT and UCH: out of the market; TSC: by their trade server.
    Standing.CANCELLED: "CAN OUT FLP SCN TSC UCH",
    Standing.REJECTED: "REJ",
    Standing.EXPIRED: "EXP",
}

STANDINGS: dict[str, Standing] = {word: standing for standing, words in _WORDS.items() for word in words.split()}
"""By their word. What is not here (BRO, DOA, RJR, ASS, OTHER, whatever they add) is parked: nothing is concluded."""

FINAL: dict[Standing, OrderStatus] = {
    Standing.FILLED: OrderStatus.FILLED,
    Standing.CANCELLED: OrderStatus.CANCELLED,
    Standing.REJECTED: OrderStatus.REJECTED,
    Standing.EXPIRED: OrderStatus.EXPIRED,
}


def standing_of(word: str) -> Standing | None:
    """What a status means, in any case; None for one that says nothing certain."""
    return STANDINGS.get(word.strip().upper())
