"""The pages that this program writes: what stands on one as plain data, and its way to HTML.

A page is one file for a browser: no script, nothing from outside, dark and light as the reader prefers. Whoever writes
another form of it (a PDF) reads the same data. Every text of a `Page` is escaped here, and nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

from engine.core.money import Money, usd

LIGHT: Mapping[str, str] = {
    "ground": "#f2f4f7", "surface": "#ffffff", "line": "#dfe5eb", "strong": "#b9c4cf", "text": "#14202b",
    "muted": "#4b5b6a", "gain": "#0064a0", "loss": "#b34700", "note": "#fdf3d7", "on-note": "#7a5600",
}  # fmt: skip
"""Colours by meaning. Gains are blue and losses vermilion, which stay apart under every colour deficiency."""

_DARK: Mapping[str, str] = {
    "ground": "#0f1419", "surface": "#171e26", "line": "#26313c", "strong": "#3a4855", "text": "#e8edf2",
    "muted": "#a3b0bd", "gain": "#5fb4f0", "loss": "#ff8a4c", "note": "#33290f", "on-note": "#f2c14e",
}  # fmt: skip

PARTS = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#0072b2", "#d55e00")
"""Colours of the parts of a whole (modules), in their order (Okabe and Ito); the classes `part0`, `part1`, ..."""


def _variables(colours: Mapping[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


_STYLE = (
    f"""
:root {{ color-scheme: light dark; {_variables(LIGHT)} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_variables(_DARK)} }} }}
{" ".join(f".part{index} {{ fill: {colour}; color: {colour}; }}" for index, colour in enumerate(PARTS))}
"""
    """* { box-sizing: border-box; }
body { margin: 0; padding: 32px 16px 64px; background: var(--ground); color: var(--text);
  font: 15px/1.5 Inter, "Segoe UI", system-ui, -apple-system, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1080px; margin: 0 auto; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 16px; margin: 0 0 12px; }
.about { color: var(--muted); margin: 0 0 16px; }
.note { background: var(--note); color: var(--on-note); padding: 8px 12px; border-radius: 8px; margin: 0 0 24px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 12px; margin-bottom: 16px; }
.tile, section { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; }
.tile { padding: 12px 16px; } .tile b { display: block; font-size: 22px; font-weight: 600; line-height: 1.3; }
.tile span, .tile small { display: block; color: var(--muted); font-size: 13px; }
section { padding: 16px 20px; margin-bottom: 16px; overflow-x: auto; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(400px, 1fr)); gap: 16px; }
.pair section { min-width: 0; }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--muted); font-size: 12px; }
.pair svg text { font-size: 16px; }
.grid { stroke: var(--line); } .zero { stroke: var(--strong); stroke-width: 1.5; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.layer { stroke: var(--surface); stroke-width: 1; } .reserve { fill: var(--strong); color: var(--strong); }
.line.gain { stroke: var(--gain); } .line.muted { stroke: var(--muted); stroke-dasharray: 5 4; }
.bar.gain { fill: var(--gain); } .bar.loss { fill: var(--loss); }
.legend { margin: 8px 0 0; color: var(--muted); font-size: 13px; } .key { margin-right: 20px; }
.key::before { content: ""; display: inline-block; width: 18px; margin-right: 6px; vertical-align: middle;
  border-top: 2px solid var(--gain); } .key.muted::before { border-top: 2px dashed var(--muted); }
.key.part::before { border-top: 10px solid currentColor; } .key.part span { color: var(--muted); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--muted); font-weight: 500; white-space: nowrap; } .n { text-align: right; white-space: nowrap; }
td.day { white-space: nowrap; } tr.order td { color: var(--muted); font-size: 13px; border-bottom: 0; padding-top: 2px;
  padding-bottom: 2px; } tr.trade td { border-bottom: 0; border-top: 1px solid var(--line); padding-top: 10px; }
