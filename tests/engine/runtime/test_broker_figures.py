"""The broker's figures: what is no amount is none, and who only looks asks at most every half a minute."""

import datetime as dt

import pytest

from engine.core.money import Money, dollars
from engine.domain.structure import Structure
from engine.runtime.broker_figures import KEPT_FOR, LARGEST_FIGURE, Opening, Rehearsed, broker_figure
from tests.builders import NOW, condor
from tests.fakes import ScriptedBroker


class CountingBroker(ScriptedBroker):
    """Holds a dollar more each time that it is asked, or nothing while its line is down."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[Structure, Money, int, int]] = []
        self.is_down = False

    def preview(self, structure: Structure, net_price: Money, quantity: int, shares: int = 0) -> Money | None:
        self.asked.append((structure, net_price, quantity, shares))
        if self.is_down:
            raise ConnectionError("no line")
        return dollars(len(self.asked))


@pytest.mark.parametrize(
    ("told", "figure"),
    [(5, 5), (-5, -5), (None, None), (float("nan"), None), (5.0, None), (True, None), (LARGEST_FIGURE + 1, None)],
)
def test_what_is_no_amount_is_none(told: Money | None, figure: Money | None) -> None:
    assert broker_figure(lambda: told) == figure


def test_who_looks_again_is_told_the_same_for_half_a_minute() -> None:
    broker, kept, opening = CountingBroker(), Rehearsed(), Opening(condor(), dollars("-1.20"), 2, 0)
    looks = [kept.of(opening, broker, NOW + dt.timedelta(seconds=second)) for second in range(0, 60, 2)]
    assert looks == [dollars(1)] * 15 + [dollars(2)] * 15
    assert broker.asked == [(condor(), dollars("-1.20"), 2, 0)] * 2


@pytest.mark.parametrize(
    "other",
    [
        Opening(condor(), dollars("-1.19"), 2, 0),
        Opening(condor(), dollars("-1.20"), 3, 0),
        Opening(condor(), dollars("-1.20"), 2, 100),
        Opening(condor((235, 245, 270, 280)), dollars("-1.20"), 2, 0),
    ],
)
def test_another_price_quantity_cover_or_structure_is_another_question(other: Opening) -> None:
    broker, kept = CountingBroker(), Rehearsed()
    assert kept.of(Opening(condor(), dollars("-1.20"), 2, 0), broker, NOW) == dollars(1)
    assert kept.of(other, broker, NOW) == dollars(2)


def test_a_line_that_is_down_is_not_asked_every_other_second() -> None:
    broker, kept, opening = CountingBroker(), Rehearsed(), Opening(condor(), dollars("-1.20"), 2, 0)
    broker.is_down = True
    assert [kept.of(opening, broker, NOW) for _ in range(5)] == [None] * 5
    assert len(broker.asked) == 1
    broker.is_down = False
    assert kept.of(opening, broker, NOW + KEPT_FOR) == dollars(2)


def test_whoever_trades_asks_each_time() -> None:
    broker, opening = CountingBroker(), Opening(condor(), dollars("-1.20"), 2, 0)
    assert [opening.asked(broker) for _ in range(3)] == [dollars(1), dollars(2), dollars(3)]
