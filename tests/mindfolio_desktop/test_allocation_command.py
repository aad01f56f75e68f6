"""`mindfolio allocations` as it is typed."""

import json
from pathlib import Path

import pytest

from mindfolio_desktop.cli import IMPOSSIBLE, OK, run
from tests.mindfolio_desktop.test_allocations import a_traded_ledger


@pytest.fixture
def where(tmp_path: Path) -> list[str]:
    a_traded_ledger(tmp_path)
    return ["--data-dir", str(tmp_path)]


def test_history_and_proposals_are_read_without_changing_the_ledger(
    where: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = Path(where[1]) / "replay" / "ledger.sqlite"
    before = ledger.read_bytes()
    assert run(["allocations", *where]) == OK
    assert "REALLOCATED by ann: alpha earns" in capsys.readouterr().out
    assert run(["allocations", "propose", *where]) == OK
    assert "turnover" in capsys.readouterr().out
    assert ledger.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (["allocations", "--json"], "changes"),
        (["allocations", "--json", "propose"], "proposals"),
        (["allocations", "propose", "--json", "--least-reserve", "$16,000"], "proposals"),
    ],
)
def test_json_is_one_object(
    arguments: list[str], key: str, where: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, *where]) == OK
    assert json.loads(capsys.readouterr().out)[key]


def test_what_is_no_amount_or_no_ledger_is_refused(
    where: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ("-5", "much"):
        assert run(["allocations", "propose", f"--least-reserve={text}", *where]) == IMPOSSIBLE
        assert "must be an amount of dollars" in capsys.readouterr().err
    assert run(["allocations", "--data-dir", str(tmp_path / "nothing")]) == IMPOSSIBLE
    assert "no mindfolio" in capsys.readouterr().err
