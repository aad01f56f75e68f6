"""A candidate whose figures are left to the gate."""

from engine.core.money import dollars
from engine.domain.candidate import plain_candidate
from engine.domain.order import OrderPurpose
from tests.builders import condor


def test_only_what_is_known_of_it_is_filled_in() -> None:
    prices = dollars("-1.20"), dollars("-1.10")
    plain = plain_candidate("alpha", condor(), 2, prices, 7, ("because",))
    assert (plain.net_price, plain.worst_price, plain.quantity, plain.generation) == (*prices, 2, 7)
    assert (plain.buying_power, plain.max_risk, plain.costs, plain.iv_rank) == (0, 0, 0, None)
    assert (plain.purpose, plain.position_id) == (OrderPurpose.OPEN, "")

    closing = plain_candidate(
        "alpha", condor(), 2, prices, 7, ("because",), costs=dollars(5), purpose=OrderPurpose.CLOSE, position_id="P1"
    )
    assert (closing.costs, closing.purpose, closing.position_id) == (dollars(5), OrderPurpose.CLOSE, "P1")
