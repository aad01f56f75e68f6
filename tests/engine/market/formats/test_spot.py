"""The underlying's price from its options, where a file leaves it out."""

import pytest

from engine.market.duck import connect
from engine.market.formats.spot import imply_spots

_PARSED = """
    create temp table parsed (
        row_no bigint, symbol varchar, year integer, quoted_at bigint, expiration date, "right" varchar, strike bigint,
        bid bigint, ask bigint, last bigint, spot bigint, delta double, reason varchar);
    create temp table recorded_spots (symbol varchar, quoted_at bigint, spot bigint);
"""
Option = tuple[str, str, float, float | None, float | None]


def implied(
    rows: list[Option], *, last_only: bool = False, recorded: str = "select 1", **changes: object
) -> dict[int, float]:
    """Spots by instant, from (expiration, right, strike, bid, ask) at instant 1."""
    with connect() as connection:
        connection.execute(_PARSED)
        for number, (expiration, right, strike, bid, ask) in enumerate(rows):
            prices = [None if price is None else round(price * 10_000) for price in (bid, ask)]
            last = prices[0] if last_only else None
            cells = [number, "SPY", 2026, 1, expiration, right, round(strike * 10_000), *prices, last]
            spot, delta, reason = (changes.get(name) for name in ("spot", "delta", "reason"))
            connection.execute(
                "insert into parsed values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [*cells, spot, delta, reason]
            )

        def find_recorded() -> None:
            connection.execute(recorded)

        count = imply_spots(connection, find_recorded, last_only=last_only)
        found = connection.execute("select quoted_at, spot from implied").fetchall()
    assert bool(count) == bool(found)
    return {at: spot / 10_000 for at, spot in found}


def chain(spot: float, expiration: str = "2026-04-17", width: float = 0.1) -> list[Option]:
    """Calls and puts worth their intrinsic value and two dollars."""
    rows: list[Option] = []
    for strike in range(90, 111, 5):
        call, put = max(spot - strike, 0) + 2, max(strike - spot, 0) + 2
        rows += [(expiration, "C", strike, call, call + width), (expiration, "P", strike, put, put + width)]
    return rows


def test_parity_gives_the_price_that_the_options_were_made_from() -> None:
    assert implied(chain(101.37)) == {1: 101.37}


def test_the_nearest_expiration_counts_and_one_wild_pair_does_not() -> None:
    far = chain(140, "2027-01-15")
    wild: list[Option] = [("2026-04-17", "C", 101, 30, 30.1), ("2026-04-17", "P", 101, 1, 1.1)]
    assert implied([*far, *chain(101.37), *wild]) == {1: 101.37}


def test_a_thin_expiration_gives_way_to_one_with_three_pairs() -> None:
    thin: list[Option] = [("2026-04-10", "C", 100, 9, 9.1), ("2026-04-10", "P", 100, 1, 1.1)]
    assert implied([*thin, *chain(101.37)]) == {1: 101.37}
    assert implied(thin) == {1: 108}


@pytest.mark.parametrize(("bid", "ask"), [(0, 0.1), (None, 0.1), (2, 1)])
def test_a_side_without_a_sound_quote_makes_no_pair(bid: float | None, ask: float) -> None:
    assert implied([("2026-04-17", "C", 100, 2, 2.1), ("2026-04-17", "P", 100, bid, ask)]) == {}


def test_a_price_that_is_there_stays_and_rejected_rows_say_nothing() -> None:
    assert implied(chain(101), spot=990_000) == {}
    assert implied(chain(101), reason="no strike") == {}


def test_a_contract_of_delta_one_stands_alone() -> None:
    assert implied([("2026-04-17", "C", 65, 10.5, 11.25)], delta=1.0) == {1: 75.875}
    assert implied([("2026-04-17", "P", 65, 10.5, 11.5)], delta=-1.0) == {1: 54}
    assert implied([("2026-04-17", "C", 65, 10.5, 11.25)], delta=0.9) == {}


def test_last_trades_are_used_where_there_is_nothing_else() -> None:
    rows: list[Option] = [("2026-04-17", "C", 100, 5, None), ("2026-04-17", "P", 100, 2, None)]
    assert implied(rows) == {}
    assert implied(rows, last_only=True) == {1: 103}


def test_a_snapshot_that_is_recorded_keeps_its_price() -> None:
    recorded = "insert into recorded_spots select symbol, quoted_at, 990000 from spotless"
    assert implied(chain(101.37), recorded=recorded) == {1: 99}
    assert implied([("2026-04-17", "C", 100, None, 1)], recorded=recorded) == {1: 99}
