"""The market store: newest exchange time wins, published chains never change, bad input changes nothing."""

import datetime as dt
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.clock import epoch_us
from engine.core.money import dollars
from engine.domain.chain import Chain
from engine.domain.instrument import OptionContract, Right
from engine.domain.ports import ChainUpdate, QuoteSource
from engine.market.store import MarketStore

NOON = dt.datetime(2026, 1, 5, 17, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
EXPIRY = dt.date(2026, 1, 16)


def put(strike: int, expiration: dt.date = EXPIRY) -> OptionContract:
    return OptionContract("SPY", expiration, dollars(strike), Right.PUT)


A, B, C = put(600), put(605), put(610)


def update(
    bids: Mapping[OptionContract, float], at: dt.datetime = NOON, spot: float = 690.0, symbol: str = "SPY"
) -> ChainUpdate:
    bid = np.array(list(bids.values()), dtype=np.float64)
    return ChainUpdate(
        symbol=symbol,
        at=at,
        spot=spot,
        key=np.array([contract.key for contract in bids], dtype=np.int64),
        bid=bid,
        ask=bid + 0.05,
        volume=bid * 100,
        open_interest=bid * 1000,
    )


def rows(chain: Chain) -> dict[int, tuple[float, float, float, float, int]]:
    columns = (chain.bid, chain.ask, chain.volume, chain.open_interest, chain.quoted_at)
    listed = zip(*(column.tolist() for column in columns), strict=True)
    return dict(zip(chain.key.tolist(), listed, strict=True))


def bids(chain: Chain, contracts: Sequence[OptionContract]) -> list[float]:
    return [rows(chain)[contract.key][0] for contract in contracts]


def test_a_first_update_becomes_a_chain_sorted_by_key() -> None:
    store = MarketStore()
    chain = store.apply(update({C: 3.0, A: 1.0, B: 2.0}))
    assert chain.key.tolist() == [A.key, B.key, C.key]
    assert chain.bid.tolist() == [1.0, 2.0, 3.0]
    assert chain.quoted_at.tolist() == [epoch_us(NOON)] * 3
    assert (chain.symbol, chain.generation, chain.at, chain.spot, chain.spot_at) == ("SPY", 1, NOON, 690.0, NOON)
    assert store.chain("SPY") is chain
    assert store.generation == 1


def test_a_contract_that_is_left_out_keeps_its_quote_and_its_time() -> None:
    store = MarketStore()
    store.apply(update({A: 1.0, C: 3.0}))
    later = NOON + MINUTE
    chain = store.apply(update({C: 3.5, B: 2.0}, later, spot=691.0))
    assert chain.key.tolist() == [A.key, B.key, C.key]
    assert chain.bid.tolist() == [1.0, 2.0, 3.5]
    assert chain.ask.tolist() == [1.05, 2.05, 3.55]
    assert chain.volume.tolist() == [100.0, 200.0, 350.0]
    assert chain.open_interest.tolist() == [1000.0, 2000.0, 3500.0]
    assert chain.quoted_at.tolist() == [epoch_us(NOON), epoch_us(later), epoch_us(later)]
    assert (chain.generation, chain.at, chain.spot, chain.spot_at) == (2, later, 691.0, later)


@pytest.mark.parametrize("late_by", [dt.timedelta(0), MINUTE])
@pytest.mark.parametrize("contracts", [(A, B), (A, B, C)], ids=["same contracts", "one more contract"])
def test_an_older_or_equal_update_changes_no_known_quote(
    late_by: dt.timedelta, contracts: tuple[OptionContract, ...]
) -> None:
    store = MarketStore()
    store.apply(update({A: 1.0, B: 2.0}, spot=690.0))
    chain = store.apply(update(dict.fromkeys(contracts, 9.0), NOON - late_by, spot=650.0))
    assert bids(chain, [A, B]) == [1.0, 2.0]
    assert (chain.at, chain.spot, chain.spot_at) == (NOON, 690.0, NOON)
    assert chain.generation == store.generation == 2
    if C in contracts:
        assert rows(chain)[C.key][0] == 9.0
        assert rows(chain)[C.key][4] == epoch_us(NOON - late_by)


def test_the_time_that_counts_is_each_contracts_own() -> None:
    store = MarketStore()
    store.apply(update({A: 1.0, B: 2.0}))
    store.apply(update({A: 1.5}, NOON + 2 * MINUTE))
    chain = store.apply(update({B: 2.5, A: 9.0}, NOON + MINUTE))
    assert bids(chain, [A, B]) == [1.5, 2.5]


def test_a_newer_quote_without_prices_replaces_a_good_one() -> None:
    store = MarketStore()
    store.apply(update({A: 1.0}))
    store.apply(update({A: float("nan")}, NOON + MINUTE))
    quote = store.quote(A)
    assert quote is not None
    assert quote.bid is None
    assert not quote.is_good
    assert quote.at == NOON + MINUTE


def test_an_update_of_the_spot_alone_is_applied() -> None:
    store = MarketStore()
    store.apply(update({A: 1.0}))
    chain = store.apply(update({}, NOON + MINUTE, spot=700.0))
    assert bids(chain, [A]) == [1.0]
    assert store.spot("SPY") == dollars(700)


def test_symbols_have_their_own_generations_and_the_store_counts_all() -> None:
    store = MarketStore()
    store.apply(update({A: 1.0}))
    spy = store.apply(update({A: 1.1}, NOON + MINUTE))
    qqq = store.apply(update({A: 1.0}, symbol="QQQ"))
    assert (spy.generation, qqq.generation, store.generation) == (2, 1, 3)
    assert store.chain("SPY") is spy


def test_the_store_answers_for_single_contracts_in_money() -> None:
    store = MarketStore()
    source: QuoteSource = store
    assert source.quote(A) is None
    assert store.spot("SPY") is None
    assert store.chain("SPY") is None
    store.apply(update({A: 1.23}, spot=690.05))
    quote = source.quote(A)
    assert quote is not None
    assert (quote.bid, quote.ask, quote.at) == (dollars("1.23"), dollars("1.28"), NOON)
    assert (quote.volume, quote.open_interest) == (123, 1230)
    assert source.quote(B) is None
    assert store.spot("SPY") == dollars("690.05")


def test_a_published_chain_never_changes_and_cannot_be_written() -> None:
    store = MarketStore()
    first = store.apply(update({A: 1.0, B: 2.0}))
    view = store.chains()
    before = rows(first)
    for minutes in range(1, 4):
        store.apply(update({A: 5.0 + minutes, B: 6.0}, NOON + minutes * MINUTE))
        store.apply(update({C: 5.0}, NOON + minutes * MINUTE))
    store.drop_expired(NOON + dt.timedelta(days=30))
    assert rows(first) == before
    assert dict(view) == {"SPY": first}
    with pytest.raises(ValueError, match="read-only"):
        first.bid[0] = 9.0
    with pytest.raises(TypeError):
        view["SPY"] = first  # type: ignore[index]  # The point is that it is refused at run time, too.


@pytest.mark.parametrize("known", [{}, {A: 1.0}, {A: 1.0, B: 2.0}], ids=["new", "merged", "same contracts"])
def test_what_the_feed_does_with_its_arrays_afterwards_does_not_matter(known: dict[OptionContract, float]) -> None:
    store = MarketStore()
    store.apply(update(known, NOON - MINUTE))
    sent = update({A: 1.0, B: 2.0})
    chain = store.apply(sent)
    sent.bid[:] = -1.0
    sent.key[:] = 7
    assert chain.bid.tolist() == [1.0, 2.0]
    assert chain.key.tolist() == [A.key, B.key]


def test_expired_contracts_are_dropped_at_their_close_and_not_before() -> None:
    store = MarketStore()
    first, second = put(600, dt.date(2026, 1, 9)), put(600, dt.date(2026, 1, 16))
    store.apply(update({first: 1.0, second: 2.0}))
    store.apply(update({second: 2.0}, symbol="QQQ"))
    close = dt.datetime(2026, 1, 9, 21, tzinfo=dt.UTC)
    assert store.drop_expired(close - dt.timedelta(microseconds=1)) == 0
    assert store.chains()["SPY"].generation == 1
    assert store.drop_expired(close) == 1
    chain = store.chains()["SPY"]
    assert chain.key.tolist() == [second.key]
    assert bids(chain, [second]) == [2.0]
    assert (chain.generation, store.chains()["QQQ"].generation) == (2, 1)
    assert store.quote(first) is None
    assert store.drop_expired(close) == 0
    assert store.drop_expired(close + dt.timedelta(days=7)) == 2
    assert store.spot("SPY") == dollars(690)


GOOD = update({A: 1.0, B: 2.0}, NOON + MINUTE)
BAD = {
    "spot is NaN": replace(GOOD, spot=float("nan")),
    "spot is infinite": replace(GOOD, spot=float("inf")),
    "spot is zero": replace(GOOD, spot=0.0),
    "spot is negative": replace(GOOD, spot=-1.0),
    "no symbol": replace(GOOD, symbol=""),
    "no time zone": replace(GOOD, at=NOON.replace(tzinfo=None)),
    "a contract twice": replace(GOOD, key=np.array([A.key, A.key])),
    "a key of no contract": replace(GOOD, key=np.array([A.key, 0])),
    "a key beyond all dates": replace(GOOD, key=np.array([A.key, 2**62])),
    "bid too short": replace(GOOD, bid=np.array([1.0])),
    "volume too long": replace(GOOD, volume=np.zeros(3)),
    "keys too short": replace(GOOD, key=np.array([A.key])),
    "two dimensions": replace(GOOD, ask=np.zeros((2, 1))),
    "prices in float32": replace(GOOD, ask=np.zeros(2, dtype=np.float32)),
    "prices as objects": replace(GOOD, bid=np.array([None, None])),
    "keys in float": replace(GOOD, key=np.array([1.0, 2.0])),
    "keys unsigned": replace(GOOD, key=np.array([1, 2], dtype=np.uint64)),
    "interest as a list": replace(GOOD, open_interest=[1.0, 2.0]),  # type: ignore[arg-type]  # refused
}


@pytest.mark.parametrize("malformed", BAD.values(), ids=BAD.keys())
def test_a_malformed_update_is_refused_before_anything_changes(malformed: ChainUpdate) -> None:
    store = MarketStore()
    before = store.apply(update({A: 1.0, C: 3.0}))
    with pytest.raises(ValueError, match=r"."):
        store.apply(malformed)
    assert store.chain("SPY") is before
    assert dict(store.chains()) == {"SPY": before}
    assert store.generation == 1
    assert store.apply(GOOD).generation == 2


ANY_UPDATES = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.dictionaries(st.sampled_from([put(strike) for strike in range(600, 612)]), st.floats(0, 50), max_size=8),
        st.floats(1, 1000),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda drawn: drawn[0],
)


