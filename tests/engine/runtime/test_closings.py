"""Closings: what of a position can be traded, at what prices, and when one is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.money import dollars
from engine.domain.order import OrderPurpose
from engine.domain.quote import Quote
from engine.domain.structure import StructureKind, shares_of
from engine.runtime import closings
from engine.runtime.closings import Closing
from tests.engine.runtime.scenes import CONDOR, call, hear, hold, made_of, put, quiet
from tests.fakes import Rig, chain_update, filled, new_york

PRICES = ("0.40", "0.90", "1.00", "0.50")


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """SPY at 100."""
    return quiet(tmp_path)


def without_bids(rig: Rig, monkeypatch: pytest.MonkeyPatch, *strikes: str) -> None:
    """Nobody bids at these strikes."""
    real = rig.desk.market.quote
    wanted = {dollars(strike) for strike in strikes}

    def quote(contract: object) -> Quote | None:
        found = real(contract)  # type: ignore[arg-type]
        if found is None or contract.strike not in wanted:  # type: ignore[attr-defined]
            return found
        return Quote(0, dollars("0.05"), found.at, found.volume, found.open_interest)

    monkeypatch.setattr(type(rig.desk.market), "quote", lambda _self, contract: quote(contract))


class TestWhatCanBeClosed:
    def test_a_whole_package_with_bids(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES, 3)
        assert closings.closable(rig.desk, position, 2, "why", "user") == (Closing(CONDOR, 2, "why", "user"),)

    def test_long_legs_that_nobody_bids_for_are_left(self, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        position = hold(rig, CONDOR, PRICES, 3)
        without_bids(rig, monkeypatch, "88", "115")
        (part,) = closings.closable(rig.desk, position, 3, "why")
        assert (part.structure.kind, part.structure.strikes, part.quantity) == (
            StructureKind.SHORT_STRANGLE, (dollars(93), dollars(110)), 3,
        )  # fmt: skip

    def test_with_no_bid_for_all_that_is_long_nothing_can_be_closed(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        position = hold(rig, made_of(put(88, 1)), ("0.40",))
        without_bids(rig, monkeypatch, "88")
        assert closings.closable(rig.desk, position, 1, "why") == ()
        assert not closings.close_position(rig.desk, position, "why")

    def test_a_short_leg_without_a_bid_is_still_bought_back(self, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        position = hold(rig, CONDOR, PRICES)
        without_bids(rig, monkeypatch, "93")
        (part,) = closings.closable(rig.desk, position, 1, "why")
        assert part.structure == CONDOR

    def test_options_go_before_the_shares_that_cover_them(self, rig: Rig) -> None:
        shares = hold(rig, shares_of("SPY"), ("100",), 200)
        covered = hold(rig, made_of(call(110, -1)), ("1.00",), 2, position_id=shares.position_id)
        assert covered.structure.kind is StructureKind.COVERED_CALL
        part, last = closings.closable(rig.desk, covered, 2, "why")
        assert (part.structure, part.quantity) == (made_of(call(110, -1)), 2)
        assert (last.structure.legs, last.structure.shares, last.quantity) == ((), 100, 2)
        assert closings.close(rig.desk, covered, part) == ()
        rig.desk.commit()
        hear(rig, filled(rig.broker.submitted[-1]))

        (left,) = rig.desk.book.positions.values()
        (part,) = closings.closable(rig.desk, left, 200, "why")
        assert (part.structure.legs, part.structure.shares, part.quantity) == ((), 1, 200)
        assert closings.close(rig.desk, left, part) == ()
        rig.desk.commit()
        order = rig.broker.submitted[-1]
        assert (order.structure, order.quantity) == (shares_of("SPY"), 200)
        # 100 is quoted 99.99 by 100.01: sold from the middle down to the bid.
        assert (order.limit, order.worst) == (-dollars(100), -dollars("99.99"))
        hear(rig, filled(order))
        assert rig.desk.book.positions == {}

    def test_short_shares_are_bought_back(self, rig: Rig) -> None:
        short = hold(rig, shares_of("SPY", is_long=False), ("101",), 100)
        assert closings.close_position(rig.desk, short, "cover")
        rig.desk.commit()
        (order,) = rig.broker.submitted
        assert (order.limit, order.worst, order.side * order.structure.shares) == (dollars(100), dollars("100.01"), 1)
        hear(rig, filled(order, price=dollars(100)))
        (closed,) = rig.closed
        assert closed.realised == dollars(100)


class TestPrices:
    def test_never_more_than_it_can_ever_cost(self, rig: Rig) -> None:
        # Both puts are worth all of their width: mid 5.00 and a half spread of 0.04 would be beyond it.
        position = hold(rig, made_of(put(126, 1), put(131 - 1, -1)), ("25", "29"))
        assert closings.close_position(rig.desk, position, "deep in the money")
        (order,) = rig.desk.book.orders.values()
        assert order.limit <= order.worst <= dollars(4)

    def test_a_quote_that_makes_no_sense_closes_nothing(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES)
        rig.desk.market.apply(chain_update(new_york(10, 0, 1), half_spread=-0.02))
        (denial,) = closings.close(rig.desk, position, Closing(CONDOR, 1, "why"))
        assert denial.code.value == "DATA_BAD"

    def test_a_typed_limit_needs_no_quote(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES)
        rig.desk.clock.advance_to(new_york(11))
        assert closings.close(rig.desk, position, Closing(CONDOR, 1, "why", "user", dollars("0.10"))) == ()

    def test_a_typed_limit_beyond_what_it_can_ever_cost_is_a_mistake(self, rig: Rig) -> None:
        position = hold(rig, made_of(put(88, 1), put(93, -1)), ("0.40", "0.90"))
        slip = Closing(position.structure, 1, "why", "user", dollars("5.01"))
        (denial,) = closings.close(rig.desk, position, slip)
        assert (denial.code.value, denial.measured, denial.limit) == ("TICK", dollars("5.01"), dollars(5))
        assert rig.desk.book.orders == {}
        assert closings.close(rig.desk, position, replace(slip, limit=dollars(5))) == ()

    def test_what_has_a_worth_never_costs_anything_to_be_rid_of(self, rig: Rig) -> None:
        position = hold(rig, made_of(put(88, 1)), ("0.40",))
        (denial,) = closings.close(rig.desk, position, Closing(position.structure, 1, "why", "user", dollars("0.40")))
        assert (denial.code.value, denial.limit) == ("TICK", 0)

    def test_a_naked_call_may_cost_any_price(self, rig: Rig) -> None:
        position = hold(rig, made_of(call(110, -1)), ("1.00",))
        assert closings.close(rig.desk, position, Closing(position.structure, 1, "why", "user", dollars(150))) == ()


class TestRefusals:
    def test_each_alone(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES, 2)
        whole = Closing(CONDOR, 2, "why")

        def code(closing: Closing = whole) -> list[str]:
            return [denial.code.value for denial in closings.close(rig.desk, position, closing)]

        assert code(Closing(CONDOR, 3, "why")) == ["ORDER_STATE"]
        assert code(Closing(CONDOR, 0, "why")) == ["ORDER_STATE"]
        assert code(Closing(made_of(put(94, -1)), 1, "why")) == ["ORDER_STATE"]
        assert code(Closing(shares_of("SPY"), 1, "why")) == ["ORDER_STATE"]
        assert code(Closing(CONDOR, 1, "why", limit=1)) == ["TICK"]
        rig.desk.halted = "the disk is full"
        assert code() == ["STORAGE"]
        rig.desk.halted = ""
        rig.desk.latch.set("button", "test")
        assert code() == ["STOPPED"]
        assert rig.desk.book.orders == {}

    def test_a_planned_closing_goes_on_while_everything_is_stopped(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES, 2)
        rig.desk.latch.set("button", "test")
        assert closings.close(rig.desk, position, Closing(CONDOR, 2, "plan", "user", is_planned=True)) == ()
        rig.desk.commit()
        assert [order.purpose for order in rig.broker.submitted] == [OrderPurpose.CLOSE], "and it leaves"

    def test_what_works_already_counts(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES, 2)
        assert closings.close(rig.desk, position, Closing(made_of(put(88, 1), put(93, -1)), 2, "puts")) == ()
        assert closings.close(rig.desk, position, Closing(CONDOR, 1, "all")) != ()
        assert closings.close(rig.desk, position, Closing(made_of(call(110, -1), call(115, 1)), 2, "calls")) == ()


def test_nothing_leaves_outside_the_session(rig: Rig) -> None:
    position = hold(rig, CONDOR, PRICES)
    rig.desk.clock.advance_to(new_york(16))
    rig.desk.market.apply(chain_update(new_york(16)))
    (denial,) = closings.close(rig.desk, position, Closing(CONDOR, 1, "why"))
    assert denial.code.value == "MARKET_CLOSED"
