"""`mindfolio report`: the papers of a month into a folder, or the sheet of a day, from the ledger alone.

A month's folder holds statement.html, statement.pdf, trades.csv, ledger.csv, nav.csv and tax-lots.csv: all of them or
none. Nothing is run and nothing is written to the ledger.
"""

import argparse
import datetime as dt
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.calendar import market_day, next_session
from engine.core.errors import MindfolioError
from engine.core.expiries import last_session
from engine.runtime.places import Places

if TYPE_CHECKING:
    from engine.domain.events import Event
    from engine.domain.records import Recorded

_MONTH = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})")

LOTS = ("fifo", "position")
"""Which tax lots a sale closes: the account's oldest, or those of the position that it ends."""

FILES = ("statement.html", "statement.pdf", "trades.csv", "ledger.csv", "nav.csv", "tax-lots.csv")


def add_report(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_market: Callable[[argparse.ArgumentParser], None],
    ledger: Callable[[argparse.Namespace], Places],
) -> None:
    """The sub-command; `ledger` tells which one a command line is about."""
    report = commands.add_parser("report", help="a month's statement and files, or a day's sheet, from the ledger")
    what = report.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--month", type=month_of, metavar="YYYY-MM", help="statement (HTML, PDF) and CSV files of a month"
    )
    what.add_argument(
        "--sheet", choices=("start", "end"), help="print the sheet of a day: before it starts, or at its end"
    )
    report.add_argument("--out", type=Path, metavar="DIR", help="folder for a month's files (made if it is not there)")
    report.add_argument("--force", action="store_true", help="write over files that are there already")
    report.add_argument("--lots", choices=LOTS, default=LOTS[0], help="which tax lots a sale closes (fifo)")
    report.add_argument("--day", type=day_of, metavar="YYYY-MM-DD", help="of a sheet (default: the ledger's last)")
    add_market(report)
    report.set_defaults(command=partial(_report, ledger))


def month_of(text: str) -> dt.date:
    """The first day of a month as a command line names it."""
    found = _MONTH.fullmatch(text)
    try:
        return dt.date(int(found["year"]), int(found["month"]), 1) if found else dt.date.fromisoformat("")
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a month such as 2026-03, not {text!r}") from None


def day_of(text: str) -> dt.date:
    """A day as a command line names it."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a day such as 2026-03-16, not {text!r}") from None


def _report(ledger: Callable[[argparse.Namespace], Places], options: argparse.Namespace) -> int:
    if options.sheet is not None:
        print(sheet_text(ledger(options), options.sheet, options.day))
        return 0
    if options.out is None:
        raise MindfolioError("say with --out DIR where the month's files go")
    folder = options.out.expanduser().resolve()
    write_month(ledger(options), options.month, folder, options.lots, is_forced=options.force)
    for name in FILES:
        print(folder / name)
    return 0


def write_month(places: Places, first: dt.date, folder: Path, lots: str, *, is_forced: bool = False) -> None:
    """Write the papers of the month that begins on `first` into a folder: all of them, or nothing.

    Raises MindfolioError when the ledger is not there or has nothing of the month, when files are there already and
    `is_forced` is off, or when the folder cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise MindfolioError(f"{folder} is a file, not a folder")
    there = [name for name in FILES if (folder / name).exists()]
    if there and not is_forced:
        raise MindfolioError(f"{folder} holds {', '.join(there)} already; say --force to write over that")
    with _staging(folder) as staged:
        _papers(places, first, lots, staged)
        if folder.is_dir():
            for name in FILES:
                (staged / name).replace(folder / name)
        else:
            folder.parent.mkdir(parents=True, exist_ok=True)
            staged.rename(folder)


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A folder beside the one that is wanted, on the same disk, gone afterwards."""
    near = folder
    while not near.is_dir():
        near = near.parent
    staged = near / f".mindfolio-report-{secrets.token_hex(4)}"
    try:
        staged.mkdir()
        yield staged
    except OSError as error:
        raise MindfolioError(f"{folder} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _papers(places: Places, first: dt.date, lots: str, folder: Path) -> None:
    from engine.core.page import as_html  # noqa: PLC0415 - heavy, as all of these
    from engine.portfolio import csv_export as csv  # noqa: PLC0415
    from engine.portfolio.month import MonthGathering  # noqa: PLC0415
    from engine.portfolio.statement import statement_page  # noqa: PLC0415
    from engine.portfolio.tax_lots import first_in_first_out, own_position_first, tax_lots  # noqa: PLC0415
    from engine.portfolio.tax_trades import TaxGathering  # noqa: PLC0415
    from engine.portfolio.walk import walk  # noqa: PLC0415
    from mindfolio_desktop.display import require_qt  # noqa: PLC0415
    from mindfolio_desktop.pdf import write_pdf  # noqa: PLC0415

    require_qt(on_screen=False)
    gathering, taxes = MonthGathering(first), TaxGathering()
    with journal_of(places) as entries:
        gathering.close(walk(entries, [gathering, taxes]))
    month = gathering.statement()
    page = statement_page(month)
    choice = first_in_first_out if lots == LOTS[0] else own_position_first
    closed = [each for each in tax_lots(taxes.trades, choice).closed if month.first <= each.closed <= month.last]
    still_open = tax_lots((each for each in taxes.trades if each.day <= month.last), choice).open
    texts = {
        "statement.html": as_html(page),
        "trades.csv": csv.trades_csv(month),
        "ledger.csv": csv.ledger_csv(month),
        "nav.csv": csv.nav_csv(month),
        "tax-lots.csv": csv.tax_csv(closed, still_open),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    write_pdf(page, folder / "statement.pdf")


@contextmanager
def journal_of(places: Places) -> "Iterator[Iterator[tuple[Recorded, Event]]]":
    """The entries of a ledger with their events, read while it may be written by somebody else."""
    from engine.ledger.codec import chained  # noqa: PLC0415 - heavy
    from engine.ledger.store import SqliteStore  # noqa: PLC0415 - heavy

    store = SqliteStore(places.ledger, for_reading=True)
    try:
        yield chained(store.entries())
    finally:
        store.close()


def sheet_text(places: Places, which: str, day: dt.date | None) -> str:
    """The sheet of a day: "start" (None: of the session after the ledger's last) or "end" (None: of its last).

    Raises MindfolioError when the ledger is empty, the market was closed that day or nothing of it is in the ledger.
    """
    from engine.portfolio.day_sheet_text import end_text, start_text  # noqa: PLC0415 - heavy, as both of these
    from engine.runtime.day_records import end_sheet, start_sheet  # noqa: PLC0415

    with journal_of(places) as entries:
        found = list(entries)
    if not found:
        raise MindfolioError(f"the ledger {places.ledger} is empty")
    last = found[-1][0].at
    if which == "start":
        return start_text(start_sheet(found, places, day or next_session(last).day, last))
    return end_text(end_sheet(found, places, day or last_session(market_day(last)).day, last))
