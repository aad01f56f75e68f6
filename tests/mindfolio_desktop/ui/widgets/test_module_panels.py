"""A module's figures in words: money, performance, limits, and the settings of its strategy with units."""

from dataclasses import dataclass, replace

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import ModuleSpec
from mindfolio_desktop.ui.widgets.module_panels import (
    MoneyBand,
    ParametersPanel,
    PerformancePanel,
    SettingsPanel,
    setting_lines,
    win_rate_words,
)
from tests.mindfolio_desktop.ui.snapshots import empty_module, module_spec, module_view


@dataclass(frozen=True)
class SettingFake:
    label: str
    value: float
    unit: str
    help: str = ""


def text(parent: QWidget, name: str) -> str:
    label = parent.findChild(QLabel, name)
    assert label is not None
    return label.text()


def test_the_band_shows_four_figures_of_money_apart(qtbot: QtBot) -> None:
    band = MoneyBand()
    qtbot.addWidget(band)
    band.show_view(module_view(held=dollars(750), available=dollars(5_750)))
    shown = [text(band, f"detail_{key}_value") for key in ("budget", "used", "held", "available")]
    assert shown == ["$15,000", "$8,500", "$750", "$5,750"]
    assert text(band, "detail_pnl_value") == "▲ +$1,250"


def test_over_its_budget_the_band_says_by_how_much(qtbot: QtBot) -> None:
    band = MoneyBand()
    qtbot.addWidget(band)
    band.show_view(module_view(available=dollars(-1_200)))
    assert text(band, "detail_available_value") == "over by $1,200"
    assert text(band, "detail_available_detail") == "new trades wait"


@pytest.mark.parametrize(
    ("wins", "closed", "rate", "words"),
    [
        (15, 22, 15 / 22, "68% (15 wins / 22 trades)"),
        (1, 1, 1.0, "100% (1 win / 1 trade)"),
        (0, 3, 0.0, "0% (no wins / 3 trades)"),
        (0, 0, None, "no closed trades yet"),
    ],
)
def test_the_win_rate_comes_with_its_counts(wins: int, closed: int, rate: float | None, words: str) -> None:
    assert win_rate_words(module_view(wins=wins, closed_trades=closed, win_rate=rate)) == words


def test_performance_keeps_realised_and_open_apart(qtbot: QtBot) -> None:
    panel = PerformancePanel()
    qtbot.addWidget(panel)
    panel.show_view(module_view())
    assert [panel.facts.text(key) for key in ("realised", "unrealised")] == ["+$980.00", "+$270.00"]
    assert [panel.facts.text(key) for key in ("best", "worst")] == ["+$240.00", "\N{MINUS SIGN}$510.00"]


def test_unknown_figures_are_dashes(qtbot: QtBot) -> None:
    panel = PerformancePanel()
    qtbot.addWidget(panel)
    panel.show_view(empty_module(module_spec(), dollars(10_000)))
    assert [panel.facts.text(key) for key in ("average_win", "average_loss", "best", "worst")] == ["\N{EN DASH}"] * 4


def test_limits_are_shown_and_a_missing_one_is_a_warning(qtbot: QtBot) -> None:
    panel = SettingsPanel()
    qtbot.addWidget(panel)
    panel.show_spec(module_spec(limits=ModuleLimits(dollars(500), None)))
    assert panel.facts.text("max_risk") == "$500"
    assert panel.facts.text("daily_loss") == "not set: nothing opens"


def test_a_long_universe_is_shortened_and_complete_in_the_tool_tip(qtbot: QtBot) -> None:
    panel = SettingsPanel()
    qtbot.addWidget(panel)
    symbols = tuple(f"S{at}" for at in range(9))
    panel.show_spec(module_spec(universe=symbols))
    assert panel.facts.text("universe") == "S0, S1, S2, S3, S4, S5 and 3 more"
    assert panel.facts.toolTip() == ", ".join(symbols)


def test_settings_come_with_their_units() -> None:
    def settings_of(_spec: ModuleSpec) -> list[SettingFake]:
        return [
            SettingFake("IV rank at least", 50.0, "%"),
            SettingFake("Stop", 200, "% of credit"),
            SettingFake("Wing width", 2.5, "$"),
            SettingFake("Out at", 21, "days"),
            SettingFake("Contracts at most", 10, ""),
        ]

    values = [value for _, value, _ in setting_lines(module_spec(), settings_of)]
    assert values == ["50%", "200% of credit", "$2.50", "21 days", "10"]


def test_without_a_source_the_modules_own_parameters_are_shown() -> None:
    spec = module_spec(parameters={"min_iv_rank_pct": 50, "exit_days": 21, "short_delta": 0.18, "mode": "calm"})
    assert [(label, value) for label, value, _ in setting_lines(spec, None)] == [
        ("Min IV rank", "50%"),
        ("Exit days", "21 days"),
        ("Short delta", "0.18"),
        ("Mode", "calm"),
    ]


def test_the_panel_follows_another_module_and_hides_without_settings(qtbot: QtBot) -> None:
    panel = ParametersPanel(None)
    qtbot.addWidget(panel)
    panel.show_spec(module_spec(parameters={"exit_days": 21}))
    assert panel.lines() == ["Exit days: 21 days"]
    assert not panel.isHidden()
    panel.show_spec(replace(module_spec(), parameters={}))
    assert panel.lines() == []
    assert panel.isHidden()
