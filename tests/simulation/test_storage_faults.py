"""Disks that fail, lie, cut short and forget, below the real ledger: recovered whole, or refused in one clear line.

`uv run pytest tests/simulation/test_storage_faults.py --images 5000 -s` is the full figure.
"""

import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.core.errors import LedgerFault
from engine.ledger import checkpoint
from engine.ledger.ledger import Ledger
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_file
from tests.builders import Clerk, ledger
from tests.simulation.faulty_disk import Disk, Operation, disk, is_reachable

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what a handle names is asked of /proc"),
    pytest.mark.skipif(sys.platform.startswith("linux") and not is_reachable(), reason="SQLite is within Python"),
    pytest.mark.timeout(3600),
]

NAMES = ("ledger.sqlite", "ledger.sqlite-wal", "ledger.head")
PAGE = 4096
SECTOR = 512
SEED = 20260316
FAULTS = [("error", False), ("error", True), ("full", False), ("full", True), ("short", False), ("short", True)]


@dataclass(frozen=True, slots=True)
class Written:
    """A ledger's life on a disk: its files at first, all that was done to them, and what was promised after each."""

    first: dict[str, bytes]
    done: list[Operation]
    promised: list[tuple[int, int]]
    """Operations done -> the entry that is durable from there on."""
    hashes: dict[int, str]
    books: dict[int, str]
    copies: list[dict[str, bytes]]
    """The files as they lay after each commit."""


@contextmanager
def scratch() -> Iterator[Path]:
    """In memory where the system has that: thousands of images are opened, and each waits for its disk."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own in it
    with tempfile.TemporaryDirectory(prefix="mindfolio-disk-", dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def traded(clerk: Clerk, turns: int) -> Iterator[None]:
    """Commits of several kinds; some with a checkpoint."""
    for turn in range(turns):
        position_id = clerk.open()
        clerk.ledger.commit()
        yield
        clerk.mark(**{position_id: "-110"})
        clerk.ledger.commit()
        yield
        clerk.close(position_id, "0.55")
        if turn % 5 == 4:
            clerk.ledger.seal(clerk.at)
        clerk.ledger.commit()
        yield


def recorded(folder: Path) -> Written:
    """Sixty commits, with the log moved into the file again and again, and everything that the disk was told."""
    path = folder / "ledger.sqlite"
    with disk(folder) as one:
        store = SqliteStore(path)
        store._connection.execute("PRAGMA wal_autocheckpoint = 60")
        clerk = Clerk(ledger(store))
        clerk.ledger.commit()
        begun, first = len(one.done), read_all(folder)
        seq = clerk.ledger.book.seq
        found = Written(first, [], [(0, seq)], {seq: clerk.ledger.head_hash}, {seq: state(clerk.ledger)}, [first])
        for _ in traded(clerk, 20):
            seq = clerk.ledger.book.seq
            found.promised.append((len(one.done) - begun, seq))
            found.hashes[seq] = clerk.ledger.head_hash
            found.books[seq] = state(clerk.ledger)
            found.copies.append(read_all(folder))
        found.done.extend(one.done[begun:])
        store.close()
    return found


def state(made: Ledger) -> str:
    """Everything in the book, as one hash."""
    return checkpoint.state_hash(made.book)


def read_all(folder: Path) -> dict[str, bytes]:
    """The files of a ledger that are there."""
    return {name: (folder / name).read_bytes() for name in NAMES if (folder / name).exists()}


def put(folder: Path, files: dict[str, bytes]) -> Path:
    """Lay files down in a new folder; the ledger's path."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / "ledger.sqlite"


# --- what a power cut leaves -----------------------------------------------------------------------------------------
def cut_off(written: Written, at: int, liar: str, chance: random.Random) -> dict[str, bytes]:
    """The files after so many operations and a power cut: what was synced is there, of the rest any part of any.

    A file that lies has said of the last of its syncs that they were done, which they were not.
    """
    files = {name: bytearray(content) for name, content in written.first.items()}
    done = written.done[:at]
    for name, content in files.items():
        syncs = [number for number, each in enumerate(done) if each.name == name and each.is_sync]
        if name in liar.split() and syncs:
            syncs = syncs[: chance.randrange(len(syncs) + 1)]
        last = syncs[-1] if syncs else -1
        for number, operation in enumerate(done):
            if operation.name == name:
                _applied(content, operation, chance, is_certain=number <= last)
    return {name: bytes(content) for name, content in files.items()}


