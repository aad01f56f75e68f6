"""`mindfolio module add`: one more module, its budget out of the reserve; in one line why not where it cannot be."""

from pathlib import Path

import pytest
from filelock import FileLock

from engine.core.money import dollars
from engine.domain.mindfolio import Environment, ModuleKind, ModuleSpec, ModuleStatus
from engine.ledger.book import Book
from engine.ledger.ledger import Ledger
from engine.ledger.store import SqliteStore
from engine.risk.latch import set_latch_file
from engine.runtime.assembly import OpenEngine
from engine.runtime.places import Places, Running
from mindfolio_desktop.cli import IMPOSSIBLE, OK, run
from tests.engine.modules.sandbox.scenes import QUIET
from tests.fakes import RecordingPublisher


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A simulated "Aggressive Growth": $15,000, $20,000 and $10,000, and a reserve of $5,000."""
    made = Places(tmp_path, Environment.SIMULATED)
    OpenEngine(made, Running(), RecordingPublisher()).close()
    return made


def add(places: Places, *arguments: str) -> int:
    return run(["module", "add", *arguments, "--data-dir", str(places.data_dir)])


def book_of(places: Places) -> Book:
    """The books as they are journaled."""
    store = SqliteStore(places.ledger, for_reading=True)
    try:
        return Ledger(store).book
    finally:
        store.close()


def spec_of(places: Places, module_id: str) -> ModuleSpec:
    return book_of(places).modules[module_id].spec


def test_a_kind_that_is_there_already_comes_again_under_its_own_id(
    places: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(places, "iv-service", "--budget", "2000") == OK
    assert capsys.readouterr().out.splitlines() == [
        "IV Service 2 (IV_SERVICE_2): added with $2,000.00, paused; the reserve is $3,000.00",
        "  a trade may lose $100.00, a day $150.00; 46 symbols; its trades wait for you",
    ]
    assert add(places, "IV_SERVICE", "--budget", "$1,000.50", "--symbols", "ko,pfe", "--autotrade") == OK

    book = book_of(places)
    assert book.reserve == dollars("1999.50")
    assert sum(module.budget for module in book.modules.values()) + book.reserve == dollars(50_000) == book.capital
    second, third = book.modules["IV_SERVICE_2"], book.modules["IV_SERVICE_3"]
    assert (second.budget, second.status) == (dollars(2000), ModuleStatus.PAUSED)
    assert second.spec.parameters == book.modules["IV_SERVICE"].spec.parameters
    assert (third.spec.universe, third.spec.autotrade, third.spec.kind) == (("KO", "PFE"), True, ModuleKind.IV_SERVICE)
    assert third.spec.limits.max_risk_per_trade == dollars("50.025")
    assert run(["verify", "--data-dir", str(places.data_dir)]) == OK


def test_limits_are_what_is_said_where_something_is_said(places: Places) -> None:
    assert add(places, "gamma-scalper", "--max-risk", "500", "--daily-loss", "800") == OK
    spec = spec_of(places, "GAMMA_SCALPER")
    assert (spec.limits.max_risk_per_trade, spec.limits.daily_loss_limit) == (dollars(500), dollars(800))
    assert book_of(places).reserve == dollars(5000)


def test_a_module_of_one_s_own_is_added_once_it_is_enabled(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    places.modules.mkdir()
    file = places.modules / "mine.py"
    file.write_text(QUIET, encoding="utf-8")
    assert add(places, "mine", "--budget", "500") == IMPOSSIBLE
    assert capsys.readouterr().err == "mindfolio: mine is not enabled as it is now: mindfolio module enable mine\n"

    assert run(["module", "enable", "mine", "--data-dir", str(places.data_dir)]) == OK
    assert add(places, "mine", "--budget", "500") == OK
    spec = spec_of(places, "MINE")
    assert (spec.kind, spec.name, len(spec.program)) == (ModuleKind.USER, "mine", 64)
    assert book_of(places).modules["MINE"].budget == dollars(500)

    file.write_text(QUIET + "\n", encoding="utf-8")
    assert add(places, "mine", "--budget", "500") == IMPOSSIBLE, "a letter was changed"
    assert "not enabled as it is now" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (
            ("iv-service", "--budget", "5000.01"),
            "iv-service is not added: the reserve holds $5,000.00, less than the $5,000.01 of its budget",
        ),
        (("iv-service",), "a module without limits cannot trade: say --budget, or --max-risk and --daily-loss"),
        (
            ("nobody", "--budget", "1"),
            (
                "there is no module nobody: neither one of iv-service, sell-puts-engine, gamma-scalper, "
                "smart-rebalancer nor a file of yours"
            ),
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_and_changes_nothing(
    places: Places, arguments: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = book_of(places).version
    assert add(places, *arguments) == IMPOSSIBLE
    assert capsys.readouterr().err == f"mindfolio: {why}\n"
    book = book_of(places)
    assert (book.version, len(book.modules), book.reserve) == (before, 3, dollars(5000))


def test_nothing_is_added_while_stopped_in_use_or_where_nothing_is(
    places: Places, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with FileLock(places.lock):
        assert add(places, "iv-service", "--budget", "10") == IMPOSSIBLE
    assert "is in use by another Mindfolio" in capsys.readouterr().err
    set_latch_file(places.latch, "test", "gone fishing")
    assert add(places, "iv-service", "--budget", "10") == IMPOSSIBLE
    said = capsys.readouterr().err
    assert said == "mindfolio: iv-service is not added: the mindfolio is stopped (gone fishing): mindfolio rearm\n"
    assert add(Places(tmp_path / "empty", Environment.SIMULATED), "iv-service") == IMPOSSIBLE
    assert "there is no mindfolio in" in capsys.readouterr().err
    assert not (tmp_path / "empty").exists()


@pytest.mark.parametrize("amount", ["-1", "much", "0.00001", "nan"])
def test_an_amount_is_dollars(places: Places, amount: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert add(places, "iv-service", f"--budget={amount}") == IMPOSSIBLE
    assert "must be an amount of dollars" in capsys.readouterr().err
