"""IV Service: when a position is closed, and what a scan makes of a real recorded market."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import Money, dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.limits import Costs, ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec, Parameter, Waivers
from engine.domain.position import Position, PositionStatus
from engine.domain.scan import Exit, ExitCode, ManageContext, ScanContext
from engine.domain.structure import Leg, Structure, StructureKind
from engine.domain.structure_shapes import recognise
from engine.modules.iv_service import IvService
from tests.option_markets import moment, recorded, recorded_chain

SNAPSHOT = "2026-03-16 15:55:34-0400"
NOW = moment(SNAPSHOT)
SERVICE = IvService()
SYMBOLS = ("SPY", "QQQ", "TSLA", "NVDA")
PUT, CALL = Right.PUT, Right.CALL
TARGET, STOP, DAYS = ExitCode.TARGET, ExitCode.STOP, ExitCode.DAYS


def module_of(**parameters: Parameter) -> ModuleSpec:
    limits, kinds = ModuleLimits(dollars(500), dollars(1000)), (StructureKind.IRON_CONDOR,)
    return ModuleSpec("iv", ModuleKind.IV_SERVICE, "IV", limits, True, SYMBOLS, kinds, parameters=parameters)


def position(credit: Money, quantity: int = 1) -> Position:
    day = dt.date(2026, 4, 17)
    legs = tuple(
        Leg(OptionContract("TSLA", day, dollars(strike), right), ratio)
        for strike, right, ratio in ((240, PUT, 1), (250, PUT, -1), (270, CALL, -1), (280, CALL, 1))
    )
    return Position("p1", "iv", Structure(StructureKind.IRON_CONDOR, legs), quantity, quantity, -credit, NOW)


def managed(held: Position, mark: Money | None, dte: int = 30, **parameters: Parameter) -> Exit | None:
    actions = SERVICE.manage(held, ManageContext(NOW, module_of(**parameters), {}, dte, mark))
    (action,) = actions or (None,)
    assert action is None or isinstance(action, Exit)
    return action


# Two contracts sold for 2.50 a share: 500 dollars of credit, 250 to close at the target, 1,500 at the stop.
SOLD = position(dollars(500), quantity=2)


@pytest.mark.parametrize(("units", "is_closed"), [(-1, False), (0, True), (1, True)])
def test_half_of_the_credit_is_the_target_inclusive(units: int, is_closed: bool) -> None:
    exit_ = managed(SOLD, -dollars(250) + units)
    assert exit_ == (Exit("p1", "profit target: 50 % of the credit", TARGET) if is_closed else None)


@pytest.mark.parametrize(("units", "is_closed"), [(-1, True), (0, True), (1, False)])
def test_a_loss_of_twice_the_credit_is_the_stop_inclusive(units: int, is_closed: bool) -> None:
    exit_ = managed(SOLD, -dollars(1500) + units)
    assert exit_ == (Exit("p1", "stop: loss 2.0 x the credit", STOP) if is_closed else None)


@pytest.mark.parametrize("mark", [-dollars(500), None], ids=["marked", "without a mark"])
@pytest.mark.parametrize(
    ("dte", "why"), [(22, ""), (21, "21 days to expiry"), (1, "1 day to expiry"), (0, "0 days to expiry")]
)
def test_twenty_one_days_are_the_end_with_or_without_a_mark(dte: int, why: str, mark: Money | None) -> None:
    assert managed(SOLD, mark, dte) == (Exit("p1", why, DAYS) if why else None)


def test_the_reason_carries_the_measured_figure() -> None:
    assert managed(SOLD, -dollars(240)) == Exit("p1", "profit target: 52 % of the credit", TARGET)
    assert managed(SOLD, -dollars(1550)) == Exit("p1", "stop: loss 2.1 x the credit", STOP)
    assert managed(SOLD, -dollars(1550), dte=3) == Exit("p1", "stop: loss 2.1 x the credit", STOP)


def test_target_stop_and_days_are_settings() -> None:
    assert managed(SOLD, -dollars(250), profit_target_pct=51) is None
    assert managed(SOLD, -dollars(1000), stop_loss_pct=100) == Exit("p1", "stop: loss 1.0 x the credit", STOP)
    assert managed(SOLD, -dollars(500), 10, exit_days=9) is None
    with pytest.raises(ValueError, match="no such parameter"):
        managed(SOLD, None, stop=2)


def test_what_is_closed_or_expired_is_left_to_the_ledger_and_a_debit_knows_only_days() -> None:
    assert managed(replace(SOLD, status=PositionStatus.SETTLED), -dollars(1500)) is None
    assert managed(SOLD, -dollars(1500), dte=-1) is None
    assert managed(position(-dollars(10)), -dollars(900)) is None
    assert managed(position(0), dollars(0)) is None
    assert managed(position(0), dollars(0), dte=21) == Exit("p1", "21 days to expiry", DAYS)


@given(st.integers(1, 10**8), st.integers(-(10**9), 0), st.integers(1, 30))
def test_the_number_of_contracts_never_changes_the_decision_and_no_exit_lies_between_target_and_stop(
    credit: Money, mark: Money, quantity: int
) -> None:
    one, many = position(credit), position(credit * quantity, quantity)
    exit_ = managed(one, mark)
    assert managed(many, mark * quantity) == exit_
    profit = credit + mark
    assert (exit_ is None) is (-2 * credit < profit < (credit + 1) // 2)


# --- the real recording ---------------------------------------------------------------------------------------------
def test_on_the_real_file_the_chosen_strikes_are_its_rows_with_their_very_prices(yahoo_file: Path) -> None:
    context = ScanContext(
        now=NOW,
        generation=1,
        module=module_of(),
        chains={symbol: recorded_chain(yahoo_file, symbol, SNAPSHOT) for symbol in SYMBOLS[:3]},
        iv_ranks={},
        available=dollars(15000),
        open_positions=(),
        busy_symbols=frozenset(),
        costs=Costs(),
        waivers=Waivers(evidence=True, iv_rank=True, events=True),
        rate=0.04,
        outlooks={},
    )
    findings = SERVICE.scan(context)
    assert [finding.symbol for finding in findings] == list(SYMBOLS)
    assert findings[3].reason == "no option quotes yet"
    # TSLA has fifteen strikes a side that day, its lowest put at 360: none as far out as 20 delta.
    assert findings[2].reason == "no put strike at 16-20 delta with a quote on 2026-04-17"
    for finding, strikes in zip(findings[:2], ((620, 625, 698, 703), (552, 557, 631, 636)), strict=True):
        candidate = finding.candidate
        assert candidate is not None
        assert recognise(candidate.structure.legs) is StructureKind.IRON_CONDOR
        assert candidate.structure.strikes == tuple(dollars(strike) for strike in strikes)
        natural = twice_mid = 0
        for leg in candidate.structure.legs:
            kind = "put" if leg.contract.right is PUT else "call"
            strike = leg.contract.strike // 10_000
            rows = recorded(
                yahoo_file,
                f"type = '{kind}' AND strike = {strike} AS hit, expiration, bid, ask",
                finding.symbol,
                SNAPSHOT,
            )
            hit = rows["hit"] & (rows["expiration"] == "2026-04-17")
            assert np.count_nonzero(hit) == 1
            bid, ask = (round(float(rows[side][hit][0]) * 100) for side in ("bid", "ask"))
            twice_mid += leg.ratio * (bid + ask)
            natural += leg.ratio * (ask if leg.ratio > 0 else bid)
        assert candidate.net_price == -(-twice_mid // 2) * 100
        assert candidate.net_price < candidate.worst_price < natural * 100
        assert candidate.quantity == 1
        assert candidate.waived == ("evidence", "iv_rank")
        assert candidate.max_risk == (dollars(5) + candidate.worst_price) * 100
        assert candidate.probability_of_profit is not None
        assert 0.5 < candidate.probability_of_profit < 0.8
