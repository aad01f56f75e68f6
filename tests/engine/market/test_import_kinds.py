"""What a file holds, by its header."""

import gzip
import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZIP_LZMA, ZipFile

import pytest

from engine.market.import_kinds import Kind, kind_of


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Symbol,Kind,Day\n", Kind.EVENTS),
        ("day,symbol,kind,until,value,source\n", Kind.EVENTS),
        ("Date,Open,High,Low,Close,Volume\n", Kind.TABLE),
        ("symbol,date,close,high,low,open,adjClose\n", Kind.TABLE),
        ("DATE,PCREDIT8\n", Kind.TABLE),
        ("20210104 00:00,3753100,3754500,3648200,3687900,1\n", Kind.TABLE),
        ("20210104,0.99,1,368.79\n", Kind.TABLE),
        ("34200000,1,2\n", Kind.CHAINS),
        ("34200000,1,2,3\n", Kind.CHAINS),
        # Bars of option contracts, and day aggregates that only a contract's name tells from bars.
        ("date,open,high,low,close,strike,expiration\n", Kind.CHAINS),
        ("ticker,volume,open,close,high,low,window_start,transactions\n", Kind.CHAINS),
        ("snapshot_et,ticker,expiration,type,strike,bid,ask\n", Kind.CHAINS),
        ("", Kind.CHAINS),
        ("<html>", Kind.CHAINS),
    ],
)
def test_the_header_tells(tmp_path: Path, text: str, kind: Kind) -> None:
    path = tmp_path / "file.csv"
    path.write_text(text)
    assert kind_of(path) is kind


def test_a_zip_of_one_file_is_looked_into_and_of_more_is_chains(tmp_path: Path) -> None:
    one, more = tmp_path / "one.zip", tmp_path / "more.zip"
    for path, members in ((one, ("a.csv",)), (more, ("a.csv", "b.csv"))):
        with ZipFile(path, "w") as archive:
            for member in members:
                archive.writestr(member, "20210104 00:00,3753100,3754500,3648200,3687900,1\n")
    assert (kind_of(one), kind_of(more)) == (Kind.TABLE, Kind.CHAINS)
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(gzip.compress(b"Date,Open,High,Low,Close\n" + bytes(10**6)))
    assert kind_of(packed) is Kind.TABLE


def test_what_cannot_be_read_is_left_to_the_importer_of_chains(tmp_path: Path) -> None:
    parquet, broken = tmp_path / "a.parquet", tmp_path / "a.zip"
    parquet.write_bytes(b"PAR1\x00\xff\xfe")
    broken.write_bytes(b"PK\x03\x04 and no more")
    crooked = tmp_path / "crooked.zip"
    with ZipFile(crooked, "w", ZIP_LZMA) as archive:
        archive.writestr("a.csv", "Date,Open,High,Low,Close\n")
    content = bytearray(crooked.read_bytes())
    content[45:55] = b"\xff" * 10
    crooked.write_bytes(content)
    paths = (parquet, broken, crooked, tmp_path, tmp_path / "absent.csv", Path("a\0b"))
    assert {kind_of(path) for path in paths} == {Kind.CHAINS}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    look = (
        "import sys, pathlib; from engine.market.import_kinds import kind_of; print(kind_of(pathlib.Path(sys.argv[1])))"
    )
    looked = subprocess.run(
        [sys.executable, "-c", look, str(tmp_path / "pipe")], check=True, capture_output=True, timeout=30
    )
    assert looked.stdout == b"chains\n"


def test_every_real_file_is_told_apart(shared_dir: Path) -> None:
    kinds = {
        folder: {kind_of(path) for path in (shared_dir / "data" / folder).rglob("*") if path.is_file()}
        for folder in ("chains", "vendor_samples", "underlying")
    }
    assert kinds == {"chains": {Kind.CHAINS}, "vendor_samples": {Kind.CHAINS}, "underlying": {Kind.TABLE}}
