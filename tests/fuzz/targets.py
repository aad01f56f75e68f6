"""What is fuzzed: everything that reads bytes or words from outside, with samples of what it knows.

`begin` gives a function that takes one input and says whether it was taken; what is promised as a refusal it catches
itself, and anything else is a crash.
"""

import argparse
import contextlib
import io
import itertools
import json
import os
import sqlite3
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from engine.core.errors import LedgerFault, MindfolioError
from engine.core.money import dollars
from engine.domain.instrument import parse_instrument
from engine.execution import paper_file
from engine.execution.paper_file import PaperFile
from engine.execution.paper_state import FILE_VERSION, Entry, Kept, Lived, State
from engine.ledger import anchor, checkpoint
from engine.ledger.codec import decode_event, encode_event
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_file
from engine.modules.sandbox.protocol import HEAD, Looked, Said, Unreadable, answer_in, frame, held_of, request_in
from engine.modules.sandbox.protocol import Look as LookAt
from engine.portfolio.sectors import read_sectors
from engine.risk.latch import StopLatch
from mindfolio_desktop import cli, command_line
from mindfolio_desktop.push import FILE, Pusher
from mindfolio_desktop.ui import remembered
from tests.builders import Clerk, MemoryStore, approval, candidate, ledger
from tests.engine.modules.sandbox.scenes import a_condor, manage_context, scan_context
from tests.fuzz import broker_lines