.gain { color: var(--gain); } .loss { color: var(--loss); } .empty, .more { color: var(--muted); margin: 8px 0 0; }
@media print { body { background: none; padding: 0; } section, .tile { break-inside: avoid; } }
"""
)


# --- what stands on a page -------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Figure:
    """A cell with a colour of its own: "gain", "loss" or none."""

    text: str
    colour: str = ""


Cell: TypeAlias = str | Figure


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure that stands out, with its label and a few words."""

    label: str
    value: str
    more: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns; a name that ends with |n heads figures. `empty` is said where there are no rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = "None."


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart of `charts`, and the (name, colour) of what is seen on it; without markup it is the words instead."""

    svg: str
    legend: tuple[tuple[str, str], ...] = ()
    empty: str = "Too few days for a curve."


@dataclass(frozen=True, slots=True)
class Section:
    """Something under a heading."""

    title: str
    parts: tuple[Table | Picture | str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A whole page: heading, what it is about, what must not be overlooked, figures that stand out, sections."""

    title: str
    about: str
    notes: tuple[str, ...]
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]


def signed(amount: Money | None) -> Figure:
    """An amount with its sign and colour; what rounds to nothing has neither."""
    words = usd(amount, signed=True)
    return Figure(words, colour(amount) if words[:1] in {"+", "-"} else "")


def part_colour(index: int) -> str:
    """The colour of the part of a whole at a place; they come round again."""
    return f"part{index % len(PARTS)}"


# --- HTML ------------------------------------------------------------------------------------------------------------
def as_html(page: Page) -> str:
    """The page for a browser."""
    body = [
        f"<h1>{escape(page.title)}</h1>",
        f'<p class="about">{escape(page.about)}</p>',
        *(f'<p class="note">{escape(note)}</p>' for note in page.notes),
        '<div class="tiles">'
        + "".join(tile(escape(each.label), escape(each.value), escape(each.more), each.colour) for each in page.tiles)
        + "</div>",
        *(section(escape(each.title), "".join(_part(part) for part in each.parts)) for each in page.sections),
    ]
    return document(page.title, body)


def _part(part: Table | Picture | str) -> str:
    match part:
        case Table():
            if not part.rows:
                return f'<p class="empty">{escape(part.empty)}</p>'
            names = [escape(name) for name in part.columns]
            return table(names, [[cell_html(cell) for cell in row] for row in part.rows])
        case Picture():
            if not part.svg:
                return f'<p class="empty">{escape(part.empty)}</p>'
            keys = "".join(
                f'<span class="key {colour}{" part" if is_part(colour) else ""}"><span>{escape(name)}</span></span>'
                for name, colour in part.legend
            )
            return part.svg + (f'<p class="legend">{keys}</p>' if keys else "")
        case _:
            return f'<p class="more">{escape(part)}</p>'


def is_part(colour: str) -> bool:
    """Whether a colour fills a part of a whole; the others draw lines."""
    return colour.startswith("part") or colour == "reserve"


def cell_html(cell: Cell) -> str:
    """A cell's text, escaped, in its colour where it has one."""
    if isinstance(cell, Figure):
        return f'<span class="{cell.colour}">{escape(cell.text)}</span>'
    return escape(cell)


# --- parts of a page that is written by hand: their texts are HTML already -------------------------------------------
def document(title: str, body: Sequence[str]) -> str:
    """The frame of a page around its body; the title is escaped here."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # Even if something slipped through: a browser loads and runs nothing of this page.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>\n"
        + "\n".join(part for part in body if part)
        + "\n</main></body></html>\n"
    )


def section(title: str, content: str) -> str:
    """Something under a heading."""
    return f"<section><h2>{title}</h2>{content}</section>"


def head(columns: Sequence[str]) -> str:
    """The names of columns; one that ends with |n heads figures."""
    cells = "".join(f'<th class="{"n" if "|" in each else ""}">{each.partition("|")[0]}</th>' for each in columns)
    return f"<tr>{cells}</tr>"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under their columns."""
    kinds = ["n" if "|" in each else "" for each in columns]
    lines = ["".join(f'<td class="{kind}">{cell}</td>' for kind, cell in zip(kinds, row, strict=True)) for row in rows]
    return f"<table>{head(columns)}{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def tile(label: str, value: str, more: str, colour_: str) -> str:
    """A figure that stands out."""
    return f'<div class="tile"><span>{label}</span><b class="{colour_}">{value}</b><small>{more}</small></div>'


def amount(money: Money | None) -> str:
    """An amount with its sign and colour."""
    return cell_html(signed(money))


def colour(money: Money | None) -> str:
    """Gains and losses have one, nothing has none."""
    return "" if not money else "gain" if money > 0 else "loss"
