"""`mindfolio module`: its parser, and which function does what. Light; what is heavy waits until it is asked for."""

import argparse
import datetime as dt
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from engine.domain.mindfolio import Environment
from engine.runtime.places import Places


def add_module_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_data_dir: Callable[[argparse.ArgumentParser], None],
    data_dir: Callable[[argparse.Namespace], Path],
) -> None:
    """What a user does with modules of their own; `data_dir` tells which directory a command line is about."""
    module = commands.add_parser("module", help="modules that you write: make, check, enable, disable, list")
    actions = module.add_subparsers(metavar="ACTION", required=True)
    for action, about, given in (
        ("new", "write a module to begin with, and its test", "NAME"),
        (
            "check",
            "let a module trade one day in a mindfolio to be thrown away, and say what became of it",
            "NAME or FILE",
        ),
        ("enable", "let a module run, as its file is now", "NAME"),
        ("disable", "let it run no more", "NAME"),
        ("list", "the modules that are there", ""),
    ):
        one = actions.add_parser(action, help=about)
        if given:
            one.add_argument("given", metavar=given)
        if action == "check":
            one.add_argument("--symbols", default="", metavar="A,B,C", help="its universe (default: the whole market)")
        add_data_dir(one)
        one.set_defaults(command=partial(_module, data_dir), action=action)


def _module(data_dir: Callable[[argparse.Namespace], Path], options: argparse.Namespace) -> int:
    from engine.modules.sandbox.programs import UserPrograms  # noqa: PLC0415 - heavy
    from mindfolio_desktop import user_modules  # noqa: PLC0415 - heavy

    places = Places(data_dir(options), Environment.REPLAY)
    programs, code = UserPrograms(places.modules), 0
    lines: Iterable[str]
    match options.action:
        case "new":
            lines = [f"{path}: written" for path in user_modules.new(options.given, places.modules)]
        case "check":
            symbols = tuple(symbol for symbol in options.symbols.upper().split(",") if symbol)
            path = user_modules.file_given(options.given, places.modules)
            checked = user_modules.check(path, places.history, symbols)
            lines, code = user_modules.check_text(checked), int(bool(checked.faults))
        case "enable":
            name = user_modules.name_of(options.given, places.modules)
            lines = user_modules.told(programs.enable(name, dt.datetime.now(dt.UTC)))
        case "disable":
            programs.disable(user_modules.name_of(options.given, places.modules))
            lines = [f"{options.given}: off; a module that runs it is paused at its next scan"]
        case _:
            lines = user_modules.listing(programs)
    for line in lines:
        print(line)
    return code
