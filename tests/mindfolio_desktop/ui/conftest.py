"""Shared by the window's tests: the product's look, an engine that is a fake, and the bridge to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.main_window import MainWindow
from mindfolio_desktop.ui.remembered import Whose, use
from tests.mindfolio_desktop.ui.driving import publish
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth, fresh


@pytest.fixture(scope="session", autouse=True)
def _look(qapp: QApplication) -> None:
    theme.apply(qapp)


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


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in which the window remembers itself, for this test alone."""
    use({Whose.MINDFOLIO: tmp_path / "window.ini", Whose.USER: tmp_path / "settings.ini"})
    yield tmp_path
    use({})


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, bridge: EngineBridge) -> Iterator[MainWindow]:
    """The whole window, which has heard of the aggressive growth mindfolio. The look is as it was after the test."""
    made = MainWindow(bridge)
    # Nothing open, so that the window closes without a question.
    qtbot.addWidget(made, before_close_func=lambda _window: publish(bridge, qtbot, fresh()))
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    publish(bridge, qtbot, aggressive_growth())
    yield made
    theme.apply(qapp)
