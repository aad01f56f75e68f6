"""The head outside the database: two slots in turns, never torn, and one clear line for what it finds."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import LedgerFault
from engine.ledger import anchor
from engine.ledger.anchor import SLOT, Anchor, Head, anchor_path, head_fault, read_head, write_new
from tests.engine.ledger.test_store_faults import file_size_limit

ZERO = Head(0, "0" * 64)


def head(seq: int) -> Head:
    return Head(seq, f"{seq:064x}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.head"
    write_new(path, ZERO)
    return path


def written(path: Path, *seqs: int) -> None:
    opened = Anchor(path)
    for seq in seqs:
        opened.write(head(seq), durable=seq % 2 == 0)
    opened.close()


def test_it_lies_beside_the_ledger() -> None:
    assert anchor_path(Path("a") / "ledger.sqlite") == Path("a") / "ledger.head"


def test_where_there_is_no_file_there_is_no_head(tmp_path: Path) -> None:
    assert read_head(tmp_path / "none.head") is None


def test_the_newest_head_is_read_back(path: Path) -> None:
    assert read_head(path) == ZERO
    for upto in range(1, 6):
        written(path, upto)
        assert read_head(path) == head(upto)
    assert path.stat().st_size < 2 * SLOT


def test_the_two_slots_take_turns_also_over_a_restart(path: Path) -> None:
    written(path, 1, 2)
    written(path, 3)
    slots = path.read_bytes()
    assert {slots[:20], slots[SLOT : SLOT + 20]} == {b"%020d" % 2, b"%020d" % 3}


@given(cut=st.integers(0, 200), seq=st.integers(1, 10**18))
def test_a_write_that_was_cut_short_leaves_the_head_before_it(
    tmp_path_factory: pytest.TempPathFactory, cut: int, seq: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "ledger.head"
    write_new(path, ZERO)
    written(path, seq)
    before = path.read_bytes()
    written(path, seq + 1)
    after = path.read_bytes()
    newer = 0 if after[:SLOT] != before[:SLOT] else SLOT
    torn = after[: newer + cut] + before[newer + cut :]
    path.write_bytes(torn)
    assert read_head(path) == head(seq + 1 if torn == after else seq)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\0" * 5000, b"\xff" * 5000, b"1 2 3\n" + b"\0" * 5000])
def test_a_file_without_a_sound_slot_is_a_fault_that_says_what_to_do(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for use in (read_head, Anchor):
        with pytest.raises(LedgerFault, match=r"damaged.*--accept-head"):
            use(path)


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_flipped_bit_makes_another_head(tmp_path_factory: pytest.TempPathFactory, place: int, bit: int) -> None:
    path = tmp_path_factory.mktemp("flip") / "ledger.head"
    write_new(path, ZERO)
    written(path, 1, 2)
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 1 << bit
    path.write_bytes(content)
    assert read_head(path) in (head(1), head(2))


def test_a_head_may_be_put_in_place_of_a_newer_one(path: Path) -> None:
    written(path, 8, 9)
    write_new(path, head(3))
    assert read_head(path) == head(3)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_durable_write_waits_for_the_disk_and_no_other_does(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    opened = Anchor(path)
    monkeypatch.setattr(os, "fsync", synced.append)
    opened.write(head(1), durable=False)
    assert synced == []
    opened.write(head(2), durable=True)
    assert len(synced) == 1
    opened.close()


def test_what_cannot_be_written_is_a_fault_in_one_line(tmp_path: Path, path: Path) -> None:
    with pytest.raises(LedgerFault, match="cannot be written: No such file"):
        write_new(tmp_path / "none" / "ledger.head", ZERO)
    opened = Anchor(path)
    opened._file.close()
    opened._file = path.open("rb", buffering=0)  # a descriptor that refuses
    with pytest.raises(LedgerFault, match="cannot be written: Bad file descriptor"):
        opened.write(head(1), durable=False)
    opened.close()
    assert read_head(path) == ZERO


@pytest.mark.skipif(sys.platform == "win32", reason="sizes cannot be limited")
def test_a_write_of_which_the_system_takes_a_part_is_a_fault_and_the_other_slot_stands(path: Path) -> None:
    opened = Anchor(path)
    opened.write(head(3), durable=True)
    opened.write(head(4), durable=True)
    with file_size_limit(SLOT + 40), pytest.raises(LedgerFault, match="cannot be written"):
        opened.write(head(5), durable=True)
    opened.close()
    assert read_head(path) == head(4)
    with file_size_limit(40), pytest.raises(LedgerFault, match="cannot be written"):
        write_new(path, head(9))
    assert read_head(path) == head(4)


def test_a_folder_in_its_place_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "ledger.head").mkdir()
    with pytest.raises(LedgerFault, match="cannot be read"):
        read_head(tmp_path / "ledger.head")


@pytest.mark.skipif(os.name == "nt", reason="folders are not synced there")
def test_a_folder_can_be_synced(tmp_path: Path) -> None:
    anchor.sync_folder(tmp_path)


@pytest.mark.parametrize(
    ("schema", "known", "last", "anchored", "fault"),
    [
        (2, None, None, None, ""),
        (2, None, 7, None, "lacks its head"),
        (1, None, 7, None, ""),
        (0, ZERO, None, None, ""),
        (2, ZERO, 7, None, ""),
        (0, head(3), None, None, "is empty or gone, and had 3 entries"),
        (2, head(3), None, None, "is empty or gone, and had 3 entries"),
        (2, head(3), 2, None, "has lost entries: it ends at 2 and had 3"),
        (2, head(3), 3, head(3).hash, ""),
        (2, head(3), 9, head(3).hash, ""),
        (2, head(3), 9, head(4).hash, "was rewritten: entry 3"),
        (2, head(3), 9, None, "was rewritten: entry 3"),
    ],
)
def test_what_a_head_says_against_its_ledger(
    schema: int, known: Head | None, last: int | None, anchored: str | None, fault: str
) -> None:
    found = head_fault(Path("ledger.sqlite"), schema, known, last, anchored)
    assert fault in found
    assert bool(found) == bool(fault)
    assert "\n" not in found
