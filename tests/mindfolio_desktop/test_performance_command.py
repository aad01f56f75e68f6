"""`mindfolio performance` as it is typed."""

import json
from pathlib import Path

import pytest

from engine.domain import events as ev
from engine.domain.mindfolio import Environment
from engine.ledger.store import SqliteStore
from engine.runtime.places import Places
from mindfolio_desktop.cli import IMPOSSIBLE, OK, run
from tests.builders import NOW, Clerk, ledger
from tests.golden.test_journals import old_file


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A ledger in which one condor made 35.20, another is 20 ahead of its mark, and a session has closed."""
    places = Places(tmp_path, Environment.REPLAY)
    store = SqliteStore(places.ledger)
    clerk = Clerk(ledger(store))
    clerk.close(clerk.open("-1.20"), "0.80")
    clerk.mark(**{clerk.open("-1.20"): "-100"})
    clerk.record(ev.SessionClosed(NOW.date()))
    clerk.ledger.commit()
    store.close()
    return places


def typed(places: Places, *arguments: str) -> int:
    return run(["performance", "--data-dir", str(places.ledger.parent.parent), *arguments])


def test_the_document_has_everything(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(places, "--json") == OK
    document = json.loads(capsys.readouterr().out)
    account = document["account"]
    assert account["pnl"] == {"day": 52.8, "week": 52.8, "month": 52.8, "total": 52.8}
    assert (account["trades"]["closed"], account["trades"]["win_rate"], account["trades"]["open"]) == (1, 1.0, 1)
    assert account["trades"]["open_result"] == 17.6
    assert account["returns"]["time_weighted"] == pytest.approx(52.80 / 50_000)
    assert (account["returns"]["sharpe"], account["returns"]["since"]) == (None, "2026-03-16")
    assert [row["key"] for row in document["modules"]] == ["alpha", "beta"]
    assert [row["key"] for row in document["structures"]] == ["Iron Condor"]
    assert [row["key"] for row in document["symbols"]] == ["TSLA"]
    assert document["of_no_trade"] == {"day": 0, "week": 0, "month": 0, "total": 0}


@pytest.mark.parametrize(
    ("by", "name"), [("module", "Alpha"), ("structure", "Iron Condor"), ("symbol", "TSLA"), ("", "Beta")]
)
def test_the_tables_have_a_line_for_each(
    places: Places, capsys: pytest.CaptureFixture[str], by: str, name: str
) -> None:
    before = places.ledger.read_bytes()
    assert typed(places, *(["--by", by] if by else [])) == OK
    told = capsys.readouterr().out
    assert told.count(f"\n  {name} ") == (3 if by in ("", "module") else 2)
    (line,) = [line for line in told.splitlines() if line.startswith("Sample") and "52.80" in line]
    assert line.split()[1:5] == ["52.80"] * 4
    assert "from 20 sessions on" in told
    assert places.ledger.read_bytes() == before, "it only reads"


def test_what_cannot_be_told_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = Places(tmp_path, Environment.REPLAY)
    places.ledger.parent.mkdir(parents=True)
    assert typed(places) == IMPOSSIBLE
    assert "there is no mindfolio" in capsys.readouterr().err
    old_file(places.ledger)
    assert typed(places) == IMPOSSIBLE
    assert "run it once with this one" in capsys.readouterr().err
    places.ledger.unlink()
    SqliteStore(places.ledger).close()
    assert typed(places) == IMPOSSIBLE
    assert "is empty" in capsys.readouterr().err
