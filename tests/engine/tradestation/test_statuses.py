"""Their statuses."""

import pytest

from engine.domain.order import OrderStatus
from engine.tradestation.statuses import FINAL, STANDINGS, Standing, standing_of

ALL = [
    "ACK",
    "ASS",
    "BRC",
    "BRF",
    "BRO",
    "CAN",
    "CHG",
    "CND",
    "COR",
    "DIS",
    "DOA",
    "DON",
    "ECN",
    "EXE",
    "EXP",
    "FLL",
    "FLP",
    "FPR",
    "LAT",
    "OPN",
    "OSO",
    "OTHER",
    "OUT",
    "PLA",
    "REC",
    "REJ",
    "RJC",
    "RJR",
    "RPD",
    "RSN",
    "SCN",
    "STP",
    "STT",
    "SUS",
    "TSC",
    "UCH",
    "UCN",
]
"""The 37 of the document."""


@pytest.mark.parametrize("word", ALL)
def test_each_status_of_the_document_means_something_or_is_parked(word: str) -> None:
    is_parked = word in {"ASS", "BRC", "BRF", "BRO", "COR", "DIS", "DOA", "ECN", "EXE", "OTHER", "RJR"}
    assert (standing_of(word) is None) == is_parked
    assert standing_of(word.lower()) is standing_of(word)


def test_none_is_named_that_they_do_not_have() -> None:
    assert STANDINGS.keys() <= set(ALL)


def test_only_a_final_word_ends_an_order() -> None:
    assert {word: FINAL[standing] for word, standing in STANDINGS.items() if standing in FINAL} == {
        "FLL": OrderStatus.FILLED,
        **dict.fromkeys(("CAN", "OUT", "FLP", "SCN", "TSC", "UCH"), OrderStatus.CANCELLED),
        "REJ": OrderStatus.REJECTED,
        "EXP": OrderStatus.EXPIRED,
    }
    assert standing_of("UCN") is Standing.CANCEL_SENT
    assert standing_of("a new one") is None
