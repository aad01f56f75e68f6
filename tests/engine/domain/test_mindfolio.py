"""What a new mindfolio may be asked to be."""

import pytest

from engine.core.money import Money, dollars
from engine.domain.mindfolio import Beginning, ModuleKind

IV, PUTS = ModuleKind.IV_SERVICE, ModuleKind.SELL_PUTS_ENGINE


def test_the_reserve_is_what_no_module_has() -> None:
    assert Beginning("Mine", dollars(50_000), {IV: dollars(15_000), PUTS: dollars(35_000)}).reserve == 0


@pytest.mark.parametrize(
    ("name", "budgets"),
    [
        (" ", {IV: dollars(1)}),
        ("Mine", {}),
        ("Mine", {IV: 0}),
        ("Mine", {IV: -dollars(1), PUTS: dollars(2)}),
        ("Mine", {IV: dollars(50_000), PUTS: 1}),
    ],
)
def test_no_name_no_module_or_more_than_there_is_is_refused(name: str, budgets: dict[ModuleKind, Money]) -> None:
    with pytest.raises(ValueError, match=r"name|split"):
        Beginning(name, dollars(50_000), budgets)
