"""Tables for a terminal."""

from engine.core.text_table import text_table


def test_names_stand_to_the_left_and_figures_to_the_right() -> None:
    assert text_table(("", "won", "P&L"), [("IV Service", "3", "+$12.00"), ("Beta", "12", "-$1,000.00")]) == [
        "            won         P&L",
        "IV Service    3     +$12.00",
        "Beta         12  -$1,000.00",
    ]


def test_no_line_ends_in_blanks_and_names_alone_are_a_line() -> None:
    assert text_table(("name",), [("longer",), ("a",)]) == ["name", "longer", "a"]
    assert text_table(("name", "figure"), []) == ["name  figure"]
