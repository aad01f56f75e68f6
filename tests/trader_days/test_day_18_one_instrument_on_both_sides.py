"""A scalper is short shares against its straddle, and an assignment gives another module shares of the same name.

The account nets them, and each of the two goes on as if it were alone:

    | step                                        | GAMMA | PUTS | account |
    |---------------------------------------------|-------|------|---------|
    | Mon: sells 40 short against the straddle    |   -40 |      |     -40 |
    | Sat: 100 come by assignment                 |   -40 | +100 |     +60 |
    | Mon: buys 30 back                           |   -10 | +100 |     +90 |
    | Mon: sells 50 short                         |   -60 | +100 |     +40 |
    | Mon: the shares are sold, 40 and then 60    |   -60 |      |     -60 |
    | Mon: out of everything                      |       |      |         |
"""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.account import EXTERNAL, Resolution
from engine.domain.candidate import Finding
from engine.domain.mindfolio import ModuleKind
from engine.domain.order import Order, OrderPurpose
from engine.domain.position import Position
from engine.domain.scan import Action, Exit, Hedge, ManageContext, ScanContext
from engine.domain.structure import shares_of
from tests.fakes import EXPIRATION, chain_update
from tests.trader_days.day import Day, at, call, made_of, mindfolio, module, put

MONDAY, FRIDAY, NEXT_MONDAY = dt.date(2026, 3, 16), dt.date(2026, 3, 20), dt.date(2026, 3, 23)
STRADDLE = made_of((put("XYZ", 100, EXPIRATION), 1), (call("XYZ", 100, EXPIRATION), 1))
SHORT_PUT = made_of((put("XYZ", 98, FRIDAY), -1))
SHARES = shares_of("XYZ")


class Scalper:
    """Holds its hedge at `target` shares, and goes when it is told to."""

    kind = ModuleKind.GAMMA_SCALPER

    def __init__(self) -> None:
        self.target: int | None = None
        self.is_out = False

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        return ()

    def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
        if not position.structure.legs:
            return ()
        if self.is_out:
            return (Exit(position.position_id, "out"),)
        wanted = 0 if self.target is None else self.target - position.shares
        return (Hedge(position.position_id, wanted, "delta"),) if wanted else ()


class Silent(Scalper):
    """A module whose trades a person enters."""

    def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
        return ()


def chains(day: dt.date, spots: dict[str, float]) -> list[Any]:
    return [
        chain_update(
            at(day, clock), spot, symbol="XYZ", strikes=(95.0, 106.0, 1.0),
            expirations=(FRIDAY, EXPIRATION) if day <= FRIDAY else (EXPIRATION,),
        )
        for clock, spot in spots.items()
    ]  # fmt: skip


def minutes(day: dt.date, spot: float, many: int = 30) -> list[Any]:
    """The same price each minute from 10:00."""
    return chains(day, {f"10:{minute:02d}": spot for minute in range(many)})


@pytest.fixture
def scalper() -> Scalper:
    return Scalper()


@pytest.fixture
def day(tmp_path: Path, scalper: Scalper) -> Day:
    """Monday 10:03: GAMMA holds a straddle and 40 shares short against it, PUTS a short put that ends at 97."""
    ticks = [*minutes(MONDAY, 100.0), *chains(FRIDAY, {"15:50": 97.0}), *minutes(NEXT_MONDAY, 97.0)]
    specs = [(module("GAMMA", "XYZ"), "20000"), (module("PUTS", "XYZ"), "50000"), (module("OTHER", "XYZ"), "5000")]
    made = Day(tmp_path, mindfolio(specs, "100000"), ticks)
    silent = Silent()
    made.desk.strategy_of = lambda spec: scalper if spec.module_id == "GAMMA" else silent
    made.until(at(MONDAY, "10:00:10"))
    assert made.enter("GAMMA", STRADDLE, "6.60") == ()
    assert made.enter("PUTS", SHORT_PUT, "-0.30") == ()
    made.until(at(MONDAY, "10:01:30"))
    assert set(made.positions) == {"P000001", "P000002"}
    scalper.target = -40
    made.until(at(MONDAY, "10:03:30"))
    assert shares(made) == {"P000001": -40}
    return made


def shares(day: Day) -> dict[str, int]:
    return {name: held.shares for name, held in day.book.positions.items() if held.shares}


def account(day: Day) -> int:
    return day.paper._state.positions.get("XYZ", 0)


def rejected(day: Day) -> list[str]:
    return [text for text in day.alerts if "rejected" in text]


def intended(day: Day) -> list[Order]:
    return [event.order for event in day.events(ev.OrderIntended) if isinstance(event, ev.OrderIntended)]


