"""ICU's data with less in it: what stays is what it was, and Qt goes on sorting by it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import icu
import PySide6
import pytest

LIBRARIES = sorted((Path(PySide6.__file__).parent / "Qt" / "lib").glob("libicudata.so.*"))

pytestmark = pytest.mark.skipif(
    not LIBRARIES or not all(map(shutil.which, ("as", "ld", "objdump"))), reason="no ICU beside Qt, or no binutils"
)

SORTS = """
from PySide6.QtCore import QCollator, QLocale
for name in ("en_US", "sv_SE", "de_DE"):
    collator = QCollator(QLocale(name))
    print(name, "".join(sorted("zÄaöZ", key=collator.sortKey)))
print(QLocale("de_DE").toString(1234567.5), QLocale("ja_JP").monthName(5), QLocale("tr_TR").toUpper("i"))
print(*(line.split()[-1] for line in open("/proc/self/maps") if "libicudata" in line and "00000000 " in line))
"""


def told(**environment: str) -> list[str]:
    """What Qt says of letters in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", SORTS], capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    return done.stdout.splitlines()


def test_qt_sorts_and_speaks_as_before(tmp_path: Path) -> None:
    made = icu.reduced(LIBRARIES[0], tmp_path)
    assert made.stat().st_size < LIBRARIES[0].stat().st_size / 2
    *before, loaded = told()
    *after, loaded_now = told(LD_PRELOAD=str(made))
    assert before[0].split()[1] != before[1].split()[1], "Swedes put the umlaut behind z"
    assert after == before
    assert set(loaded_now.split()) == {str(made)} != set(loaded.split())


def test_what_stays_is_what_it_was(tmp_path: Path) -> None:
    whole, less = (contents(library) for library in (LIBRARIES[0], icu.reduced(LIBRARIES[0], tmp_path)))
    assert list(less) == sorted(less) == [name for name in whole if icu.is_kept(name)]
    assert all(item[: len(whole[name])].rstrip(b"\0") == whole[name].rstrip(b"\0") for name, item in less.items())
    folders = {name.split("/")[1] for name in less if name.count("/") == 2}
    assert {name for name in less if "/coll/" in name} == {name for name in whole if "/coll/" in name}
    assert folders >= {"coll", "curr", "zone"}
    package = next(iter(less)).split("/")[0]
    assert {f"{package}/root.res", f"{package}/curr/root.res"} <= set(less)
    assert not {f"{package}/de.res", f"{package}/zone/de.res"} & set(less)


def contents(library: Path) -> dict[str, bytes]:
    """The items of a library's data."""
    _name, begin, size = icu._symbol(library)
    return icu.items_of(library.read_bytes()[begin : begin + size])


def test_another_file_is_refused() -> None:
    with pytest.raises(ValueError, match="not ICU"):
        icu.items_of(bytes(64))


def test_only_icus_data_is_replaced(tmp_path: Path) -> None:
    other = ("PySide6/Qt/lib/libicuuc.so.73", "/s/libicuuc.so.73", "BINARY")
    link = ("libicudata.so.73", "PySide6/Qt/lib/libicudata.so.73", "SYMLINK")
    data = ("PySide6/Qt/lib/libicudata.so.73", str(LIBRARIES[0]), "BINARY")
    assert [icu.in_place_of(each, tmp_path) for each in (other, link)] == [other, link]
    assert icu.in_place_of(data, tmp_path) == (data[0], str(tmp_path / LIBRARIES[0].name), "BINARY")
