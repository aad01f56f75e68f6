"""Records of tax lots."""

import datetime as dt

from engine.core.money import dollars
from engine.domain.tax import How, Replacement, TaxClosing, TaxLot, Term
from tests.builders import contract

DAY = dt.date(2026, 3, 16)


def test_a_contract_stands_for_a_hundred_shares() -> None:
    assert TaxLot("L1", "TSLA", contract(), -2, 0, DAY, How.TRADE, 2).shares == 200
    assert TaxLot("L1", "TSLA", None, 150, 0, DAY, How.TRADE, 150).shares == 150


def test_a_gain_is_before_any_wash_sale() -> None:
    lost = TaxClosing("L1", "KO", None, 100, DAY, DAY, How.TRADE, dollars(90), dollars(100), Term.SHORT)
    assert (lost.gain, lost.is_wash) == (-dollars(10), False)
    washed = TaxClosing(
        "L1", "KO", None, 100, DAY, DAY, How.TRADE, dollars(90), dollars(100), Term.SHORT,
        disallowed=dollars(10), replacements=(Replacement("L2", DAY, 100),),
    )  # fmt: skip
    assert (washed.gain, washed.is_wash) == (-dollars(10), True)
