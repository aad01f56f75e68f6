"""The `mindfolio` command: the window by default, sub-commands for work without one.

Exit codes: 0 done, 1 a fault was found (or a smoke test failed), 2 it cannot be done as asked, 3 timed out,
130 interrupted. Results go to stdout, progress and complaints to stderr. Heavy imports wait until they are needed.
"""

import argparse
import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from engine.core.errors import LedgerFault, MindfolioError
from engine.core.files import open_to_others
from engine.domain.mindfolio import Environment
from engine.runtime.places import Places, Running, data_dirs, existing
from mindfolio_desktop import command_line as typed
from mindfolio_desktop import research
from mindfolio_desktop.diagnose_command import add_diagnose
from mindfolio_desktop.display import require_qt
from mindfolio_desktop.ledger_commands import add_ledger_commands
from mindfolio_desktop.logs import Log
from mindfolio_desktop.module_command import add_module_commands
from mindfolio_desktop.versions import program_version

OK, FAULT, IMPOSSIBLE, INTERRUPTED = 0, 1, 2, 130

MARKETS = tuple(environment.value for environment in Environment)

PRICES = ("traded", "split-adjusted", "adjusted")
"""What may have been done to the prices of bars."""

TEMPLATES = ("aggressive-growth", "main-account")
"""Mindfolios to begin with, the default one first; `engine.runtime.defaults` makes them."""

MOST_DAYS = 10_000  # forty years of sessions

WINDOW_SPEED = 10.0
"""Market seconds a real second when a window first opens: a snapshot can be looked at, and a day still goes by."""


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line; returns the exit code. Nothing is raised for what a user can do wrong."""
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as leave:  # after --help and --version, and on what the parser has complained about itself
        return int(leave.code or OK)
    try:
        command: Callable[[argparse.Namespace], int] = options.command
        if command is not _window and (words := open_to_others(data_dir(options))):  # a window tells it itself
            print(f"mindfolio: {words}", file=sys.stderr)
        return command(options)
    except MindfolioError as error:
        print(f"mindfolio: {error}", file=sys.stderr)
        return IMPOSSIBLE
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"mindfolio: {place}{error.strerror or error}", file=sys.stderr)
        return IMPOSSIBLE
    except KeyboardInterrupt:
        print("mindfolio: interrupted", file=sys.stderr)
        return INTERRUPTED


class _Version(argparse.Action):
    """`--version`: the version is looked up only when somebody asks for it."""

    def __call__(self, parser: argparse.ArgumentParser, *_given: object) -> None:
        """Print it and leave."""
        print(f"{parser.prog} {program_version()}")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mindfolio",
        description="Several option strategies on one account, each with its own budget. No command: the window.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    parser.add_argument("--smoke-test", action="store_true", help="start, paint, trade a simulated hour, verify, exit")
    _add_market(parser)
    _add_window(parser)
    parser.set_defaults(command=_window)
    commands = parser.add_subparsers(metavar="COMMAND")
    _add_data_commands(commands)
    _add_run(commands)
    research.add_backtest(commands, _add_market, _places)
    research.add_scan(commands, _add_market, _places)
    add_module_commands(commands, _add_data_dir, data_dir, _add_market, _ledgers)

    status = commands.add_parser("status", help="what the ledger says, without running anything")
    _add_market(status)
    status.add_argument("--json", action="store_true", help="one JSON object instead of a summary")
    status.set_defaults(command=_status)
    add_ledger_commands(commands, _add_market, _ledgers)

    verify = commands.add_parser("verify", help="replay every journal and check everything that is stored")
    _add_data_dir(verify)
    verify.add_argument(
        "--accept-head",
        action="store_true",
        help="where a journal is sound but not the one that its head file names, take it as it is from now on",
    )
    verify.set_defaults(command=_verify)

    add_diagnose(commands, _add_data_dir, data_dir)

    stop = commands.add_parser("stop", help="emergency stop: latch from outside, also while a window runs")
    _add_market(stop)
    stop.add_argument("--reason", default="mindfolio stop", help="why, for the record")
    stop.set_defaults(command=_stop)

    rearm = commands.add_parser("rearm", help="lift an emergency stop while no window runs; modules stay paused")
    _add_market(rearm)
    rearm.add_argument("--reason", required=True, help="why it is safe to go on")
    rearm.set_defaults(command=_rearm)
    return parser


def _add_data_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """What brings market data in, and what tells of it."""
    imports = commands.add_parser("import", help="import recorded option chains, daily bars, factors, rates, events")
    imports.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    imports.add_argument("--symbol", type=str.upper, help="what the files are of, where neither rows nor name tell it")
    imports.add_argument("--prices", choices=PRICES, help="what was done to the prices of plain bars")
    _add_data_dir(imports)
    imports.set_defaults(command=_import)

    data = commands.add_parser("data", help="what market data there is: spans, rows, gaps, faults, events, IV history")
    data.add_argument("--json", action="store_true", help="one JSON object instead of a summary")
    data.add_argument("--recorded", choices=MARKETS, help="of what was recorded of a market's runs, not of the imports")
    _add_data_dir(data)
    data.set_defaults(command=_data)


def _add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    runs = commands.add_parser("run", help="run the engine; with --headless without a window")
    runs.add_argument("--headless", action="store_true", help="no window; report at the end")
    _add_market(runs)
    _add_window(runs)
    runs.add_argument(
        "--days", type=partial(typed.whole, 1, MOST_DAYS), help="sessions to run (default: all in replay, 5 simulated)"
    )
    runs.add_argument("--approve", choices=("none", "all"), default="none", help="who answers waiting approvals")
    runs.add_argument(
        "--record",
        type=partial(typed.whole, 0, 24 * 60),
        nargs="?",
        const=15,
        metavar="MINUTES",
        help="keep the chains that the market shows, of each symbol one in so many minutes (15; 0: every one)",
    )
    runs.add_argument(
        "--quotes",
        type=partial(typed.whole, 1, 60),
        metavar="MINUTES",
        help="of the simulated market: quotes every so many minutes (1)",
    )
    runs.add_argument("--json", action="store_true", help="print the outcome as one JSON object")
    runs.set_defaults(command=_run)


def _add_data_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir", type=Path, default=argparse.SUPPRESS, metavar="DIR", help="where ledgers and recordings are kept"
    )


def _add_market(parser: argparse.ArgumentParser) -> None:
    _add_data_dir(parser)
    parser.add_argument("--market", choices=MARKETS, default=argparse.SUPPRESS, help="which market (and its ledger)")


def _add_window(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seed", type=typed.seed, default=argparse.SUPPRESS, help="seed of a new mindfolio's market (default 1)"
    )
    parser.add_argument(
        "--template", choices=TEMPLATES, default=argparse.SUPPRESS, help="what a new mindfolio begins as"
    )
    parser.add_argument(
        "--symbols",
        type=typed.symbols,
        default=argparse.SUPPRESS,
        metavar="A,B,...",
        help="what a new mindfolio's modules look at (default: the whole market)",
    )
    parser.add_argument("--speed", type=_speed, default=argparse.SUPPRESS, help="market seconds a real second, or max")


def _speed(text: str) -> float:
    if text == "max":
        return math.inf
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"must be a number above 0, or max, not {text!r}")
    return number


def data_dir(options: argparse.Namespace) -> Path:
    """The data directory asked for, or the user's own."""
    asked: Path | None = getattr(options, "data_dir", None)
    if asked is not None:
        return asked.expanduser().resolve()
    from platformdirs import user_data_path  # noqa: PLC0415 - not needed when a directory is given

    return user_data_path("mindfolio", appauthor=False)


