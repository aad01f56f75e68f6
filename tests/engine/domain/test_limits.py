"""What trading costs: commissions by the contract, fees each rounded up to the cent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import CENT, Money, dollars
from engine.domain.limits import Costs

SCHEDULE = Costs(
    regulatory_per_contract=dollars("0.0286"),
    taf_per_contract=dollars("0.0033"),
    sec_per_million=dollars("27.80"),
    taf_per_share_millionths=166,
)


def test_the_commission_is_by_the_contract() -> None:
    assert Costs().commission(4) == dollars("2.40")
    assert Costs().fees(4, 2, dollars(120)) == 0


@pytest.mark.parametrize(
    ("contracts", "sold", "proceeds", "shares", "fee"),
    [
        (0, 0, "0", 0, "0"),
        (4, 0, "0", 0, "0.12"),  # 0.1144
        (4, 2, "250", 0, "0.14"),  # 0.1144, 0.0066, 0.00695, each up to the cent
        (0, 0, "26000", 100, "0.75"),  # 0.7228 and 0.0166
        (1, 0, "-500", 0, "0.03"),  # a debit brings no proceeds
    ],
)
def test_each_fee_is_rounded_up_to_the_cent(contracts: int, sold: int, proceeds: str, shares: int, fee: str) -> None:
    assert SCHEDULE.fees(contracts, sold, dollars(proceeds), shares) == dollars(fee)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(-(10**9), 10**9), st.integers(0, 10**5))
def test_fees_are_whole_cents_and_never_less_than_the_schedule(
    contracts: int, sold: int, proceeds: Money, shares: int
) -> None:
    fee = SCHEDULE.fees(contracts, sold, proceeds, shares)
    exact = 286 * contracts + 33 * sold + 278_000 * max(0, proceeds) / 10**10 + 1.66 * shares
    assert fee % CENT == 0
    assert exact - 1e-6 <= fee < exact + 4 * CENT
