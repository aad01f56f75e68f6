"""The ledger: the journal that everything else is folded from, and the notes that a person keeps in it."""

from PySide6.QtCore import Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QWidget

from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.views.journal_panel import JournalPanel
from mindfolio_desktop.ui.views.notes_panel import NotesPanel
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.page import Page

_JOURNAL, _NOTES = 0, 1


class LedgerPage(Page):
    """Two views of one journal; only the one in sight is kept up to date."""

    def __init__(self, bridge: EngineBridge, parent: QWidget | None = None) -> None:
        super().__init__("ledger", parent)
        self._snapshot: MindfolioSnapshot | None = None
        self._journal = JournalPanel(bridge)
        self._views = self._journal, NotesPanel(bridge)
        self._stack = QStackedWidget()
        self._tabs = QButtonGroup(self)
        chooser = QWidget()
        chooser.setObjectName("ledger_views")
        across = QHBoxLayout(chooser)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        tabs = (("Journal", "ledger_journal", "first"), ("Notes", "ledger_notes", "last"))
        for place, ((words, name, edge), view) in enumerate(zip(tabs, self._views, strict=True)):
            button = Button(words, name, "segment")
            button.setCheckable(True)
            button.setProperty("place", edge)
            button.setAccessibleName(f"Show {words.lower()}")
            self._tabs.addButton(button, place)
            self._stack.addWidget(view)
            across.addWidget(button)
        self._tabs.button(_JOURNAL).setChecked(True)
        self._tabs.idClicked.connect(self._show_view)
        self.add_heading("Ledger", chooser)
        self.column.addWidget(self._stack, 1)

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show newer entries of the view in sight."""
        self._snapshot = snapshot
        self._views[self._stack.currentIndex()].set_snapshot(snapshot)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The journal takes the height that there is."""
        super().resizeEvent(event)
        self.column.activate()  # so that it is known where the view begins
        self._journal.set_room(self.viewport().height() - self._stack.y() - 2 * theme.SPACE)

    @Slot(int)
    def _show_view(self, place: int) -> None:
        self._stack.setCurrentIndex(place)
        if self._snapshot is not None:
            self._views[place].set_snapshot(self._snapshot)
