"""The worst case of a book: against the exact bound, single prices and hand-made figures."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analytics.american import american_price
from engine.analytics.book_worst import Worst, book_risk
from engine.analytics.payoff import Holding, book_worst_case
from engine.analytics.stress_cells import INDEX_FALLS, KINDS, PRICE_MOVES, Prices
from engine.core.calendar import years_to_expiry
from engine.core.money import UNIT, Money, dollars
from engine.domain.position import Position
from engine.domain.quote import Quote
from tests.engine.risk.books import NOW, RATE, contract, position, prices

OPTIONS = ("+P85 -P90 -C110 +C115", "-P90", "+P85", "-P95 +P90", "-C110", "+C105 -C110", "-P100 -C100", "+C95")


def worst(positions: list[Position], market: Prices) -> Worst:
    risk = book_risk(positions, market)
    held = [piece.ratio * positions[piece.position].quantity for piece in risk.pieces]
    return risk.worst(risk.sum_of(np.array(held, dtype=np.int64)))


def without_stocks(market: Prices) -> Prices:
    """Nothing but the bound at expiry is left."""
    return Prices(market.now, market.quotes, {}, {}, market.rate)


@pytest.mark.parametrize(("one", "other"), [((0, 5), (1, 0)), ((1, 0), (1, 1)), ((0, 5), (0, 6))])
def test_what_is_unbounded_is_worse_than_any_loss(one: tuple[int, Money], other: tuple[int, Money]) -> None:
    assert Worst(*one) < Worst(*other)
    assert not Worst(*other) <= Worst(*one)
    assert Worst(*one).amount == (None if one[0] else one[1])


class TestBound:
    @given(
        book=st.lists(
            st.tuples(st.sampled_from(OPTIONS), st.integers(1, 5), st.sampled_from(["AAA", "BBB"])),
            min_size=1,
            max_size=5,
        )
    )
    def test_it_is_the_exact_bound_at_expiry_from_the_marks_of_now(self, book: list[tuple[str, int, str]]) -> None:
        positions = [position(str(place), *terms) for place, terms in enumerate(book)]
        market = prices(positions)
        holdings = []
        for each in positions:
            held = tuple((leg.contract, leg.ratio * each.quantity) for leg in each.structure.legs)
            mark = sum(sum(market.quotes[option].two_sided or ()) * 50 * count for option, count in held)
            holdings.append(Holding(held, -mark))
        exact = book_worst_case(holdings)
        found = worst(positions, without_stocks(market))
        if None in exact.values():
            assert found.naked > 0
        else:
            assert (found.naked, found.loss) == (0, sum(loss or 0 for loss in exact.values()))

    def test_shares_can_lose_all_and_calls_over_them_owe_nothing_more(self) -> None:
        covered = [position("P1", "+100S -C110")]
        market = prices(covered)
        premium = sum(market.quotes[contract("C110")].two_sided or ()) * 50
        assert worst(covered, market) == Worst(0, dollars(10_000) - premium)

    def test_shares_held_apart_cover_calls_as_well(self) -> None:
        apart = [position("P1", "+1S", 200), position("P2", "-C110", 2)]
        assert worst(apart, prices(apart)).naked == 0
        short = [position("P1", "+1S", 199), position("P2", "-C110", 2)]
        assert worst(short, prices(short)).naked == 1

    def test_shares_sold_short_are_owed_without_a_bound(self) -> None:
        assert worst([position("P1", "-1S", 40)], prices([])).naked == 40

    def test_a_calendar_is_covered_by_its_later_leg_and_a_short_one_is_not(self) -> None:
        calendar = [position("P1", "-C100 +C100'")]
        market = prices(calendar)
        debit = sum(market.quotes[contract("C100'")].two_sided or ()) - sum(
            market.quotes[contract("C100")].two_sided or ()
        )
        assert worst(calendar, without_stocks(market)) == Worst(0, debit * 50)
        assert worst([position("P1", "+C100 -C100'")], market).naked == 100

    def test_a_later_long_of_another_position_is_no_cover(self) -> None:
        apart = [position("P1", "-C100"), position("P2", "+C100'")]
        assert worst(apart, prices(apart)).naked == 100


class TestGrid:
    def value(self, text: str, spot: float, volatility: float) -> float:
        option = contract(text)
        years = years_to_expiry(NOW, option.expiration)
        at = american_price(
            spot, spot * np.exp(RATE * years), float(option.strike) / UNIT, years, RATE, volatility, text[0] == "P"
        )
        return float(at[0])

    def test_a_short_call_loses_most_up_thirty_percent_with_volatility_up_by_half(self) -> None:
        naked = [position("P1", "-C110", 2)]
        found = worst(naked, prices(naked))
        change = self.value("C110", 130, 0.45) - self.value("C110", 100, 0.3)
        assert found.naked == 200
        assert found.loss / UNIT == pytest.approx(200 * change, abs=0.02)

    def test_underlyings_move_together_and_each_by_itself(self) -> None:
        two = [position("P1", "-C110"), position("P2", "-C55", symbol="BBB")]
        one = [two[0]]
        assert worst(two, prices(two)).loss > worst(one, prices(one)).loss
        # A gain elsewhere does not help where only the one moves: what stands still has neither won nor lost.
        hedged = [two[0], position("P2", "+1S", 10, "BBB")]
        assert worst(hedged, prices(hedged)).loss == worst(one, prices(one)).loss > dollars(500)

    def test_its_cells_are_moves_by_volatilities_expiry_and_assignment(self) -> None:
        one = [position("P1", "-P90")]
        assert book_risk(one, prices(one)).layout.cells == PRICE_MOVES.size * KINDS + 2 * INDEX_FALLS.size
        two = [*one, position("P2", "-P45", symbol="BBB")]
        assert book_risk(two, prices(two)).layout.cells == 3 * PRICE_MOVES.size * KINDS + 2 * INDEX_FALLS.size
        assert PRICE_MOVES.tolist() == pytest.approx([place * 0.05 - 0.3 for place in range(13)])

    @pytest.mark.parametrize("volatilities", [{}, {contract("C110"): float("nan")}, {contract("C110"): -1.0}])
    def test_without_a_volatility_an_option_is_taken_to_expiry(self, volatilities: Mapping[object, float]) -> None:
        naked = [position("P1", "-C110")]
        market = prices(naked)
        blind = Prices(NOW, market.quotes, market.stocks, dict(volatilities), RATE)  # type: ignore[arg-type]
        premium = sum(market.quotes[contract("C110")].two_sided or ()) * 50
        assert worst(naked, blind).loss == dollars(2000) - premium

    def test_an_underlying_without_a_price_keeps_its_bound(self) -> None:
        both = [position("P1", "-P90"), position("P2", "-P45", symbol="BBB")]
        market = prices(both)
        half = Prices(NOW, market.quotes, {"AAA": market.stocks["AAA"]}, market.volatilities, RATE)
        assert worst(both, half).loss == worst(both, without_stocks(market)).loss
        risk = book_risk(both, half)
        assert (risk.rows[1, : risk.layout.cells] == 0).all()
        assert (risk.rows[0, : risk.layout.cells] != 0).any()


class TestMarks:
    def test_what_is_not_quoted_counts_at_its_model_value(self) -> None:
        put = [position("P1", "-P90")]
        market = prices(put)
        blind = Prices(NOW, {}, market.stocks, market.volatilities, RATE)
        assert worst(put, blind).loss == pytest.approx(worst(put, market).loss, abs=UNIT)

    def test_without_a_model_at_what_exercise_brings_and_else_at_nothing(self) -> None:
        put = [position("P1", "-P120")]
        assert worst(put, Prices(NOW, {}, prices([]).stocks, {}, RATE)).loss == dollars(12_000 - 2_000)
        assert worst(put, Prices(NOW, {}, {}, {}, RATE)).loss == dollars(12_000)

    def test_a_worthless_wing_counts_at_half_its_ask(self) -> None:
        wing = [position("P1", "+P50")]
        market = prices(wing, quotes={contract("P50"): Quote(0, 400, NOW)})
        assert worst(wing, market) == Worst(0, 200 * 100)


def test_money_spent_on_buying_back_a_short_never_widens_anything() -> None:
    risk = book_risk([position("P1", "-P90")], prices([position("P1", "-P90")]))
    row = risk.spent_row(0)
    assert (row[: risk.layout.cells] >= 0).all()
    assert (row[-1:] == 0).all()
    assert (risk.rows[0][: risk.layout.cells] == row[: risk.layout.cells] - risk.marks[0]).all()
