"""CSV: exact figures, ISO dates, and nothing that a spreadsheet runs."""

import csv
import datetime as dt
import io
import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.money import dollars
from engine.domain.tax import How, TaxTrade
from engine.portfolio.csv_export import Cell, Usd, csv_text, ledger_csv, legs_text, nav_csv, tax_csv, trades_csv
from engine.portfolio.month import month_statement
from engine.portfolio.tax_lots import tax_lots
from engine.portfolio.tax_trades import tax_trades
from tests.builders import NOW
from tests.engine.portfolio.papers import MARCH, journal, march


def cells(text: str) -> list[list[str]]:
    """The rows of a file as another program reads them."""
    return list(csv.reader(io.StringIO(text, newline="")))


def only(cell: Cell) -> str:
    """One cell, written and read."""
    return cells(csv_text(["a"], [[cell]]))[1][0]


class TestCells:
    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t1", "\r1", "\n1", "＝1"])  # noqa: RUF001
    def test_text_that_a_spreadsheet_would_run_is_neutralised(self, text: str) -> None:
        assert only(text) == f"'{text}"

    @pytest.mark.parametrize(
        "text",
        [" =1", "  @SUM(A1)", "\u00a0-1", "\u200b=1+1", "\ufeff+1", "\u2060\u200d =1", "\x00=1", " \t", "\u200b＝1"],  # noqa: RUF001
    )
    def test_nor_does_it_run_what_begins_with_something_unseen(self, text: str) -> None:
        assert only(text) == f"'{text}"

    @pytest.mark.parametrize(
        ("text", "read"),
        [
            ("ok;=1+1;", "ok;'=1+1;"),
            ("ok; \u200b@SUM(A1)", "ok;' \u200b@SUM(A1)"),
            ("two\r\n-1", "two\r\n'-1"),
            ("a\t+1", "a\t'+1"),
            ("=1;=2", "'=1;'=2"),
        ],
    )
    def test_nor_where_it_separates_by_something_else(self, text: str, read: str) -> None:
        assert only(text) == read

    def test_text_is_quoted_and_figures_are_not(self) -> None:
        line = csv_text(["a"], [["SPY", 'a "b"', "", None, Usd(-1), -3, Decimal("0.25"), MARCH, NOW]]).splitlines()[1]
        assert line == '"SPY","a ""b""",,,-0.0001,-3,0.25,2026-03-01,2026-03-16T19:00:00+00:00'

    @pytest.mark.parametrize(
        "text",
        ["SPY", "a=b", "a; b", "'quoted'", 'he said "x", and left', "two\r\nlines", "Zürich", "a, -1", "\u200ba"],
    )
    def test_other_text_comes_back_as_it_was(self, text: str) -> None:
        assert only(text) == text

    @pytest.mark.parametrize(
        ("cell", "written"),
        [
            (Usd(dollars("-1234.5")), "-1234.50"),
            (Usd(dollars("12.3456")), "12.3456"),
            (Usd(-1), "-0.0001"),
            (Usd(0), "0.00"),
            (Usd(10**15), "100000000000.00"),
            (-3, "-3"),
            (Decimal("-0.25"), "-0.25"),
            (dt.date(2026, 3, 16), "2026-03-16"),
            (NOW, "2026-03-16T19:00:00+00:00"),
            (None, ""),
        ],
    )
    def test_numbers_and_dates(self, cell: Cell, written: str) -> None:
        assert only(cell) == written

    @settings(max_examples=20)
    @given(st.lists(st.integers(-(10**15), 10**15), min_size=5, max_size=20))
    def test_money_is_exact(self, amounts: list[int]) -> None:
        _, *rows = cells(csv_text(["a"], [[Usd(amount)] for amount in amounts]))
        assert [Decimal(row[0]) * 10_000 for row in rows] == amounts

    @settings(max_examples=40)
    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def test_no_text_begins_a_formula_and_none_is_lost(self, text: str) -> None:
        read = only(text)
        assert not read.startswith(("=", "+", "-", "@", "\t", "\r"))
        for part in re.split(r"[;\t\r\n]", read):
            assert not part.strip(" \u200b\u00a0\ufeff").startswith(("=", "+", "-", "@"))
        assert read.replace("'", "") == text.replace("'", "")


