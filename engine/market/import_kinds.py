"""What kind of data a file holds: chains of options, or what is kept beside them. Its header tells, never its name."""

import re
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.core.errors import ImportRefused
from engine.market import events, import_bars, scores
from engine.market.duck import shown_path
from engine.market.text_rows import Header, opened, read_header

_DAY = re.compile(r"(19|20)\d{6}( \d\d:\d\d)?")
_LEAN_COLUMNS = (4, 6)


class Kind(StrEnum):
    """What a file is taken for."""

    CHAINS = "chains"
    TABLE = "bars, factors or rates"
    EVENTS = "events"
    SCORES = "scores"


def kind_of(path: Path) -> Kind:
    """What a file holds. What is nothing else is taken for chains, whose importer says why it is none."""
    try:
        with TemporaryDirectory(prefix="mindfolio-") as folder:
            header = read_header(opened(path, Path(folder), only_head=True), shown_path(path))
    except ImportRefused:
        return Kind.CHAINS
    if set(events.NEEDED) <= set(header.names):
        return Kind.EVENTS
    if set(scores.NEEDED) <= set(header.names):
        return Kind.SCORES
    return Kind.TABLE if _is_table(header) else Kind.CHAINS


def _is_table(header: Header) -> bool:
    if not header.is_names:
        return len(header.cells) in _LEAN_COLUMNS and _DAY.fullmatch(header.cells[0]) is not None
    if header.names == import_bars.RATE_NAMES:
        return True
    is_option = any("strike" in name or "expir" in name for name in header.names)
    return not is_option and {"open", "high", "low", "close"} <= set(header.names) and import_bars.has_day(header)
