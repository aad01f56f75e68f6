"""Mutants: each is another program, and what a change is made of is told."""

import ast

from tests.mutation.mutants import mutants
from tests.mutation.run import PARTS, ROOT, beside

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
    programs = {ast.unparse(each.tree) for each in made}
    assert len(programs) == len(made) == 16
    assert ast.unparse(ast.parse(_SOURCE)) not in programs
    assert all("Words are left alone" in program for program in programs)


def test_every_part_has_its_files_and_tests() -> None:
    for files in PARTS.values():
        for name in files:
            assert (ROOT / name).is_file()
            assert all((ROOT / test).exists() for test in beside(name)), beside(name)