def assigned(day: Day) -> None:
    day.until(at(NEXT_MONDAY, "10:00:10"))
    assert shares(day) == {"P000001": -40, "P000002": 100}
    assert account(day) == 60
    day.agrees_with_the_broker()


class TestBesideAssignedShares:
    def test_the_whole_day(self, day: Day, scalper: Scalper) -> None:
        assigned(day)
        scalper.target = -10
        day.until(at(NEXT_MONDAY, "10:03"))
        assert (shares(day), account(day)) == ({"P000001": -10, "P000002": 100}, 90)

        scalper.target = -60
        day.until(at(NEXT_MONDAY, "10:05"))
        assert (shares(day), account(day)) == ({"P000001": -60, "P000002": 100}, 40)

        before = len(intended(day))
        assert day.close("P000002") == ()
        day.until(at(NEXT_MONDAY, "10:08"))
        assert (shares(day), account(day)) == ({"P000001": -60}, -60)
        assert [(each.purpose, each.quantity) for each in intended(day)[before:]] == [
            (OrderPurpose.CLOSE, 40), (OrderPurpose.CLOSE, 60),
        ]  # fmt: skip

        scalper.is_out = True
        day.until(at(NEXT_MONDAY, "10:12"))
        assert (day.positions, account(day)) == ({}, 0)
        assert rejected(day) == []
        assert sum(day.book.balances.values()) == 0
        day.agrees_with_the_broker()
        day.restart()
        day.agrees_with_the_broker()

    def test_a_person_is_told_once_in_plain_words(self, day: Day, scalper: Scalper) -> None:
        assigned(day)
        for minute, target in enumerate((-30, -20, -10)):
            scalper.target = target
            day.until(at(NEXT_MONDAY, f"10:{2 * minute + 2:02d}:30"))
        assert shares(day) == {"P000001": -10, "P000002": 100}
        told = [text for text in day.alerts if "the account" in text]
        words = "10 x XYZ short stock of P000001 are closed against the account's sum: P000002 holds the other side"
        assert told == [words]
        assert day.close("P000002") == ()
        words = "90 of 100 x XYZ long stock of P000002 are closed first: P000001 holds the other side, and the account"
        assert day.alerts[-1].startswith(words)

    def test_more_than_the_account_nets_is_hedged_in_two_orders(self, day: Day, scalper: Scalper) -> None:
        assigned(day)
        assert day.close("P000002", quantity=40) == ()
        day.until(at(NEXT_MONDAY, "10:02"))
        assert (shares(day), account(day)) == ({"P000001": -40, "P000002": 60}, 20)
        before = len(intended(day))
        scalper.target = -70
        day.until(at(NEXT_MONDAY, "10:05"))
        assert (shares(day), account(day)) == ({"P000001": -70, "P000002": 60}, -10)
        assert [each.quantity for each in intended(day)[before:]] == [20, 10]
        assert rejected(day) == []
        day.agrees_with_the_broker()

    def test_a_persons_limit_is_for_no_more_than_one_order_may_trade(self, day: Day) -> None:
        assigned(day)
        (denial,) = day.close("P000002", limit="-97.50")
        assert (denial.code, denial.measured, denial.limit) == (DenialCode.ORDER_STATE, 100, 60)
        assert str(denial.facts["why"]).startswith("P000001 holds the other side")
        assert day.close("P000002", limit="-96.90", quantity=60) == ()
        day.until(at(NEXT_MONDAY, "10:02"))
        assert (shares(day), account(day)) == ({"P000001": -40, "P000002": 40}, 0)
        assert day.close("P000001", quantity=1) == (), "what the account does not have at all can be closed as well"
        day.agrees_with_the_broker()

    def test_what_is_external_is_sold_by_no_module_and_in_nobodys_way(self, day: Day, scalper: Scalper) -> None:
        assert day.close("P000002") == ()
        day.until(at(MONDAY, "10:08"))
        assert set(day.positions) == {"P000001"}
        day.paper._state.positions["XYZ"] += 100
        day.paper._state.cash -= dollars(9700)
        day.say(cmd.Reconcile("ann"))
        day.until(at(NEXT_MONDAY, "10:01"))
        assert day.say(cmd.ResolveDifference("XYZ", Resolution.ASSIGN, {EXTERNAL: 100}, "ann", "mine")) == ()
        day.until(at(NEXT_MONDAY, "10:02"))
        assert account(day) == 60
        scalper.target = -60
        day.until(at(NEXT_MONDAY, "10:04"))
        assert shares(day)["P000001"] == -40
        assert [text for text in day.alerts if text.endswith("CONFLICT")] != []
        scalper.target = 0
        day.until(at(NEXT_MONDAY, "10:06"))
        assert ("P000001" in shares(day), account(day)) == (False, 100)
        day.agrees_with_the_broker()

    def test_what_somebody_else_has_sold_is_not_sold_once_more(self, day: Day) -> None:
        assigned(day)
        day.paper._state.positions["XYZ"] = -40
        assert day.close("P000002", quantity=60) == ()
        day.until(at(NEXT_MONDAY, "10:02"))
        assert (shares(day)["P000002"], account(day)) == (100, -40)
        assert len(rejected(day)) == 1
        day.until(at(NEXT_MONDAY, "10:20"))
        assert "XYZ" in day.book.differences
        assert day.close("P000002", quantity=70) == (), "60 in one order, as a closing, which there is nothing for"
        day.until(at(NEXT_MONDAY, "10:22"))
        assert account(day) == -40
        assert len(rejected(day)) == 2


