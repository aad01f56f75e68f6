"""`mindfolio` and `python -m mindfolio_desktop`."""

import os
import sys

from engine.core.files import write_privately
from engine.modules.sandbox import CHILD_FLAG
from mindfolio_desktop.cli import run


def main() -> None:
    """Run the command line and leave with its exit code; or be the process of a user's module, and nothing else.

    An installed application is also the processes that it spawns for backtests.
    """
    write_privately()
    if getattr(sys, "frozen", False):
        from multiprocessing import freeze_support  # noqa: PLC0415 - elsewhere Python itself begins them

        freeze_support()
    if sys.argv[1:] == [CHILD_FLAG]:
        if hasattr(os, "nice"):
            os.nice(10)
        from engine.modules.sandbox.child import main as serve  # noqa: PLC0415 - in that process only

        serve()
        return
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
