"""What lots that are held together take of a budget."""

from engine.core.money import Money, dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.position import Lot
from engine.risk.lot_power import lots_power
from tests.builders import NOW, condor, contract

PUT, CALL = contract(250), contract(270, Right.CALL)


def lot(what: OptionContract | None, count: int, cost: str) -> Lot:
    """A lot at a cost in dollars."""
    return Lot(what, count, dollars(cost), NOW)


def power(*lots: Lot, spot: Money | None = dollars(260)) -> Money | None:
    """Power of lots, every option at a dollar."""
    return lots_power(lots, spot, dict.fromkeys((each.contract for each in lots if each.contract), dollars(1)))


def test_nothing_takes_nothing() -> None:
    assert power() == 0


def test_a_short_put_is_secured_in_full() -> None:
    assert power(lot(PUT, -2, "-200")) == dollars(50_000)
    assert power(lot(PUT, -1, "-100"), spot=None) == dollars(25_000)


def test_shares_count_at_cost_and_a_covered_call_takes_nothing_more() -> None:
    assert power(lot(None, 100, "24000")) == dollars(24_000)
    assert power(lot(None, 100, "24000"), lot(CALL, -1, "-100")) == dollars(24_000)


def test_of_two_calls_only_one_is_covered() -> None:
    covered, both = (power(lot(None, 100, "24000"), lot(CALL, -count, "-100")) for count in (1, 2))

    assert covered is not None
    assert both is not None
    assert both > covered


def test_shares_sold_short_take_half_again() -> None:
    assert power(lot(None, -100, "-26000")) == dollars(39_000)


def test_a_condor_takes_its_wider_wing_less_the_credit() -> None:
    legs = condor().legs
    lots = [lot(leg.contract, leg.ratio, "-120" if number == 1 else "0") for number, leg in enumerate(legs)]

    assert power(*lots) == dollars(880)


def test_what_no_rule_can_tell_is_none() -> None:
    assert lots_power((lot(CALL, -1, "-100"),), dollars(260), {}) is None
