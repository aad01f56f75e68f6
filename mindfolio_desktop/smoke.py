"""What `mindfolio --smoke-test` does: start, paint, trade, draw a chart, verify the ledger, and begin other processes.

It looks at all that a package can lack and a checkout cannot: what is imported late, by name, or by another process.
"""

import datetime as dt
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from pathlib import Path

from PySide6.QtWidgets import QApplication

from engine.backtest.evidence import Question
from engine.backtest.evidence_process import EvidenceProcess, ProcessGone, recorded
from engine.backtest.filling import Terms
from engine.backtest.spreads import fill
from engine.core.money import dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.mindfolio import Environment, ModuleKind
from engine.domain.quote import Quote
from engine.domain.structure import Leg, StructureKind
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_store
from engine.modules.sandbox.process import ModuleFault, ModuleProcess
from engine.modules.sandbox.protocol import Limits
from engine.risk.kernel_health import leg_prices
from engine.runtime.defaults import costs, module_of
from engine.runtime.desk import RISK_FREE_RATE
from engine.runtime.places import Places, Running
from mindfolio_desktop.app import Session
from mindfolio_desktop.ui import theme

TIMEOUT_S = 60.0

_NOON = dt.datetime(2026, 1, 5, 17, tzinfo=dt.UTC)

_LOOKED_AT = ("KO", "XLE")
"""What its modules look at: each symbol's past is tested before a trade, which takes a while for a whole market."""


def smoke_test() -> int:
    """Trade a simulated stretch in a throw-away folder with the window open. 0 good, 1 failed, 3 timed out."""
    with tempfile.TemporaryDirectory(prefix="mindfolio-smoke-") as folder:
        places = Places(Path(folder), Environment.SIMULATED)
        application = QApplication([sys.argv[0]])
        theme.apply(application)
        session = Session(places, Running(speed=3600.0, threads=1, publishes=True, symbols=_LOOKED_AT))
        session.start()
        module_id = _wait_for_scans(application, session)
        has_drawn = module_id != "" and _wait_for_chart(application, session, module_id)
        picture = session.window.grab()
        if not session.close():
            return 3
        if not module_id:
            print("smoke test: no scan was seen in time", file=sys.stderr)
            return 3
        if not has_drawn:
            print("smoke test: no chart was drawn in time", file=sys.stderr)
            return 3
        found = verify_store(store := SqliteStore(places.ledger, for_reading=True))
        store.close()
        apart = _fault_apart(Path(folder))
    painted = "nothing was painted" if picture.isNull() else ""
    problems = [*found.faults, *(each for each in (painted, apart, _fault_of_prices(), _fault_of_modules()) if each)]
    for problem in problems:
        print(f"smoke test: {problem}", file=sys.stderr)
    if not problems:
        print(f"smoke test passed: window painted, chart drawn, {found.entries} ledger entries verified")
    return 1 if problems else 0


def _fault_apart(folder: Path) -> str:
    """What keeps backtests from being worked out in a process of their own, "" where nothing does."""
    question = Question(
        module_of(ModuleKind.IV_SERVICE, _LOOKED_AT, 500, 500), "KO", StructureKind.IRON_CONDOR, dt.date(2026, 1, 5)
    )
    terms = Terms(costs(), fill, RISK_FREE_RATE)
    process = EvidenceProcess(partial(recorded, folder / "nothing", terms))
    try:
        (answer,) = process.answers((question,), TIMEOUT_S)
    except ProcessGone as gone:
        return f"the process for backtests: {gone}"
    finally:
        process.close()
    return answer.fault


def _fault_of_prices() -> str:
    """What keeps the second pricing program from agreeing on an option, "" where nothing does: the gate asks for it."""
    put = OptionContract("KO", dt.date(2026, 2, 20), dollars(70), Right.PUT)
    quote = Quote(dollars("1.40"), dollars("1.60"), _NOON)
    try:
        readings = leg_prices((Leg(put, -1),), (quote,), 70.0, _NOON, RISK_FREE_RATE)
    except ImportError as error:
        return f"the second pricing program: {error}"
    return "" if len(readings) == 2 and all(each.agrees for each in readings) else "two pricing programs disagree"


def _fault_of_modules() -> str:
    """What keeps users' modules from running in processes of their own, "" where nothing does."""
    template = (files("resources") / "module_template.py").read_bytes()
    try:
        ModuleProcess("template", template, Limits()).close()
    except ModuleFault as fault:
        return f"the process of a user's module: {fault}"
    return ""


def _wait_for_scans(application: QApplication, session: Session) -> str:
    """The module that has scanned twice; the first scan comes with the first quotes, the second one on schedule."""
    seen: list[str] = []

    def look(snapshot: object) -> None:
        seen.extend(
            module.spec.module_id for module in getattr(snapshot, "modules", ()) if module.scans_today >= 2 and not seen
        )

    session.bridge.snapshot_changed.connect(look)
    _wait(application, lambda: bool(seen))
    return seen[0] if seen else ""


def _wait_for_chart(application: QApplication, session: Session, module_id: str) -> bool:
    """Turn to a module's page, and wait until there is something to plot in."""
    session.window.open_module(module_id)

    def is_drawn() -> bool:
        graph = sys.modules.get("pyqtgraph")  # loaded when a chart is first seen
        return graph is not None and bool(session.window.findChildren(graph.PlotWidget))

    return _wait(application, is_drawn)


def _wait(application: QApplication, is_done: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + TIMEOUT_S
    while not is_done() and time.monotonic() < deadline:
        application.processEvents()
        time.sleep(0.01)
    return is_done()
