"""Words that tables and tickets share."""

from mindfolio_desktop.ui.models.words import quantity_words, structure_words, waived_words
from tests.mindfolio_desktop.ui.snapshots import condor


def test_a_structure_beside_its_symbol_leaves_the_symbol_out() -> None:
    assert structure_words(condor("SPY", (560, 575, 640, 655))) == "17 Apr 560/575/640/655 iron condor"


def test_how_many_of_it() -> None:
    assert quantity_words(2, "condors") == "2 \N{MULTIPLICATION SIGN} condors"


def test_what_was_waived_is_named_even_when_it_is_new() -> None:
    assert waived_words(("evidence", "iv_rank", "fees")) == "evidence waived, IV rank waived, fees waived"
    assert waived_words(()) == ""
