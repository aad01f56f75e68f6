"""What a user's module may answer: each rule from both sides."""

from dataclasses import replace
from typing import Any

import pytest

from engine.core.errors import Fact
from engine.core.money import dollars
from engine.domain.candidate import Candidate, Finding
from engine.domain.evidence import Evidence
from engine.domain.greeks import Greeks
from engine.domain.order import OrderPurpose
from engine.domain.scan import Action, Exit, Hedge, Trade, Warn
from engine.domain.structure import Leg, Structure, StructureKind
from engine.modules.sandbox import checks
from engine.modules.sandbox.checks import MOST_AMOUNT, MOST_UNITS, actions_problem, findings_problem
from engine.modules.sandbox.protocol import Limits
from tests.builders import candidate, condor
from tests.engine.modules.sandbox.scenes import a_condor, manage_context, scan_context

LIMITS = Limits()


def proposal(**changes: Any) -> Candidate:
    """A condor of SPY that is in order."""
    context = scan_context()
    sound: dict[str, Any] = {"structure": condor((88, 93, 110, 115), "SPY"), "generation": context.generation}
    return replace(candidate("MINE"), **(sound | changes))


def problem(*findings: Finding) -> str:
    """What is wrong with these."""
    return findings_problem(findings, scan_context(a_condor()), LIMITS)


def trade(**changes: Any) -> str:
    """What is wrong with a condor of SPY that is changed so."""
    return problem(Finding("SPY", proposal(**changes), "sold"))


def test_a_sound_answer_passes() -> None:
    assert trade() == ""
    assert problem(Finding("SPY", None, "nothing", {"spot": 100.0, "day": "Monday", "rank": None})) == ""


def test_a_symbol_outside_the_universe_and_one_left_out() -> None:
    assert problem(Finding("QQQ", None, "x")) == "'QQQ' is not in its universe"
    assert problem() == "it said nothing of SPY: each symbol needs a finding"


def test_as_many_findings_as_symbols_times_structures_and_one() -> None:
    assert problem(*[Finding("SPY", None, "x")] * 2) == ""
    assert problem(*[Finding("SPY", None, "x")] * 3) == "it gave 3 findings, at most 2 for 1 symbols"


def test_as_many_trades_as_a_scan_may_propose() -> None:
    two = [Finding("SPY", proposal(), "x")] * 2
    assert findings_problem(two, scan_context(), replace(LIMITS, candidates=2)) == ""
    assert "proposed 2 trades in one scan, at most 1" in findings_problem(
        two, scan_context(), replace(LIMITS, candidates=1)
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"module_id": "OTHER"}, "in the name of another module ('OTHER')"),
        ({"structure": condor((88, 93, 110, 115), "QQQ")}, "its finding on SPY proposes a trade in 'QQQ'"),
        ({"generation": 10**9}, "names a market that it was not shown"),
        ({"quantity": 0}, "is for 0 units"),
        ({"quantity": MOST_UNITS + 1}, "is for 10,001 units, from 1 to 10,000 are taken"),
        ({"net_price": -MOST_AMOUNT - 1}, "beyond everything"),
        ({"position_id": "P999999"}, "names a position that is not its own"),
        ({"purpose": OrderPurpose.CLOSE}, "is to close and names no position"),
        ({"evidence": Evidence(99, 1.0, 1, "myself")}, "brings its own evidence"),
        ({"reasons": ("because",) * 41}, "too many words"),
        ({"reasons": ("x" * 501,)}, "too many words"),
        ({"reasons": ("a\nb",)}, "a line break or a sign that cannot be shown"),
        ({"needs_person": "\x1b[2J"}, "a sign that cannot be shown"),
        ({"waived": ("pay \u202eUSD 5",)}, "a sign that cannot be shown"),
        ({"breakevens": (1,) * 41}, "too many words or numbers"),
        ({"greeks": Greeks(delta=float("nan"))}, "a number of its finding on SPY is none"),
    ],
)
def test_a_trade_that_is_not_in_order(changes: dict[str, Any], why: str) -> None:
    assert why in trade(**changes)


