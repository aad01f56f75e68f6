"""A chain: rows found by contract, prices exact, columns that nobody changes."""

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.clock import epoch_us
from engine.core.money import dollars, from_float
from engine.domain.chain import Chain, moneys
from engine.domain.instrument import OptionContract, Right
from engine.domain.quote import Quote
from tests.builders import MAY, NOW, contract

PUT_240, PUT_250, CALL_270 = contract(240), contract(250), contract(270, Right.CALL)
AGED = NOW - dt.timedelta(minutes=3)


def chain_of(rows: dict[OptionContract, tuple[float, float, float, float, dt.datetime]]) -> Chain:
    """A chain of (bid, ask, volume, open interest, time) by contract, in the order that chains keep."""
    ordered = sorted(rows, key=lambda each: each.key)
    columns = np.array([rows[each][:4] for each in ordered], dtype=np.float64).reshape(-1, 4).T
    return Chain(
        symbol="TSLA",
        generation=3,
        at=NOW,
        spot=260.0,
        spot_at=NOW,
        key=np.array([each.key for each in ordered], dtype=np.int64),
        bid=columns[0].copy(),
        ask=columns[1].copy(),
        volume=columns[2].copy(),
        open_interest=columns[3].copy(),
        quoted_at=np.array([epoch_us(rows[each][4]) for each in ordered], dtype=np.int64),
    )


CHAIN = chain_of(
    {
        CALL_270: (3.1, 3.25, 12.0, 400.0, NOW),
        PUT_240: (2.13, math.nan, math.nan, 0.0, NOW),
        PUT_250: (math.inf, 4.4, 7.0, math.nan, AGED),
    }
)


def test_a_contract_is_found_wherever_it_lies() -> None:
    assert [CHAIN.row(each) for each in (CALL_270, PUT_240, PUT_250)] == [0, 1, 2]


@pytest.mark.parametrize("missing", [contract(230), contract(245), contract(260), contract(250, expiration=MAY)])
def test_a_contract_that_was_never_quoted_has_no_row(missing: OptionContract) -> None:
    assert CHAIN.row(missing) is None
    assert CHAIN.quote(missing) is None


def test_an_empty_chain_knows_nothing() -> None:
    assert chain_of({}).quote(PUT_250) is None


def test_a_quote_is_exact_money_with_its_own_time() -> None:
    assert CHAIN.quote(CALL_270) == Quote(dollars("3.10"), dollars("3.25"), NOW, 12, 400)


def test_missing_and_infinite_figures_are_none() -> None:
    assert CHAIN.quote(PUT_240) == Quote(dollars("2.13"), None, NOW, None, 0)
    assert CHAIN.quote(PUT_250) == Quote(None, dollars("4.40"), AGED, 7, None)


@pytest.mark.parametrize("name", ["key", "bid", "ask", "volume", "open_interest", "quoted_at"])
def test_no_column_can_be_written_to(name: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        getattr(CHAIN, name)[0] = 1


def test_only_what_the_newest_snapshot_quotes_well_may_be_traded() -> None:
    rows = {
        contract(230): (1.0, 1.1, 5.0, 5.0, NOW),
        contract(235): (1.0, 1.1, 5.0, 5.0, AGED),
        contract(240): (1.1, 1.0, 5.0, 5.0, NOW),
        contract(245): (0.0, 1.0, 5.0, 5.0, NOW),
        contract(250): (math.nan, 1.0, 5.0, 5.0, NOW),
        contract(255): (1.0, 1.0, 5.0, 5.0, NOW),
    }
    assert chain_of(rows).tradable.tolist() == [True, False, False, False, False, True]
    assert chain_of({}).tradable.tolist() == []


def test_many_contracts_are_found_in_one_search_as_each_is_by_itself() -> None:
    asked = (PUT_250, contract(245), CALL_270, contract(230), PUT_240, contract(250, expiration=MAY))
    rows, known = CHAIN.find(asked)
    assert known.tolist() == [True, False, True, False, True, False]
    assert rows[known].tolist() == [2, 0, 1]
    assert CHAIN.quotes_at(rows[known]) == [CHAIN.quote(each) for each in (PUT_250, CALL_270, PUT_240)]


def test_nothing_is_found_in_an_empty_chain_and_nothing_is_asked_of_a_full_one() -> None:
    rows, known = chain_of({}).find((PUT_250, PUT_240))
    assert (rows.tolist(), known.tolist()) == ([0, 0], [False, False])
    rows, known = CHAIN.find(())
    assert (rows.size, known.size, CHAIN.quotes_at(rows)) == (0, 0, [])


@given(st.lists(st.floats() | st.floats(-1e6, 1e6).map(lambda each: round(each * 20_000) / 20_000)))
def test_a_column_becomes_money_as_each_amount_does(amounts: list[float]) -> None:
    assert moneys(np.array(amounts, dtype=np.float64)) == [from_float(each) for each in amounts]
