"""How soon the window is there: `uv run python -m benchmarks.window_start [--frozen PROGRAM]`.

A real program over an empty folder, drawn without a screen, warm; medians of nine processes. From the process's
beginning to the first paint of the window (and which parts of Qt were loaded by then), to the dashboard with the
modules on it; and from turning to a module's page to its first chart.

With `--frozen` the packaged program beside it, in turns: PROGRAM is `dist/mindfolio/window_start`, which
`packaging/build.py --measured` builds. That is this file over the application's own code and libraries.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# Nothing here that the program does not import before its first paint: that is what is measured.
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from mindfolio_desktop import cli, opening

if TYPE_CHECKING:
    from engine.domain.snapshot import MindfolioSnapshot

RUNS = 9
PATIENCE_S = 10.0
FIGURES = {
    "paint": "first paint",
    "filled": "dashboard filled",
    "chart": "first chart, from turning to the page",
}


class Start:
    """One start of the program, from its command line to the first chart."""

    def __init__(self, began: float) -> None:
        self.seen: dict[str, object] = {}
        self._began, self._turned = began, 0.0

    def watch(self, program: opening.Program) -> None:
        """Look at a program that is about to start."""
        self._program = program
        program.frame.opening.painted.connect(self._painted)
        program.opened.connect(self._opened)

    def _painted(self) -> None:
        self.seen["paint"] = time.time() - self._began
        self.seen["loaded"] = sorted(name for name in sys.modules if name.startswith("PySide6.Qt"))

    def _opened(self) -> None:
        self._session = self._program.switching.session
        self._session.bridge.snapshot_changed.connect(self._look)

    def _look(self, snapshot: "MindfolioSnapshot") -> None:
        if "filled" in self.seen or not snapshot.modules:
            return
        self._session.window.repaint()
        self.seen["filled"] = time.time() - self._began
        QTimer.singleShot(1000, self._session.window, lambda: self._turn(snapshot.modules[0].spec.module_id))

    def _turn(self, module_id: str) -> None:
        self._turned = time.perf_counter()
        self._session.window.open_module(module_id)
        self._wait_for_chart()

    def _wait_for_chart(self) -> None:
        if (plot := sys.modules.get("pyqtgraph")) is not None:
            for chart in self._session.window.findChildren(plot.PlotWidget):
                chart.repaint()
                self.seen["chart"] = time.perf_counter() - self._turned
        if "chart" in self.seen or time.perf_counter() - self._turned > PATIENCE_S:
            QApplication.exit(0)
        else:
            QTimer.singleShot(1, self._session.window, self._wait_for_chart)


def _start(folder: str, began: float) -> None:
    """Start the program by its command line, and print what was seen."""
    start = Start(began)
    vars(opening)["run_window"] = partial(opening.run_window, watched=start.watch)
    cli.run(["--data-dir", folder, "--template", "aggressive-growth", "--symbols", "KO,XLF", "--speed", "60"])
    print(json.dumps(start.seen))


def _seen(program: list[str]) -> dict[str, object]:
    """What one start over an empty folder told."""
    with tempfile.TemporaryDirectory() as folder:
        command = [*program, folder, str(time.time())]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
    seen: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return seen


def _tell(name: str, found: list[dict[str, object]]) -> None:
    print(f"{name}:")
    for figure, words in FIGURES.items():
        times = [float(str(each[figure])) * 1000 for each in found]
        print(f"  {words}: {statistics.median(times):.0f} ms (best {min(times):.0f}, worst {max(times):.0f})")


def main() -> None:
    """Print the medians."""
    if getattr(sys, "frozen", False):  # a packaged program is also the processes that it spawns
        from multiprocessing import freeze_support  # noqa: PLC0415 - as the program

        freeze_support()
    if len(sys.argv) > 1 and sys.argv[1] != "--frozen":
        _start(sys.argv[1], float(sys.argv[2]))
        return
    print(f"load of this machine before: {', '.join(f'{load:.1f}' for load in os.getloadavg())}")
    programs = {"source": [sys.executable, "-m", "benchmarks.window_start"]}
    if len(sys.argv) > 1:
        programs["frozen"] = [str(Path(sys.argv[2]).resolve())]
    found: dict[str, list[dict[str, object]]] = {name: [] for name in programs}
    for _ in range(RUNS + 1):
        for name, program in programs.items():
            found[name].append(_seen(program))
    for name, seen in found.items():
        _tell(name, seen[1:])  # the first one warms
    print(f"Qt at the first paint: {', '.join(map(str, found['source'][-1]['loaded']))}")  # type: ignore[call-overload]


if __name__ == "__main__":
    main()
