"""The statement as a page: its figures, its sections, and that nothing from outside becomes markup."""

from dataclasses import replace

import pytest

from engine.core.money import dollars
from engine.core.page import Figure, Page, Picture, Section, Table, as_html
from engine.domain.explained import PnlParts
from engine.domain.statement import MonthStatement
from engine.portfolio.month import month_statement
from engine.portfolio.statement import statement_page
from tests.engine.portfolio.papers import MARCH, journal, march


@pytest.fixture(scope="module")
def month() -> MonthStatement:
    """March, gathered."""
    return month_statement(journal(march()), MARCH)


def section(page: Page, title: str) -> Section:
    """The section under a heading that begins so."""
    return next(each for each in page.sections if each.title.startswith(title))


def rows(page: Page, title: str) -> list[list[str]]:
    """The rows of a section's table, as text."""
    table = next(part for part in section(page, title).parts if isinstance(part, Table))
    return [[cell.text if isinstance(cell, Figure) else cell for cell in row] for row in table.rows]


def test_what_it_came_to_stands_first(month: MonthStatement) -> None:
    page = statement_page(month)
    tiles = {each.label: (each.value, each.more) for each in page.tiles}
    assert tiles["NAV at the end"] == ("$54,376.40", "$0.00 at the beginning")
    assert tiles["P&L after costs"] == ("+$376.40", "+0.70 % on a unit of NAV")
    assert tiles["Realised"] == ("+$316.40", "open +$60.00")
    assert tiles["Commissions and fees"] == ("$14.45", "$13.20 and $1.25")
    assert tiles["Trades that ended"] == ("3", "2 won, 67%")
    assert page.notes == ("Replay: trades on recorded prices; no money was moved.",)


def test_modules_add_up_in_the_last_row(month: MonthStatement) -> None:
    found = rows(statement_page(month), "P&L by module")
    assert found[0][:5] == ["Alpha", "$18,000.00", "-$3.25", "+$60.00", "+$56.75"]
    assert found[-1][:5] == ["All", "$38,000.00", "+$316.40", "+$60.00", "+$376.40"]


def test_trades_positions_and_changes_are_told(month: MonthStatement) -> None:
    page = statement_page(month)
    assert rows(page, "Trades that ended")[2] == [
        "P000002", "Beta", "1 KO covered call", "17 Mar 26", "27 Mar 26", "10", "2", "$1.20", "+$307.30", "assigned",
    ]  # fmt: skip
    (held,) = rows(page, "Open positions")
    assert held[3] == "+1 240 P, -1 250 P, -1 270 C, +1 280 C 17 Apr 26"
    assert rows(page, "Budget changes")[2][1:] == [
        "budgets changed", "Alpha $15,000.00 to $18,000.00; Reserve $20,000.00 to $17,000.00", "anna",
        "=alpha earns more",
    ]  # fmt: skip
    assert [row[1] for row in rows(page, "Stops")] == ["Emergency stop", "Re-armed", "Beta paused"]
    assert [row[4] for row in rows(page, "Dividends")] == ["+$48.50", "+$12.35", "-$1.25"]


def test_both_charts_are_there(month: MonthStatement) -> None:
    page = statement_page(month)
    pictures = [part for each in page.sections for part in each.parts if isinstance(part, Picture)]
    assert [part.svg.startswith("<svg") for part in pictures] == [True, True, True]
    assert pictures[2].legend == (("Alpha", "part0"), ("Beta", "part1"), ("Reserve", "reserve"))


def test_what_explains_the_result_is_told_where_it_is_known(month: MonthStatement) -> None:
    assert not any(each.title.startswith("P&L explained") for each in statement_page(month).sections)
    parts = PnlParts(delta=dollars(30), costs=-dollars(2))
    page = statement_page(replace(month, explained={"alpha": parts}))
    assert rows(page, "P&L explained") == [["Alpha", "+$30.00", "-$2.00", "+$28.00"]]


def test_a_month_that_is_not_over_says_so(month: MonthStatement) -> None:
    early = replace(month, as_of=month.flows[1].at, days=month.days[:2])
    assert any("17 Mar 10:00 New York time" in note for note in statement_page(early).notes)


def test_an_empty_month_has_sentences(month: MonthStatement) -> None:
    still = replace(
        month, days=month.days[:1], ended=(), open=(), cash_lines=(), flows=(), splits=(), halts=(), modules=(),
        waived=(),
    )  # fmt: skip
    html = as_html(statement_page(still))
    for words in ("No trade ended.", "Nothing was open.", "Too few days for a curve.", "No check was waived"):
        assert words in html


def test_nothing_from_outside_becomes_markup(month: MonthStatement) -> None:
    bad = "<script>alert(1)</script>"
    names = dict.fromkeys(month.names, bad)
    modules = tuple(replace(each, name=bad) for each in month.modules)
    halts = tuple(replace(each, why=bad, who=bad) for each in month.halts)
    html = as_html(statement_page(replace(month, name=bad, names=names, modules=modules, halts=halts)))
    assert "<script" not in html
    assert "&lt;script&gt;" in html