Feed = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that reads."""

    name: str
    samples: Callable[[], tuple[bytes, ...]]
    begin: Callable[[Path], Feed]


@cache
def _clerk() -> tuple[Clerk, MemoryStore]:
    """Some trades in books of their own."""
    from engine.domain import events as ev  # noqa: PLC0415 - beside what uses it

    store = MemoryStore()
    clerk = Clerk(ledger(store))
    clerk.close(clerk.open("-1.20"), "0.55")
    clerk.mark(**{clerk.open("-1.30"): "-125.5"})
    clerk.intend()
    clerk.record(ev.ApprovalRequested(approval()))
    clerk.ledger.seal(clerk.at)
    clerk.ledger.commit()
    return clerk, store


# --- the ledger ------------------------------------------------------------------------------------------------------
def _events() -> tuple[bytes, ...]:
    _, store = _clerk()
    lines = {f"{each.type} {each.version} ".encode() + each.body for each in store.entries()}
    return (*sorted(lines), b'OrderFilled 1 {"order_id":"O1","quantity":1}')


def _journal(_folder: Path) -> Feed:
    def feed(content: bytes) -> bool:
        name, _, rest = content.partition(b" ")
        version, _, body = rest.partition(b" ")
        number = int(version) if version.isdigit() and len(version) < 4 else 1
        try:
            event = decode_event(name.decode("utf-8", "replace"), number, body)
        except LedgerFault:
            return False
        encode_event(event)
        return True

    return feed


def _checkpoints(_folder: Path) -> Feed:
    def feed(content: bytes) -> bool:
        try:
            checkpoint.restore(content)
        except LedgerFault:
            return False
        return True

    return feed


def _heads(folder: Path) -> Feed:
    path = folder / "ledger.head"

    def feed(content: bytes) -> bool:
        path.unlink(missing_ok=True)  # to cut a file short takes the disk's time
        path.write_bytes(content)
        try:
            return anchor.read_head(path) is not None
        except LedgerFault:
            return False

    return feed


def _head_samples() -> tuple[bytes, ...]:
    heads = anchor.Head(7, "a" * 64), anchor.Head(8, "b" * 64)
    return (anchor._slot(heads[0]).ljust(anchor.SLOT, b"\0") + anchor._slot(heads[1]), anchor._slot(heads[0]))


@cache
def _ledger_and_head() -> tuple[bytes, bytes]:
    import tempfile  # noqa: PLC0415 - beside what uses it

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        store = SqliteStore(path)
        _, kept = _clerk()
        for batch in kept.batches:
            store.append(batch)
        store.close()
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path.read_bytes(), anchor.anchor_path(path).read_bytes()


def _ledger_files() -> tuple[bytes, ...]:
    return (_ledger_and_head()[0],)


def _ledgers(folder: Path) -> Feed:
    path = folder / "ledger.sqlite"

    def feed(content: bytes) -> bool:
        for each in folder.iterdir():
            each.unlink()
        path.write_bytes(content)
        anchor.anchor_path(path).write_bytes(_ledger_and_head()[1])
        try:
            return not verify_file(path).faults
        except MindfolioError:
            return False

    return feed


# --- the paper broker ------------------------------------------------------------------------------------------------
def _paper_samples() -> tuple[bytes, ...]:
    from tests.builders import NOW  # noqa: PLC0415 - beside what uses it

    state = State(cash=dollars(1000))
    state.positions.update({"SPY": 100, "SPY260417C00100000": -1})
    entries: tuple[Entry, ...] = (Kept(FILE_VERSION, state), Lived(NOW))
    lines = [paper_file._line(entries), paper_file._line([Lived(NOW)])]
    return (b"".join(lines), lines[0], msgspec.json.encode(list(entries)))


def _paper(folder: Path) -> Feed:
    numbers = itertools.count()

    def feed(content: bytes) -> bool:
        path = folder / f"{next(numbers)}.jsonl"
        if content.startswith(b"["):  # a line that is sound by its checksum, whatever it says
            content = b"%08x %b\n" % (zlib.crc32(content), content)
        path.write_bytes(content)
        file = PaperFile(path)
        try:
            return file.read() is not None
        except LedgerFault:
            return False
        finally:
            file.close()
            path.unlink()

    return feed


# --- users' modules --------------------------------------------------------------------------------------------------
def _bodies() -> tuple[bytes, ...]:
    from engine.domain.candidate import Finding  # noqa: PLC0415 - beside what uses it
    from engine.domain.scan import Exit, Trade  # noqa: PLC0415

    said = Said.of(Exit("P1", "why")), Said.of(Trade(candidate()))
    answers = Looked((Finding("SPY", candidate(), "why"),), ((said[0],), said)), Looked((), ())
    return tuple(frame(each)[HEAD:] for each in answers)


def _questions() -> tuple[bytes, ...]:
    held = a_condor()
    look = LookAt(scan_context(held), (held_of(held, manage_context(held)),))
    return (frame(look)[HEAD:], frame(LookAt(scan_context(), ()))[HEAD:])


def _pipe(read: Callable[[bytes], object]) -> Callable[[Path], Feed]:
    def begin(_folder: Path) -> Feed:
        def feed(content: bytes) -> bool:
            try:
                read(content)
            except Unreadable:
                return False
            return True

        return feed

    return begin


# --- settings and small files ----------------------------------------------------------------------------------------
def _settings(folder: Path) -> Feed:
    numbers = itertools.count()
    defaults = (False, 1, 1.5, "text", b"bytes", [1], {"a": 1})

    def feed(content: bytes) -> bool:
        path = folder / f"{next(numbers)}.ini"
        path.write_bytes(content)
        remembered.use({remembered.Whose.USER: path})
        found = [
            remembered.recall(f"window/{key}", default, remembered.Whose.USER) == default
            for key in ("flag", "size", "place")
            for default in defaults
        ]
        remembered.use({})
        path.unlink(missing_ok=True)
        return not all(found)

    return feed


def _setting_samples() -> tuple[bytes, ...]:
    flag, size, place = ({"value": True}, {"value": 1.25}, {"bytes": "YWJj"})
    quoted = [json.dumps(json.dumps(each)) for each in (flag, size, place)]
    return (f"[window]\nflag={quoted[0]}\nsize={quoted[1]}\nplace={quoted[2]}\n".encode(),)


def _values(_folder: Path) -> Feed:
    """What stands under a key, without the file around it."""

    class Held:
        text = ""

        def value(self, _key: str, _default: str) -> str:
            return self.text

    held = Held()

    def feed(content: bytes) -> bool:
        held.text = content.decode("utf-8", "replace")
        remembered._files[remembered.Whose.USER] = held  # type: ignore[assignment]  # answers like a file of settings
        try:
            return any(
                remembered.recall("window/size", default, remembered.Whose.USER) != default
                for default in (1, 1.5, b"", "")
            )
        finally:
            remembered._files.clear()

    return feed


def _push(folder: Path) -> Feed:
    path = folder / FILE

    def feed(content: bytes) -> bool:
        path.unlink(missing_ok=True)  # to cut a file short takes the disk's time
        path.write_bytes(content)
        pusher = Pusher(folder)
        scheme = pusher.scheme
        pusher.close(0)
        return bool(scheme)

    return feed


def _latch(folder: Path) -> Feed:
    path = folder / "STOP"
    latch = StopLatch(path)

    def feed(content: bytes) -> bool:
        path.unlink(missing_ok=True)  # to cut a file short takes the disk's time
        path.write_bytes(content)
        assert latch.is_set
        source, why = latch.who()
        assert (source + why).isprintable() or content.startswith(b"{"), "what is shown is on one line"
        return bool(source)

    return feed


def _sectors(_folder: Path) -> Feed:
    def feed(content: bytes) -> bool:
        rows, problems = read_sectors(content.decode("utf-8", "replace").splitlines())
        return bool(rows) and not problems

    return feed


def _instruments(_folder: Path) -> Feed:
    def feed(content: bytes) -> bool:
        try:
            parse_instrument(content.decode("utf-8", "replace"))
        except ValueError:
            return False
        return True

    return feed


# --- command lines ---------------------------------------------------------------------------------------------------
_COMMANDS = (
    "status", "status --json", "verify", "verify --accept-head", "stop --why x", "rearm --why x", "import a.csv",
    "data", "run --headless --days 1 --seed 7", "backtest sell-puts SPY --from 2026-03-02", "scan sell-puts",
    "module list", "module new x", "module check x", "module add MINE --budget 1000", "report --month 2026-03",
    "report --day 2026-03-02", "performance", "allocations", "allocations propose", "--market simulated --speed 10",
    "--version", "--help",
)  # fmt: skip
_READS = frozenset({"status", "verify", "data", "performance", "allocations", "report", "stop", "rearm"})


def _command_samples() -> tuple[bytes, ...]:
    return tuple(each.replace(" ", "\n").encode() for each in _COMMANDS)


def _arguments(content: bytes) -> list[str]:
    return [part.decode("utf-8", "surrogateescape") for part in content.split(b"\n")][:30]


def _lines(_folder: Path) -> Feed:
    parser = cli._parser()

    def feed(content: bytes) -> bool:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                parser.parse_args(_arguments(content))
            except SystemExit:
                return False
        return True

    return feed


def _commands(folder: Path) -> Feed:
    """Those that read, or stop, carried out in a folder of their own."""
    os.environ.update(HOME=str(folder), XDG_DATA_HOME=str(folder))

    def feed(content: bytes) -> bool:
        arguments = _arguments(content)
        if arguments[0] not in _READS:
            return False
        said = io.StringIO()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
            code = cli.run([*arguments, "--data-dir", str(folder)])
        assert code == 0 or said.getvalue() or "--help" in arguments, "a command that fails says why"
        return code == 0

    return feed


def _words(_folder: Path) -> Feed:
    kinds: tuple[Callable[[str], object], ...] = (
        command_line.amount, command_line.day, command_line.month, command_line.seed, command_line.symbols,
    )  # fmt: skip

    def feed(content: bytes) -> bool:
        text, good = content.decode("utf-8", "surrogateescape"), 0
        for kind in kinds:
            with contextlib.suppress(argparse.ArgumentTypeError):
                kind(text)
                good += 1
        return good > 1

    return feed


_EVERY = (
    Target("journal", _events, _journal),
    Target("checkpoint", lambda: (checkpoint.dump(_clerk()[0].ledger.book),), _checkpoints),
    Target("head", _head_samples, _heads),
    Target("ledger_file", _ledger_files, _ledgers),
    Target("paper_file", _paper_samples, _paper),
    Target("pipe_answers", _bodies, _pipe(answer_in)),
    Target("pipe_questions", _questions, _pipe(request_in)),
    Target("settings_file", _setting_samples, _settings),
    Target(
        "settings_values",
        lambda: (b'{"value": 1.25}', b'{"value": 1}', b'{"value": "x"}', b'{"bytes": "YWJj"}'),
        _values,
    ),
    Target("push_address", lambda: (b"ntfy://topic\n", b"tgram://token/chat"), _push),
    Target("stop_file", lambda: (b'{"source": "user", "why": "too much"}', b"by hand\n"), _latch),
    Target("sectors", lambda: (b'symbol,sector\nSPY,Index\n"QQQ",Technology\n',), _sectors),
    Target("instruments", lambda: (b"SPY260417C00100000", b"SPY", b"BRK.B"), _instruments),
    Target("command_lines", _command_samples, _lines),
    Target("commands", _command_samples, _commands),
    Target("broker_stream", broker_lines.stream_lines, broker_lines.stream),
    Target("words", lambda: (b"1,000.50", b"$5", b"2026-03-02", b"2026-03", b"7", b"SPY,QQQ"), _words),
)
TARGETS = {each.name: each for each in _EVERY}
