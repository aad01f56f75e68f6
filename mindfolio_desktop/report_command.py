"""`mindfolio report`: the papers of a month into a folder, or the sheet of a day, from the ledger alone.

A month's folder holds statement.html, statement.pdf, trades.csv, ledger.csv, nav.csv and tax-lots.csv: all of them or
none. Nothing is run and nothing is written to the ledger.
"""

import argparse
import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import MindfolioError
from engine.runtime.places import Places
from mindfolio_desktop import command_line as typed
from mindfolio_desktop.chosen_lots import read_chosen
from mindfolio_desktop.whole_folder import check_target, exchanged, write_whole

if TYPE_CHECKING:
    from engine.domain.events import Event
    from engine.domain.records import Recorded

LOTS = ("fifo", "position")
"""Which tax lots a sale closes: the account's oldest, or those of the position that it ends; else a file says so."""

FILES = ("statement.html", "statement.pdf", "trades.csv", "ledger.csv", "nav.csv", "tax-lots.csv")


def add_report(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_market: Callable[[argparse.ArgumentParser], None],
    ledger: typed.PlacesOf,
) -> None:
    """The sub-command; `ledger` tells which one a command line is about."""
    report = commands.add_parser("report", help="a month's statement and files, or a day's sheet, from the ledger")
    what = report.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--month", type=typed.month, metavar="YYYY-MM", help="statement (HTML, PDF) and CSV files of a month"
    )
    what.add_argument(
        "--sheet", choices=("start", "end"), help="print the sheet of a day: before it starts, or at its end"
    )
    report.add_argument("--out", type=Path, metavar="DIR", help="folder for a month's files (made if it is not there)")
    report.add_argument("--force", action="store_true", help="write over files that are there already")
    report.add_argument(
        "--lots",
        default=LOTS[0],
        metavar="fifo|position|FILE",
        help="which tax lots a sale closes: the oldest, those of its position, or a CSV file's (sale,lot,quantity)",
    )
    report.add_argument("--day", type=typed.day, metavar="YYYY-MM-DD", help="of a sheet (default: the ledger's last)")
    add_market(report)
    report.set_defaults(command=partial(_report, ledger))


def _report(ledger: typed.PlacesOf, options: argparse.Namespace) -> int:
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
    `is_forced` is off, or when the folder holds something else or cannot be written.
    """
    check_target(folder, FILES, is_forced=is_forced)
    with exchanged(folder) as staged:
        _papers(places, first, lots, staged)


def _papers(places: Places, first: dt.date, lots: str, folder: Path) -> None:
    from engine.core.page import as_html  # noqa: PLC0415 - heavy, as all of these
    from engine.portfolio import csv_export as csv  # noqa: PLC0415
    from engine.portfolio.month import MonthGathering  # noqa: PLC0415
    from engine.portfolio.statement import statement_page  # noqa: PLC0415
    from engine.portfolio.tax_lots import first_in_first_out, identified, not_closed, own_position_first, tax_lots  # noqa: PLC0415
    from engine.portfolio.tax_trades import TaxGathering  # noqa: PLC0415
    from engine.portfolio.walk import walk  # noqa: PLC0415
    from mindfolio_desktop.display import require_qt  # noqa: PLC0415
    from mindfolio_desktop.pdf import pdf_bytes  # noqa: PLC0415

    require_qt(on_screen=False)
    chosen = {} if lots in LOTS else read_chosen(Path(lots).expanduser())
    gathering, taxes = MonthGathering(first), TaxGathering()
    with journal_of(places) as entries:
        gathering.close(walk(entries, [gathering, taxes]))
    month = gathering.statement()
    page = statement_page(month)
    choices = {LOTS[0]: first_in_first_out, LOTS[1]: own_position_first}
    choice = choices.get(lots) or identified(chosen)
    report = tax_lots(taxes.trades, choice)
    for sale, lot in not_closed(report, chosen):
        raise MindfolioError(f"{lots}: entry {sale} did not close as many of lot {lot}")
    closed = [each for each in report.closed if month.first <= each.closed <= month.last]
    still_open = tax_lots((each for each in taxes.trades if each.day <= month.last), choice).open
    papers = {
        "statement.html": as_html(page).encode(),
        "statement.pdf": pdf_bytes(page),
        "trades.csv": csv.trades_csv(month).encode(),
        "ledger.csv": csv.ledger_csv(month).encode(),
        "nav.csv": csv.nav_csv(month).encode(),
        "tax-lots.csv": csv.tax_csv(closed, still_open).encode(),
    }
    for name, content in papers.items():
        write_whole(folder / name, content)


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
    from engine.core.calendar import market_day, next_session  # noqa: PLC0415 - heavy, as all of these
    from engine.core.expiries import last_session  # noqa: PLC0415
    from engine.portfolio.day_sheet_text import end_text, start_text  # noqa: PLC0415
    from engine.runtime.day_records import end_sheet, start_sheet  # noqa: PLC0415

    with journal_of(places) as entries:
        found = list(entries)
    if not found:
        raise MindfolioError(f"the ledger {places.ledger} is empty")
    last = found[-1][0].at
    if which == "start":
        return start_text(start_sheet(found, places, day or next_session(last).day, last))
    return end_text(end_sheet(found, places, day or last_session(market_day(last)).day, last))
