"""Archives: members as streams, and never more of them than data could be."""

import gzip
import io
import os
import struct
import zipfile
from pathlib import Path

import pytest

from engine.core.errors import ImportRefused
from engine.market.formats import containers
from engine.market.formats.containers import (
    Container,
    container_of,
    content_of,
    joined,
    open_archive,
    spool_gzip,
)
from tests.engine.market.formats.samples import zipped


def ignore(_: str) -> None:
    """Progress that nobody reads."""


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_members_that_may_be_data_are_named_and_unpacked(tmp_path: Path) -> None:
    members = {"a/b.csv": "1\n2\n", "__MACOSX/a.csv": "x", ".hidden.csv": "x", "read.me.pdf": "x", "c.TXT": "3"}
    path = written(tmp_path / "a.zip", zipped(members))
    with open_archive(path, ignore) as archive:
        assert archive.names == ("a/b.csv", "c.TXT")
        archive.spool("a/b.csv", tmp_path / "out")
        assert (tmp_path / "out").read_text() == "1\n2\n"
        assert archive.read("c.TXT") == b"3"
        joined(archive, archive.names, tmp_path / "joined")
    assert (tmp_path / "joined").read_text() == "0,1\n0,2\n1,3\n"


def test_two_members_of_one_name_are_refused_as_one_would_be_lost(tmp_path: Path) -> None:
    path = written(tmp_path / "a.zip", zipped({"a.csv": "1", "b.csv": "2"}).replace(b"b.csv", b"a.csv"))
    with pytest.raises(ImportRefused, match=r"a\.zip: has two members called a\.csv"), open_archive(path, ignore):
        pass


@pytest.mark.parametrize("name", ["../../a.csv", "/a.csv", "C:\\a.csv", "CON.csv"])
def test_a_member_is_unpacked_where_it_is_asked_for_whatever_its_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "one" / "two"
    folder.mkdir(parents=True)
    path = written(folder / "a.zip", zipped({name: "1"}))
    with open_archive(path, ignore) as archive:
        archive.spool(archive.names[0], folder / "out")
    assert sorted(file.name for file in tmp_path.rglob("*") if file.is_file()) == ["a.zip", "out"]


def test_a_packed_text_is_read_from_gzip_and_from_a_zip_of_one(tmp_path: Path) -> None:
    for content in (gzip.compress(b"1,2"), zipped({"a.csv": "1,2", "read.me.pdf": "x"})):
        path = written(tmp_path / "a", content)
        with content_of(path, container_of(content)) as text:
            assert text.read() == b"1,2"
    path = written(tmp_path / "a", zipped({"a.csv": "1", "b.csv": "2"}))
    with pytest.raises(ImportRefused, match="holds 2 files"), content_of(path, Container.ZIP):
        pass
    assert container_of(b"PAR1") is Container.NONE


def test_an_archive_without_data_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.zip", zipped({"picture.png": "x"}))
    with pytest.raises(ImportRefused, match="holds no CSV, text or Parquet file"), open_archive(path, ignore):
        pass


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bombs of ten megabytes are enough: an archive may unpack to four whatever its size."""
    monkeypatch.setattr(containers, "_LEAST_ALLOWANCE", 4 << 20)


@pytest.mark.usefixtures("small")
def test_an_archive_that_says_it_grows_absurdly_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = written(tmp_path / "bomb.zip", zipped({"a.csv": b"0" * (10 << 20)}))
    with pytest.raises(ImportRefused, match="unpacks to more than 200 times its size"), open_archive(path, ignore):
        pass


@pytest.mark.usefixtures("small")
def test_an_archive_that_lies_about_its_size_is_refused_while_it_is_unpacked(tmp_path: Path) -> None:
    content = bytearray(zipped({"a.csv": b"0" * (10 << 20)}))
    entry = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, entry + 24, 10)  # the size that the list of members tells
    path = written(tmp_path / "liar.zip", bytes(content))
    with (
        open_archive(path, ignore) as archive,
        pytest.raises(ImportRefused, match=r"liar\.zip: a\.csv: cannot be|bomb|more than"),
    ):
        archive.spool("a.csv", tmp_path / "out")
    assert (tmp_path / "out").stat().st_size <= 5 << 20


@pytest.mark.usefixtures("small")
def test_a_gzip_bomb_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "bomb.csv.gz", gzip.compress(b"0" * (10 << 20)))
    with pytest.raises(ImportRefused, match="unpacks to more than 200 times its size"):
        spool_gzip(path, tmp_path / "out", ignore)
    assert (tmp_path / "out").stat().st_size <= 4 << 20


def test_more_members_than_a_limit_are_refused_without_reading_their_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "_MOST_MEMBERS", 3)
    path = written(tmp_path / "many.zip", zipped({f"{number}.csv": "1" for number in range(4)}))
    with pytest.raises(ImportRefused, match="has more than 3 members"), open_archive(path, ignore):
        pass


@pytest.mark.parametrize("damage", ["cut", "flipped", "crypted", "bzip2"])
def test_a_damaged_or_unusual_archive_is_refused_on_one_line(tmp_path: Path, damage: str) -> None:
    content = bytearray(zipped({"a.csv": os.urandom(5000)}))
    if damage == "cut":
        del content[-30:]
    elif damage == "flipped":
        content[200:210] = b"\xff" * 10
    elif damage == "crypted":
        content[content.rindex(b"PK\x01\x02") + 8] |= 1
        content[6] |= 1
    else:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_BZIP2) as archive:
            archive.writestr("a.csv", "1,2")
        content = bytearray(packed.getvalue())
    path = written(tmp_path / "a.zip", bytes(content))
    with (
        pytest.raises(ImportRefused, match=r"a\.zip: .*cannot be unpacked: ") as refused,
        open_archive(path, ignore) as archive,
    ):
        archive.spool("a.csv", tmp_path / "out")
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_cut_gzip_file_is_refused(tmp_path: Path, share: float) -> None:
    content = gzip.compress(os.urandom(9000))
    path = written(tmp_path / "a.gz", content[: int(len(content) * share)])
    with pytest.raises(ImportRefused, match=r"a\.gz: cannot be unpacked"):
        spool_gzip(path, tmp_path / "out", ignore)


def test_a_member_of_many_is_small(tmp_path: Path) -> None:
    path = written(tmp_path / "a.zip", zipped({"a.csv": os.urandom(2 << 20)}))
    with open_archive(path, ignore) as archive, pytest.raises(ImportRefused, match="longer than any day"):
        archive.read("a.csv")


def test_long_work_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_TOLD_EVERY", 1 << 20)
    said: list[str] = []
    path = written(tmp_path / "a.csv.gz", gzip.compress(os.urandom(3 << 20)))
    spool_gzip(path, tmp_path / "out", said.append)
    assert [line.split(" of ")[0] for line in said] == ["unpacked 1 MB", "unpacked 2 MB", "unpacked 3 MB"]
