"""Mutants: each is another program, and what a change is made of is told."""

import ast
import json

import pytest

from tests.mutation.equivalent import EQUIVALENT
from tests.mutation.mutants import mutants
from tests.mutation.run import PARTS, ROOT, beside, picked, told

_SOURCE = '''
def most(count, limit):
    """Words are left alone."""
    if not limit or count >= limit:
        return -1
    return min(count + 2, limit) if limit is not None else count
'''


def test_every_mutant_is_another_program() -> None:
    made = list(mutants(_SOURCE))

    assert {"count >= limit -> count > limit", "count + 2 -> count - 2", "not limit -> limit"} <= {
        f"{each.was} -> {each.made}" for each in made
    }
    programs = {ast.unparse(each.tree()) for each in made}
    assert len(programs) == len(made) == 16
    assert ast.unparse(ast.parse(_SOURCE)) not in programs
    assert all("Words are left alone" in program for program in programs)


def test_every_part_has_its_files_and_tests() -> None:
    for files in PARTS.values():
        for name in files:
            assert (ROOT / name).is_file()
            assert all((ROOT / test).exists() for test in beside(name)), beside(name)


@pytest.mark.parametrize("name", EQUIVALENT)
def test_what_is_said_to_change_nothing_is_one_mutant_of_todays_source(name: str) -> None:
    source = (ROOT / name).read_text(encoding="utf-8")
    lines = source.splitlines()
    made = [(lines[each.line - 1].strip(), each.change) for each in mutants(source)]
    for line, change, reason in EQUIVALENT[name]:
        assert made.count((line, change)) == 1, (line, change)
        assert reason


def test_survivors_of_an_earlier_run_are_found_again_also_where_lines_have_moved() -> None:
    left = ["a.py:4: not limit -> limit", "a.py:6: 2 -> 3  [no test]"]
    report = json.dumps((16, left, 0))
    printed = "a.py: 14 of 16 killed (87.5%), 0 equivalent, 1 s\n" + "".join(f"    {line}\n" for line in left)
    assert told(report, "a.py") == told(printed, "a.py") == {"4: not limit -> limit", "6: 2 -> 3"}
    assert told(printed, "b.py") == frozenset()

    again = [str(each) for each in picked(mutants(_SOURCE), told(report, "a.py"))]
    assert again == ["4: not limit -> limit", "6: 2 -> 3"]
    further_down = [str(each) for each in picked(mutants("\n" + _SOURCE), told(report, "a.py"))]
    assert further_down == ["5: not limit -> limit", "7: 2 -> 3"]
