"""Something to do a moment later, for as long as somebody is there for whom it is done."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


def later(receiver: QObject, milliseconds: int, do: Callable[[], object]) -> None:
    """Call `do` once, unless the receiver is deleted before.

    Not by `QTimer.singleShot(milliseconds, receiver, do)`: an error in there reaches no exception hook and stays
    pending, so that something else fails of it, or the process ends by a signal.
    """
    timer = QTimer(receiver)
    timer.setSingleShot(True)
    timer.timeout.connect(do)
    timer.timeout.connect(timer.deleteLater)
    timer.start(milliseconds)
