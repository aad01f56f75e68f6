"""Cards beside each other, in columns of equal width."""

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget


def fill_grid(grid: QGridLayout, widgets: Sequence[QWidget], columns: int) -> None:
    """Put widgets into a grid row by row, in columns of equal width."""
    for column in range(grid.columnCount()):
        grid.setColumnStretch(column, 0)
    for index, widget in enumerate(widgets):
        # What a widget would like must not decide its column's width: columns are equal.
        widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        grid.addWidget(widget, index // columns, index % columns)
    for column in range(columns):
        grid.setColumnStretch(column, 1)
