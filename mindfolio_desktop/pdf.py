"""A page as a PDF, by Qt, without a screen: the same data as the HTML, laid out for US letter paper.

Qt's rich text knows tables but neither the page's style sheet nor inline SVG: charts are drawn at print resolution.
"""

import itertools
import os
from functools import cache
from html import escape

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRectF, QSizeF, Qt, QUrl
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPageLayout,
    QPageSize,
    QPaintDevice,
    QPainter,
    QPdfWriter,
    QTextDocument,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from engine.core.charts import WIDTH, alone
from engine.core.errors import MindfolioError
from engine.core.page import LIGHT, PARTS, Cell, Figure, Page, Picture, Section, Table, Tile, cell_html, is_part
from mindfolio_desktop.ui import theme

_DOTS_PER_INCH = 300
_MARGIN_MM = 14.0
_FOOTER = 0.035
"""Of the height of a page, kept for the line at its foot."""

_CHART_WIDTH = 640
"""Of a chart, in the 96ths of an inch that Qt's rich text counts in."""

_CHART_SCALE = 3
"""Dots a unit of a chart."""

_TILES_A_ROW = 4

_ROWS_A_TABLE = 100
"""At most; a longer table becomes several, below each other."""

_ROOM = 10.0
"""Around a cell's text, in the units of its font: without it words would be broken."""

_WIDEST = 150.0
"""Beyond this a text is broken into lines rather than given more room."""

_STYLE = f"""
body {{ color: {LIGHT["text"]}; }}
h1 {{ font-size: 17pt; margin: 0; }}
h2 {{ font-size: 10pt; margin-top: 14px; margin-bottom: 4px; }}
p {{ margin-top: 3px; margin-bottom: 5px; }}
.muted {{ color: {LIGHT["muted"]}; }} .gain {{ color: {LIGHT["gain"]}; }} .loss {{ color: {LIGHT["loss"]}; }}
.note {{ background-color: {LIGHT["note"]}; color: {LIGHT["on-note"]}; }}
.value {{ font-size: 11pt; }}
"""


def pdf_bytes(page: Page) -> bytes:
    """A page as a PDF of US letter size, whole. Raises MindfolioError when Qt cannot make it.

    In memory, because Qt tells of no byte that a full disk did not take.
    """
    _application()
    theme.load_fonts()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    is_written = _written(page, buffer)
    made = bytes(buffer.data().data())
    if not is_written or not made.rstrip().endswith(b"%%EOF"):
        raise MindfolioError("the PDF cannot be made")
    return made


def _written(page: Page, device: QIODevice) -> bool:
    """Whether a page went out as a whole."""
    painter, writer = QPainter(), QPdfWriter(device)
    writer.setTitle(page.title)
    writer.setCreator("Mindfolio Desktop")
    writer.setResolution(_DOTS_PER_INCH)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.Letter))
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    writer.setPageMargins(margins, QPageLayout.Unit.Millimeter)
    if not painter.begin(writer):
        return False
    document = _laid_out(page, writer.width(), writer.height() * (1 - _FOOTER), writer)
    _paint(painter, document, page.title, writer)
    return painter.end()


def _laid_out(page: Page, width: float, height: float, device: QPaintDevice | None = None) -> QTextDocument:
    """A page on sheets of a size, in the dots of a device; no heading is left without what it heads.

    It is laid out anew for each heading that has to begin a sheet: a document that is changed in between loses some.
    """
    firsts: frozenset[int] = frozenset()
    while True:
        document = QTextDocument()
        if device is not None:
            document.documentLayout().setPaintDevice(device)
        document.setDefaultFont(_font())
        document.setDefaultStyleSheet(_STYLE)
        document.setDocumentMargin(0)
        document.setHtml(_html(page, document, firsts))
        document.setPageSize(QSizeF(width, height))
        left = _left_alone(document)
        if left is None or left in firsts:
            return document
        firsts |= {left}


def _font() -> QFont:
    font = theme.font()
    font.setPointSizeF(7.5)
    return font


