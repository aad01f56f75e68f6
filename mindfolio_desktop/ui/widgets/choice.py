"""A list to choose one of, with a name that tests and people can drive it by."""

from PySide6.QtWidgets import QComboBox

from mindfolio_desktop.ui import theme


class Choice(QComboBox):
    """A combo box with an objectName and what it chooses, in the style's own look; as high as every control."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setFont(theme.font(13))
        self.setMinimumHeight(theme.px(theme.CONTROL_HEIGHT))
        self.setMaxVisibleItems(16)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
