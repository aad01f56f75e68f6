"""`mindfolio performance`: its parser. Light; what is heavy waits until it is asked for."""

import argparse
from collections.abc import Callable
from functools import partial

from mindfolio_desktop import command_line as typed


def add_performance(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_market: Callable[[argparse.ArgumentParser], None],
    places_of: typed.PlacesOf,
) -> None:
    """Add the sub-command; `places_of` tells which ledger a command line is about."""
    parser = commands.add_parser("performance", help="P&L, win rates and returns, without running anything")
    add_market(parser)
    parser.add_argument("--by", choices=("module", "structure", "symbol"), default="module", help="what the lines are")
    parser.add_argument("--json", action="store_true", help="everything, as one JSON object")
    parser.set_defaults(command=partial(_performance, places_of))


def _performance(places_of: typed.PlacesOf, options: argparse.Namespace) -> int:
    from mindfolio_desktop.performance_tables import told  # noqa: PLC0415 - heavy

    print(told(places_of(options), options.by, as_json=options.json))
    return 0
