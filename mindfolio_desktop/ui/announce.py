"""What a screen reader is told when something happens that nobody points at."""

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget


def announce(widget: QWidget, words: str) -> None:
    """Tell a screen reader, in the name of a widget; without one this does nothing."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, words))
