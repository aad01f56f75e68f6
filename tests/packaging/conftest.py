"""The scripts of `packaging` import each other by their bare names, as they do when they are run from there."""

import sys
from pathlib import Path

SCRIPTS = str(Path(__file__).resolve().parent.parent.parent / "packaging")
if SCRIPTS not in sys.path:
    sys.path.append(SCRIPTS)
