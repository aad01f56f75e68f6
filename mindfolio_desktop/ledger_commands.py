"""The sub-commands that tell what a ledger holds and run nothing: their parsers, and which ledger they read."""

import argparse
from collections.abc import Callable

from engine.runtime.places import Places
from mindfolio_desktop.allocation_command import add_allocation_commands
from mindfolio_desktop.performance_command import add_performance
from mindfolio_desktop.report_command import add_report


def add_ledger_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_market: Callable[[argparse.ArgumentParser], None],
    ledgers: Callable[[argparse.Namespace], tuple[Places, ...]],
) -> None:
    """Add them; `ledgers` gives the ledgers that a command line is about, the one that is read first."""

    def places(options: argparse.Namespace) -> Places:
        return ledgers(options)[0]

    add_performance(commands, add_market, places)
    add_allocation_commands(commands, add_market, places)
    add_report(commands, add_market, places)
