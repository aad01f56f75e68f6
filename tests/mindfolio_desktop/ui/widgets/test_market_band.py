"""A symbol's figures: known ones with where they come from, unknown ones as unknown."""

import datetime as dt

import pytest
from pytestqt.qtbot import QtBot

from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.scan import IvRank
from mindfolio_desktop.ui.widgets.figure import Figure
from mindfolio_desktop.ui.widgets.market_band import MarketBand
from tests.mindfolio_desktop.ui.chains import chain_view, nothing_quoted
from tests.mindfolio_desktop.ui.snapshots import NOW


@pytest.fixture
def band(qtbot: QtBot) -> MarketBand:
    made = MarketBand()
    qtbot.addWidget(made)
    return made


def shown(band: MarketBand, name: str) -> tuple[str, str]:
    figure = band.findChild(Figure, f"market_{name}")
    assert isinstance(figure, Figure)
    return figure.value, figure.detail


def test_figures_tell_how_old_and_from_how_much_they_are(band: MarketBand) -> None:
    band.show_view(chain_view())
    assert shown(band, "spot") == ("$606.10", "quoted 4 s ago")
    assert shown(band, "iv") == ("19.8%", "")
    assert shown(band, "rank") == ("62%", "252 sessions known")
    assert shown(band, "ex_dividend") == ("20 Mar 2026", "in 4 days")


def test_the_next_of_several_events_counts_and_today_is_today(band: MarketBand) -> None:
    days = [NOW.date(), NOW.date() + dt.timedelta(days=91)]
    outlook = Outlook(tuple(Happening(HappeningKind.EARNINGS, day) for day in days[::-1]))
    band.show_view(chain_view(outlook=outlook))
    assert shown(band, "earnings") == ("16 Mar 2026", "today")
    assert shown(band, "ex_dividend") == ("unknown", "no calendar tells")


def test_unknown_is_said_as_unknown(band: MarketBand) -> None:
    band.show_view(nothing_quoted())
    assert shown(band, "spot") == ("\N{EN DASH}", "no quotes yet")
    assert shown(band, "iv") == ("\N{EN DASH}", "its quotes tell none")
    assert shown(band, "rank") == ("unknown", "no sessions known")
    band.show_view(chain_view(iv_rank=IvRank(None, 12)))
    assert shown(band, "rank") == ("unknown", "12 sessions known")


def test_before_an_answer_there_are_dashes(band: MarketBand) -> None:
    band.show_view(chain_view())
    band.show_view(None)
    for name in ("spot", "iv", "rank", "earnings", "ex_dividend"):
        assert shown(band, name) == ("\N{EN DASH}", "")
