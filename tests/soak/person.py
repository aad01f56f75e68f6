"""A person at the window: turns its pages as time goes on, and now and then does what a person does."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle, islice

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication

from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain.budget import BudgetPlan
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.snapshot import MindfolioSnapshot, ModuleView
from mindfolio_desktop.opening import Program
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.pages import GALLERY_PAGE, PAGES

WHO, WHY = "soak", "now and then"

_FLOATING = ("positions", "risk", "ledger")
_LOOKED_AT = 3
"""Positions that are looked at one by one when the page of positions is turned to."""


class Person(QObject):
    """What is done follows from the number of the session, so that a year has a bit of everything."""

    def __init__(self, program: Program, turn_ms: int) -> None:
        """With a page every `turn_ms`, as soon as `begin` is called."""
        super().__init__()
        self._session, self._look = program.switching.session, program._look
        self._bridge = self._session.bridge
        self.turns = self._seen = 0
        self.done: Counter[str] = Counter()
        self.denied: Counter[str] = Counter()
        self._places = self._round()
        self._bridge.command_accepted.connect(self._on_accepted)
        self._bridge.command_denied.connect(self._on_denied)
        self._turner = QTimer(self, interval=turn_ms)
        self._turner.timeout.connect(self._turn)

    def begin(self, snapshot: MindfolioSnapshot) -> None:
        """All modules trade by themselves from now on, and the pages are turned."""
        for view in snapshot.modules:
            spec = replace(view.spec, autotrade=True)
            self._bridge.send(cmd.ChangeModule(spec.module_id, spec, WHO, WHY))
        self._turner.start()

    # --- pages -------------------------------------------------------------------------------------------------------
    def _round(self) -> Iterator[str]:
        """Where to look next: every page, some positions, every module, again and again."""
        while True:
            yield from (page.place.key for page in (*PAGES, GALLERY_PAGE))
            snapshot = self._bridge.snapshot
            if snapshot is not None:
                held = (each.position.position_id for view in snapshot.modules for each in view.open_positions)
                yield from (f"positions/{position_id}" for position_id in islice(held, _LOOKED_AT))
                yield from (view.spec.module_id for view in snapshot.modules)

    @Slot()
    def _turn(self) -> None:
        where, window = next(self._places), self._session.window
        self.turns += 1
        snapshot = self._bridge.snapshot
        if snapshot is not None and snapshot.module(where) is not None:
            window.open_module(where)
        else:
            window.go(where)

    # --- now and then ------------------------------------------------------------------------------------------------
    def see(self, number: int, snapshot: MindfolioSnapshot) -> None:
        """Another session has begun: do what is due in it, or was in one that went by unseen."""
        for every, first, what in self._habits():
            if any(each % every == first for each in range(self._seen + 1, number + 1)):
                what(number, snapshot)
        self._seen = number

    def _habits(self) -> tuple[tuple[int, int, Callable[[int, MindfolioSnapshot], None]], ...]:
        """In every so many sessions, the first time in that one."""
        return (
            (1, 0, self._answer),
            (1, 0, self._go_on),
            (1, 0, self._settle),
            (5, 1, self._split),
            (7, 2, self._pause),
            (6, 3, self._note),
            (10, 4, self._stop),
            (15, 5, self._open_windows),
            (15, 8, self._close_windows),
            (9, 6, self._toggle_theme),
            (21, 11, self._larger_text),
            (21, 13, self._normal_text),
            (8, 7, self._own_exits),
            (12, 9, self._close_one),
            (20, 10, self._deposit),
        )

    def _answer(self, number: int, snapshot: MindfolioSnapshot) -> None:
        """Approve what waits, or turn it down."""
        for view in snapshot.modules:
            for approval in view.approvals:
                is_wanted = number % 3 != 0
                key = approval.approval_id
                self._bridge.send(cmd.ApproveTrade(key, WHO) if is_wanted else cmd.RefuseTrade(key, WHO, WHY))

    def _go_on(self, number: int, snapshot: MindfolioSnapshot) -> None:
        """Lift what stands in the way: a stop of yesterday, a breaker, a module's daily loss."""
        if snapshot.status is MindfolioStatus.STOPPED:
            self._bridge.send(cmd.RearmMindfolio(WHO, WHY))
        elif snapshot.status is MindfolioStatus.PAUSED:
            self._bridge.send(cmd.ResumeMindfolio(WHO, WHY))
        for view in snapshot.modules:
            if view.status is not ModuleStatus.ACTIVE:
                self._bridge.send(cmd.ResumeModule(view.spec.module_id, WHO, WHY))

    def _settle(self, number: int, snapshot: MindfolioSnapshot) -> None:
        view = _of_session(snapshot, number)
        if view.unsettled < 0:
            self._bridge.send(cmd.SettleLoss(view.spec.module_id, WHO, WHY))
        elif view.unsettled > 0 and number % 4 == 0:
            self._bridge.send(cmd.SweepGain(view.spec.module_id, None, WHO, WHY))

    def _split(self, number: int, snapshot: MindfolioSnapshot) -> None:
        """Move $500 between the reserve and a module, now one way, now the other."""
        plan = BudgetPlan({view.spec.module_id: view.budget for view in snapshot.modules}, snapshot.reserve)
        key, amount = _of_session(snapshot, number).spec.module_id, dollars(500)
        moved = plan.moved(amount, key, None) if snapshot.reserve < 2 * amount else plan.moved(amount, None, key)
        self._bridge.send(cmd.ReallocateBudget(moved, snapshot.version, WHO, WHY))

    def _pause(self, number: int, snapshot: MindfolioSnapshot) -> None:
        self._bridge.send(cmd.PauseModule(_of_session(snapshot, number).spec.module_id, WHO, WHY))

    def _note(self, number: int, snapshot: MindfolioSnapshot) -> None:
        self._bridge.send(cmd.WriteNote(f"Session {number}: NAV {snapshot.nav}", WHO))

    def _stop(self, number: int, snapshot: MindfolioSnapshot) -> None:
        """The emergency stop as its button does it; it is lifted in the next session."""
        self._session.window.stop("button")
        self.done["EmergencyStop"] += 1

    def _own_exits(self, number: int, snapshot: MindfolioSnapshot) -> None:
        held = [each for view in snapshot.modules for each in view.open_positions]
        for each in held[:1]:
            self._bridge.send(cmd.SetTarget(each.position.position_id, 40, 150, WHO, WHY))

    def _close_one(self, number: int, snapshot: MindfolioSnapshot) -> None:
        held = [each for view in snapshot.modules for each in view.open_positions]
        for each in held[-1:]:
            self._bridge.send(cmd.ClosePosition(each.position.position_id, None, None, WHO, WHY))

    def _deposit(self, number: int, snapshot: MindfolioSnapshot) -> None:
        self._bridge.send(cmd.DepositCash(dollars(1000), WHO, WHY))

    # --- the window itself -------------------------------------------------------------------------------------------
    def _open_windows(self, number: int, snapshot: MindfolioSnapshot) -> None:
        for key in (*_FLOATING, _of_session(snapshot, number).spec.module_id):
            self._session.window.floats.open(key)

    def _close_windows(self, number: int, snapshot: MindfolioSnapshot) -> None:
        for widget in QApplication.topLevelWidgets():
            if widget.objectName().startswith("own_window_"):
                widget.close()

    def _toggle_theme(self, number: int, snapshot: MindfolioSnapshot) -> None:
        self._look.toggle()

    def _larger_text(self, number: int, snapshot: MindfolioSnapshot) -> None:
        self._look.choose_text_size(theme.TEXT_SIZES[1])

    def _normal_text(self, number: int, snapshot: MindfolioSnapshot) -> None:
        self._look.choose_text_size(theme.TEXT_SIZES[0])

    # --- what came of it ---------------------------------------------------------------------------------------------
    @Slot(object)
    def _on_accepted(self, command: cmd.Command) -> None:
        self.done[type(command).__name__] += 1

    @Slot(object, object)
    def _on_denied(self, command: cmd.Command, denials: object) -> None:
        self.denied[type(command).__name__] += 1


def _of_session(snapshot: MindfolioSnapshot, number: int) -> ModuleView:
    """Another module each time."""
    return next(islice(cycle(snapshot.modules), number % len(snapshot.modules), None))
