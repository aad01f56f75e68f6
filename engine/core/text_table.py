"""Tables for a terminal."""

from collections.abc import Iterable, Sequence


def text_table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows under the names of their columns as lines: the first column to the left, figures to the right."""
    lines = [names, *rows]
    first, *others = (max(len(line[column]) for line in lines) for column in range(len(names)))
    return [
        "  ".join(
            [line[0].ljust(first), *(cell.rjust(width) for cell, width in zip(line[1:], others, strict=True))]
        ).rstrip()
        for line in lines
    ]
