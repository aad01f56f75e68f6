"""Holds a ledger that stands still against itself and against the broker: `python -m tests.soak.check FOLDER`.

A process of its own, so that what is remembered here is not counted as the program's memory. Everything is read from
the files: `verify`, a second book with plain sums of its own, and the paper broker's account. One fault a line; the
exit status is 1 where there is any.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from engine.domain.mindfolio import Environment
from engine.execution.paper_file import PaperFile
from engine.execution.paper_state import State
from engine.ledger.book import Book
from engine.ledger.codec import decode_event
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_store
from engine.runtime.places import Places
from tests.simulation.world.reader import Reckoning


def faults_of(places: Places) -> list[str]:
    """Everything that is wrong."""
    store = SqliteStore(places.ledger, for_reading=True)
    try:
        faults = list(verify_store(store).faults)
        reckoning = Reckoning()
        try:
            for entry in store.entries():
                reckoning.take(entry.seq, entry.at, decode_event(entry.type, entry.version, entry.body))
            reckoning.audit()
        except AssertionError as error:
            faults.append(f"the second book: {error}")
    finally:
        store.close()
    return faults + _differences(reckoning.twin, _account(places.broker))


def _account(path: Path) -> State:
    """The broker's own, read from a copy: reading mends a torn last line."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        shutil.copy2(path, copy)
        file = PaperFile(copy)
        state = file.read()
        file.close()
    return State() if state is None else state


def _differences(book: Book, state: State) -> list[str]:
    theirs, ours = {name: count for name, count in state.positions.items() if count}, book.instruments()
    names = sorted(theirs.keys() | ours.keys())
    found = [
        f"the broker has {theirs.get(name, 0)} of {name}, the book {ours.get(name, 0)}"
        for name in names
        if theirs.get(name, 0) != ours.get(name, 0)
    ]
    if state.cash != book.broker_cash:
        found.append(f"the broker has cash of {state.cash}, the book of {book.broker_cash}")
    return found


if __name__ == "__main__":
    wrong = faults_of(Places(Path(sys.argv[1]), Environment.SIMULATED))
    print("\n".join(wrong))  # noqa: T201
    sys.exit(1 if wrong else 0)
