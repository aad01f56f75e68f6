"""Other mindfolios, as a window asks for them: what becomes of it is somebody else's."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from engine.domain.mindfolio import KnownMindfolio, KnownState
from mindfolio_desktop.ui import format as fmt

NEW = "New mindfolio\N{HORIZONTAL ELLIPSIS}"


class Others(QObject):
    """Tells which mindfolios there are, and hears what a person wants with them. Keys are those of `known`."""

    open_wanted = Signal(object)
    """The key of a mindfolio to open in place of this one. What stays unattended was asked about."""
    new_wanted = Signal()
    forget_wanted = Signal(object)
    """The key of one that is missing and shall not be listed any more."""

    def __init__(self, known: Callable[[], Sequence[KnownMindfolio]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known = known

    def known(self) -> Sequence[KnownMindfolio]:
        """All there are, the open one first."""
        return self._known()

    def there(self) -> Sequence[KnownMindfolio]:
        """Those that can be opened now."""
        return [each for each in self._known() if each.state is KnownState.CLOSED]


def words(one: KnownMindfolio) -> str:
    """`Second (SIMULATED)`: a name is never without its environment."""
    return f"{one.name} ({fmt.environment(one.environment)})"
