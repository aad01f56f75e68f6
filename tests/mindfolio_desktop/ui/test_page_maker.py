"""Pages are made connected with their window, or alone for a window of their own."""

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.main_window import MainWindow
from mindfolio_desktop.ui.page_maker import SPECS, PageMaker
from mindfolio_desktop.ui.pages import FLOATING
from mindfolio_desktop.ui.views.module_detail import ModuleDetail
from mindfolio_desktop.ui.widgets.navigation import GALLERY
from mindfolio_desktop.ui.widgets.page import OwnWindowButton
from tests.mindfolio_desktop.ui.snapshots import AUTO


@pytest.fixture
def maker(window: MainWindow, bridge: EngineBridge) -> PageMaker:
    return PageMaker(window, bridge, window._look, None, None)


def test_only_pages_that_can_be_in_a_window_of_their_own_offer_it(
    maker: PageMaker, window: MainWindow, qtbot: QtBot
) -> None:
    assert GALLERY in SPECS
    for key in ("positions", "budgets"):
        page = maker.make(key, window)
        qtbot.addWidget(page)
        offers = [not each.isHidden() for each in page.findChildren(OwnWindowButton)]
        assert offers == [key in FLOATING]


def test_another_page_is_of_the_same_kind_and_offers_nothing(maker: PageMaker, qtbot: QtBot) -> None:
    page, module = maker.another("positions"), maker.another(AUTO)
    for each in (page, module):
        qtbot.addWidget(each)
        assert all(button.isHidden() for button in each.findChildren(OwnWindowButton))
    assert isinstance(module, ModuleDetail)
    assert module.module_id == AUTO
    assert QApplication.activeWindow() is not page
