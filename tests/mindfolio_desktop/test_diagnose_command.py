"""`mindfolio diagnose` as it is typed."""

import re
import zipfile
from pathlib import Path

import pytest

from tests.mindfolio_desktop.shell import Shell


def test_it_says_in_one_line_where_it_is_and_what_is_inside(empty: Shell, tmp_path: Path) -> None:
    assert empty("diagnose", "--to", str(tmp_path / "a.zip")) == 0
    (line,) = empty.out.splitlines()
    assert line.startswith(f"{tmp_path / 'a.zip'}: 0 log files, versions, settings, 0 mindfolios")
    assert zipfile.is_zipfile(tmp_path / "a.zip")


def test_without_a_name_it_is_a_new_file_where_one_is(
    empty: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert empty("diagnose") == 0
    (made,) = tmp_path.glob("*.zip")
    assert re.fullmatch(r"mindfolio-diagnosis-\d{8}-\d{6}\.zip", made.name)
    assert empty.out.startswith(f"{made}: ")


@pytest.mark.parametrize("where", ["nowhere/a.zip", "."])
def test_what_cannot_be_written_is_one_line(empty: Shell, tmp_path: Path, where: str) -> None:
    assert empty("diagnose", "--to", str(tmp_path / where)) == 2
    assert str(tmp_path) in empty.complaint
    assert empty.out == ""
