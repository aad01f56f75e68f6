"""What is held as columns: contracts at their implied volatilities, shares, and what is left out."""

from collections.abc import Callable

import numpy as np
import pytest

from engine.core.money import dollars
from engine.domain.chain import Chain
from engine.domain.structure import shares_of
from engine.portfolio.held_legs import held_legs
from tests.builders import NOW, condor, position


def test_options_and_shares_become_rows_and_what_has_no_price_is_named(make_chain: Callable[..., Chain]) -> None:
    chain = make_chain("TSLA", 260.0, (240, 250, 260, 270, 280))
    held = (
        position(quantity=2),
        position(position_id="P000002", structure=condor(symbol="SPY")),
        position(position_id="P000003", structure=shares_of("TSLA"), quantity=100, cost=dollars(26_000)),
    )
    found = held_legs(held, {"TSLA": chain}, NOW, 0.04)
    assert (found.symbols, found.positions) == (("TSLA",), ("P000001", "P000003"))
    assert found.left_out == ("P000002",)
    legs = found.legs
    assert legs.size.tolist() == [200, -200, -200, 200, 100]
    assert legs.strike[:4].tolist() == [240, 250, 270, 280]
    assert np.isnan(legs.strike[4])
    assert legs.volatility[:4] == pytest.approx(0.25, rel=1e-4)
    assert (legs.position.tolist(), legs.symbol.tolist()) == ([0, 0, 0, 0, 1], [0] * 5)


def test_nothing_held_is_no_row() -> None:
    assert held_legs((), {}, NOW, 0.04).legs.spot.size == 0
