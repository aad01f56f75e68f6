"""Groups of widgets that stand side by side where there is room, and under each other where there is not."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QSizePolicy, QVBoxLayout, QWidget

from mindfolio_desktop.ui import theme


@dataclass(frozen=True, slots=True)
class _Part:
    widget: QWidget
    share: int
    least: int

    @property
    def is_there(self) -> bool:
        return not self.widget.isHidden()

    @property
    def minimum(self) -> int:
        """The width that it cannot do without."""
        widget = self.widget
        hint = 0
        if widget.sizePolicy().horizontalPolicy() is not QSizePolicy.Policy.Ignored:
            hint = widget.minimumSizeHint().width()
        return min(max(hint, widget.minimumWidth()), widget.maximumWidth())

    @property
    def narrowest(self) -> int:
        """The least width that it has beside others."""
        return max(self.minimum, min(self.least, self.widget.maximumWidth()))

    @property
    def natural(self) -> int:
        """The width that it would like."""
        return min(max(self.widget.sizeHint().width(), self.narrowest), self.widget.maximumWidth())

    def height(self, width: int) -> int:
        """What it asks for at a width."""
        widget = self.widget
        if widget.hasHeightForWidth():
            high = widget.heightForWidth(width)
        else:
            high = max(widget.sizeHint().height(), widget.minimumSizeHint().height())
        return min(max(high, widget.minimumHeight()), widget.maximumHeight())


_Row = list[tuple[_Part, int]]
"""Parts with their widths."""


class _Reflow(QBoxLayout):
    """A box layout that only holds the widgets: `_rows` says which stand in a row, and how wide each is.

    Qt owns the items and nothing of them is kept here: one that Qt has deleted would be a dead one in Python's hands.
    The widgets must stay as long as it does, or be forgotten. Hidden ones take no room.
    """

    def __init__(self, gap: int) -> None:
        super().__init__(QBoxLayout.Direction.LeftToRight)
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(gap)
        self._all: list[_Part] = []

    def _hold(self, widget: QWidget, share: int, least: int) -> None:
        self._all.append(_Part(widget, share, theme.px(least)))
        self.addWidget(widget)

    def forget(self, widget: QWidget) -> None:
        """One less, which is going to be deleted."""
        self._all = [part for part in self._all if part.widget is not widget]
        self.removeWidget(widget)

    @property
    def _parts(self) -> list[_Part]:
        return [part for part in self._all if part.is_there]

    def _rows(self, width: int) -> list[_Row]:
        raise NotImplementedError

    def _place(self, part: _Part, room: QRect) -> None:
        part.widget.setGeometry(room)

    # --- Qt's questions -------------------------------------------------------------------------------------------
    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        heights = [_height(row) for row in self._rows(width)]
        return sum(heights) + self.spacing() * max(0, len(heights) - 1)

    def minimumHeightForWidth(self, width: int) -> int:
        return self.heightForWidth(width)

    def minimumSize(self) -> QSize:
        """As narrow as the widest alone; the height is what a width asks for."""
        return QSize(max((part.minimum for part in self._parts), default=0), 0)

    def sizeHint(self) -> QSize:
        parts = self._parts
        wide = sum(part.natural for part in parts) + self.spacing() * max(0, len(parts) - 1)
        return QSize(wide, self.heightForWidth(wide))

    def setGeometry(self, rect: QRect) -> None:
        QLayout.setGeometry(self, rect)
        rows = self._rows(rect.width())
        top = rect.top()
        for number, row in enumerate(rows, 1):
            height = rect.bottom() + 1 - top if number == len(rows) else _height(row)
            left = rect.left()
            for part, width in row:
                self._place(part, QRect(left, top, width, height))
                left += width + self.spacing()
            top += height + self.spacing()


class Beside(_Reflow):
    """Panels, or figures: one row by their shares as soon as each has the width that it can be read in.

    Else they stand in as many columns of equal width as have it. What is in the last row fills it, unless the columns
    are `aligned`, as figures are.
    """

    def __init__(self, gap: int = 2 * theme.SPACE, *, aligned: bool = False) -> None:
        super().__init__(gap)
        self._aligned = aligned

    def add(self, widget: QWidget, share: int = 1, least: int = 0) -> None:
        """One more. `least`: pixels at 100 % that it has beside others, where its own minimum does not tell."""
        self._hold(widget, share, least)

    def _rows(self, width: int) -> list[_Row]:
        parts = self._parts
        if not parts:
            return []
        first = list(zip(parts, _shared(width, [part.share for part in parts], self.spacing()), strict=True))
        if _fits(first):
            return [first]
        rows: list[_Row] = []
        for columns in range(len(parts) - 1 or 1, 0, -1):
            rows = [self._row(parts[at : at + columns], columns, width) for at in range(0, len(parts), columns)]
            if all(_fits(row) for row in rows):
                break
        return rows

    def _row(self, parts: list[_Part], columns: int, width: int) -> _Row:
        count = columns if self._aligned else len(parts)
        return list(zip(parts, _shared(width, [1] * count, self.spacing()), strict=False))


class Flow(_Reflow):
    """Controls in their natural widths, row after row like words; in each row one may take the room left over."""

    def __init__(self, gap: int = theme.SPACE) -> None:
        super().__init__(gap)

    def add(self, widget: QWidget, *, least: int | None = None) -> None:
        """One more. With `least` it takes the room left over in its row, and at least so many pixels at 100 %."""
        self._hold(widget, int(least is not None), least or 0)

    def add_group(self, *widgets: QWidget, gap: int = theme.SPACE) -> QWidget:
        """Several that are never parted, such as a caption and its field."""
        group = QWidget()
        across = QHBoxLayout(group)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(gap)
        for widget in widgets:
            across.addWidget(widget)
        self.add(group)
        return group

    def _rows(self, width: int) -> list[_Row]:
        rows: list[_Row] = []
        left = -1
        for part in self._parts:
            wide = min(width, part.narrowest if part.share else part.natural)
            if left < wide + self.spacing() or not rows:
                rows.append([])
                left = width + self.spacing()
            rows[-1].append((part, wide))
            left -= wide + self.spacing()
        return [self._filled(row, width) for row in rows]

    def _filled(self, row: _Row, width: int) -> _Row:
        """Give what is left over to those that take it."""
        left = width - sum(wide for _, wide in row) - self.spacing() * (len(row) - 1)
        takers = sum(part.share for part, _ in row)
        return [(part, wide + (left // takers if part.share else 0)) for part, wide in row]

    def _place(self, part: _Part, room: QRect) -> None:
        """In the middle of its row's height."""
        high = min(room.height(), part.height(room.width()))
        part.widget.setGeometry(room.left(), room.top() + (room.height() - high) // 2, room.width(), high)


def stacked(*widgets: QWidget, gap: int = theme.SPACE) -> QWidget:
    """Widgets one under another from the top, as a part of a group."""
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(gap)
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch(1)
    return made


def _fits(row: _Row) -> bool:
    return all(part.narrowest <= width for part, width in row)


def _shared(width: int, shares: Sequence[int], gap: int) -> list[int]:
    """A width shared out, gaps taken off, to the last pixel."""
    room, total = max(0, width - gap * (len(shares) - 1)), sum(shares)
    ends = [room * sum(shares[: at + 1]) // total for at in range(len(shares))]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def _height(row: _Row) -> int:
    return max(part.height(width) for part, width in row)