class TestFiles:
    def test_trades(self) -> None:
        rows = cells(trades_csv(month_statement(journal(march()), MARCH)))
        assert [len(row) for row in rows] == [22] * 4
        wheel = dict(zip(rows[0], rows[3], strict=True))
        assert wheel["legs"] == "sold 1 KO260320P00060000, bought 100 shares, sold 1 KO260327C00061000"
        assert (wheel["net_pnl"], wheel["commissions"], wheel["income"]) == ("307.30", "1.20", "48.50")
        assert (wheel["days"], wheel["fills"], wheel["exit_reason"], wheel["lineage_result"]) == (
            "10", "2", "assigned", "win",
        )  # fmt: skip
        assert [row[-1] for row in rows[1:]] == ["win", "loss", "win"]

    def test_the_ledger_sums_to_zero_entry_by_entry(self) -> None:
        _, *rows = cells(ledger_csv(month_statement(journal(march()), MARCH)))
        sums: dict[str, Decimal] = {}
        for entry, _at, _event, _module, _account, amount in rows:
            sums[entry] = sums.get(entry, Decimal(0)) + Decimal(amount)
        assert len(sums) > 10
        assert set(sums.values()) == {Decimal(0)}

    def test_daily_nav(self) -> None:
        head, *rows = cells(nav_csv(month_statement(journal(march()), MARCH)))
        last = dict(zip(head, rows[-1], strict=True))
        assert (last["date"], last["nav"], last["units"]) == ("2026-03-31", "54376.3956", "54000.00")
        assert last["unit_value"] == "1.006970", "54,376.3956 / 54,000"
        assert sum(Decimal(row[2]) for row in rows) == Decimal("376.3956")

    def test_tax_lots(self) -> None:
        report = tax_lots(tax_trades(journal(march())))
        head, *rows = cells(tax_csv(report.closed, report.open))
        called = dict(zip(head, next(row for row in rows if row[3] == "KO"), strict=True))
        # Bought at 60 less 89.40 of premium, called at 61 with 69.40 more.
        assert (called["basis"], called["proceeds"], called["gain"]) == ("5910.60", "6169.40", "258.80")
        lost = dict(zip(head, next(row for row in rows if row[11] == "-91.20"), strict=True))
        assert (lost["wash_sale"], lost["possibly_disallowed"]) == ("possible", "91.20")
        assert {row[0] for row in rows[-4:]} == {"open"}
        assert (called["opened_how"], called["how"], called["term"]) == ("assigned", "assigned", "short-term")
        still_open = dict(zip(head, rows[-1], strict=True))
        assert (still_open["opened_how"], still_open["how"]) == ("trade", "")

    def test_tax_lots_that_were_taken_in_say_so_and_leave_empty_what_nobody_knows(self) -> None:
        trades = [
            TaxTrade(1, MARCH, "KO", None, 100, dollars(6_000), 0, How.TAKEN_IN),
            TaxTrade(2, MARCH, "KO", None, -40, dollars(-2_500), 0, How.TRADE),
        ]
        report = tax_lots(trades)
        head, sold, held = cells(tax_csv(report.closed, report.open))
        for row, proceeds in ((sold, "2500.00"), (held, "")):
            line = dict(zip(head, row, strict=True))
            assert line["opened_how"] == "taken in from the broker's account"
            assert (line["proceeds"], line["basis"], line["gain"], line["term"]) == (proceeds, "", "", "")

    def test_a_reason_that_is_a_formula_is_text(self) -> None:
        month = month_statement(journal(march()), MARCH)
        month.names["alpha"] = "=HYPERLINK(0)"
        assert cells(trades_csv(month))[1][2] == "'=HYPERLINK(0)"

    def test_nothing_held_is_nothing_said(self) -> None:
        assert legs_text(()) == ""
