"""Pages: what stands on one, as HTML that runs nothing and loads nothing."""

import re
from html.parser import HTMLParser

from engine.core.charts import Line, lines_svg
from engine.core.money import dollars
from engine.core.page import (
    LIGHT,
    PARTS,
    Figure,
    Page,
    Picture,
    Section,
    Table,
    Tile,
    amount,
    as_html,
    colour,
    is_part,
    part_colour,
    signed,
)

BAD = '<script>alert("x")</script>'


class Tags(HTMLParser):
    """Keeps the tags of a page, and finds out whether they close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in {"meta", "line", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page() -> Page:
    """One of everything, with markup where text belongs."""
    return Page(
        BAD,
        BAD,
        (BAD,),
        (Tile(BAD, BAD, BAD, "gain"),),
        (
            Section(
                BAD,
                (
                    Table((BAD, "n|n"), ((BAD, Figure(BAD, "loss")),)),
                    Table(("a",), (), BAD),
                    Picture("<svg></svg>", ((BAD, "part0"), ("line", "gain"))),
                    Picture("", (), BAD),
                    BAD,
                ),
            ),
        ),
    )


def test_every_text_is_escaped() -> None:
    html = as_html(page())
    tags = Tags(html)
    assert "script" not in tags.seen
    assert tags.open == []
    assert html.count("&lt;script&gt;") == 15, "each of them"


def test_nothing_is_loaded_or_run() -> None:
    html = as_html(page())
    assert "default-src 'none'" in html
    assert not re.search(r"https?://|@import|url\(|<link|<img", html)


def test_columns_of_figures_stand_to_the_right() -> None:
    html = as_html(
        Page(
            "t",
            "",
            (),
            (),
            (Section("s", (Table(("Name", "P&L|n"), (("a", signed(dollars(-500))), ("b", signed(-5)))),)),),
        )
    )
    assert '<th class="n">P&amp;L</th>' in html
    assert '<td class="n"><span class="loss">-$500.00</span></td>' in html
    assert '<td class="n"><span class="">$0.00</span></td>' in html, "what rounds to nothing is no loss"


def test_a_legend_shows_parts_as_areas_and_lines_as_lines() -> None:
    html = as_html(page())
    assert '<span class="key part0 part">' in html
    assert '<span class="key gain"><span>line</span></span>' in html


def test_amounts_have_a_sign_and_a_colour() -> None:
    assert signed(dollars(3)) == Figure("+$3.00", "gain")
    assert amount(dollars(-3)) == '<span class="loss">-$3.00</span>'
    assert (colour(0), colour(None)) == ("", "")


def test_colours_of_parts_come_round_again() -> None:
    assert part_colour(0) == part_colour(len(PARTS)) == "part0"
    assert is_part("reserve")
    assert not is_part("gain")


def test_every_colour_of_the_sheet_is_one_that_there_is() -> None:
    html = as_html(page())
    assert set(re.findall(r"var\(--([a-z-]+)\)", html)) <= LIGHT.keys()
    assert lines_svg("t", [Line("a", "gain", ())]) == ""
