"""What only the broker can say of an account or of a trade, asked so that whatever it answers stops nothing else."""

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.core.money import Money
from engine.domain.ports import Broker
from engine.domain.structure import Structure

_log = logging.getLogger(__name__)

LARGEST_FIGURE = 10**15
"""Beyond this a figure is a mistake, not an amount."""

KEPT_FOR = dt.timedelta(seconds=30)
"""A page asks again every other second, and brokers count requests: 300 looks in ten minutes are 20 questions."""


def broker_figure(question: Callable[[], Money | None]) -> Money | None:
    """A broker's figure, None where it cannot be had or is no amount: that denies, and stops nothing else.

    A NaN is neither more nor less than anything: compared with, it would let every trade pass.
    """
    try:
        figure = question()
    except Exception:  # noqa: BLE001 - whatever the line or the broker does
        _log.warning("the broker could not be asked for its figure", exc_info=True)
        return None
    if figure is None or (type(figure) is int and abs(figure) <= LARGEST_FIGURE):
        return figure
    _log.warning("the broker told a figure that is no amount: %r", figure)
    return None


@dataclass(frozen=True, slots=True)
class Opening:
    """What a broker's preview is of: a structure at a net price a share, beside shares that cover it."""

    structure: Structure
    price: Money
    quantity: int
    covering: int

    def asked(self, broker: Broker) -> Money | None:
        """What the broker would hold for it; None when it cannot say."""
        return broker_figure(lambda: broker.preview(self.structure, self.price, self.quantity, self.covering))


@dataclass(slots=True)
class Rehearsed:
    """Figures that looks without consequence were told lately. Whoever trades asks the broker himself."""

    _told: dict[Opening, tuple[dt.datetime, Money | None]] = field(default_factory=dict)

    def of(self, opening: Opening, broker: Broker, now: dt.datetime) -> Money | None:
        """The figure for an opening, at most `KEPT_FOR` old; that there was none is kept as well."""
        self._told = {key: told for key, told in self._told.items() if now - told[0] < KEPT_FOR}
        if opening not in self._told:
            self._told[opening] = now, opening.asked(broker)
        return self._told[opening][1]
