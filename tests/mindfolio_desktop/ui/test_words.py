"""What tables and tickets say alike: sizes, waivers, and the figures behind a scan row."""

import pytest

from engine.domain.worst_case import Scenario, ScenarioTime
from mindfolio_desktop.ui.words import number_lines, quantity_words, scenario_words, structure_words, waived_words
from tests.mindfolio_desktop.ui.snapshots import condor


def test_numbers_that_are_no_numbers_are_unknown() -> None:
    assert number_lines({"spot_usd": None, "iv_rank_pct": "?", "volume": 12_000}) == (
        "Spot: \N{EN DASH}\nIV rank: \N{EN DASH}\nVolume: 12,000"
    )


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        (Scenario("TSLA", -30, 50, ScenarioTime.NOW), "TSLA falls 30%, volatility 50% higher"),
        (Scenario("", 15, -30, ScenarioTime.LATER, 10), "all rise 15%, volatility 30% lower, in 10 days"),
        (Scenario("", -20, 0, ScenarioTime.EXPIRY), "all fall 20%, at expiry"),
        (Scenario("", -20, 80, ScenarioTime.NOW, is_crash=True), "a market crash of 20%, volatility 80% higher"),
        (Scenario("KO", 0, 0, ScenarioTime.EXPIRY), "KO where it is, at expiry"),
        (Scenario("", 0, -30, ScenarioTime.NOW), "all prices where they are, volatility 30% lower"),
        (
            Scenario("KO", 5, 0, ScenarioTime.NOW, is_assigned=True),
            "KO rises 5%, every short option in the money assigned",
        ),
    ],
)
def test_a_scenario_is_said_as_what_happens(scenario: Scenario, words: str) -> None:
    assert scenario_words(scenario) == words


def test_a_structure_stands_beside_its_symbol() -> None:
    assert structure_words(condor("TSLA", (240, 250, 270, 280))) == "17 Apr 240/250/270/280 iron condor"
    assert quantity_words(2, "condors") == "2 \N{MULTIPLICATION SIGN} condors"


def test_what_was_waived_is_said_in_words_also_where_it_has_none() -> None:
    assert waived_words(("evidence", "iv_rank")) == "evidence waived, IV rank waived"
    assert waived_words(("tomorrow",)) == "tomorrow waived"
    assert waived_words(()) == ""