def test_the_last_that_is_taken() -> None:
    assert trade(quantity=MOST_UNITS) == trade(reasons=("x" * 500,)) == trade(net_price=-MOST_AMOUNT) == ""


def test_structures_that_are_not_enabled_or_not_what_they_are_called() -> None:
    legs = condor((88, 93, 110, 115), "SPY").legs
    naked = Structure(StructureKind.SHORT_PUT, (legs[1],))
    assert "is a short put, which is not enabled" in trade(structure=naked)
    assert "make no iron condor" in trade(structure=Structure(StructureKind.IRON_CONDOR, legs[:2]))
    mixed = (*legs[:3], Leg(replace(legs[3].contract, underlying="QQQ"), 1))
    assert "of another symbol" in trade(structure=Structure(StructureKind.IRON_CONDOR, mixed))
    large = (replace(legs[0], ratio=101), *legs[1:])
    assert "too many or too large" in trade(structure=Structure(StructureKind.IRON_CONDOR, large))


def test_a_roll_of_its_own_position_passes() -> None:
    held = a_condor()
    assert trade(purpose=OrderPurpose.ROLL, position_id=held.position_id) == ""


def said(*actions: Action) -> str:
    """What is wrong with these answers about the condor that it holds."""
    held = a_condor()
    return actions_problem(actions, held, manage_context(held))


HELD = a_condor().position_id


def test_sound_actions_pass() -> None:
    roll = proposal(purpose=OrderPurpose.ROLL, position_id=HELD)
    legs = a_condor().structure.legs
    assert said(Exit(HELD, "x", legs=legs[:2]), Trade(roll), Hedge(HELD, -1_000_000, "x"), Warn(HELD, "a", "b")) == ""


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (Exit("P999999", "x"), "names another position ('P999999')"),
        (Exit(HELD, "x", legs=(Leg(a_condor().structure.legs[0].contract, 7),)), "closes legs that it has not"),
        (Exit(HELD, "x", legs=a_condor().structure.legs[:1] * 2), "closes legs that it has not"),
        (Exit(HELD, "x" * 501), "too many words"),
        (Exit(HELD, "\x07"), "a sign that cannot be shown"),
        (Warn(HELD, "a\u2028b", "x"), "a sign that cannot be shown"),
        (Hedge(HELD, 1_000_001, "x"), "hedges with 1,000,001 shares"),
        (Warn(HELD, "a", "x" * 501), "too many words"),
        (Trade(proposal(purpose=OrderPurpose.ROLL, position_id="P999999")), "trades in another position"),
        (Trade(proposal(module_id="OTHER", position_id=HELD)), "is in the name of another module"),
    ],
)
def test_an_action_that_is_not_in_order(action: Action, why: str) -> None:
    assert why in said(action)


def test_as_many_answers_as_are_taken() -> None:
    assert said(*[Warn(HELD, "a", "b")] * 8) == ""
    assert said(*[Warn(HELD, "a", "b")] * 9).startswith("it gave 9 answers")


def test_prices_are_compared_as_money() -> None:
    assert trade(max_risk=dollars(10_000)) == ""


def test_words_of_any_script_are_shown() -> None:
    assert trade(reasons=("Δ 0,16 günstig, 5\xa0%", "安い", "שלום")) == ""


def test_an_answer_of_many_small_things_is_refused_without_being_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(checks, "is_exact")  # which writes and reads all of it, on a thread that others wait for
    many: dict[str, Fact] = {f"{number}": number for number in range(60_000)}
    huge = Finding("SPY", None, "x", many)
    assert "too many words or numbers" in findings_problem([huge], scan_context(), LIMITS)
    legs = a_condor().structure.legs * 10_000
    assert "too many or too large" in trade(structure=Structure(StructureKind.IRON_CONDOR, legs))
    assert "closes legs that it has not" in said(Exit(HELD, "x", legs=legs))
