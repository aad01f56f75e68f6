"""Makes a window's pages and connects them with it; and makes others of the same kind for windows of their own."""

from typing import Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from engine.domain.budget import BudgetPlan
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.look import Look
from mindfolio_desktop.ui.pages import FLOATING, GALLERY_PAGE, PAGES
from mindfolio_desktop.ui.views.module_detail import ModuleDetail
from mindfolio_desktop.ui.views.settings import AboutOf, SettingsPage
from mindfolio_desktop.ui.widgets.module_panels import SettingsOf
from mindfolio_desktop.ui.widgets.page import OwnWindowButton, Page

SPECS = {page.place.key: page for page in (*PAGES, GALLERY_PAGE)}
"""Every page that has a key; a module's page is found by the module's id."""


class Window(Protocol):
    """What pages want of it."""

    def go(self, where: str) -> None: ...
    def open_module(self, module_id: str) -> None: ...
    def load_draft(self, plan: BudgetPlan) -> None: ...
    def open_own_window(self) -> None: ...


class PageMaker(QObject):
    """One for each window."""

    def __init__(
        self,
        window: QWidget,
        bridge: EngineBridge,
        look: Look,
        settings_of: SettingsOf | None,
        about_of: AboutOf | None,
    ) -> None:
        super().__init__(window)
        self._bridge, self._look, self._settings_of, self._about_of = bridge, look, settings_of, about_of

    def make(self, key: str, window: Window) -> QWidget:
        """A page of the main window."""
        page = SPECS[key].make(self._bridge)
        if isinstance(page, Page):
            page.page_requested.connect(window.go)
            page.module_opened.connect(window.open_module)
            page.draft_requested.connect(window.load_draft)
        if isinstance(page, SettingsPage):
            page.introduce(self._look, self._about_of)
        if key in FLOATING:
            offer_own_window(page, window)
        return page

    def module_page(self, window: Window) -> ModuleDetail:
        """The main window's page of modules."""
        page = ModuleDetail(self._bridge, settings_of=self._settings_of)
        page.page_requested.connect(window.go)
        offer_own_window(page, window)
        return page

    def another(self, key: str) -> QWidget:
        """A page, or a module's by its id, that is connected with nothing yet."""
        if key in SPECS:
            return SPECS[key].make(self._bridge)
        page = ModuleDetail(self._bridge, settings_of=self._settings_of)
        page.show_module(key)
        return page


def offer_own_window(page: QWidget, window: Window) -> None:
    """Show the button that opens it in a window of its own."""
    for button in page.findChildren(OwnWindowButton):
        button.clicked.connect(window.open_own_window)
        button.show()
