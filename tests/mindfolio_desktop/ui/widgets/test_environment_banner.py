"""Where a mindfolio trades is seen at once, and what its environment waives."""

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.domain.mindfolio import Environment
from mindfolio_desktop.ui.widgets.environment_banner import EnvironmentBanner
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth


def text(widget: QWidget, name: str) -> str:
    label = widget.findChild(QLabel, name)
    assert isinstance(label, QLabel)
    return label.text()


@pytest.mark.parametrize("where", list(Environment))
def test_the_banner_names_the_environment_in_its_own_colour(qtbot: QtBot, where: Environment) -> None:
    banner = EnvironmentBanner()
    qtbot.addWidget(banner)
    banner.resize(1280, banner.height())
    banner.set_snapshot(aggressive_growth(environment=where))
    banner.show()
    other = EnvironmentBanner()
    qtbot.addWidget(other)
    other.resize(1280, banner.height())
    other.set_snapshot(aggressive_growth(environment=next(one for one in Environment if one is not where)))
    other.show()
    assert text(banner, "environment") == where.value.upper()
    assert banner.grab().toImage().pixelColor(700, 3) != other.grab().toImage().pixelColor(700, 3)


def test_what_is_waived_is_on_screen(qtbot: QtBot) -> None:
    banner = EnvironmentBanner()
    qtbot.addWidget(banner)
    banner.set_snapshot(aggressive_growth(waived=("evidence",)))
    assert text(banner, "waived") == "Evidence waived: one contract at most"
    banner.set_snapshot(aggressive_growth(waived=("something",)))
    assert text(banner, "waived") == "Waived: something"
    banner.set_snapshot(aggressive_growth(waived=()))
    assert text(banner, "waived") == ""


@pytest.mark.parametrize("where", list(Environment))
def test_before_the_first_figures_it_says_the_environment_alone(qtbot: QtBot, where: Environment) -> None:
    banner = EnvironmentBanner(where)
    qtbot.addWidget(banner)
    assert text(banner, "environment") == where.value.upper()
    assert text(banner, "environment_about").endswith("no order leaves this computer")
    assert text(banner, "waived") == ""