class TestOfOneModule:
    """Positions of one module, and tickets of a person."""

    def test_a_ticket_of_shares_may_take_what_the_account_has_and_no_more(self, day: Day) -> None:
        day.until(at(MONDAY, "10:04"))
        # GAMMA is 40 short against its straddle: to buy 100 would be a closing and an opening in one.
        (denial,) = day.enter("GAMMA", SHARES, "100.05", 100)
        assert (denial.code, denial.measured, denial.limit) == (DenialCode.CONFLICT, 100, 40)
        assert day.enter("GAMMA", SHARES, "100.05", 30) == ()
        (denial,) = day.enter("GAMMA", SHARES, "100.05", 20)
        assert (denial.code, denial.measured, denial.limit) == (DenialCode.CONFLICT, 20, 10), "30 are on their way"
        day.until(at(MONDAY, "10:04:30"))
        assert day.enter("GAMMA", SHARES, "100.05", 10, position_id="P000003") == ()
        day.until(at(MONDAY, "10:05"))
        assert (shares(day), account(day)) == ({"P000001": -40, "P000003": 40}, 0)
        assert day.enter("GAMMA", SHARES, "100.05", 60, position_id="P000003") == ()
        day.until(at(MONDAY, "10:06"))
        assert (shares(day), account(day)) == ({"P000001": -40, "P000003": 100}, 60)
        day.agrees_with_the_broker()

    def test_neither_of_the_two_waits_for_the_other(self, day: Day, scalper: Scalper) -> None:
        """The larger first, or the smaller; whatever is closed leaves what the other holds."""
        for step, quantity in enumerate((40, 60)):
            day.until(at(MONDAY, f"10:{4 + step:02d}"))
            into = "P000003" if step else ""
            assert day.enter("GAMMA", SHARES, "100.05", quantity, position_id=into) == ()
        day.until(at(MONDAY, "10:07"))
        assert day.close("P000003") == ()
        day.until(at(MONDAY, "10:09"))
        assert (shares(day), account(day)) == ({"P000001": -40}, -40)
        scalper.is_out = True
        day.until(at(MONDAY, "10:12"))
        assert (set(day.positions), rejected(day)) == ({"P000002"}, [])
        day.agrees_with_the_broker()

    def test_a_short_put_beside_a_long_one_of_another_structure(self, day: Day) -> None:
        long = made_of((put("XYZ", 97, EXPIRATION), -1), (put("XYZ", 99, EXPIRATION), 1))
        short = made_of((put("XYZ", 99, EXPIRATION), -1))
        name = put("XYZ", 99, EXPIRATION).occ
        day.until(at(MONDAY, "10:04"))
        assert day.enter("OTHER", long, "0.85", 2) == ()
        day.until(at(MONDAY, "10:05"))
        assert day.positions["P000003"] == ("Bear Put Spread", 2, "Monitoring")
        denials = day.enter("PUTS", short, "-2.50")
        assert [each.code for each in denials] == [DenialCode.CONFLICT]
        day.desk.record(ev.PositionMoved("P000003", "PUTS", "ann", "one hand"))
        day.desk.commit()
        # Three would close the account's two and open one.
        assert [each.code for each in day.enter("PUTS", short, "-2.50", 3)][-1] is DenialCode.CONFLICT
        assert day.enter("PUTS", short, "-2.50") == ()
        day.until(at(MONDAY, "10:08"))
        assert day.paper._state.positions[name] == 1
        before = len(intended(day))
        assert day.close("P000003") == ()
        day.until(at(MONDAY, "10:16"))
        assert [(each.quantity, each.is_netted) for each in intended(day)[before:]] == [(1, False), (1, True)]
        assert (set(day.positions), day.paper._state.positions[name]) == ({"P000001", "P000002", "P000004"}, -1)
        assert rejected(day) == []
        assert day.close("P000004") == ()
        day.until(at(MONDAY, "10:20"))
        assert set(day.positions) == {"P000001", "P000002"}
        day.agrees_with_the_broker()
