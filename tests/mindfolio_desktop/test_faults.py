"""What is kept of an exception: its kind, words and places, and what it came from; no folder, no values."""

from pathlib import Path

from mindfolio_desktop.faults import as_lines, faults_of, place, where


def fail(deep: int) -> None:
    value = "not to be kept"
    if deep:
        fail(deep - 1)
    else:
        raise KeyError(value[:3])


def caught(deep: int = 0) -> BaseException:
    try:
        try:
            fail(deep)
        except KeyError as error:
            raise ValueError("it went wrong") from error
    except ValueError as error:
        return error
    raise AssertionError


def test_a_chain_is_told_from_the_last_to_the_first_with_its_places() -> None:
    told = faults_of(caught())
    assert [(fault["type"], fault["text"]) for fault in told] == [
        ("ValueError", "it went wrong"),
        ("KeyError", "'not'"),
    ]
    assert told[1]["frames"][-1].startswith("mindfolio_desktop/test_faults.py:")
    assert told[1]["frames"][-1].endswith(" fail")
    lines = as_lines(told)
    assert lines[0] == "ValueError: it went wrong"
    assert "because of KeyError: 'not'" in lines
    assert str(Path(__file__).parents[2]) not in "\n".join(lines)


def test_the_same_line_is_the_same_fault_whatever_it_says() -> None:
    assert where(faults_of(caught())) == where(faults_of(caught(3)))
    assert where(faults_of(caught())) != where(faults_of(ValueError("it went wrong")))
    assert where([]) == ("", "")


def test_a_long_way_is_cut_in_its_middle() -> None:
    frames = faults_of(caught(100))[1]["frames"]
    assert len(frames) == 41
    assert any("frames more" in frame for frame in frames)


def test_an_error_without_words_and_one_that_is_its_own_cause_are_told() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    error = Mute()
    error.__cause__ = error
    (told,) = faults_of(error)
    assert told["text"] == "(its words cannot be had: RuntimeError)"
    assert faults_of(None) == []


def test_a_place_is_named_inside_its_package() -> None:
    assert place("/home/x/app/engine/runtime/kernel.py") == "engine/runtime/kernel.py"
    assert place("C:\\x\\engine\\mindfolio_desktop\\ui\\frame.py") == "mindfolio_desktop/ui/frame.py"
    assert place("/usr/lib/python3/site-packages/sqlalchemy/pool.py") == "sqlalchemy/pool.py"
    assert place("/home/x/modules/mine.py") == "mine.py"
