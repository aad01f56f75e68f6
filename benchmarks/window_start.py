"""How soon the window is there: `uv run python -m benchmarks.window_start`.

A real program over an empty folder, drawn without a screen, warm; medians of nine processes. From the process's
beginning to the first paint of the window (and which parts of Qt were loaded by then), to the dashboard with the
modules on it; and from turning to a module's page to its first chart.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

from engine.domain.mindfolio import Environment
from engine.domain.snapshot import MindfolioSnapshot
from engine.runtime.places import Places, Running
from mindfolio_desktop.app import Session
from mindfolio_desktop.ui import theme

RUNS = 9
PATIENCE_S = 10.0
FIGURES = {
    "paint": "first paint",
    "filled": "dashboard filled",
    "chart": "first chart, from turning to the page",
}


class Eye(QObject):
    """Sees the first paint of what it looks at."""

    def __init__(self, seen: dict[str, object], began: float) -> None:
        super().__init__()
        self._seen, self._began = seen, began

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's own name
        """Take down the moment, and what was loaded by then."""
        if event.type() is QEvent.Type.Paint and "paint" not in self._seen:
            self._seen["paint"] = time.time() - self._began
            self._seen["loaded"] = sorted(name for name in sys.modules if name.startswith("PySide6.Qt"))
        return False


class Start:
    """One start of the program."""

    def __init__(self, folder: Path, began: float) -> None:
        self._seen: dict[str, object] = {}
        self._began, self._turned = began, 0.0
        self._application = QApplication([])
        theme.apply(self._application)
        running = Running(speed=60.0, threads=1, publishes=True, symbols=("KO", "XLF"))
        self._session = Session(Places(folder, Environment.SIMULATED), running)
        self._eye = Eye(self._seen, began)
        self._session.window.installEventFilter(self._eye)

    def run(self) -> dict[str, object]:
        """What was seen: seconds, and the parts of Qt at the first paint."""
        self._session.bridge.snapshot_changed.connect(self._look)
        self._session.start()
        self._application.exec()
        self._session.close()
        return self._seen

    def _look(self, snapshot: MindfolioSnapshot) -> None:
        if "filled" in self._seen or not snapshot.modules:
            return
        self._session.window.repaint()
        self._seen["filled"] = time.time() - self._began
        QTimer.singleShot(500, self._session.window, lambda: self._turn(snapshot.modules[0].spec.module_id))

    def _turn(self, module_id: str) -> None:
        self._turned = time.perf_counter()
        self._session.window.open_module(module_id)
        self._wait_for_chart()

    def _wait_for_chart(self) -> None:
        if (plot := sys.modules.get("pyqtgraph")) is not None:
            for chart in self._session.window.findChildren(plot.PlotWidget):
                chart.repaint()
                self._seen["chart"] = time.perf_counter() - self._turned
        if "chart" in self._seen or time.perf_counter() - self._turned > PATIENCE_S:
            self._application.quit()
        else:
            QTimer.singleShot(1, self._session.window, self._wait_for_chart)


def main() -> None:
    """Print the medians."""
    if len(sys.argv) > 1:
        print(json.dumps(Start(Path(sys.argv[1]), float(sys.argv[2])).run()))
        return
    print(f"load of this machine before: {', '.join(f'{load:.1f}' for load in os.getloadavg())}")
    found = []
    for _ in range(RUNS + 1):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "benchmarks.window_start", folder, str(time.time())]
            done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
        found.append(json.loads(done.stdout.strip().splitlines()[-1]))
    for name, words in FIGURES.items():
        times = [each[name] * 1000 for each in found[1:]]  # the first one warms
        print(f"{words}: {statistics.median(times):.0f} ms (best {min(times):.0f}, worst {max(times):.0f})")
    print(f"Qt at the first paint: {', '.join(found[-1]['loaded'])}")


if __name__ == "__main__":
    main()
