"""Images of a ledger whose write-ahead log was cut or had bits flipped: all of what was committed, or a refusal.

SQLite takes the end of its log for the end of what happened and drops what follows a damaged frame without a word. The
head outside the file tells. `uv run pytest tests/simulation/test_wal_images.py --wal-images 5000` is the full figure;
the ordinary test run does a share of it.
"""

import random
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.core.errors import LedgerFault
from engine.ledger.anchor import anchor_path, read_head
from engine.ledger.ledger import Ledger
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_file
from tests.builders import Clerk, ledger

FRAME = 4096 + 24
"""A page of the log with its header."""


@dataclass(frozen=True, slots=True)
class Original:
    """A ledger with its log as a power cut finds them, and what was committed."""

    folder: Path
    hashes: dict[int, str]
    """Last entry of each commit -> its hash."""


def traded(folder: Path) -> Original:
    """Sixty commits, none of which SQLite has moved from the log into the file, and a copy of the files as they lie."""
    path = folder / "live" / "ledger.sqlite"
    store = SqliteStore(path)
    store._connection.execute("PRAGMA wal_autocheckpoint = 0")
    clerk = Clerk(ledger(store))
    hashes = {clerk.ledger.book.seq: clerk.ledger.head_hash}
    for turn in range(30):
        position_id = clerk.open()
        clerk.ledger.commit()
        hashes[clerk.ledger.book.seq] = clerk.ledger.head_hash
        clerk.mark(**{position_id: "-110"})
        clerk.close(position_id, "0.55")
        if turn % 10 == 9:
            clerk.ledger.seal(clerk.at)
        clerk.ledger.commit()
        hashes[clerk.ledger.book.seq] = clerk.ledger.head_hash
    kept = folder / "kept"
    kept.mkdir()
    for each in ("ledger.sqlite", "ledger.sqlite-wal", "ledger.head"):
        shutil.copy(path.parent / each, kept / each)
    store.close()
    return Original(kept, hashes)


def damaged(original: Original, folder: Path, chance: random.Random) -> tuple[Path, str]:
    """An image with its log cut, or with one to eight bits flipped; half of the cuts fall on a frame's end."""
    path = folder / "ledger.sqlite"
    shutil.copytree(original.folder, folder)
    log = path.with_name("ledger.sqlite-wal")
    content = bytearray(log.read_bytes())
    if chance.random() < 0.5:
        cut = chance.randrange(len(content) + 1)
        if chance.random() < 0.5:
            cut = min(32 + cut // FRAME * FRAME, len(content))
        log.write_bytes(content[:cut])
        return path, "cut" if cut < len(content) else "whole"
    for _ in range(chance.randint(1, 8)):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    log.write_bytes(content)
    return path, "flipped"


def opened(path: Path) -> tuple[int, str] | str:
    """What the ledger holds when it is opened for writing, or why it is refused."""
    try:
        store = SqliteStore(path)
    except LedgerFault as fault:
        return str(fault)
    try:
        made = Ledger(store)
    except LedgerFault as fault:
        return str(fault)
    finally:
        store.close()
    return made.book.seq, made.head_hash


@pytest.mark.timeout(1200)
def test_no_damaged_log_loses_anything_in_silence(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    images = int(request.config.getoption("--wal-images"))
    chance = random.Random(20260316)
    original = traded(tmp_path)
    head = read_head(anchor_path(original.folder / "ledger.sqlite"))
    assert head is not None
    assert head.seq == max(original.hashes)
    outcomes: Counter[str] = Counter()
    for number in range(images):
        path, how = damaged(original, tmp_path / f"image-{number}", chance)
        found = opened(path)
        outcomes[f"{how}, {'refused' if isinstance(found, str) else 'opened'}"] += 1
        if isinstance(found, str):
            assert "\n" not in found
        else:
            assert found == (head.seq, head.hash), "entries were lost without a word"
            assert verify_file(path).faults == ()
        shutil.rmtree(path.parent)
    assert sum(outcomes.values()) == images
    assert outcomes["cut, refused"] > images / 4
    assert outcomes["flipped, refused"] > images / 4
    assert outcomes["cut, opened"] == 0


def test_what_was_committed_after_the_head_is_kept_too(tmp_path: Path) -> None:
    """A kill between the commit and the head: the ledger is ahead of its head, and nothing is missing."""
    original = traded(tmp_path)
    path = original.folder / "ledger.sqlite"
    commits = sorted(original.hashes)
    shutil.copy(anchor_path(path), tmp_path / "newest.head")
    head = read_head(anchor_path(path))
    assert head is not None
    slots = bytearray(anchor_path(path).read_bytes())
    newest = 0 if slots[:20] == b"%020d" % head.seq else 4096
    slots[newest : newest + 20] = b"x" * 20
    anchor_path(path).write_bytes(slots)
    behind = read_head(anchor_path(path))
    assert behind is not None
    assert behind.seq == commits[-2]
    assert opened(path) == (head.seq, head.hash)
