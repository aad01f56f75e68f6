"""Questions of pages: taken in the kernel's time, worked out in somebody else's, and never at the engine's cost."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from engine.backtest.evidence import Question
from engine.core.calendar import market_day
from engine.core.errors import LedgerFault, MindfolioError
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain import questions as ask
from engine.domain.allocation_history import AllocationCause
from engine.domain.allocation_review import AllocationReview
from engine.domain.commands import PauseModule
from engine.domain.evidence import Evidence
from engine.domain.mindfolio import Environment, ModuleStatus
from engine.domain.module_offer import Offers
from engine.domain.notices import CommandAccepted
from engine.domain.reallocation import ProposalKind
from engine.domain.records import NoteRow
from engine.domain.structure import StructureKind
from engine.ledger.query import LedgerQuery
from engine.modules.registry import BUILT_IN
from engine.portfolio.held_legs import prices_of
from engine.portfolio.worst_case import stress_grids
from engine.runtime import answers
from engine.runtime.desk import RISK_FREE_RATE, Desk
from engine.runtime.places import Places
from tests.builders import three_iv_services
from tests.engine.runtime.scenes import CONDOR, hold
from tests.fakes import Rig, chain_update, new_york, only


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """A condor is held; nothing scans."""
    made = Rig(tmp_path, [chain_update(new_york(10, 0), 100.0)], spec=only(three_iv_services(("SPY",)), "NOBODY"))
    made.run(until=new_york(10, 0, 2))
    hold(made, CONDOR, ("0.40", "0.90", "1.00", "0.50"), 2)
    return made


def asked(rig: Rig, question: ask.DeskQuestion) -> object:
    """What the kernel hands back, worked out."""
    rig.kernel._take(question)
    (answer,) = [each for each in rig.publisher.notices if isinstance(each, ask.Answer)]
    assert answer.question == question
    return answer.work()


def test_the_stress_grid_is_that_of_the_book_as_it_was_when_it_was_asked_for(rig: Rig) -> None:
    held = tuple(rig.desk.book.positions.values())
    expected = stress_grids(held, prices_of(held, rig.desk.market.chains(), rig.desk.now, RISK_FREE_RATE))
    assert expected[0].net != ()
    assert asked(rig, ask.StressOf()) == expected


def test_a_question_that_cannot_be_taken_fails_where_it_is_worked_out_and_the_engine_goes_on(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_desk: Desk, _question: object) -> answers.Work:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(answers, "_FROM_DESK", {ask.StressOf: broken})
    with pytest.raises(ZeroDivisionError, match="a bug"):
        asked(rig, ask.StressOf())
    assert rig.desk.halted == ""
    rig.kernel.inbox.put(PauseModule("IV_SERVICE", "user", "test"))
    rig.run(until=rig.desk.now)
    assert any(isinstance(each, CommandAccepted) for each in rig.publisher.notices)


def test_a_question_is_answered_after_a_halt(rig: Rig) -> None:
    rig.kernel._halt(str(LedgerFault("no space left")))
    assert asked(rig, ask.StressOf()) != ()


def test_notes_are_read_back_newest_first_and_looked_through(rig: Rig) -> None:
    for text, symbol in (("sold too early", "KO"), ('a "quoted" thought', "")):
        rig.desk.record(ev.NoteWritten(text, "IV_SERVICE", "", symbol, "user"))
    rig.desk.commit()
    query = LedgerQuery(rig.folder / "ledger.sqlite")
    newest, first = cast("tuple[NoteRow, ...]", answered(query, ask.NotesOf()))
    assert (newest.note.text, first.note.symbol, newest.at) == ('a "quoted" thought', "KO", rig.desk.now)
    assert answered(query, ask.NotesOf('A "QUOTED"')) == (newest,)
    assert answered(query, ask.NotesOf(before=newest.seq)) == (first,)
    query.close()


def test_the_journal_is_read_by_pages_and_written_to_a_file(rig: Rig, tmp_path: Path) -> None:
    query = LedgerQuery(rig.folder / "ledger.sqlite")
    page = answered(query, ask.EntriesOf("OrderFilled"))
    assert page == query.entries(kind="OrderFilled") != ()
    assert answered(query, ask.EntriesOf(before=2)) == query.entries(before=2)
    out = tmp_path / "journal.csv"
    assert answered(query, ask.ExportEntries(str(out), "OrderFilled")) == 1
    assert out.exists()
    query.close()


def test_what_modules_can_be_made_of_knows_which_ids_are_taken(rig: Rig) -> None:
    found = asked(rig, ask.ModuleOffers())
    assert isinstance(found, Offers)
    taken = set(rig.desk.book.module_ids)
    assert {each.spec.kind for each in found.modules} == set(BUILT_IN)
    assert not taken & {each.spec.module_id for each in found.modules}
    assert found.symbols == tuple(rig.desk.feed.symbols)


def test_a_trial_is_the_backtest_of_settings_that_no_module_has(rig: Rig) -> None:
    spec = replace(rig.desk.book.modules["IV_SERVICE"].spec, module_id="NEW")
    found = Evidence(3, 1.0, dollars(10), "by hand")
    seen: list[Question] = []

    class ByHand:
        def evidence(self, *_: object) -> Evidence:
            raise AssertionError("no candidate has asked")

        def try_out(self, question: Question) -> Evidence:
            seen.append(question)
            return found

    rig.desk.backtester = ByHand()
    assert asked(rig, ask.TrialOf(spec, "SPY", StructureKind.IRON_CONDOR)) is found
    assert seen == [Question(spec, "SPY", StructureKind.IRON_CONDOR, market_day(rig.desk.now))]


def test_a_trial_of_settings_that_contradict_each_other_says_so(rig: Rig) -> None:
    spec = replace(rig.desk.book.modules["IV_SERVICE"].spec, parameters={"max_days": 400})
    with pytest.raises(MindfolioError, match="max_days: 400 is outside"):
        asked(rig, ask.TrialOf(spec, "SPY", StructureKind.IRON_CONDOR))


def test_allocations_and_proposals_are_read_from_the_ledger(rig: Rig, tmp_path: Path) -> None:
    rig.desk.commit()
    query = LedgerQuery(tmp_path / "ledger.sqlite")
    try:
        review = answered(query, ask.AllocationsSoFar())
        assert isinstance(review, AllocationReview)
        assert review.changes[0].change.cause is AllocationCause.CREATED
        paused = rig.kernel.snapshot()
        active = tuple(replace(view, status=ModuleStatus.ACTIVE) for view in paused.modules)
        snapshot = replace(paused, modules=active)
        found = answered(query, ask.ProposalsFor(snapshot, dollars(9000), frozenset({"IV_SERVICE"})))
        assert isinstance(found, tuple)
        assert [each.kind for each in found] == list(ProposalKind)
        for each in found:
            assert each.plan.total == snapshot.capital
            assert each.plan.reserve >= dollars(9000)
            assert each.plan.budgets["IV_SERVICE"] == snapshot.modules[0].budget, "it is locked"
    finally:
        query.close()


def test_every_question_has_one_who_answers() -> None:
    assert set(answers._FROM_DESK) == set(ask.DESK_QUESTIONS) == set(_members(ask.DeskQuestion))
    assert {*answers._FROM_LEDGER, *answers._WITH_ITS_MARKET} == set(_members(ask.LedgerQuestion))


def answered(query: LedgerQuery, question: ask.LedgerQuestion) -> object:
    """What is asked of the ledger alone: its market has no part in it."""
    return answers.answer_from_ledger(query, question, Places(Path("nowhere"), Environment.SIMULATED))


def _members(union: object) -> tuple[type, ...]:
    """The classes of a union, of one class itself."""
    return getattr(union, "__args__", None) or (union,)  # type: ignore[return-value]
