"""What is remembered comes back as what it was, and nothing that happens to a file is ever raised."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mindfolio_desktop.ui.remembered import Whose, recall, remember, sync, use


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "simulated" / "window.ini"
    use({Whose.MINDFOLIO: path, Whose.USER: tmp_path / "settings.ini"})
    yield path
    use({})


def again(file: Path) -> None:
    """As in the next start: Qt shares what is open, so it is closed first."""
    use({})
    use({Whose.MINDFOLIO: file, Whose.USER: file.parents[1] / "settings.ini"})


@pytest.mark.parametrize(
    "value", [True, False, 0, 15_000, 0.5, "", "a, b; c=d \N{EURO SIGN}", b"\x00\xff", [1, "two"], {"a": [1.5, None]}]
)
def test_what_was_kept_comes_back_as_the_same_type(file: Path, value: object) -> None:
    remember("table/orders", value)
    again(file)
    found = recall("table/orders", type(value)())
    assert found == value
    assert type(found) is type(value)


def test_a_user_and_a_mindfolio_are_kept_apart(file: Path) -> None:
    remember("look/theme", "light", Whose.USER)
    assert recall("look/theme", "dark") == "dark"
    assert recall("look/theme", "dark", Whose.USER) == "light"
    sync()
    assert (file.parents[1] / "settings.ini").exists()
    assert not file.exists()


def test_another_type_than_asked_for_is_as_good_as_nothing(file: Path) -> None:
    remember("window/page", 7)
    assert recall("window/page", "dashboard") == "dashboard"
    remember("window/share", 1)
    assert recall("window/share", 0.5) == 1.0
    assert recall("window/share", True) is True
    remember("window/share", 10**400)
    assert recall("window/share", 0.5) == 0.5


@pytest.mark.parametrize(
    "words", ["", "[window]\npage=7, 8\n", "[window]\npage={\n", '[window]\npage="{}"\n', "\x00\x01%%%", "page"]
)
def test_a_damaged_file_is_as_good_as_none(file: Path, words: str) -> None:
    file.parent.mkdir()
    file.write_text(words, encoding="utf-8")
    again(file)
    assert recall("window/page", "dashboard") == "dashboard"
    remember("window/page", "risk")
    assert recall("window/page", "dashboard") == "risk"
    sync()


def test_a_place_that_cannot_be_written_is_told_of_in_the_log_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder", encoding="utf-8")
    use({Whose.MINDFOLIO: blocked / "window.ini"})
    remember("window/page", "risk")
    sync()
    assert recall("window/page", "") == "risk"
    assert "was not kept" in caplog.text
    use({})


def test_without_a_file_nothing_is_remembered() -> None:
    use({})
    remember("window/page", "risk")
    assert recall("window/page", "dashboard") == "dashboard"


def test_what_no_file_can_hold_is_a_fault_of_the_program(file: Path) -> None:
    with pytest.raises(TypeError):
        remember("window/page", object())
