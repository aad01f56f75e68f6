"""A drop-down list that the wheel does not change."""

from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox


class Picker(QComboBox):
    """A list to choose from; the wheel scrolls the page and chooses nothing."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
