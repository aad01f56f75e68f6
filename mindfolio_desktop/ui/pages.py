"""The pages of the window in the order of the navigation, each with its name, drawing and keys. One line a page.

A page's module is imported, and the page made, when somebody first turns to it: a start waits for none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.widgets.navigation import APPROVALS, DASHBOARD, MESSAGES, Place


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A page: where it is found, and how it is made. What shows figures is `Live`."""

    place: Place
    make: Callable[[EngineBridge], QWidget]


def _dashboard(bridge: EngineBridge) -> QWidget:
    from mindfolio_desktop.ui.views.dashboard import Dashboard  # noqa: PLC0415 - made when first turned to

    return Dashboard(bridge)


def _approvals(bridge: EngineBridge) -> QWidget:
    from mindfolio_desktop.ui.views.approvals import ApprovalsView  # noqa: PLC0415 - made when first turned to

    return ApprovalsView(bridge)


def _market(bridge: EngineBridge) -> QWidget:
    from mindfolio_desktop.ui.views.market import MarketPage  # noqa: PLC0415 - made when first turned to

    return MarketPage(bridge)


def _messages(_bridge: EngineBridge) -> QWidget:
    from mindfolio_desktop.ui.widgets.messages import MessageLog  # noqa: PLC0415 - as the others

    return MessageLog()


PAGES = (
    PageSpec(Place(DASHBOARD, "Dashboard", "dashboard", "Ctrl+1"), _dashboard),
    PageSpec(Place(APPROVALS, "Approvals", "approvals", "Ctrl+2"), _approvals),
    PageSpec(Place("market", "Market", "market", "Ctrl+7"), _market),
    PageSpec(Place(MESSAGES, "Messages", "messages", "Ctrl+0"), _messages),
)
