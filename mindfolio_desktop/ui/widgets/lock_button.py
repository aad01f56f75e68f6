"""The lock of one budget: while it is closed, no drag, no row and no proposal moves the module's money."""

from PySide6.QtCore import QEvent, QSize, Slot
from PySide6.QtWidgets import QPushButton, QWidget

from mindfolio_desktop.ui import theme

_PIXELS = 16


class LockButton(QPushButton):
    """Checked while locked; the drawing and the words say which."""

    def __init__(self, module_id: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"lock_{module_id}")
        self._name = name
        self.setCheckable(True)
        self.setAutoDefault(True)
        self.setIconSize(QSize(_PIXELS, _PIXELS))
        theme.set_role(self, "quiet")
        self.toggled.connect(self._show)
        self._show()

    def changeEvent(self, event: QEvent) -> None:
        """Redraw in the colours of another scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show()

    @Slot()
    def _show(self) -> None:
        is_locked, tokens = self.isChecked(), theme.tokens()
        self.setIcon(theme.icon("lock" if is_locked else "unlock", tokens.text if is_locked else tokens.faint, _PIXELS))
        self.setAccessibleName(f"{'Unlock' if is_locked else 'Lock'} the budget of {self._name}")
        state = "Locked: nothing moves this budget" if is_locked else "Lock this budget against drags and proposals"
        self.setToolTip(state)
