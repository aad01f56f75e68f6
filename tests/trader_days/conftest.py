"""The modules of these days are traded by hand, and the files of a day are closed when its test ends."""

from collections.abc import Iterator

import pytest

from engine.domain.mindfolio import ModuleKind
from engine.modules import registry
from tests.trader_days.day import OPEN_DAYS, ByHand


@pytest.fixture(autouse=True)
def _traded_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._PROGRAMS, ModuleKind.IV_SERVICE, (ByHand(), ()))


@pytest.fixture(autouse=True)
def _days_are_closed() -> Iterator[None]:
    yield
    while OPEN_DAYS:
        OPEN_DAYS.pop().die()
