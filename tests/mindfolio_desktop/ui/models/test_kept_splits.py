"""Earlier splits kept as rows, each with what makes its estimate rough."""

from dataclasses import replace

from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from mindfolio_desktop.ui.models.kept_splits import KeptSplitsModel, doubt_words, split_words
from tests.mindfolio_desktop.ui.reviews import review
from tests.mindfolio_desktop.ui.snapshots import AUTO, MANUAL, PAUSED

NAMES = {AUTO: "IV Service", MANUAL: "Manual"}
(KEPT,) = review().kept


def test_a_kept_split_tells_the_nav_and_the_difference(qtbot: QtBot) -> None:
    del qtbot
    model = KeptSplitsModel()
    model.show_rows([(KEPT, NAMES)])
    assert [model.item(0, column).text() for column in range(1, 5)] == [
        f"IV Service $10,000, Manual $20,000, {PAUSED} $10,000, reserve $10,000",
        "$50,970",
        "▲ +$20",
        "results are scaled up to 2.5 times",
    ]
    assert model.item(0, 2).toolTip() == "It is $50,950"
    assert model.item(0, 3).toolTip() == "IV Service +$20"


def test_everything_that_makes_it_rough_is_said() -> None:
    doubts = replace(KEPT, largest_scale=1.0, short_by=dollars(50))
    rough = replace(doubts, came_later=(MANUAL,), ended=(PAUSED,), unscaled=(AUTO,))
    assert doubt_words((rough, NAMES)) == (
        "Manual: came later and would have no budget; "
        f"{PAUSED}: ended since, what it would have earned is not known; "
        "IV Service: taken as it was for a time without a budget; "
        "capital was short of these budgets by $50 at the most"
    )
    assert doubt_words((replace(KEPT, largest_scale=1.0), NAMES)) == ""
    assert split_words((KEPT, {})).endswith("reserve $10,000")


def test_before_a_session_ended_there_is_no_nav(qtbot: QtBot) -> None:
    del qtbot
    model = KeptSplitsModel()
    model.show_rows([(replace(KEPT, points=()), NAMES)])
    assert model.item(0, 2).text() == "\N{EN DASH}"
