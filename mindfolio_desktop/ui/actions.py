"""All that can be done from anywhere, once: the command palette, the list of keys and the keys come from here."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

_WHOLE, _START, _INSIDE, _SCATTERED = 0, 1, 2, 3
"""How well words answer what was typed, the best first."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do: its words, under which heading it is found, its keys ("" for none), and how it is done.

    `is_emergency`: listed last, whatever was typed, and marked; it brings its own keys, which work everywhere.
    """

    key: str
    title: str
    group: str
    run: Callable[[], None]
    keys: str = ""
    is_emergency: bool = False


Source = Callable[[], Iterable[Action]]
"""Actions of things that come and go, asked for whenever a list is opened."""


class Actions:
    """The registry of one window. An action with keys gets its shortcut here and nowhere else."""

    def __init__(self, window: QWidget, fixed: Sequence[Action], changing: Source) -> None:
        """`fixed` are there for as long as the window is. Raises ValueError when two of them have the same keys."""
        keyed = [action for action in fixed if action.keys]
        if len({QKeySequence(action.keys).toString() for action in keyed}) != len(keyed):
            raise ValueError("two actions have the same keys")
        self._fixed, self._changing = tuple(fixed), changing
        self._shortcuts = [_bind(window, action) for action in keyed if not action.is_emergency]

    @property
    def keyed(self) -> tuple[Action, ...]:
        """What has keys, in order, the emergency stop last."""
        return _emergency_last(action for action in self._fixed if action.keys)

    def found(self, typed: str = "") -> tuple[Action, ...]:
        """What answers to the words typed, the best first; everything where nothing is typed."""
        every = _emergency_last((*self._fixed, *self._changing()))
        ranked = [(rank(typed, action), place, action) for place, action in enumerate(every)]
        fitting = sorted((by, place) for by, place, _ in ranked if by is not None)
        return _emergency_last(every[place] for _, place in fitting)


def rank(typed: str, action: Action) -> tuple[int, int] | None:
    """How well an action answers to what was typed, lower is better; None when it does not.

    Words typed may be anywhere in title or heading; else all letters must come in order: `rsiv` finds `Resume IV
    Service`.
    """
    wanted = " ".join(typed.lower().split())
    title = action.title.lower()
    if not wanted:
        return (_WHOLE, 0)
    at = title.find(wanted)
    if at == 0:
        return (_START, 0)
    if at > 0:
        return (_INSIDE, 0 if title[at - 1] == " " else 1)
    heard = f"{title} {action.group.lower()}"
    if all(word in heard for word in wanted.split()):
        return (_INSIDE, 2)
    spread = _spread(wanted.replace(" ", ""), title)
    return None if spread is None else (_SCATTERED, spread)


def _spread(letters: str, title: str) -> int | None:
    """How many letters lie between those typed, when they come in order; each is looked for as early as it can be."""
    first, at = -1, -1
    for letter in letters:
        at = title.find(letter, at + 1)
        if at < 0:
            return None
        if first < 0:
            first = at
    return at - first


def _emergency_last(actions: Iterable[Action]) -> tuple[Action, ...]:
    return tuple(sorted(actions, key=lambda action: action.is_emergency))


def _bind(window: QWidget, action: Action) -> QShortcut:
    shortcut = QShortcut(QKeySequence(action.keys), window)
    shortcut.setAutoRepeat(False)
    shortcut.activated.connect(action.run)
    return shortcut
