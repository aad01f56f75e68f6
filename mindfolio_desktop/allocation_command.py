"""`mindfolio allocations`: its parser. Light; what is heavy waits until it is asked for.

It reads the ledger and changes nothing: a proposal is applied in the window, or not at all.
"""

import argparse
import json
from collections.abc import Callable
from functools import partial

from mindfolio_desktop import command_line as typed


def add_allocation_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_market: Callable[[argparse.ArgumentParser], None],
    places_of: typed.PlacesOf,
) -> None:
    """`allocations` and `allocations propose`; `places_of` tells which ledger a command line is about."""
    about = "every split of the cash: who made it and why, what came of it, and what an earlier one might have made"
    history = commands.add_parser("allocations", help=about)
    actions = history.add_subparsers(metavar="ACTION")
    propose = actions.add_parser("propose", help="other splits side by side, as drafts, with what each changes")
    for parser, command in ((history, _history), (propose, _propose)):
        add_market(parser)
        # Without a default, so that what stands before ACTION is not overwritten by that of the action's parser.
        parser.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="one JSON object instead of a summary"
        )
        parser.set_defaults(command=partial(command, places_of))
    propose.add_argument(
        "--least-reserve",
        type=typed.amount,
        default=0,
        metavar="DOLLARS",
        help="what every proposal leaves in the reserve",
    )


def _history(places_of: typed.PlacesOf, options: argparse.Namespace) -> int:
    from mindfolio_desktop import allocations  # noqa: PLC0415 - heavy

    document = allocations.history_document(places_of(options))
    _print(document, allocations.history_text, options)
    return 0


def _propose(places_of: typed.PlacesOf, options: argparse.Namespace) -> int:
    from mindfolio_desktop import allocations  # noqa: PLC0415 - heavy

    document = allocations.proposals_document(places_of(options), options.least_reserve)
    _print(document, allocations.proposals_text, options)
    return 0


def _print(document: dict[str, object], text: Callable[[dict[str, object]], str], options: argparse.Namespace) -> None:
    as_json = getattr(options, "json", False)
    print(json.dumps(document, indent=1, allow_nan=False) if as_json else text(document))
