"""Shared by the window's tests: the product's look, an engine that is a fake, and the bridge to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from tests.mindfolio_desktop.ui.engine_fake import EngineFake


@pytest.fixture(scope="session", autouse=True)
def _look(qapp: QApplication) -> None:
    theme.apply(qapp)


@pytest.fixture(autouse=True)
def _memory(tmp_path: Path) -> None:
    """What a test's window remembers is the test's own."""
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "remembered"))


@pytest.fixture
def engine() -> EngineFake:
    """An engine that records what it is asked."""
    return EngineFake()


@pytest.fixture
def bridge(qapp: QApplication, engine: EngineFake) -> Iterator[EngineBridge]:
    """The bridge to `engine`, closed after the test."""
    made = EngineBridge(engine.send, engine.stop, engine.read)
    yield made
    made.close()
