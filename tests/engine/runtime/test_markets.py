"""Where prices come from: a seed or the recordings of a folder, and what is known beside them."""

import datetime as dt
from pathlib import Path

import pytest

from engine.backtest.evidence import Question
from engine.backtest.filling import Terms
from engine.backtest.spreads import fill
from engine.core.errors import MindfolioError
from engine.domain.mindfolio import Environment
from engine.domain.structure import StructureKind
from engine.runtime import defaults
from engine.runtime.desk import RISK_FREE_RATE
from engine.runtime.markets import market_of, recordings_of
from engine.runtime.places import Places
from tests.builders import module_spec

DAY = dt.date(2026, 1, 5)


def test_the_simulated_market_names_its_seed_and_its_pace_and_knows_its_past() -> None:
    market = market_of(None, 7, None)
    assert market.name == "simulated market of 46 names, seed 7, quotes a minute"
    assert market_of(None, 7, 15).name.endswith("quotes every 15 minutes")
    assert market.feed.next_at(market.feed.first_at) == market.feed.first_at + dt.timedelta(minutes=1)
    past = market.pasts_on(DAY)["SPY"]
    assert past.day[-1] < DAY.toordinal()
    assert past.close.size > 252
    assert market.scores_on(DAY)
    assert set(market.scores_on(DAY)) <= set(market.feed.symbols)
    again = market.elsewhere(Terms(defaults.costs(), fill, RISK_FREE_RATE))
    question = Question(module_spec(), "SPY", StructureKind.IRON_CONDOR, DAY)
    assert again.content(question)[-1] == market.chains.fingerprint("SPY", DAY), "another process has the same market"
    assert market.chains.label("SPY", DAY, DAY, 0).startswith("end-of-day chains of the simulated market")


def test_without_recordings_a_replay_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MindfolioError, match="run `mindfolio import FILE` first"):
        recordings_of(Places(tmp_path, Environment.REPLAY))
    assert recordings_of(Places(tmp_path, Environment.SIMULATED)) is None