def _applied(content: bytearray, operation: Operation, chance: random.Random, *, is_certain: bool) -> None:
    part = 1.0 if is_certain else chance.choice((0.0, 0.0, 0.5, 1.0))
    if operation.length is not None and part == 1.0:
        del content[operation.length :]
    if operation.content is None or not part:
        return
    size = len(operation.content)
    if part < 1.0:  # torn at a sector's end
        size = chance.randrange(0, size + 1) // SECTOR * SECTOR
    end = operation.offset + size
    content.extend(bytes(max(0, end - len(content))))
    content[operation.offset : end] = operation.content[:size]


# --- damage ----------------------------------------------------------------------------------------------------------
def flipped(files: dict[str, bytes], name: str, chance: random.Random) -> None:
    """One to eight bits of a file the other way round."""
    content = bytearray(files[name])
    for _ in range(chance.randint(1, 8)):
        where = (
            chance.randrange(len(content)) if name != "ledger.head" else chance.choice((0, PAGE)) + chance.randrange(94)
        )
        content[where % len(content)] ^= 1 << chance.randrange(8)
    files[name] = bytes(content)


def truncated(files: dict[str, bytes], name: str, chance: random.Random) -> None:
    """A file cut short, half of the times at a sector's end."""
    cut = chance.randrange(len(files[name]))
    files[name] = files[name][: cut // SECTOR * SECTOR if chance.random() < 0.5 else cut]


def swapped(files: dict[str, bytes], name: str, chance: random.Random) -> None:
    """Two pages of a file in each other's place."""
    content, head, step = bytearray(files[name]), (32, PAGE + 24) if name.endswith("-wal") else (0, PAGE), 0
    start, step = head
    count = max(2, (len(content) - start) // step)
    one, other = (start + step * number for number in chance.sample(range(count), 2))
    content[one : one + step], content[other : other + step] = content[other : other + step], content[one : one + step]
    files[name] = bytes(content)


DAMAGES: dict[str, Callable[[dict[str, bytes], str, random.Random], None]] = {
    "bits flipped": flipped,
    "cut short": truncated,
    "pages swapped": swapped,
}


def damaged(written: Written, number: int, chance: random.Random) -> tuple[str, dict[str, bytes], int]:
    """The next image: how it was made, its files, and the entry that it may not fall behind unseen."""
    kinds = [f"{how} in {name}" for how in DAMAGES for name in NAMES if (how, name) != ("pages swapped", "ledger.head")]
    kinds += [f"older {name}" for name in (*NAMES, "ledger.sqlite ledger.head")]
    kinds += ["power cut"] * 3
    kinds += [
        "syncs of ledger.sqlite ledger.sqlite-wal lied",
        "syncs of ledger.head lied",
        "syncs of ledger.sqlite lied",
    ]
    kind = kinds[number % len(kinds)]
    if kind == "power cut" or "lied" in kind:
        at = chance.randrange(1, len(written.done) + 1)
        liar = kind.removeprefix("syncs of ").removesuffix(" lied") if "lied" in kind else ""
        files = cut_off(written, at, liar, chance)
        # Where only the ledger's own syncs were lies, the durable head vouches for what it has.
        synced = max((seq for done, seq in written.promised if done <= at), default=0)
        return kind, files, synced if "sqlite" not in liar else _head_of(files)
    moment = chance.randrange(len(written.copies) // 2, len(written.copies))
    files = dict(written.copies[moment])
    seq = written.promised[moment][1]
    if kind.startswith("older"):
        copy = written.copies[chance.randrange(moment)]
        files.update((name, copy[name]) for name in kind.removeprefix("older ").split())
        seq = min(seq, _head_of(files))
    else:
        how, _, name = kind.partition(" in ")
        DAMAGES[how](files, name, chance)
    return kind, files, seq


def _head_of(files: dict[str, bytes]) -> int:
    slots = [files["ledger.head"][start : start + 20] for start in (0, PAGE)]
    return max(int(slot) for slot in slots if slot.strip(b"\0 ").isdigit())


def opened(path: Path) -> Ledger | str:
    """The ledger as it is opened for writing, or why it is refused."""
    try:
        store = SqliteStore(path)
    except LedgerFault as fault:
        return str(fault)
    try:
        return Ledger(store)
    except LedgerFault as fault:
        return str(fault)
    finally:
        store.close()


def outcome(path: Path, written: Written, at_least: int) -> str:
    """What becomes of an image: refused, whole, or damaged where `verify` names it. Anything else is a failure."""
    found = opened(path)
    if isinstance(found, str):
        assert "\n" not in found
        return "refused"
    made = found
    seq = made.book.seq
    assert seq >= at_least, f"entries after {seq} were lost without a word; {at_least} was durable"
    assert made.head_hash == written.hashes[seq]
    assert state(made) == written.books[seq], "another book from the same journal"
    try:
        faults = verify_file(path).faults
    except LedgerFault as fault:
        faults = (str(fault),)
    return "damage named by verify" if faults else "whole"


def test_no_image_of_a_ledger_loses_anything_in_silence(request: pytest.FixtureRequest) -> None:
    images, chance = int(request.config.getoption("--images")), random.Random(SEED)
    outcomes: Counter[tuple[str, str]] = Counter()
    with scratch() as folder:
        written = recorded(folder / "live")
        for number in range(images):
            kind, files, at_least = damaged(written, number, chance)
            path = put(folder / str(number), files)
            try:
                found = outcome(path, written, at_least)
            except AssertionError as silent:
                raise AssertionError(f"image {number}, {kind}: {silent}") from silent
            outcomes[kind, found] += 1
            shutil.rmtree(path.parent)
    kinds = sorted({kind for kind, _ in outcomes})
    results = sorted({result for _, result in outcomes})
    sys.stdout.write(f"\n{images} images, 0 silent\n")
    for kind in kinds:
        counts = ", ".join(f"{outcomes[kind, result]} {result}" for result in results if outcomes[kind, result])
        sys.stdout.write(f"  {kind}: {counts}\n")
    assert len(kinds) == 16
    # Files of two times are refused, or all that there was is in them.
    assert not any(outcomes[kind, "damage named by verify"] for kind in kinds if kind.startswith("older"))
    assert outcomes["power cut", "whole"] == sum(outcomes["power cut", result] for result in results)


# --- errors at the n-th operation ------------------------------------------------------------------------------------
@pytest.mark.parametrize(("kind", "is_sticky"), FAULTS)
def test_an_operation_that_fails_is_a_fault_and_keeps_what_was_committed(
    request: pytest.FixtureRequest, kind: str, is_sticky: bool
) -> None:
    images = int(request.config.getoption("--images"))
    with scratch() as folder:
        sizes = len(_until_it_fails(folder / "counted", 0, kind, is_sticky=False).done)
        step = max(1, sizes * len(FAULTS) // max(1, images // 3))
        points = range(1 + (SEED % step), sizes + 1, step)
        failed = sum(bool(_until_it_fails(folder / str(n), n, kind, is_sticky=is_sticky).failed) for n in points)
    sys.stdout.write(f"\n{kind}, {'from there on' if is_sticky else 'once'}: {failed} of {len(points)} points failed\n")
    assert failed > len(points) // 2


def _until_it_fails(folder: Path, number: int, kind: str, *, is_sticky: bool) -> Disk:
    path, known, fault = folder / "ledger.sqlite", [0], ""
    with disk(folder, kind=kind, is_sticky=is_sticky) as one:
        store = SqliteStore(path)
        clerk = Clerk(ledger(store))
        clerk.ledger.commit()
        store._connection.execute("PRAGMA wal_autocheckpoint = 20")
        known[0] = clerk.ledger.book.seq
        one.done.clear()
        one.fails_at = number
        try:
            known.extend(clerk.ledger.book.seq for _ in traded(clerk, 2))
        except LedgerFault as failure:
            fault = str(failure)
        staged = clerk.ledger.book.seq
        if fault:
            with pytest.raises(LedgerFault, match="until it is reopened"):
                clerk.ledger.commit()
        store.close()
    assert "\n" not in fault
    assert verify_file(path).faults == ()
    store = SqliteStore(path)
    reopened = Ledger(store)
    # What failed after the transaction was durable, in the head, is there; it was never promised.
    assert known[-1] <= reopened.book.seq <= staged
    if not fault:
        assert reopened.book.seq == known[-1]
    clerk = Clerk(reopened)
    clerk.open()
    clerk.ledger.commit()
    store.close()
    shutil.rmtree(folder)
    return one
