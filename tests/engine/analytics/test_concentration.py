"""What symbols and sectors weigh: both measures, by hand."""

from engine.analytics.concentration import concentrations, measured
from engine.core.money import dollars
from engine.domain.concentration import Concentration

SECTORS = {"AAPL": "Technology", "MSFT": "Technology", "XOM": "Energy"}


def test_both_measures_by_symbol_and_by_sector_the_heavier_first() -> None:
    by_symbol, by_sector = concentrations(
        measured(
            dollars(50_000),
            ["XOM", "AAPL", "AAPL", "MSFT", "NEW"],
            [dollars(amount) for amount in (4_000, 1_000, 2_000, 500, 100)],
            [dollars(-1_000), dollars(9_000), dollars(-2_500), dollars(600), None],
            SECTORS,
        )
    )
    assert by_symbol == (
        Concentration("AAPL", dollars(3_000), 6.0, dollars(6_500), 13.0),
        Concentration("XOM", dollars(4_000), 8.0, dollars(-1_000), -2.0),
        Concentration("MSFT", dollars(500), 1.0, dollars(600), 1.2),
        Concentration("NEW", dollars(100), 0.2, 0, 0.0, unknown_deltas=1),
    )
    assert by_sector[0] == Concentration("Technology", dollars(3_500), 7.0, dollars(7_100), 14.2)
    assert [row.name for row in by_sector] == ["Technology", "Energy", ""]


def test_of_a_nav_that_is_not_above_zero_nothing_is_a_share() -> None:
    by_symbol, _ = concentrations(measured(0, ["XOM"], [dollars(1)], [dollars(1)], {}))
    assert (by_symbol[0].power_pct, by_symbol[0].delta_pct, by_symbol[0].power) == (None, None, dollars(1))


def test_nothing_held_weighs_nothing() -> None:
    assert concentrations(measured(dollars(1), [], [], [], {})) == ((), ())
