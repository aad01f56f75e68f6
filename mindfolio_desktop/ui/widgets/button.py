"""A push button with a name that tests and people can drive it by."""

from PySide6.QtWidgets import QPushButton

from mindfolio_desktop.ui import theme


class Button(QPushButton):
    """Words, objectName, and a role of the theme (`primary`, `link`, `segment`...). Return presses it like Space."""

    def __init__(self, words: str, name: str, role: str = "") -> None:
        super().__init__(words)
        self.setObjectName(name)
        self.setFont(theme.font(13, theme.MEDIUM))
        self.setAutoDefault(True)
        if role:
            theme.set_role(self, role)