def _places(options: argparse.Namespace) -> Places:
    return Places(data_dir(options), Environment(getattr(options, "market", Environment.SIMULATED)))


def _running(options: argparse.Namespace, *, default_speed: float, **how: Any) -> Running:
    speed, minutes = getattr(options, "speed", default_speed), getattr(options, "record", None)
    quotes = getattr(options, "quotes", None)
    return Running(
        seed=getattr(options, "seed", None),
        speed=speed,
        record_minutes=minutes,
        quote_minutes=quotes,
        template=getattr(options, "template", TEMPLATES[0]),
        symbols=getattr(options, "symbols", ()),
        **how,
    )


def _ledgers(options: argparse.Namespace) -> tuple[Places, ...]:
    """The ledgers that a command is about: the market asked for, or all there are."""
    folder = data_dir(options)
    found = existing(folder)
    market = getattr(options, "market", None)
    if market is not None:
        found = tuple(places for places in found if places.environment.value == market)
    if not found:
        raise _no_mindfolio(folder, market)
    return found


def _no_mindfolio(folder: Path, market: str | None) -> MindfolioError:
    return MindfolioError(f"there is no mindfolio in {folder}{f' for --market {market}' if market else ''}")


# --- commands --------------------------------------------------------------------------------------------------------
def _window(options: argparse.Namespace) -> int:
    if options.smoke_test:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    require_qt(on_screen=not options.smoke_test)
    if options.smoke_test:
        from mindfolio_desktop.smoke import smoke_test  # noqa: PLC0415 - Qt only where a window is wanted

        return smoke_test()
    from engine.runtime.known import last_opened  # noqa: PLC0415 - as the window
    from mindfolio_desktop.opening import run_window  # noqa: PLC0415 - Qt only where a window is wanted

    running = _running(options, default_speed=WINDOW_SPEED, threads=1, publishes=True)
    says_which = hasattr(options, "market") or hasattr(options, "template")
    if not says_which and (last := last_opened(data_dir(options))) is not None:
        return run_window(last, running)
    # Without a mindfolio, and when nobody said what the first one shall be, that is asked for.
    is_said = hasattr(options, "template") or bool(existing(data_dir(options)))
    return run_window(_places(options), running, asks_first=not is_said)


