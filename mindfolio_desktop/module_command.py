"""`mindfolio module`: its parser, and which function does what. Light; what is heavy waits until it is asked for."""

import argparse
import datetime as dt
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from engine.core.errors import MindfolioError
from engine.domain.mindfolio import Environment
from engine.runtime.places import Places
from mindfolio_desktop import command_line as typed


def add_module_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_data_dir: Callable[[argparse.ArgumentParser], None],
    data_dir: Callable[[argparse.Namespace], Path],
    add_market: Callable[[argparse.ArgumentParser], None],
    ledgers: Callable[[argparse.Namespace], tuple[Places, ...]],
) -> None:
    """What a user does with modules; `data_dir` and `ledgers` tell which directory and mindfolios it is about."""
    module = commands.add_parser("module", help="modules, also those that you write: make, check, enable, add, list")
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
            one.add_argument(
                "--symbols",
                type=typed.symbols,
                default=(),
                metavar="A,B,C",
                help="its universe (default: the whole market)",
            )
        add_data_dir(one)
        one.set_defaults(command=partial(_module, data_dir), action=action)
    _add_add(actions, add_market, ledgers)


def _add_add(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_market: Callable[[argparse.ArgumentParser], None],
    ledgers: Callable[[argparse.Namespace], tuple[Places, ...]],
) -> None:
    one = actions.add_parser("add", help="add a module to the mindfolio while no window runs; it begins paused")
    one.add_argument(
        "given", metavar="NAME|KIND", help="an enabled module of yours, or iv-service, sell-puts-engine, ..."
    )
    add_market(one)
    one.add_argument("--budget", type=typed.amount, default=0, metavar="AMOUNT", help="dollars out of the reserve (0)")
    one.add_argument(
        "--max-risk", type=typed.amount, metavar="AMOUNT", help="what a trade may lose (5 %% of the budget)"
    )
    one.add_argument(
        "--daily-loss", type=typed.amount, metavar="AMOUNT", help="what a day may lose (7.5 %% of the budget)"
    )
    one.add_argument(
        "--symbols", type=typed.symbols, default=(), metavar="A,B,C", help="its universe (default: the whole market)"
    )
    one.add_argument("--autotrade", action="store_true", help="its trades are sent without asking you")
    one.set_defaults(command=partial(_add, ledgers))


def _add(ledgers: Callable[[argparse.Namespace], tuple[Places, ...]], options: argparse.Namespace) -> int:
    from mindfolio_desktop.module_adding import Wanted, add  # noqa: PLC0415 - heavy

    found = ledgers(options)
    if len(found) > 1:
        names = " and ".join(places.environment.value for places in found)
        raise MindfolioError(f"there are {names}; say with --market which mindfolio it is added to")
    risk, loss = options.max_risk, options.daily_loss
    for line in add(found[0], Wanted(options.given, options.budget, risk, loss, options.symbols, options.autotrade)):
        print(line)
    return 0


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
            path = user_modules.file_given(options.given, places.modules)
            checked = user_modules.check(path, places.history, options.symbols)
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
