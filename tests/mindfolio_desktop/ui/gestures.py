"""A hand on the mouse: events with the buttons that are held, which pytest-qt's own moves do not carry."""

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

PLAIN, ALT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier


def mouse(widget: QWidget, kind: QEvent.Type, x: float, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
    """Press, move or release the left button over `x` of a widget, at half its height."""
    at = QPointF(x, widget.height() / 2)
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    held = none if kind is QEvent.Type.MouseButtonRelease else left
    cause = none if kind is QEvent.Type.MouseMove else left
    QApplication.sendEvent(widget, QMouseEvent(kind, at, QPointF(widget.mapToGlobal(at)), cause, held, modifiers))


def drag(widget: QWidget, by: float, *, free: bool = False, start: float | None = None, release: bool = True) -> None:
    """Drag a control by pixels in ten moves, from its middle or from `start`; positions follow it as it moves along."""
    modifiers = ALT if free else PLAIN
    begin = widget.width() / 2 if start is None else start
    origin = widget.x() + begin
    mouse(widget, QEvent.Type.MouseButtonPress, begin, modifiers)
    for step in range(1, 11):
        mouse(widget, QEvent.Type.MouseMove, origin + by * step / 10 - widget.x(), modifiers)
    if release:
        mouse(widget, QEvent.Type.MouseButtonRelease, origin + by - widget.x(), modifiers)