def _left_alone(document: QTextDocument) -> int | None:
    """The first section whose heading stands on another sheet than what it heads begins (a picture: ends) on."""
    high, layout = document.pageSize().height(), document.documentLayout()
    block, number = document.begin(), 0
    while block.isValid():
        following = block.next()
        if block.blockFormat().headingLevel() == 2 and following.isValid():
            head, body = layout.blockBoundingRect(block), layout.blockBoundingRect(following)
            if int(head.top() // high) != int(body.bottom() // high):
                return number
            number += 1
        block = following
    return None


def _paint(painter: QPainter, document: QTextDocument, title: str, writer: QPdfWriter) -> None:
    size, count = document.pageSize(), document.pageCount()
    for number in range(count):
        if number:
            writer.newPage()
        painter.save()
        painter.translate(0, -number * size.height())
        context = QAbstractTextDocumentLayout.PaintContext()
        context.clip = QRectF(0, number * size.height(), size.width(), size.height())
        painter.setClipRect(context.clip)
        document.documentLayout().draw(painter, context)
        painter.restore()
        painter.setFont(document.defaultFont())
        painter.setPen(QColor(LIGHT["muted"]))
        foot = QRectF(0, size.height(), size.width(), writer.height() - size.height())
        bottom = Qt.AlignmentFlag.AlignBottom
        painter.drawText(foot, bottom | Qt.AlignmentFlag.AlignLeft, title)
        painter.drawText(foot, bottom | Qt.AlignmentFlag.AlignRight, f"Page {number + 1} of {count}")


@cache
def _application() -> QApplication:
    """Qt's application: the window's where there is one, else one without a screen; kept as long as the process."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return QApplication(["mindfolio"])


# --- the page in the HTML that Qt's rich text understands ------------------------------------------------------------
def _html(page: Page, document: QTextDocument, firsts: frozenset[int] = frozenset()) -> str:
    """The body; pictures go into the document beside it. The sections `firsts` begin a sheet each."""
    parts = [f"<h1>{escape(page.title)}</h1>", f'<p class="muted">{escape(page.about)}</p>']
    parts += [f'<p class="note">{escape(note)}</p>' for note in page.notes]
    parts.append(_tiles(page.tiles))
    parts += [
        _section(section, number, document, begins=number in firsts) for number, section in enumerate(page.sections)
    ]
    return f"<body>{''.join(parts)}</body>"


def _tiles(tiles: tuple[Tile, ...]) -> str:
    rows = [tiles[start : start + _TILES_A_ROW] for start in range(0, len(tiles), _TILES_A_ROW)]
    lines = ["".join(_tile(tile) for tile in row) for row in rows]
    table = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<table width="100%" cellspacing="0" cellpadding="6" border="0">{table}</table>'


def _tile(tile: Tile) -> str:
    return (
        f'<td width="{100 // _TILES_A_ROW}%"><span class="muted">{escape(tile.label)}</span><br>'
        f'<span class="value {tile.colour}"><b>{escape(tile.value)}</b></span><br>'
        f'<span class="muted">{escape(tile.more)}</span></td>'
    )


def _section(section: Section, number: int, document: QTextDocument, *, begins: bool) -> str:
    style = ' style="page-break-before: always"' if begins else ""
    parts = [f"<h2{style}>{escape(section.title)}</h2>"]
    for place, part in enumerate(section.parts):
        match part:
            case Table():
                parts.append(_table(part))
            case Picture():
                parts.append(_picture(part, f"chart:{number}.{place}", document))
            case _:
                parts.append(f'<p class="muted">{escape(part)}</p>')
    return "".join(parts)


def _table(table: Table) -> str:
    if not table.rows:
        return f'<p class="muted">{escape(table.empty)}</p>'
    sides = ["right" if "|" in name else "left" for name in table.columns]
    # Of one long table Qt looks at all rows for each page, again and again: of several it does not.
    count = -(-len(table.rows) // _ROWS_A_TABLE)
    widths = [f' width="{share}%"' for share in _shares(table)] if count > 1 else [""] * len(sides)
    names = "".join(
        f'<td align="{side}"{width}><span class="muted">{escape(name.partition("|")[0])}</span></td>'
        for side, width, name in zip(sides, widths, table.columns, strict=True)
    )
    rows = [
        "<tr>"
        + "".join(f'<td align="{side}">{cell_html(cell)}</td>' for side, cell in zip(sides, row, strict=True))
        + "</tr>"
        for row in table.rows
    ]
    bounds = [len(rows) * number // count for number in range(count + 1)]
    # A head is drawn again at the top of each page that a table goes on to.
    return "".join(
        f'<table width="100%" cellspacing="0" cellpadding="3" border="0"><thead><tr>{names}</tr></thead>'
        f"{''.join(rows[first:last])}</table>"
        for first, last in itertools.pairwise(bounds)
    )


def _shares(table: Table) -> list[int]:
    """Of the width, in percent by column, by their longest texts: so that the parts of a table stand in line."""
    metrics = QFontMetricsF(_font())
    heads = [name.partition("|")[0] for name in table.columns]
    longest = [
        _ROOM + min(_WIDEST, max(metrics.horizontalAdvance(_plain(cell)) for cell in column))
        for column in zip(heads, *table.rows, strict=True)
    ]
    return [int(100 * each / sum(longest)) for each in longest]


def _plain(cell: Cell) -> str:
    return cell.text if isinstance(cell, Figure) else cell


def _picture(picture: Picture, name: str, document: QTextDocument) -> str:
    if not picture.svg:
        return f'<p class="muted">{escape(picture.empty)}</p>'
    renderer = QSvgRenderer(alone(picture.svg, LIGHT, PARTS).encode())
    box = renderer.viewBoxF()
    image = QImage(round(box.width() * _CHART_SCALE), round(box.height() * _CHART_SCALE), QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        renderer.render(painter)
    document.addResource(QTextDocument.ResourceType.ImageResource, QUrl(name), image)
    high = round(_CHART_WIDTH * box.height() / WIDTH)
    keys = "&nbsp;&nbsp; ".join(
        f'<span style="color: {_hue(colour)}">{"&#9632;" if is_part(colour) else "&#8212;"}</span> '
        f'<span class="muted">{escape(label)}</span>'
        for label, colour in picture.legend
    )
    # In one paragraph, the legend first: so that neither is left on another page.
    return f'<p>{keys}{"<br>" if keys else ""}<img src="{name}" width="{_CHART_WIDTH}" height="{high}"></p>'


def _hue(colour: str) -> str:
    """A colour by its class."""
    if colour.startswith("part"):
        return PARTS[int(colour.removeprefix("part"))]
    return LIGHT["strong"] if colour == "reserve" else LIGHT[colour]
