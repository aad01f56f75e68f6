"""Pictures of every page over a demo mindfolio: both themes, a laptop's window, a large one, and text of 200 %.

`uv run python -m tests.end_to_end.screenshots --out DIR [--pages risk,day] [--data-dir DIR] [--sessions 3] [--whole]`
draws the window without a screen, so the pictures are the same everywhere. A data directory without a mindfolio gets
one with some sessions of history first, as the demo of a first start has; one that is kept is used again. Files are
called `<page>_<size>_<theme>.png`; with `--whole` the window grows until nothing of a page is hidden below its edge.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QTableView, QWidget

from engine.domain.mindfolio import Environment
from engine.runtime.places import Places, Running
from mindfolio_desktop.app import Session
from mindfolio_desktop.headless import run_headless
from mindfolio_desktop.ui import remembered
from mindfolio_desktop.ui.look import Look, Theme
from mindfolio_desktop.ui.pages import GALLERY_PAGE, PAGES
from mindfolio_desktop.ui.remembered import Whose
from mindfolio_desktop.ui.widgets.messages import Toast
from mindfolio_desktop.welcome import DEMO_SESSIONS, DEMO_SYMBOLS

SEED = 2
"""A market in which a position is open after the first sessions."""
SPEED, SETTLED_SPEED = 60.0, 1.0
"""Until the market is open and quoted; and while pictures are taken, so that none of them is of another day."""

OPEN_LIMIT_S, ANSWER_LIMIT_S = 600.0, 20.0
_QUIET_S, _PAINTED_S = 0.35, 0.1
_STEP_MS = 20
_QUOTE_MINUTES = 5
"""Of the history, which is soon made so."""
_TALLEST = 9000


@dataclass(frozen=True, slots=True)
class Size:
    """A window and a size of text."""

    name: str
    width: int
    height: int
    percent: int = 100


SIZES = (Size("1280", 1280, 800), Size("2560", 2560, 1440), Size("200pct", 1280, 800, 200))

Step = Callable[["Studio"], None]


class Studio:
    """The window over a running engine, and a hand that turns its pages."""

    def __init__(self, session: Session, look: Look) -> None:
        self.session, self.window, self.look = session, session.window, look

    def wait(self, is_so: Callable[[], bool], limit_s: float) -> bool:
        """Let the window live until something is so; False when it took too long."""
        until = time.monotonic() + limit_s
        while not is_so():
            if time.monotonic() > until:
                return False
            QTest.qWait(_STEP_MS)
        return True

    def settle(self) -> None:
        """Wait until every question is answered, and what came of it is laid out."""
        asking, since = self.session.bridge._asking, [time.monotonic()]

        def is_quiet() -> bool:
            if asking:
                since[0] = time.monotonic()
            return time.monotonic() - since[0] > _QUIET_S

        self.wait(is_quiet, ANSWER_LIMIT_S)

    def find(self, name: str) -> QWidget | None:
        """A widget in sight by its name."""
        found = [one for one in self.window.findChildren(QWidget) if fnmatch(one.objectName(), name)]
        return next((one for one in found if one.isVisible()), None)

    def click(self, name: str) -> None:
        """Press a button that is in sight (`choose_*`: the first of them); nothing happens where it is not."""
        found = self.find(name)
        if found is not None and found.isEnabled():
            QTest.mouseClick(found, Qt.MouseButton.LeftButton)
            self.settle()

    def choose_row(self, table: str, row: int = 0) -> None:
        """Go to a row of a table in sight."""
        found = self.find(table)
        if isinstance(found, QTableView) and found.model().rowCount() > row:
            found.setCurrentIndex(found.model().index(row, 0))
            self.settle()

    def take_cells(self, *cells: tuple[int, int]) -> None:
        """Put legs on the market's ticket: rows from the middle of the chain, and columns."""
        found = self.find("chain_table")
        if isinstance(found, QTableView) and found.currentIndex().isValid():
            middle = found.currentIndex().row()
            for row, column in cells:
                found.clicked.emit(found.model().index(middle + row, column))
            self.settle()

    def picture(self, path: Path) -> None:
        """Keep what the window shows, without the notes that come and go over it."""
        for note in self.window.findChildren(Toast):
            note.dismissed.emit(note)
        QTest.qWait(int(_PAINTED_S * 1000))
        self.window.grab().save(str(path))

    def grow(self) -> None:
        """Make the window so high that its page has nothing to scroll to."""
        for _ in range(6):
            hidden = max((each.verticalScrollBar().maximum() for each in self._scrolling()), default=0)
            if not hidden:
                return
            self.window.resize(self.window.width(), min(_TALLEST, self.window.height() + hidden))
            self.settle()

    def _scrolling(self) -> Iterator[QScrollArea]:
        pages = self.window.findChild(QWidget, "pages")
        return (each for each in (pages.findChildren(QScrollArea) if pages else ()) if each.isVisible())


