"""Another mindfolio in place of this one: the list over the page, the palette's entries, and the question before it."""

from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from engine.domain.mindfolio import KnownMindfolio
from mindfolio_desktop.ui.actions import Action
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.leaving import Leaving
from mindfolio_desktop.ui.others import NEW, Others, words
from mindfolio_desktop.ui.widgets.header import Header
from mindfolio_desktop.ui.widgets.mindfolio_list import MindfolioList

KEYS = "Ctrl+Shift+M"


class Switcher(QObject):
    """Of one window; without `others` there is nothing to switch to, and nothing is offered."""

    def __init__(self, window: QWidget, bridge: EngineBridge, leaving: Leaving, others: Others | None) -> None:
        super().__init__(window)
        self._bridge, self._leaving, self._others = bridge, leaving, others
        self.is_free = True
        """Whether the window can be left now: not while it asks what a mindfolio shall be."""
        self._list: MindfolioList | None = None

    def build(self, host: QWidget, header: Header) -> None:
        """Make the list over a host, and offer it in the header."""
        if self._others is not None:
            header.others_wanted.connect(self.show_list)
            header.offer_others()
        self._list = MindfolioList(host)
        self._list.open_wanted.connect(self._open)
        self._list.new_wanted.connect(self._begin)
        self._list.forget_wanted.connect(self._forget)

    @Slot()
    def show_list(self) -> None:
        """List the mindfolios, or close the list."""
        if self._others is not None and self._list is not None and self.is_free:
            self._list.show_list(self._others.known())

    def fixed_actions(self) -> tuple[Action, ...]:
        """What has keys."""
        return (Action("mindfolios", "Mindfolios", "Window", self.show_list, KEYS),) if self._others is not None else ()

    def actions(self) -> Iterator[Action]:
        """What the palette offers beside them."""
        if self._others is None or not self.is_free:
            return
        yield Action("mindfolio.new", NEW, "Mindfolio", self._begin)
        for one in self._others.there():
            yield Action(f"mindfolio.{one.key}", f"Switch to {words(one)}", "Mindfolio", partial(self._open, one))

    def leave(self, what: str, then: Callable[[], None]) -> None:
        """Do it, once a person has said that what stays unattended may."""
        if self._leaving.may_leave(self._bridge.snapshot, what, then):
            then()

    @Slot(object)
    def _open(self, one: KnownMindfolio) -> None:
        if self._others is not None:
            self.leave(words(one), partial(self._others.open_wanted.emit, one.key))

    @Slot()
    def _begin(self) -> None:
        if self._others is not None and self.is_free:
            self._others.new_wanted.emit()

    @Slot(object)
    def _forget(self, key: str) -> None:
        if self._others is not None and self._list is not None:
            self._others.forget_wanted.emit(key)
            self._list.fill_again(self._others.known())
