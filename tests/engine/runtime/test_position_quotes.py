"""What a person is told before a closing or a roll is what the command then does, and is refused with."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain.account import EXTERNAL
from engine.domain.denial import Denial
from engine.domain.order import OrderPurpose
from engine.domain.structure import Leg, shares_of
from engine.runtime.position_quotes import closing_quote, roll_quote
from tests.engine.runtime.scenes import CONDOR, MODULE, call, denied, give, hold, made_of, put, quiet
from tests.fakes import EXPIRATION, Rig, chain_update, new_york

PRICES = ("0.40", "0.90", "1.00", "0.50")
LATER = EXPIRATION + dt.timedelta(days=28)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """SPY at 100 with two expirations, nothing held."""
    made = quiet(tmp_path)
    made.desk.market.apply(chain_update(new_york(10), expirations=(EXPIRATION, LATER)))
    return made


def without_text(denials: tuple[Denial, ...] | list[Denial]) -> list[Denial]:
    return [replace(denial, facts={}) for denial in denials]


class TestClosing:
    def test_the_first_order_starts_at_mid_and_the_natural_price_is_its_worst(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES, 3)
        quote = closing_quote(rig.desk, position, 2)
        (part,) = quote.parts
        assert quote.denials == ()
        assert part.mid is not None
        assert part.natural == part.mid + dollars("0.08"), "four legs, each two cents from its mid"
        assert (quote.at_mid, quote.at_natural) == (part.mid * 200, part.natural * 200)
        assert give(rig, cmd.ClosePosition(position.position_id, 2, None, "user", "x")) == []
        (order,) = rig.broker.submitted
        assert (order.quantity, order.structure) == (part.quantity, part.structure)
        assert order.limit >= part.mid
        assert order.worst >= part.natural

    def test_options_with_shares_are_several_orders_one_after_the_other(self, rig: Rig) -> None:
        position = hold(rig, shares_of("SPY"), ("100",), 100)
        hold(rig, made_of(call(105, -1)), ("1.00",), position_id=position.position_id)
        quote = closing_quote(rig.desk, rig.desk.book.positions[position.position_id], 1)
        assert [part.quantity for part in quote.parts] == [1, 100]
        assert [part.structure.multiplier for part in quote.parts] == [100, 1]
        assert quote.at_mid is not None
        assert quote.at_mid < dollars(-9000), "selling the shares brings cash"

    def test_a_leg_without_a_price_leaves_the_whole_without_one(self, rig: Rig) -> None:
        position = hold(rig, made_of(put(50, -1)), ("1.00",))
        quote = closing_quote(rig.desk, position, 1)
        assert (quote.at_mid, quote.at_natural, quote.parts[0].mid) == (None, None, None)

    @pytest.mark.parametrize("case", ["stopped", "halted", "closed", "working", "too many", "external"])
    def test_it_is_refused_in_advance_as_the_command_is(self, rig: Rig, case: str) -> None:
        module = EXTERNAL if case == "external" else MODULE
        position, quantity = hold(rig, CONDOR, PRICES, 2), 1
        match case:
            case "stopped":
                rig.desk.latch.set("test", "a test")
            case "halted":
                rig.desk.halted = "no space left"
            case "closed":
                rig.desk.clock.advance_to(new_york(16, 30))
            case "working":
                assert give(rig, cmd.ClosePosition(position.position_id, 2, None, "user", "x")) == []
            case "too many":
                quantity = 3
            case "external":
                position = replace(position, module_id=module)
                rig.desk.book.positions[position.position_id] = position
        told = closing_quote(rig.desk, position, quantity)
        assert told.denials != ()
        refused = denied(rig, cmd.ClosePosition(position.position_id, quantity, None, "user", "x"))
        assert without_text(told.denials) == without_text(refused)

    def test_what_nobody_bids_for_is_left(self, rig: Rig) -> None:
        update = chain_update(new_york(10))
        rig.desk.market.apply(replace(update, bid=update.bid * 0))
        position = hold(rig, made_of(put(75, 1)), ("0.01",))
        quote = closing_quote(rig.desk, position, 1)
        assert [denial.code for denial in quote.denials] == ["DATA_BAD"]
        assert quote.parts == ()


class TestRoll:
    closes = (put(88, 1), put(93, -1))
    opens = (put(87, 1, LATER), put(92, -1, LATER))

    def test_its_prices_are_those_of_the_order(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES, 2)
        quote = roll_quote(rig.desk, position, self.closes, self.opens)
        assert quote.mid is not None
        assert quote.worst is not None
        assert quote.natural is not None
        assert quote.mid < quote.worst <= quote.natural
        assert (quote.at_mid, quote.at_worst) == (quote.mid * 200, quote.worst * 200)

    def test_it_is_refused_in_advance_as_the_command_is(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES, 2)
        quote = roll_quote(rig.desk, position, self.closes, self.opens)
        command = cmd.RollPosition(position.position_id, self.closes, self.opens, None, "user", "x")
        assert without_text(denied(rig, command)) == without_text(quote.denials)

    @pytest.mark.parametrize("case", ["external", "nothing", "working", "no price"])
    def test_what_cannot_be_a_roll_says_why(self, rig: Rig, case: str) -> None:
        position = hold(rig, CONDOR, PRICES)
        opens: tuple[Leg, ...] = self.opens
        match case:
            case "external":
                position = replace(position, module_id=EXTERNAL)
                rig.desk.book.positions[position.position_id] = position
            case "nothing":
                opens = ()
            case "working":
                assert give(rig, cmd.ClosePosition(position.position_id, 1, None, "user", "x")) == []
            case "no price":
                opens = (put(50, -1, LATER),)
        quote = roll_quote(rig.desk, position, self.closes, opens)
        assert (quote.mid, quote.at_mid) == (None, None)
        command = cmd.RollPosition(position.position_id, self.closes, opens, None, "user", "x")
        assert without_text(denied(rig, command)) == without_text(quote.denials) != []

    def test_a_good_roll_is_not_refused(self, rig: Rig) -> None:
        rig.desk.book.limits = replace(rig.desk.book.limits, max_symbol_share_pct=100)
        module = rig.desk.book.modules[MODULE]
        kinds = (made_of(put(93, -1)).kind, *module.spec.structures)
        limits = replace(module.spec.limits, max_risk_per_trade=dollars(20_000))
        module.spec = replace(module.spec, structures=kinds, limits=limits)
        position = hold(rig, made_of(put(93, -1)), ("0.90",))
        closes, opens = (put(93, -1),), (put(92, -1, LATER),)
        quote = roll_quote(rig.desk, position, closes, opens)
        assert quote.denials == ()
        assert give(rig, cmd.RollPosition(position.position_id, closes, opens, None, "user", "x")) == []
        (order,) = rig.broker.submitted
        assert (order.purpose, order.limit, order.worst) == (OrderPurpose.ROLL, quote.mid, quote.worst)
