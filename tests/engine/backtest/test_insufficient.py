"""A program without history says so, and the gate believes it."""

import datetime as dt
from dataclasses import replace

import pytest

from engine.backtest.insufficient import InsufficientEvidence
from engine.core.money import dollars
from engine.domain.candidate import Candidate
from engine.domain.evidence import Evidence
from engine.domain.greeks import Greeks
from engine.domain.instrument import OptionContract, Right
from engine.domain.ports import Backtester
from engine.domain.structure import Leg, Structure, StructureKind
from tests.builders import module_spec

MODULE = module_spec()
NOW = dt.datetime(2026, 3, 16, 19, 0, tzinfo=dt.UTC)


@pytest.fixture
def candidate() -> Candidate:
    legs = tuple(
        Leg(OptionContract("TSLA", dt.date(2026, 4, 17), dollars(strike), right), ratio)
        for strike, right, ratio in (
            (240, Right.PUT, 1),
            (250, Right.PUT, -1),
            (270, Right.CALL, -1),
            (280, Right.CALL, 1),
        )
    )
    return Candidate(
        module_id="iv",
        structure=Structure(StructureKind.IRON_CONDOR, legs),
        quantity=1,
        net_price=dollars("-2.50"),
        worst_price=dollars("-2.50"),
        buying_power=dollars(750),
        max_risk=dollars(750),
        costs=0,
        generation=1,
        greeks=Greeks(),
        breakevens=(),
        probability_of_profit=None,
        expected_profit=None,
        iv_rank=None,
        iv_rank_sessions=0,
        reasons=(),
    )


def test_the_answer_is_no_trades_and_why(candidate: Candidate) -> None:
    port: Backtester = InsufficientEvidence()
    assert port.evidence(MODULE, candidate, NOW) == Evidence(0, None, None, "no history")


def test_the_answer_depends_on_nothing(candidate: Candidate) -> None:
    port = InsufficientEvidence()
    other = replace(candidate, quantity=5, module_id="puts")
    assert port.evidence(MODULE, other, NOW + dt.timedelta(days=365)) == port.evidence(MODULE, candidate, NOW)
