"""A page as a PDF: pages of letter size, pictures in it, the same words, and one line when it cannot be written."""

import re
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QIODevice
from PySide6.QtGui import QPaintDevice, QPainter, QTextDocument
from PySide6.QtWidgets import QApplication

from engine.core.errors import MindfolioError
from engine.core.page import Figure, Page, Picture, Section, Table, as_html
from engine.portfolio.month import month_statement
from engine.portfolio.statement import statement_page
from mindfolio_desktop import pdf
from tests.engine.portfolio.papers import MARCH, journal, march

pytestmark = pytest.mark.usefixtures("qapp")


def statement() -> Page:
    """A month's page."""
    return statement_page(month_statement(journal(march()), MARCH))


def test_a_statement_is_made(qapp: QApplication) -> None:
    body = pdf.pdf_bytes(statement())
    assert body.startswith(b"%PDF-")
    assert body.rstrip().endswith(b"%%EOF")
    assert body.count(b"/Type /Page\n") >= 2
    assert re.search(rb"/MediaBox \[0 0 612(\.0+)? 792(\.0+)?\]", body)
    assert body.count(b"/Subtype /Image") >= 3, "three charts"


def test_the_words_are_those_of_the_page() -> None:
    document = QTextDocument()
    document.setHtml(pdf._html(statement(), document))
    text = document.toPlainText()
    for words in (
        "Sample: statement of March 2026",
        "+$376.40",
        "1 KO covered call",
        "odd quotes",
        "=alpha earns more",
    ):
        assert words in text


def test_text_from_outside_stays_text() -> None:
    bad = "<b>bold</b> & <img src=x>"
    page = Page(bad, bad, (bad,), (), (Section(bad, (Table((bad,), ((bad,), (Figure(bad, "gain"),))), bad)),))
    document = QTextDocument()
    document.setHtml(pdf._html(page, document))
    assert document.toPlainText().count(bad) == 8
    assert "<img" not in as_html(page)


def test_a_heading_goes_to_the_page_of_what_it_heads(tmp_path: Path) -> None:
    sections = tuple(
        Section(f"Section {number}", (Table(("a",), tuple((str(row),) for row in range(9))),)) for number in range(40)
    )
    document = pdf._laid_out(Page("Long", "", (), (), sections), 1000.0, 900.0)
    high, layout = document.pageSize().height(), document.documentLayout()
    block = document.begin()
    seen = 0
    while block.isValid():
        if block.blockFormat().headingLevel() == 2:
            seen += 1
            head, body = layout.blockBoundingRect(block), layout.blockBoundingRect(block.next())
            assert int(head.top() // high) == int(body.top() // high)
        block = block.next()
    assert seen == 40
    assert [line for line in document.toPlainText().splitlines() if line.startswith("Section")] == [
        f"Section {number}" for number in range(40)
    ]
    assert document.pageCount() > 3


def tall(rows: int) -> Page:
    """A page with one long table, and a section after it."""
    cells = tuple((f"trade {row}", "a reason of some words", Figure(f"${row}.00", "gain")) for row in range(rows))
    return Page(
        "Tall", "", (), (), (Section("Trades", (Table(("Trade", "Why", "P&L|n"), cells),)), Section("After", ()))
    )


def test_a_long_table_is_several_whose_columns_stand_in_line() -> None:
    document = QTextDocument()
    html = pdf._html(tall(250), document)
    assert html.count("<thead>") == 1 + 2, "84, 83 and 83 rows"
    shares = re.findall(r'<td align="\w+" width="(\d+)%"><span class="muted">', html)
    assert len(shares) == 9
    assert shares == shares[:3] * 3
    assert 95 <= sum(map(int, shares[:3])) <= 100
    document.setHtml(html)
    lines = document.toPlainText().splitlines()
    assert [line for line in lines if line.startswith("trade ")] == [f"trade {row}" for row in range(250)]
    assert "width=" not in pdf._table(Table(("a",), (("1",),) * 100)).replace('width="100%"', "")


def test_four_times_the_rows_take_about_four_times_as_long() -> None:
    """It was ten times and more; of several runs the quickest counts, on a machine that does other things too."""

    def quickest(rows: int) -> float:
        page, took = tall(rows), []
        for _ in range(3):
            begun = time.process_time()
            pdf.pdf_bytes(page)
            took.append(time.process_time() - begun)
        return min(took)

    assert quickest(2_000) < 6 * quickest(500)


def test_an_empty_picture_is_its_words() -> None:
    document = QTextDocument()
    assert "Too few days" in pdf._picture(Picture(""), "chart:0", document)


@pytest.mark.parametrize("step", ["begin", "end"])
def test_what_qt_cannot_make_is_one_line(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(QPainter):
        def begin(self, device: QPaintDevice) -> bool:
            return step != "begin" and super().begin(device)

        def end(self) -> bool:
            return super().end() and step != "end"

    monkeypatch.setattr(pdf, "QPainter", Failing)
    with pytest.raises(MindfolioError, match="the PDF cannot be made"):
        pdf.pdf_bytes(statement())


def test_half_a_file_is_not_taken_for_a_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def half(_page: Page, device: QIODevice) -> bool:
        device.write(b"%PDF-1.4")
        return True

    monkeypatch.setattr(pdf, "_written", half)
    with pytest.raises(MindfolioError, match="the PDF cannot be made"):
        pdf.pdf_bytes(statement())
