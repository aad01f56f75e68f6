"""What the window puts into its registry of actions: pages, modules, look, speed, itself, and the emergency stop."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

from PySide6.QtWidgets import QWidget

from engine.domain.commands import (
    Command,
    ConfirmClosing,
    PauseModule,
    PlanClosing,
    RearmMindfolio,
    ResumeModule,
    ScanNow,
    SetSpeed,
)
from engine.domain.mindfolio import ModuleStatus
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.actions import Action
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.look import Look, Theme
from mindfolio_desktop.ui.pages import PAGES
from mindfolio_desktop.ui.widgets.differences import DifferencesPanel
from mindfolio_desktop.ui.widgets.emergency import StopPanel
from mindfolio_desktop.ui.widgets.emergency_button import SHORTCUT
from mindfolio_desktop.ui.widgets.header import SPEEDS
from mindfolio_desktop.ui.widgets.page import OWN_WINDOW_KEYS

PLAN_TARGET_PCT = 50
"""Of the worst case of now: how far a closing plan brings it down."""

_WHO = "user"
_WHY = "from the command palette"

Send = Callable[[Command], None]


class Window(Protocol):
    """What the actions do it with."""

    def go(self, key: str) -> None: ...
    def show_palette(self) -> None: ...
    def show_keys(self) -> None: ...
    def open_own_window(self) -> None: ...
    def stop(self, source: str) -> None: ...
    def window(self) -> QWidget: ...


def fixed_actions(window: Window, look: Look, send: Send) -> tuple[Action, ...]:
    """What there is for as long as the window is."""
    return (
        *(
            Action(
                f"page.{page.place.key}", page.place.title, "Page", partial(window.go, page.place.key), page.place.keys
            )
            for page in PAGES
        ),
        Action("palette", "Find a command", "Window", window.show_palette, "Ctrl+K"),
        Action("keys", "List of keys", "Window", window.show_keys, "F1"),
        Action("own_window", "Open this page in its own window", "Window", window.open_own_window, OWN_WINDOW_KEYS),
        *_look_actions(look),
        *(
            Action(f"speed.{speed:g}", _speed_words(speed), "Market", partial(send, SetSpeed(speed)))
            for speed in SPEEDS
        ),
        Action("close", "Close the window", "Window", partial(_close, window), "Ctrl+Q"),
        Action(
            "stop", "EMERGENCY STOP", "Stops everything", partial(window.stop, "palette"), SHORTCUT, is_emergency=True
        ),
    )


def module_actions(snapshot: MindfolioSnapshot, open_module: Callable[[str], None], send: Send) -> Iterator[Action]:
    """What can be done with each module now."""
    for view in snapshot.modules:
        key, name = view.spec.module_id, view.spec.name
        yield Action(f"module.{key}", name, "Module", partial(open_module, key))
        if view.status is ModuleStatus.PAUSED:
            command: Command = ResumeModule(key, _WHO, f"resumed {_WHY}")
            yield Action(f"resume.{key}", f"Resume {name}", "Module", partial(send, command))
        else:
            command = PauseModule(key, _WHO, f"paused {_WHY}")
            yield Action(f"pause.{key}", f"Pause {name}", "Module", partial(send, command))
        yield Action(f"scan.{key}", f"Scan now with {name}", "Module", partial(send, ScanNow(key, _WHO)))


def connect_stop(panel: StopPanel, bridge: EngineBridge) -> None:
    """What a person asks for on the panel of a stop becomes a command; a re-arm that is refused is told there."""
    send = bridge.send
    panel.rearm_requested.connect(lambda why: send(RearmMindfolio(_WHO, why)))
    panel.plan_requested.connect(lambda: send(PlanClosing(PLAN_TARGET_PCT, _WHO)))
    panel.plan_confirmed.connect(lambda plan_id: send(ConfirmClosing(plan_id, _WHO)))
    bridge.command_denied.connect(panel.on_denied)


def connect_differences(panel: DifferencesPanel, bridge: EngineBridge) -> None:
    """Whose a difference is becomes a command; one that is refused can be answered again."""
    panel.resolved.connect(bridge.send)
    bridge.command_denied.connect(panel.on_denied)


def _look_actions(look: Look) -> Iterator[Action]:
    for one in Theme:
        yield Action(f"theme.{one.value}", f"Theme: {one.words}", "Look", partial(look.choose_theme, one))
    yield Action("text.larger", "Larger text", "Look", partial(_resize, look, 1), "Ctrl++")
    yield Action("text.smaller", "Smaller text", "Look", partial(_resize, look, -1), "Ctrl+-")
    for percent in theme.TEXT_SIZES:
        yield Action(f"text.{percent}", f"Text size {percent}%", "Look", partial(look.choose_text_size, percent))


def _resize(look: Look, by: int) -> None:
    sizes = theme.TEXT_SIZES
    at = min(max(0, sizes.index(look.text_size) + by), len(sizes) - 1)
    look.choose_text_size(sizes[at])


def _close(window: Window) -> None:
    window.window().close()


def _speed_words(speed: float) -> str:
    return "Hold the market" if speed == 0 else f"Market speed {fmt.speed(speed)}"
