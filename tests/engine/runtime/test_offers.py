"""What modules can be made of: every kind as it would come, under an id that is free, and users' own."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.core.errors import MindfolioError
from engine.core.money import dollars
from engine.domain.mindfolio import ModuleKind
from engine.domain.module_offer import ModuleOffer
from engine.domain.structure import StructureKind
from engine.modules.registry import BUILT_IN, program_problem
from engine.modules.sandbox.programs import UserPrograms
from engine.runtime.offers import free_spec, offers, users_offers
from tests.builders import module_spec
from tests.engine.modules.sandbox.test_programs import SOURCE

SYMBOLS = ("KO", "SPY")


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[UserPrograms]:
    """A folder with one module in it, not enabled."""
    (tmp_path / "mine.py").write_bytes(SOURCE)
    owner = UserPrograms(tmp_path)
    yield owner
    owner.close()


def nothing() -> tuple[ModuleOffer, ...]:
    return ()


def test_every_kind_of_ours_is_offered_as_it_could_be_added_at_once() -> None:
    found = offers((), SYMBOLS, nothing)
    assert [each.spec.kind for each in found.modules] == [*dict.fromkeys(each.spec.kind for each in found.modules)]
    assert {each.spec.kind for each in found.modules} == set(BUILT_IN)
    assert (found.symbols, found.trouble) == (SYMBOLS, "")
    for offer in found.modules:
        assert program_problem(offer.spec) == ""
        assert (offer.spec.universe, offer.is_users) == (SYMBOLS, False)
        assert all((offer.summary, offer.budget > 0, offer.parameters, offer.structures))


def test_what_can_be_tested_is_a_trade_of_its_own_and_no_insurance() -> None:
    testable = {each.spec.kind: each.testable for each in offers((), SYMBOLS, nothing).modules}
    assert testable[ModuleKind.SMART_REBALANCER] == ()
    assert testable[ModuleKind.SELL_PUTS_ENGINE] == (StructureKind.SHORT_PUT,)
    assert testable[ModuleKind.GAMMA_SCALPER] == (StructureKind.LONG_STRADDLE, StructureKind.LONG_STRANGLE)


def test_ids_and_names_are_free() -> None:
    taken = ("IV_SERVICE", "IV_SERVICE_2")
    found = offers(taken, SYMBOLS, nothing).modules[0].spec
    assert (found.module_id, found.name) == ("IV_SERVICE_3", "IV Service 3")
    assert free_spec(module_spec("EXTERNAL"), ()).module_id == "EXTERNAL_2"


def test_a_users_program_is_offered_once_it_is_enabled(programs: UserPrograms) -> None:
    assert users_offers(programs) == ()
    enabled = programs.enable("mine", dt.datetime(2026, 3, 16, tzinfo=dt.UTC))
    found = offers((), SYMBOLS, lambda: users_offers(programs)).modules[-1]
    assert found.is_users
    assert (found.spec.module_id, found.spec.program, found.summary) == ("MINE", enabled.program, enabled.summary)
    assert found.spec.limits.max_risk_per_trade == dollars(500)
    assert programs.problem(found.spec) == ""


def test_a_list_that_cannot_be_read_hides_none_of_ours() -> None:
    def broken() -> tuple[ModuleOffer, ...]:
        raise MindfolioError("enabled.json cannot be read")

    found = offers((), SYMBOLS, broken)
    assert (len(found.modules), found.trouble) == (len(BUILT_IN), "enabled.json cannot be read")
