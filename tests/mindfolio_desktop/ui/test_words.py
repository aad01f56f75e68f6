"""What tables and tickets say alike: sizes, waivers, and the figures behind a scan row."""

from mindfolio_desktop.ui.words import number_lines, quantity_words, structure_words, waived_words
from tests.mindfolio_desktop.ui.snapshots import condor


def test_numbers_that_are_no_numbers_are_unknown() -> None:
    assert number_lines({"spot_usd": None, "iv_rank_pct": "?", "volume": 12_000}) == (
        "spot: \N{EN DASH}\niv rank: \N{EN DASH}\nvolume: 12,000"
    )


def test_a_structure_stands_beside_its_symbol() -> None:
    assert structure_words(condor("TSLA", (240, 250, 270, 280))) == "17 Apr 240/250/270/280 iron condor"
    assert quantity_words(2, "condors") == "2 \N{MULTIPLICATION SIGN} condors"


def test_what_was_waived_is_said_in_words_also_where_it_has_none() -> None:
    assert waived_words(("evidence", "iv_rank")) == "evidence waived, IV rank waived"
    assert waived_words(("tomorrow",)) == "tomorrow waived"
    assert waived_words(()) == ""
