"""What the window is told of other mindfolios."""

from mindfolio_desktop.ui.others import words
from tests.mindfolio_desktop.ui.known import HERE, THERE, Asked


def test_only_what_is_there_and_not_open_can_be_opened() -> None:
    asked = Asked()
    assert list(asked.others.known()) == asked.known
    assert list(asked.others.there()) == [THERE]


def test_a_name_is_never_without_its_environment() -> None:
    assert words(THERE) == "Second (REPLAY)"
    assert words(HERE) == "First (SIMULATED)"
