"""The expiration desk: when what is open ends, what an assignment takes, and what the rules do about it."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.money import dollars
from engine.domain.expiration import Ending, OpenExpiry
from engine.domain.instrument import OptionContract, Right
from engine.domain.mindfolio import ModuleKind
from engine.domain.position import Position, PositionStatus
from engine.domain.scan import Action, Exit, Hedge, ManageContext, ScanContext, Warn
from engine.domain.structure import shares_of
from engine.market.events import EventCalendar
from engine.runtime import expirations
from engine.runtime.expirations import open_expiries
from tests.builders import three_iv_services
from tests.engine.runtime.scenes import CONDOR, MODULE, hold, made_of, put
from tests.fakes import EXPIRATION, Rig, chain_update, new_york, only

PRICES = ("0.40", "0.90", "1.00", "0.50")
NOTHING: tuple[Action, ...] = ()


class Says:
    """A strategy that wants the same whatever it is asked."""

    def __init__(self, *actions: Action, fault: Exception | None = None) -> None:
        self.actions, self.fault = actions, fault
        self.kind = ModuleKind.IV_SERVICE

    def scan(self, _context: ScanContext) -> tuple[()]:
        return ()

    def manage(self, _position: Position, _context: ManageContext) -> tuple[Action, ...]:
        if self.fault is not None:
            raise self.fault
        return self.actions


def held(folder: Path, spot: float = 100.0) -> Rig:
    """Two condors 88/93/110/115 of SPY, whose module wants nothing."""
    made = Rig(folder, [chain_update(new_york(10, 0), spot)], spec=only(three_iv_services(("SPY",)), "NOBODY"))
    made.run(until=new_york(10, 0, 2))
    hold(made, CONDOR, PRICES, 2)
    made.desk.strategy_of = lambda _module: Says()
    return made


def row(rig: Rig) -> OpenExpiry:
    """The one row."""
    (found,) = open_expiries(rig.desk)()
    return found


def test_a_condor_between_its_strikes(tmp_path: Path) -> None:
    found = row(held(tmp_path))
    assert (found.module_id, found.structure, found.quantity) == (MODULE, CONDOR, 2)
    assert (found.expires, found.ends, found.days, found.is_last_day) == (EXPIRATION, EXPIRATION, 39, False)
    assert (found.spot, found.inside) == (dollars(100), ())
    assert found.nearest == OptionContract("SPY", EXPIRATION, dollars(93), Right.PUT)
    assert (found.distance, found.distance_pct) == (dollars(7), 7.0)
    assert (found.cash, found.shares) == (dollars(30_000), -200), "calls: short stock, 150 % of $100 x 200"


def test_a_short_leg_in_the_money_is_nearer_than_nothing_and_named(tmp_path: Path) -> None:
    found = row(held(tmp_path, 91.0))
    assert (found.distance, found.inside) == (-dollars(2), (OptionContract("SPY", EXPIRATION, dollars(93), Right.PUT),))


def test_without_a_price_nothing_is_made_up(tmp_path: Path) -> None:
    rig = held(tmp_path)
    rig.desk.market._chains = {}
    found = row(rig)
    assert (found.spot, found.nearest, found.distance, found.distance_pct, found.inside) == (None, None, None, None, ())
    assert (found.cash, found.shares) == (None, 0)


def test_shares_alone_do_not_expire(tmp_path: Path) -> None:
    rig = held(tmp_path)
    hold(rig, shares_of("SPY"), ("100",), 10)
    assert [each.structure for each in open_expiries(rig.desk)()] == [CONDOR]


def test_the_next_to_expire_comes_first(tmp_path: Path) -> None:
    rig = held(tmp_path)
    soon = made_of(put(93, -1, EXPIRATION - dt.timedelta(days=7)))
    hold(rig, soon, ("0.90",))
    assert [each.structure for each in open_expiries(rig.desk)()] == [soon, CONDOR]


def test_the_last_day_is_told(tmp_path: Path) -> None:
    rig = held(tmp_path)
    rig.desk.clock.advance_to(new_york(10, 0, day=EXPIRATION))
    found = row(rig)
    assert (found.days, found.is_last_day) == (0, True)


def test_what_can_be_paid_for_is_kept_and_what_cannot_is_closed_in_its_last_hour(tmp_path: Path) -> None:
    rig = held(tmp_path)
    poor = row(rig)
    assert poor.cash is not None
    assert poor.means < poor.cash
    assert poor.ending is Ending.CLOSES_LATER
    rig.desk.book.modules[MODULE].budget += dollars(100_000)
    rig.desk.book.capital += dollars(100_000)
    rich = row(rig)
    assert rich.means >= poor.cash
    assert rich.ending is Ending.IS_KEPT


def test_of_two_that_end_together_only_one_counts_on_the_same_money(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(10, 0), 93.0)], spec=only(three_iv_services(("SPY",)), "NOBODY"))
    rig.run(until=new_york(10, 0, 2))
    rig.desk.strategy_of = lambda _module: Says()
    for _ in range(2):
        hold(rig, CONDOR, PRICES)
    rig.desk.clock.advance_to(new_york(15, 30, day=EXPIRATION))
    kept, closed = open_expiries(rig.desk)()
    assert kept.ending is Ending.IS_KEPT
    assert closed.ending is Ending.CLOSES
    assert closed.why.startswith("last day: 93 put")
    assert closed.means < kept.means


def test_a_module_without_rules_of_the_house_leaves_it_to_a_person(tmp_path: Path) -> None:
    rig = held(tmp_path)
    module = rig.desk.book.modules[MODULE]
    module.spec = replace(module.spec, house_rules=False)
    assert row(rig).ending is Ending.BY_HAND


@pytest.mark.parametrize(
    ("action", "ending", "why"),
    [
        (Exit("P000001", "21 days left"), Ending.CLOSES, "21 days left"),
        (Hedge("P000001", 10, "delta"), Ending.HEDGES, "delta"),
        (Warn("P000001", "dividend", "it may be assigned tonight"), Ending.WARNS, "it may be assigned tonight"),
    ],
)
def test_what_a_rule_wants_now_is_told_with_its_reason(
    tmp_path: Path, action: Action, ending: Ending, why: str
) -> None:
    rig = held(tmp_path)
    rig.desk.strategy_of = lambda _module: Says(action)
    found = row(rig)
    assert (found.ending, found.why) == (ending, why)


def test_a_rule_that_fails_says_nothing_here_and_pauses_nobody(tmp_path: Path) -> None:
    rig = held(tmp_path)
    rig.desk.strategy_of = lambda _module: Says(fault=ZeroDivisionError("a bug"))
    assert row(rig).ending is Ending.CLOSES_LATER


def test_nobody_asks_the_program_of_a_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = held(tmp_path)
    module = rig.desk.book.modules[MODULE]
    module.spec = replace(module.spec, kind=ModuleKind.USER)
    monkeypatch.setattr(expirations, "decide", None)
    assert row(rig).ending is Ending.CLOSES_LATER


@pytest.mark.parametrize(
    ("status", "ending"),
    [(PositionStatus.AWAITING, Ending.WAITS), (PositionStatus.CLOSING, Ending.IS_WORKED)],
)
def test_what_is_ending_already_is_not_asked_about(tmp_path: Path, status: PositionStatus, ending: Ending) -> None:
    rig = held(tmp_path)
    (position,) = rig.desk.book.positions.values()
    rig.desk.book.positions[position.position_id] = replace(position, status=status)
    assert row(rig).ending is ending


def test_nothing_sees_to_it_while_everything_is_stopped(tmp_path: Path) -> None:
    rig = held(tmp_path)
    rig.desk.latch.set("test", "a stop")
    assert row(rig).ending is Ending.STOPPED


def test_the_next_ex_dividend_day_that_is_known(tmp_path: Path) -> None:
    rig = held(tmp_path)
    assert (row(rig).ex_day, row(rig).dividend, row(rig).is_ex_known) == (None, None, False), "nobody knows"
    rig.desk.events_on = lambda _day: EventCalendar(
        {
            "symbol": np.array(["SPY", "SPY"]),
            "kind": np.array(["ex-dividend"] * 2),
            "day": np.array([day.toordinal() for day in (dt.date(2026, 3, 20), dt.date(2026, 6, 19))]),
            "value": np.array([1.75, 1.8]),
            "source": np.array(["test"] * 2),
        }
    )
    found = row(rig)
    assert (found.ex_day, found.dividend) == (dt.date(2026, 3, 20), dollars("1.75"))
    assert not found.is_ex_known, "the list does not say that it is complete"
    rig.desk.clock.advance_to(new_york(10, 0, day=dt.date(2026, 3, 20)))
    assert row(rig).ex_day is None, "the day itself is past, and the one in June is after its expiration"
