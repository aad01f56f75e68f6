"""Questions about one position: answered over what the desk held when they were asked, None when it is gone."""

from pathlib import Path

import pytest

from engine.domain import questions as ask
from engine.domain.position_sheet import ClosingQuote, PayoffCurves, RollQuote
from engine.portfolio.position_sheet import leg_lines, payoff_curves
from engine.runtime import answers
from engine.runtime.desk import RISK_FREE_RATE
from tests.engine.runtime.scenes import CONDOR, hold, put, quiet
from tests.fakes import EXPIRATION, Rig, chain_update, new_york

QUESTIONS = (
    ask.LegsOf("P000001"),
    ask.PayoffOf("P000001", 3, 20),
    ask.ClosingOf("P000001", 1),
    ask.RollTermsOf("P000001"),
    ask.RollOf("P000001", (put(93, -1),), (put(92, -1),)),
)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """Two condors of SPY are held as P000001."""
    made = quiet(tmp_path)
    hold(made, CONDOR, ("0.40", "0.90", "1.00", "0.50"), 2)
    return made


def answered(rig: Rig, question: ask.DeskQuestion) -> object:
    return answers.answer(rig.desk, question).work()


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: type(question).__name__)
def test_a_position_that_ended_meanwhile_has_no_answer_and_raises_nothing(tmp_path: Path, question: object) -> None:
    assert answered(quiet(tmp_path), question) is None  # type: ignore[arg-type]


def test_legs_and_payoff_are_those_of_the_position_and_its_chain_then(rig: Rig) -> None:
    position, now = rig.desk.book.positions["P000001"], rig.desk.now
    chain = rig.desk.market.chain("SPY")
    later = answers.answer(rig.desk, QUESTIONS[1])
    rig.desk.market.apply(chain_update(new_york(10, 1), 90.0))
    assert later.work() == payoff_curves(position, chain, now, RISK_FREE_RATE, 3, 20)
    fresh = rig.desk.market.chain("SPY")
    assert answered(rig, QUESTIONS[0]) == leg_lines(position, fresh, now, RISK_FREE_RATE)


def test_terms_of_a_roll_are_what_the_chain_shows(rig: Rig) -> None:
    found = answered(rig, ask.RollTermsOf("P000001"))
    assert isinstance(found, tuple)
    (terms,) = found
    assert (terms.day, terms.dte) == (EXPIRATION, 39)
    assert terms.calls == terms.puts
    assert (terms.puts[0], terms.puts[-1], len(terms.puts)) == (700_000, 1_300_000, 61)


def test_without_a_chain_there_are_no_terms_and_no_prices(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(10))])
    hold(rig, CONDOR, ("0.40", "0.90", "1.00", "0.50"), 2)
    assert answered(rig, ask.RollTermsOf("P000001")) == ()
    payoff = answered(rig, ask.PayoffOf("P000001", 0, 0))
    assert isinstance(payoff, PayoffCurves)
    assert (payoff.today, payoff.chosen, payoff.spot, payoff.chance) == ((), (), None, None)
    assert payoff.at_expiry != ()


def test_closing_and_roll_are_quoted(rig: Rig) -> None:
    assert isinstance(answered(rig, QUESTIONS[2]), ClosingQuote)
    assert isinstance(answered(rig, QUESTIONS[4]), RollQuote)
