"""The sub-commands that look and trade nothing: their arguments, and where their work is done."""

import argparse
import datetime as dt
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from engine.domain.mindfolio import ModuleKind
from mindfolio_desktop import command_line as typed

STRUCTURES = ("iron-condor", "calendar", "diagonal", "csp", "wheel", "straddle")

MOST_DRAWS = 1_000_000


def add_scan(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_market: Callable[[argparse.ArgumentParser], None],
    places_of: typed.PlacesOf,
) -> None:
    """Add `scan` to a command line."""
    scan = commands.add_parser("scan", help="one scan of one kind of module with every reason; trades nothing")
    scan.add_argument("--module", type=_kind, required=True, metavar="KIND", help=f"one of {_kinds()}")
    scan.add_argument("--symbol", type=str.upper, action="append", default=[], help="only this one (may be repeated)")
    scan.add_argument("--at", type=_time, metavar="HH:MM", help="New York time on the market's first day")
    add_market(scan)
    scan.add_argument("--seed", type=typed.seed, help="seed of the simulated market (default 1)")
    scan.add_argument("--json", action="store_true", help="one JSON object instead of a summary")

    def command(options: argparse.Namespace) -> int:
        from mindfolio_desktop.one_scan import scan_document, scan_text  # noqa: PLC0415 - heavy

        document = scan_document(
            places_of(options), options.seed, options.module, tuple(options.symbol), options.at, _progress
        )
        print(json.dumps(document, indent=1, allow_nan=False) if options.json else scan_text(document))
        return 0

    scan.set_defaults(command=command)


def add_backtest(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_market: Callable[[argparse.ArgumentParser], None],
    places_of: typed.PlacesOf,
) -> None:
    """Add `backtest` to a command line."""
    test = commands.add_parser("backtest", help="walk a symbol's past under a module's own rules, one contract a trade")
    test.add_argument("symbol", type=str.upper, metavar="SYMBOL")
    test.add_argument("--structure", required=True, choices=STRUCTURES)
    test.add_argument(
        "--from", dest="first", type=typed.day, metavar="DAY", help="first day (default: a year before --to)"
    )
    test.add_argument("--to", dest="last", type=typed.day, metavar="DAY", help="last day (default: the last one known)")
    test.add_argument("--settings", type=Path, metavar="FILE", help="the module's parameters, as TOML or JSON")
    test.add_argument("--walk-forward", action="store_true", help="statistics in and out of sample, in thirds")
    test.add_argument(
        "--permutations",
        type=partial(typed.whole, 1, MOST_DRAWS),
        default=0,
        metavar="N",
        help="a p-value from so many draws",
    )
    test.add_argument("--html", type=Path, metavar="REPORT", help="write a page with charts there")
    add_market(test)
    test.add_argument("--seed", type=typed.seed, help="seed of the simulated market (default 1)")
    test.add_argument("--json", action="store_true", help="one JSON object instead of a summary")

    def command(options: argparse.Namespace) -> int:
        from engine.backtest.summary import as_document, as_text  # noqa: PLC0415 - heavy
        from mindfolio_desktop.backtesting import Asked, backtest, write_html  # noqa: PLC0415 - heavy

        asked = Asked(
            symbol=options.symbol,
            structure=options.structure,
            first=options.first,
            last=options.last,
            settings=options.settings,
            seed=options.seed,
            is_split=options.walk_forward,
            permutations=options.permutations,
        )
        report = backtest(places_of(options), asked, _progress)
        if options.html is not None:
            write_html(report, options.html)
        print(json.dumps(as_document(report), indent=1, allow_nan=False) if options.json else as_text(report))
        return 0

    test.set_defaults(command=command)


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
