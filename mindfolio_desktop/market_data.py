"""Market data brought in and told of, without a window: what `mindfolio import` and `mindfolio data` do."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.core.errors import ImportRefused
from engine.market.bars import Adjustment
from engine.market.data_report import data_document
from engine.market.duck import shown_path
from engine.market.events import import_events
from engine.market.history import HistoryStore
from engine.market.import_bars import import_table
from engine.market.import_kinds import Kind, kind_of
from engine.market.importer import import_files
from engine.market.iv_history import update_iv_history
from engine.market.scores import import_scores
from engine.market.tables import Merged

Progress = Callable[[str], None]

_ENDINGS = (".csv", ".txt", ".parquet", ".gz", ".zip")

_ADJUSTMENTS = {"traded": Adjustment.NONE, "split-adjusted": Adjustment.SPLITS, "adjusted": Adjustment.ALL}


def import_paths(
    paths: Sequence[Path], root: Path, symbol: str | None, prices: str | None, progress: Progress
) -> Iterator[str]:
    """Bring files of any kind into the history below `root`; yields what became of each, in lines.

    Of a folder all files count that may hold data, by their names' endings. Chains come first, all or none of them
    (portions, where they are very many), and then each other file by itself. `symbol` is of files that tell none,
    `prices` of bars that do not say. Raises ImportRefused at the first file that cannot be used.
    """
    history = HistoryStore(root)
    kinds = {path: kind_of(path) for path in _files(paths)}
    chains = [path for path, kind in kinds.items() if kind is Kind.CHAINS]
    for report in import_files(chains, history, progress, symbol):
        rejected = sum(report.rejected.values())
        yield f"{report.path}: {report.rows_kept:,} of {report.rows_read:,} rows kept, {rejected:,} rejected"
        for reason, count in sorted(report.rejected.items()):
            yield f"  {count:,} {reason}, for example {report.examples[reason]}"
        yield from (f"  {note}" for note in report.notes)
    try:
        for path, kind in kinds.items():
            if kind is Kind.EVENTS:
                found = import_events(path, root)
                yield from _lines(path, found.kept, found.rejected)
            elif kind is Kind.SCORES:
                scored = import_scores(path, root)
                kept = scored.scores
                every = f"{kept.added + kept.same + kept.differing:,} scores kept"
                yield f"{path}: {every}, {kept.added:,} of them new, {kept.differing:,} in place of another figure"
                yield from (f"  row {row:,}: {reason}" for row, reason in scored.rejected)
            elif kind is Kind.TABLE:
                adjustment = None if prices is None else _ADJUSTMENTS[prices]
                table = import_table(path, root, symbol, adjustment)
                yield from _lines(path, table.kept, table.rejected)
    finally:  # what came in is worked on, whatever file was refused after it
        update_iv_history(history, progress)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """The paths, and in place of a folder the files below it, in the order of their names; hidden ones are left out."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        below = sorted(each for each in path.rglob("*") if each.suffix.lower() in _ENDINGS and each.is_file())
        found = [each for each in below if not any(part.startswith(".") for part in each.relative_to(path).parts)]
        if not found:
            raise ImportRefused(f"{shown_path(path)}: no file in this folder ends with {', '.join(_ENDINGS)}")
        yield from found


def document_of(root: Path, progress: Progress) -> dict[str, Any]:
    """Everything below `root` as one plain document; its 30-day volatilities are as the last import left them."""
    return data_document(HistoryStore(root), progress)


def _lines(path: Path, kept: Mapping[str, Merged], rejected: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    """What became of a file of what lies beside the chains."""
    told = (f"{rows.added + rows.same:,} {name} kept, {rows.added:,} of them new" for name, rows in kept.items())
    yield f"{path}: {', '.join(told)}"
    for name, rows in kept.items():
        if rows.differing:
            yield f"  {rows.differing:,} {name} were kept before with other figures, which stay"
    for reason, (count, first) in sorted(rejected.items()):
        yield f"  {count:,} {reason}, the first in row {first:,}"
