"""The pages of the window in the order of the navigation, each with its name, drawing and keys. One line a page.

A page's module is imported, and the page made, when somebody first turns to it: a start waits for none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.widgets.navigation import (
    APPROVALS,
    BUDGETS,
    DASHBOARD,
    GALLERY,
    MESSAGES,
    ORDERS,
    POSITIONS,
    SETTINGS,
    Place,
)


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


def _risk(bridge: EngineBridge) -> QWidget:
    from mindfolio_desktop.ui.views.risk import RiskPage  # noqa: PLC0415 - made when first turned to

    return RiskPage(bridge)


def _day(bridge: EngineBridge) -> QWidget:
    from mindfolio_desktop.ui.views.day import DayPage  # noqa: PLC0415 - made when first turned to

    return DayPage(bridge)


def _positions(bridge: EngineBridge) -> QWidget:
    from mindfolio_desktop.ui.views.positions import PositionsView  # noqa: PLC0415 - as the others

    return PositionsView(bridge)


def _orders(bridge: EngineBridge) -> QWidget:
    from mindfolio_desktop.ui.views.orders import OrdersView  # noqa: PLC0415 - as the others

    return OrdersView(bridge)


def _ledger(bridge: EngineBridge) -> QWidget:
    from mindfolio_desktop.ui.views.ledger import LedgerPage  # noqa: PLC0415 - made when first turned to

    return LedgerPage(bridge)


def _budgets(bridge: EngineBridge) -> QWidget:
    from mindfolio_desktop.ui.views.budgets import Budgets  # noqa: PLC0415 - made when first turned to

    return Budgets(bridge)


def _gallery(bridge: EngineBridge) -> QWidget:
    from mindfolio_desktop.ui.views.gallery import Gallery  # noqa: PLC0415 - made when first turned to

    return Gallery(bridge)


def _messages(_bridge: EngineBridge) -> QWidget:
    from mindfolio_desktop.ui.widgets.messages import MessageLog  # noqa: PLC0415 - as the others

    return MessageLog()


def _settings(_bridge: EngineBridge) -> QWidget:
    from mindfolio_desktop.ui.views.settings import SettingsPage  # noqa: PLC0415 - made when first turned to

    return SettingsPage()


def _market(bridge: EngineBridge) -> QWidget:
    from mindfolio_desktop.ui.views.market import MarketPage  # noqa: PLC0415 - made when first turned to

    return MarketPage(bridge)


GALLERY_PAGE = PageSpec(Place(GALLERY, "Add New Module", "gallery", ""), _gallery)
"""Reached from the modules, not from the list of pages."""


FLOATING = frozenset({POSITIONS, ORDERS, "risk", "market", "ledger", "day"})
"""Pages that can be in a window of their own, beside the modules' pages."""

PAGES = (
    PageSpec(Place(DASHBOARD, "Dashboard", "dashboard", "Ctrl+1"), _dashboard),
    PageSpec(Place(APPROVALS, "Approvals", "approvals", "Ctrl+2"), _approvals),
    PageSpec(Place(POSITIONS, "Positions", "positions", "Ctrl+3"), _positions),
    PageSpec(Place(ORDERS, "Orders", "orders", "Ctrl+4"), _orders),
    PageSpec(Place("risk", "Risk", "risk", "Ctrl+5"), _risk),
    PageSpec(Place(BUDGETS, "Budgets", "budgets", "Ctrl+6"), _budgets),
    PageSpec(Place("market", "Market", "market", "Ctrl+7"), _market),
    PageSpec(Place("ledger", "Ledger", "ledger", "Ctrl+8"), _ledger),
    PageSpec(Place("day", "Day", "day", "Ctrl+9"), _day),
    PageSpec(Place(MESSAGES, "Messages", "messages", "Ctrl+0"), _messages),
    PageSpec(Place(SETTINGS, "Settings", "settings", "Ctrl+,"), _settings),
)