def _import(options: argparse.Namespace) -> int:
    from mindfolio_desktop.market_data import import_paths  # noqa: PLC0415 - heavy

    root = Places(data_dir(options), Environment.REPLAY).history
    for line in import_paths(options.paths, root, options.symbol, options.prices, _progress):
        print(line)
    return OK


def _data(options: argparse.Namespace) -> int:
    from engine.market.data_report import data_text  # noqa: PLC0415 - heavy
    from mindfolio_desktop.market_data import document_of  # noqa: PLC0415 - heavy

    places = Places(data_dir(options), Environment(options.recorded or Environment.REPLAY))
    document = document_of(places.recorded if options.recorded else places.history, _progress)
    print(json.dumps(document, indent=1, allow_nan=False) if options.json else data_text(document))
    return OK


def _run(options: argparse.Namespace) -> int:
    if not options.headless:
        options.smoke_test = False
        return _window(options)
    from mindfolio_desktop.headless import run_headless  # noqa: PLC0415 - heavy

    running = _running(options, default_speed=math.inf, approves_all=options.approve == "all")
    places = _places(options)
    with Log(places.home) as log:
        log.begin()
        document = run_headless(places, running, options.days, _progress)
    _print_document(document, as_json=options.json)
    return OK if document["halted"] == "" else FAULT


def _status(options: argparse.Namespace) -> int:
    from mindfolio_desktop.headless import status_document  # noqa: PLC0415 - heavy

    _print_document(status_document(_ledgers(options)[0]), as_json=options.json)
    return OK


def _verify(options: argparse.Namespace) -> int:
    from engine.ledger.verify import accept_head, verify_file  # noqa: PLC0415 - heavy

    is_sound = True
    for places in _ledgers(options):
        try:
            found = (accept_head if options.accept_head else verify_file)(places.ledger)
        except LedgerFault as fault:
            print(fault)
            is_sound = False
            continue
        for text in found.faults:
            print(f"{places.ledger}: {text}")
        is_sound = is_sound and not found.faults
        if not found.faults:
            print(f"{places.ledger}: {found.entries:,} entries verified, head {found.head_hash[:16]}")
    return OK if is_sound else FAULT


def _stop(options: argparse.Namespace) -> int:
    """Latch every market asked for, whatever happens with another; also one whose program is only just starting."""
    from engine.risk.latch import StopLatch, set_latch_file  # noqa: PLC0415 - heavy

    is_everything_stopped = True
    for places in _stoppable(options):
        name = places.environment.value
        name = name if places.home == places.data_dir else f"{places.data_dir.name}, {name}"
        try:
            set_latch_file(places.latch, "mindfolio stop", options.reason)
        except OSError as error:
            if not StopLatch(places.latch).is_set:
                is_everything_stopped = False
                print(f"mindfolio: {name} is NOT stopped: {places.latch}: {error.strerror}", file=sys.stderr)
                continue
        print(f"{name}: stopped; nothing is opened until a person re-arms it")
    return OK if is_everything_stopped else IMPOSSIBLE


def _stoppable(options: argparse.Namespace) -> tuple[Places, ...]:
    """The market named, or all: every one that has a folder, which a program makes before anything else.

    Those of further mindfolios too: nobody looks up a folder before an emergency stop.
    """
    folder = data_dir(options)
    market = getattr(options, "market", None)
    found = tuple(
        places
        for each in data_dirs(folder)
        for environment in Environment
        if market in (None, environment.value) and (places := Places(each, environment)).folder.is_dir()
    )
    if not found:
        raise _no_mindfolio(folder, market)
    return found


def _rearm(options: argparse.Namespace) -> int:
    from engine.risk.latch import StopLatch  # noqa: PLC0415 - heavy
    from mindfolio_desktop.headless import rearm  # noqa: PLC0415 - heavy

    found = _ledgers(options)
    stopped = tuple(places for places in found if StopLatch(places.latch).is_set)
    if len(stopped) > 1:
        names = " and ".join(places.environment.value for places in stopped)
        raise MindfolioError(f"{names} are stopped; say with --market which one that reason is about")
    outcomes = {places.environment.value: rearm(places, options.reason, _progress) for places in stopped or found}
    for name, refused in outcomes.items():
        outcome = f"not re-armed: {', '.join(refused)}" if refused else "re-armed; resume its modules one by one"
        print(f"{name}: {outcome}")
    return IMPOSSIBLE if any(outcomes.values()) else OK


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _print_document(document: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(document, indent=1, allow_nan=False))
        return
    from engine.portfolio.report import as_text  # noqa: PLC0415 - heavy

    print(as_text(document))