@settings(deadline=None)
@given(ANY_UPDATES, st.randoms(use_true_random=False))
def test_the_chain_is_the_newest_of_each_contract_whatever_the_order(
    drawn: list[tuple[int, dict[OptionContract, float], float]], shuffle: Random
) -> None:
    store = MarketStore()
    arrived = drawn.copy()
    shuffle.shuffle(arrived)
    for minutes, quoted, spot in arrived:
        store.apply(update(quoted, NOON + minutes * MINUTE, spot))
    expected: dict[int, tuple[float, int]] = {}
    for minutes, quoted, _ in sorted(drawn, key=lambda entry: entry[0]):
        time = epoch_us(NOON + minutes * MINUTE)
        expected |= {contract.key: (bid, time) for contract, bid in quoted.items()}
    chain = store.chains()["SPY"]
    assert {key: (row[0], row[4]) for key, row in rows(chain).items()} == expected
    assert chain.key.tolist() == sorted(expected)
    assert chain.generation == store.generation == len(drawn)
    latest = max(drawn, key=lambda entry: entry[0])
    assert (chain.spot, chain.at, chain.spot_at) == (latest[2], *[NOON + latest[0] * MINUTE] * 2)


def test_a_reader_beside_the_writer_sees_whole_chains_only() -> None:
    """Each update writes one number everywhere, so a chain that mixes two updates gives itself away."""
    store = MarketStore()
    contracts = [put(strike) for strike in range(100, 1100)]
    store.apply(update(dict.fromkeys(contracts, 0.0)))
    torn: list[int] = []
    seen: set[float] = set()
    is_done = threading.Event()

    def read() -> None:
        while not is_done.is_set():
            chain = store.chains()["SPY"]
            seen.add(chain.spot)
            if np.unique(chain.bid).size != 1 or chain.bid[0] + 690 != chain.spot:
                torn.append(chain.generation)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(1, 300):
            store.apply(update(dict.fromkeys(contracts, float(number)), NOON + number * MINUTE, 690.0 + number))
    finally:
        is_done.set()
        reader.join()
    assert torn == []
    assert len(seen) > 1
