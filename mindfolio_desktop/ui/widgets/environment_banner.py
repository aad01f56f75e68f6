"""The strip that says where a mindfolio trades. The first paint shows it already."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout

from engine.domain.mindfolio import Environment
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.text import ElidedText, Text

if TYPE_CHECKING:
    from engine.domain.snapshot import MindfolioSnapshot

BANNER_HEIGHT = 26

ENVIRONMENTS = {
    Environment.SIMULATED: "simulated market, paper broker: no order leaves this computer",
    Environment.REPLAY: "recorded market, paper broker: no order leaves this computer",
}
"""What trading in each environment means."""

_WAIVERS = {
    "evidence": "Evidence waived: one contract at most",
    "iv_rank": "Unknown IV rank passes",
    "events": "Unknown events pass",
}


class EnvironmentBanner(QFrame):
    """A thin strip across the window in the environment's colour, with what the environment waives."""

    def __init__(self, where: Environment | None = None) -> None:
        """`where`: where it will trade, if that is known before anything else is."""
        super().__init__()
        self.setObjectName("environment_banner")
        self.setFixedHeight(theme.px(BANNER_HEIGHT))
        self._word = Text(pixels=12, weight=theme.BOLD, name="environment")
        self._about = ElidedText(pixels=12, name="environment_about")
        self._waived = Text(pixels=12, weight=theme.MEDIUM, name="waived")
        across = QHBoxLayout(self)
        across.setContentsMargins(2 * theme.SPACE, 0, 2 * theme.SPACE, 0)
        across.setSpacing(12)
        across.addWidget(self._word)
        across.addWidget(self._about, 1)
        across.addWidget(self._waived)
        if where is not None:
            self._show_environment(where)

    def set_snapshot(self, snapshot: "MindfolioSnapshot") -> None:
        """Show where the mindfolio trades."""
        self._show_environment(snapshot.environment)
        self._waived.show_text(" · ".join(_WAIVERS.get(one, f"Waived: {one}") for one in snapshot.waived))

    def _show_environment(self, where: Environment) -> None:
        theme.set_role(self, where.value)
        for text in (self._word, self._about, self._waived):
            theme.set_role(text, where.value)
        self._word.show_text(fmt.environment(where))
        self._about.show_text(ENVIRONMENTS[where])
