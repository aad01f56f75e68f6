"""Every page can be found, told apart and made."""

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.pages import GALLERY_PAGE, PAGES, PageSpec
from mindfolio_desktop.ui.widgets.page import Live
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth, fresh


def test_no_two_pages_share_a_key_a_name_or_a_shortcut() -> None:
    places = [page.place for page in PAGES]
    for shared in ("key", "title", "keys"):
        found = [getattr(place, shared) for place in places if getattr(place, shared)]
        assert len(set(found)) == len(found)


@pytest.mark.parametrize("page", [*PAGES, GALLERY_PAGE], ids=lambda page: page.place.key)
def test_a_page_is_made_before_and_after_anything_is_known_and_has_a_drawing(
    page: PageSpec, bridge: EngineBridge, qtbot: QtBot
) -> None:
    assert not theme.icon(page.place.icon, theme.tokens().text, 18).isNull()
    made: QWidget = page.make(bridge)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    qtbot.waitExposed(made)
    if isinstance(made, Live):
        for snapshot in (fresh(), aggressive_growth(), fresh()):
            made.set_snapshot(snapshot)
            qtbot.wait(1)
