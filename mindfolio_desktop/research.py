"""The sub-commands that look and trade nothing: their arguments, and where their work is done."""

import argparse
import datetime as dt
import json
import sys
from collections.abc import Callable

from engine.domain.mindfolio import Environment, ModuleKind
from engine.runtime.places import Places

PlacesOf = Callable[[argparse.Namespace], Places]


def add_scan(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_market: Callable[[argparse.ArgumentParser], None],
    places_of: PlacesOf,
) -> None:
    """Add `scan` to a command line."""
    scan = commands.add_parser("scan", help="one scan of one kind of module with every reason; trades nothing")
    scan.add_argument("--module", type=_kind, required=True, metavar="KIND", help=f"one of {_kinds()}")
    scan.add_argument("--symbol", type=str.upper, action="append", default=[], help="only this one (may be repeated)")
    scan.add_argument("--at", type=_time, metavar="HH:MM", help="New York time on the market's first day")
    add_market(scan)
    scan.add_argument("--seed", type=int, help="seed of the simulated market (default 1)")
    scan.add_argument("--json", action="store_true", help="one JSON object instead of a summary")

    def command(options: argparse.Namespace) -> int:
        from mindfolio_desktop.one_scan import scan_document, scan_text  # noqa: PLC0415 - heavy

        document = scan_document(
            places_of(options), options.seed, options.module, tuple(options.symbol), options.at, _progress
        )
        print(json.dumps(document, indent=1, allow_nan=False) if options.json else scan_text(document))
        return 0

    scan.set_defaults(command=command)


def environment_of(options: argparse.Namespace) -> Environment:
    """The market asked for, by default the simulated one."""
    return Environment(getattr(options, "market", Environment.SIMULATED))


def _kinds() -> str:
    return ", ".join(_name(kind) for kind in ModuleKind)


def _name(kind: ModuleKind) -> str:
    return kind.value.lower().replace("_", "-")


def _kind(text: str) -> ModuleKind:
    try:
        return ModuleKind(text.upper().replace("-", "_"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be one of {_kinds()}, not {text!r}") from None


def _time(text: str) -> dt.time:
    try:
        return dt.datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of day, no instant
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a time as 10:30, not {text!r}") from None


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