def scenes(studio: Studio) -> dict[str, tuple[str, tuple[Step, ...]]]:
    """Names of pictures: the page, or module, and what is pressed on it first."""
    snapshot = studio.session.bridge.snapshot
    modules = () if snapshot is None else snapshot.modules
    busiest = max(modules, key=lambda view: len(view.open_positions), default=None)
    found: dict[str, tuple[str, tuple[Step, ...]]] = {
        spec.place.key: (spec.place.key, ()) for spec in (*PAGES, GALLERY_PAGE)
    }
    gallery = GALLERY_PAGE.place.key
    found["gallery_form"] = gallery, (_press("choose_*"),)
    for strip in ("close", "roll", "target"):
        found[f"positions_{strip}"] = "positions", (_press(f"position_{strip}"),)
    found["ledger_entry"] = "ledger", (lambda on: on.choose_row("journal_table"),)
    found["ledger_notes"] = "ledger", (_press("ledger_notes"),)
    found["market_ticket"] = "market", (lambda on: on.take_cells((-2, 8), (2, 6)),)
    if busiest is not None:
        module_id = busiest.spec.module_id
        found["module"] = module_id, ()
        found["module_scan"] = module_id, (lambda on: on.choose_row("scans_table"),)
        found["module_edit"] = module_id, (_press("detail_edit"),)
        found["module_remove"] = module_id, (_press("cancel_settings"), _press("detail_remove"))
    return found


def _press(name: str) -> Step:
    return lambda studio: studio.click(name)


def shoot(studio: Studio, out: Path, wanted: Sequence[str], *, whole: bool) -> int:
    """Take the pictures; returns how many."""
    taken = 0
    for size in SIZES:
        studio.look.choose_text_size(size.percent)
        for name, (where, steps) in scenes(studio).items():
            if wanted and name not in wanted:
                continue
            studio.window.resize(size.width, size.height)
            snapshot = studio.session.bridge.snapshot
            is_module = snapshot is not None and snapshot.module(where) is not None
            (studio.window.open_module if is_module else studio.window.go)(where)
            studio.settle()
            for step in steps:
                step(studio)
            if whole:
                studio.grow()
            for theme in (Theme.DARK, Theme.LIGHT):
                studio.look.choose_theme(theme)
                studio.settle()
                studio.picture(out / f"{name}_{size.name}_{theme.value}.png")
                taken += 1
            print(f"{name} {size.name}", flush=True)
    return taken


@contextmanager
def opened(data_dir: Path, sessions: int) -> Iterator[Studio]:
    """The window over a mindfolio with some history, while its market is open."""
    places = Places(data_dir, Environment.SIMULATED)
    if not places.ledger.exists():
        history = Running(SEED, approves_all=True, symbols=DEMO_SYMBOLS, quote_minutes=_QUOTE_MINUTES)
        run_headless(places, history, sessions, print)
    application = QApplication.instance() or QApplication([sys.argv[0]])
    remembered.use({Whose.USER: data_dir / "settings.ini", Whose.MINDFOLIO: places.folder / "window.ini"})
    look = Look(application)
    running = Running(SEED, speed=SPEED, threads=1, publishes=True, symbols=DEMO_SYMBOLS)
    session = Session(places, running, look)
    try:
        session.start()
        studio = Studio(session, look)
        if not studio.wait(lambda: _is_quoted(session), OPEN_LIMIT_S):
            raise SystemExit("the market did not open in time")
        studio.click(f"speed_{SETTLED_SPEED:g}")
        yield studio
    finally:
        session.close()
        remembered.use({})


def _is_quoted(session: Session) -> bool:
    snapshot = session.bridge.snapshot
    if snapshot is None or not snapshot.market.is_open or not snapshot.market.spots:
        return False
    return all(held.mark is not None for view in snapshot.modules for held in view.open_positions)


def main(arguments: Sequence[str]) -> int:
    """Take the pictures; returns the exit code."""
    parser = argparse.ArgumentParser(prog="screenshots", description="Draw every page of the window.")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the pictures go")
    parser.add_argument("--pages", default="", help="only these, with commas between them")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="the mindfolio to show, kept for the next time")
    parser.add_argument("--sessions", type=int, default=DEMO_SESSIONS, help=f"of history ({DEMO_SESSIONS})")
    parser.add_argument("--whole", action="store_true", help="all of each page, however high that is")
    options = parser.parse_args(arguments)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    options.out.mkdir(parents=True, exist_ok=True)
    wanted = [name for name in options.pages.split(",") if name]
    with tempfile.TemporaryDirectory(prefix="mindfolio-") as scratch:
        with opened(options.data_dir or Path(scratch), options.sessions) as studio:
            taken = shoot(studio, options.out, wanted, whole=options.whole)
        print(f"{taken} pictures in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
