"""Which programs are there, which may run, and that what runs is what was enabled."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.core.errors import MindfolioError
from engine.domain.structure import StructureKind
from engine.modules.base import ParameterSpec
from engine.modules.iv_service import IvService
from engine.modules.sandbox.parent import UserStrategy
from engine.modules.sandbox.process import ModuleFault
from engine.modules.sandbox.programs import LONGEST_SOURCE, UserPrograms, hash_of
from tests.builders import module_spec
from tests.engine.modules.sandbox.scenes import QUICK, QUIET, scan_context, user_module

NOW = dt.datetime(2026, 3, 16, 14, tzinfo=dt.UTC)

SOURCE = (
    '"""Waits."""\nfrom engine.modules.base import ParameterSpec\n'
    'PARAMETERS = (ParameterSpec("days", "Days", "days", 30, 1, 60, "How long."),)\n' + QUIET
).encode()


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[UserPrograms]:
    """A folder with one module in it, not enabled."""
    (tmp_path / "mine.py").write_bytes(SOURCE)
    owner = UserPrograms(tmp_path, QUICK)
    yield owner
    owner.close()


def test_what_is_there_is_off_until_it_is_enabled(programs: UserPrograms) -> None:
    (listed,) = programs.listed()
    assert (listed.name, listed.program, listed.is_enabled, listed.enabled) == ("mine", hash_of(SOURCE), False, None)
    assert "is not enabled" in programs.permission(hash_of(SOURCE))
    with pytest.raises(ModuleFault, match="is not enabled"):
        programs.strategy_of(user_module(SOURCE)).scan(scan_context())
    assert not programs.goes_on_paused(user_module(SOURCE))


def test_enabled_it_says_what_it_is_and_runs(programs: UserPrograms) -> None:
    enabled = programs.enable("mine", NOW)
    assert (enabled.program, enabled.structures, enabled.summary) == (hash_of(SOURCE), ("Iron Condor",), "Waits.")
    assert enabled.parameters == (ParameterSpec("days", "Days", "days", 30, 1, 60, "How long."),)
    assert programs.listed()[0].is_enabled

    module = user_module(SOURCE)
    strategy = programs.strategy_of(module)
    assert isinstance(strategy, UserStrategy)
    assert programs.strategy_of(module) is strategy, "one process for a module"
    assert [finding.reason for finding in strategy.scan(scan_context())] == ["nothing today"]
    assert programs.goes_on_paused(module)
    assert programs.parameters_of(module) == enabled.parameters


def test_a_changed_file_is_off_until_it_is_enabled_again(programs: UserPrograms, tmp_path: Path) -> None:
    programs.enable("mine", NOW)
    module = user_module(SOURCE)
    running = programs.strategy_of(module)
    running.scan(scan_context())
    (tmp_path / "mine.py").write_bytes(SOURCE + b"\n# better\n")

    with pytest.raises(ModuleFault, match="was changed since it was enabled: look at it, and run `mindfolio module en"):
        running.scan(scan_context())
    assert not programs.goes_on_paused(module)
    assert not programs.listed()[0].is_enabled

    programs.enable("mine", NOW)
    assert programs.permission(hash_of(SOURCE + b"\n# better\n")) == ""
    assert "not enabled" in programs.permission(hash_of(SOURCE))


def test_a_disabled_one_is_off_at_its_next_scan(programs: UserPrograms) -> None:
    programs.enable("mine", NOW)
    running = programs.strategy_of(user_module(SOURCE))
    programs.disable("mine")
    with pytest.raises(ModuleFault, match="is not enabled, or not any more"):
        running.scan(scan_context())
    with pytest.raises(MindfolioError, match="mine is not enabled"):
        programs.disable("mine")


def test_a_module_is_added_only_with_a_program_that_fits(programs: UserPrograms) -> None:
    assert "is not enabled" in programs.problem(user_module(SOURCE))
    programs.enable("mine", NOW)
    assert programs.problem(user_module(SOURCE, parameters={"days": 45})) == ""
    assert "days: 90 is outside 1 to 60" in programs.problem(user_module(SOURCE, parameters={"days": 90}))
    assert "mine does not trade Short Put" in programs.problem(
        user_module(SOURCE, structures=(StructureKind.IRON_CONDOR, StructureKind.SHORT_PUT))
    )
    assert programs.problem(module_spec(parameters={})) == ""
    assert "only a user's module" in programs.problem(module_spec(program="ab"))


def test_our_own_modules_are_run_as_ever(programs: UserPrograms) -> None:
    assert isinstance(programs.strategy_of(module_spec()), IvService)


def test_a_module_in_a_backtest_has_a_process_of_its_own(programs: UserPrograms) -> None:
    with pytest.raises(MindfolioError, match="not enabled"):
        programs.direct_strategy(user_module(SOURCE))
    programs.enable("mine", NOW)
    direct = programs.direct_strategy(user_module(SOURCE))
    assert [finding.symbol for finding in direct.scan(scan_context())] == ["SPY"]
    direct.close()


@pytest.mark.parametrize("name", ["../mine", "Mine", "9lives", "", "a" * 41])
def test_names_that_are_none(programs: UserPrograms, name: str) -> None:
    with pytest.raises(MindfolioError, match="is no name of a module"):
        programs.enable(name, NOW)


def test_what_cannot_be_enabled(programs: UserPrograms, tmp_path: Path) -> None:
    with pytest.raises(MindfolioError, match="there is no module absent"):
        programs.enable("absent", NOW)
    (tmp_path / "broken.py").write_text("1 / 0", encoding="utf-8")
    with pytest.raises(MindfolioError, match=r"division by zero, line 1 of broken\.py"):
        programs.enable("broken", NOW)
    (tmp_path / "large.py").write_bytes(b"#" * (LONGEST_SOURCE + 1))
    with pytest.raises(MindfolioError, match="larger than 1 MiB"):
        programs.enable("large", NOW)
    assert not (tmp_path / "enabled.json").exists()


@pytest.mark.parametrize("body", [b"[{]", b'[{"name":"\xff"}]'])
def test_a_list_that_cannot_be_read_lets_nothing_run(programs: UserPrograms, tmp_path: Path, body: bytes) -> None:
    (tmp_path / "enabled.json").write_bytes(body)
    assert "delete it, and enable modules anew" in programs.permission(hash_of(SOURCE))
    assert "delete it, and enable modules anew" in programs.problem(user_module(SOURCE))
    assert programs.parameters_of(user_module(SOURCE)) == ()
    with pytest.raises(ModuleFault, match="delete it, and enable modules anew"):
        programs.strategy_of(user_module(SOURCE)).scan(scan_context())


def test_a_package_brings_one_by_its_entry_point_and_nothing_of_it_is_run_to_find_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("raise SystemExit('it was run')", encoding="utf-8")
    (tmp_path / "pack" / "strategy.py").write_bytes(SOURCE)
    info = tmp_path / "pack-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pack\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[mindfolio.modules]\npacked = pack.strategy\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    owner = UserPrograms(tmp_path / "modules", QUICK)
    assert owner.enable("packed", NOW).program == hash_of(SOURCE)
    (listed,) = owner.listed()
    assert (listed.place, listed.is_enabled) == (str(tmp_path / "pack" / "strategy.py"), True)
