"""The bug bank holds together: each bug can still be planted, and the tests that notice it are there."""

import ast
from pathlib import Path

import pytest

from tests.bugbank.bugs import BUGS, Bug

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])
def test_a_bug_can_be_planted(bug: Bug) -> None:
    source = (ROOT / bug.file).read_text(encoding="utf-8")

    assert source.count(bug.old) == 1, "the old text is gone, or stands there more than once: plant the bug anew"
    ast.parse(source.replace(bug.old, bug.new))
    assert bug.tests
    for test in bug.tests:
        assert (ROOT / test.split("::")[0]).is_file(), test


def test_names_are_names_of_one_bug() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 40
