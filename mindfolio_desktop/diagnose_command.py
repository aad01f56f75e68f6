"""`mindfolio diagnose`: its parser, and where the archive goes. Light; what is heavy waits until it is asked for."""

import argparse
import datetime as dt
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path


def add_diagnose(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_data_dir: Callable[[argparse.ArgumentParser], None],
    data_dir: Callable[[argparse.Namespace], Path],
) -> None:
    """Add it; `data_dir` gives the data place that a command line is about."""
    about = "an archive of logs, versions and checks to send with a report, without secrets and account data"
    diagnose = commands.add_parser("diagnose", help=about)
    add_data_dir(diagnose)
    diagnose.add_argument("--to", type=Path, metavar="FILE", help="where it is written (default: a new file here)")
    diagnose.set_defaults(command=partial(_diagnose, data_dir))


def _diagnose(data_dir: Callable[[argparse.Namespace], Path], options: argparse.Namespace) -> int:
    from mindfolio_desktop.diagnosis import write_archive  # noqa: PLC0415 - heavy

    target: Path = options.to or Path(f"mindfolio-diagnosis-{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}.zip")
    target = target.expanduser().absolute()
    inside = write_archive(data_dir(options), target, lambda line: print(line, file=sys.stderr))
    print(f"{target}: {inside}")
    return 0
