"""The journal's form: every event survives it exactly, one event has one form, and no NaN passes."""

import dataclasses
import datetime as dt
import hashlib
import json
import math
import types
import typing
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.errors import LedgerFault
from engine.domain import events as ev
from engine.domain.events import Event
from engine.domain.limits import GateLimits
from engine.domain.records import Recorded
from engine.ledger.codec import (
    EVENT_VERSIONS,
    GENESIS_HASH,
    UPCASTERS,
    chain_hash,
    chained,
    decode_event,
    encode_document,
    encode_event,
    journal_form,
)
from tests.builders import ALPHA, BETA, NOW, approval, created, mindfolio_spec, order

EVENT_TYPES: tuple[type[Event], ...] = typing.get_args(Event)
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**62), 2**62),
    str: st.text(max_size=8),
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    type(None): st.none(),
    dt.datetime: st.datetimes(timezones=st.just(dt.UTC)),
    dt.date: st.dates(),
    dt.timedelta: st.timedeltas(dt.timedelta(days=-1000), dt.timedelta(days=1000)),
}


def anything(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of an annotated type, finite, built field by field."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind in SCALARS:
        return SCALARS[kind]
    if origin in (typing.Union, types.UnionType):
        return st.one_of([anything(each) for each in arguments])
    if origin is tuple:
        return st.lists(anything(arguments[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(anything(arguments[0]), anything(arguments[1]), max_size=3)
    if issubclass(kind, Enum):
        return st.sampled_from(kind)
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{field.name: anything(hints[field.name]) for field in dataclasses.fields(kind)})


STRATEGIES = {kind: anything(kind) for kind in EVENT_TYPES}


def numbers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path (field names, keys, places) to each number anywhere inside a value."""
    if isinstance(value, (int, float)) and not isinstance(value, (bool, Enum)):
        yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(inner, (*path, key))
    elif isinstance(value, tuple):
        for place, inner in enumerate(value):
            yield from numbers(inner, (*path, place))
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from numbers(getattr(value, field.name), (*path, field.name))


def with_number(value: Any, path: tuple[Any, ...], number: float) -> Any:
    """The value with another number at a path."""
    if not path:
        return number
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {**value, step: with_number(value[step], rest, number)}
    if isinstance(value, tuple):
        return (*value[:step], with_number(value[step], rest, number), *value[step + 1 :])
    return replace(value, **{step: with_number(getattr(value, step), rest, number)})


def entry(**changes: Any) -> Recorded:
    made = Recorded(2, NOW, "SessionClosed", 1, b'{"day":"2026-03-16"}', GENESIS_HASH, "")
    return replace(made, **changes)


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.__name__)
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_every_event_comes_back_equal(kind: type[Event], data: st.DataObject) -> None:
    event = data.draw(STRATEGIES[kind])
    name, version, body = encode_event(event)
    assert (name, version) == (kind.__name__, EVENT_VERSIONS.get(kind.__name__, 1))
    assert decode_event(name, version, body) == event
    assert encode_event(decode_event(name, version, body))[2] == body


@pytest.mark.parametrize(
    "event",
    [
        created(),
        ev.SessionOpened(NOW.date(), {ALPHA: -1, BETA: 1}),
        ev.ApprovalRequested(approval()),
        ev.OrderIntended(order()),
        ev.OrderFilled("O000001", 1, 1, -12_000, (1, -2, -3, 4), 24_000),
        ev.MarksRecorded({"P000001": -1}, 500_000_000),
        ev.ScanCompleted(ALPHA, 7, 4, 1, 1, 2, "ab"),
    ],
    ids=lambda event: type(event).__name__,
)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_no_number_anywhere_in_an_event_may_be_no_number(event: Event, bad: float) -> None:
    paths = list(numbers(event))
    assert paths
    for path in paths:
        with pytest.raises(LedgerFault):
            encode_event(with_number(event, path, bad))


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (ev.OrderRepriced, ("O1", 1000.0, 1)),
        (ev.OrderRepriced, ("O1", True, 1)),
        (ev.MarksRecorded, ({"P1": 1.0}, 5)),
        (ev.OrderSubmitted, (7,)),
        (ev.OrderSubmitted, ("\ud800",)),
        (ev.ModuleStatusChanged, (ALPHA, "RESTING", "user", "")),
    ],
    ids=["float money", "bool money", "float in a dict", "int name", "half a character", "unknown status"],
)
def test_what_the_form_cannot_hold_exactly_is_refused(kind: Any, fields: tuple[Any, ...]) -> None:
    with pytest.raises(LedgerFault):
        encode_event(kind(*fields))


def test_one_event_has_one_form_whatever_the_order_of_its_dicts() -> None:
    spec = mindfolio_spec()
    turned = replace(
        spec,
        budgets=dict(reversed(spec.budgets.items())),
        modules=tuple(replace(module, parameters=dict(reversed(module.parameters.items()))) for module in spec.modules),
    )
    assert list(turned.budgets) != list(spec.budgets)
    assert encode_event(created(turned)) == encode_event(created(spec))


@given(st.permutations([("P1", 1), ("P2", -2), ("Ä", 3), ("p1", 4), ("", 5)]))
def test_marks_in_any_order_are_the_same_bytes(pairs: list[tuple[str, int]]) -> None:
    body = encode_event(ev.MarksRecorded(dict(pairs), 0))[2]
    assert body == '{"marks":{"":5,"P1":1,"P2":-2,"p1":4,"Ä":3},"nav":0}'.encode()


def test_the_form_is_plain_sorted_json_without_spaces() -> None:
    _, _, body = encode_event(created())
    plain = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert body.decode() == plain


@pytest.mark.parametrize(
    ("name", "version", "body"),
    [
        ("SessionClosed", 2, b'{"day":"2026-03-16"}'),
        ("SessionClosed", 0, b'{"day":"2026-03-16"}'),
        ("Unheard", 1, b"{}"),
        ("SessionClosed", 1, b"{}"),
        ("SessionClosed", 1, b'{"day":"2026-03-1'),
        ("SessionClosed", 1, b""),
        ("SessionClosed", 1, b"\xff"),
        ("OrderSubmitted", 1, b'{"order_id":"\xff"}'),
        ("OrderFilled", 1, b'{"order_id":' + b"[" * 3000),
        ("OrderRepriced", 1, b'{"limit":NaN,"order_id":"O1","steps":1}'),
        ("OrderRepriced", 1, b'{"limit":1e400,"order_id":"O1","steps":1}'),
    ],
)
def test_an_unknown_or_unfit_row_is_a_fault_of_the_ledger(name: str, version: int, body: bytes) -> None:
    with pytest.raises(LedgerFault, match=name):
        decode_event(name, version, body)


def test_the_hash_covers_everything_in_the_entry_but_itself() -> None:
    changes: list[dict[str, Any]] = [
        {"seq": 3}, {"at": NOW + dt.timedelta(microseconds=1)}, {"type": "SessionOpened"}, {"version": 2},
        {"body": b"{}"}, {"previous_hash": "1" * 64},
    ]  # fmt: skip
    hashes = {chain_hash(entry(**change)) for change in [{}, *changes]}
    assert len(hashes) == len(changes) + 1
    assert chain_hash(entry(hash="whatever")) == chain_hash(entry())


def test_the_hash_is_the_same_on_every_machine_and_in_every_zone() -> None:
    written = f'{GENESIS_HASH}\n2\n1773687600000000\nSessionClosed\n1\n{{"day":"2026-03-16"}}'
    assert chain_hash(entry()) == hashlib.sha256(written.encode()).hexdigest()
    assert chain_hash(entry(at=NOW.astimezone(dt.timezone(dt.timedelta(hours=-4))))) == chain_hash(entry())


def test_a_document_is_kept_under_the_hash_of_its_own_bytes() -> None:
    address, body = encode_document({"b": 1, "a": [1.5, None]})
    assert body == b'{"a":[1.5,null],"b":1}'
    assert address == hashlib.sha256(body).hexdigest()
    assert encode_document({"a": [1.5, None], "b": 1}) == (address, body)


FILLED_1 = b'{"commission":24000,"cumulative":1,"leg_prices":[1,-2],"net_price":-12000,"order_id":"O1","quantity":1}'


def test_a_fill_of_the_first_version_is_read_as_one_of_the_second() -> None:
    filled = decode_event("OrderFilled", 1, FILLED_1)
    assert filled == ev.OrderFilled("O1", 1, 1, -12_000, (1, -2), 24_000, fees=0, used=None, leg_quantities=())
    name, version, body = encode_event(filled)
    assert (name, version) == ("OrderFilled", 2)
    assert decode_event(name, version, body) == filled


def test_a_decision_of_the_first_version_tells_of_no_other_trade() -> None:
    body = b'{"approval_id":"A000001","status":"APPROVED","who":"user","why":"edited: quantity 2, asked for 3"}'
    decided = decode_event("ApprovalDecided", 1, body)
    assert isinstance(decided, ev.ApprovalDecided)
    assert (decided.why, decided.proposed, decided.approved) == ("edited: quantity 2, asked for 3", None, None)
    name, version, newer = encode_event(decided)
    assert (name, version) == ("ApprovalDecided", 2)
    assert decode_event(name, version, newer) == decided


@pytest.mark.parametrize(("version", "body"), [(3, FILLED_1), (0, FILLED_1), (1, b"[]"), (1, b"{}"), (1, b"\xff")])
def test_a_fill_of_no_known_version_or_an_unfit_one_is_refused(version: int, body: bytes) -> None:
    with pytest.raises(LedgerFault, match="OrderFilled"):
        decode_event("OrderFilled", version, body)


def test_every_version_but_the_newest_has_its_upcaster_and_none_is_left_over() -> None:
    due = {(name, step) for name, newest in EVENT_VERSIONS.items() for step in range(1, newest)}
    assert set(UPCASTERS) == due
    assert EVENT_VERSIONS.keys() <= {kind.__name__ for kind in EVENT_TYPES}


def test_upcasters_follow_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.ledger.codec.EVENT_VERSIONS", {**EVENT_VERSIONS, "OrderFilled": 3})
    steps = {**UPCASTERS, ("OrderFilled", 2): lambda body: {**body, "fees": body["fees"] + 7}}
    monkeypatch.setattr("engine.ledger.codec.UPCASTERS", steps)
    filled = decode_event("OrderFilled", 1, FILLED_1)
    assert isinstance(filled, ev.OrderFilled)
    assert filled.fees == 7


def test_the_form_gives_back_the_event_as_reading_will() -> None:
    limits = GateLimits(max_leg_spread_pct=35)
    spec = mindfolio_spec()
    turned = created(replace(spec, budgets=dict(reversed(spec.budgets.items()))), limits=limits)
    _, _, _, read = journal_form(turned)
    assert read == turned
    assert isinstance(read, ev.MindfolioCreated)
    assert list(read.spec.budgets) == sorted(spec.budgets)
    assert isinstance(read.limits.max_leg_spread_pct, float)


def test_a_chain_is_followed_from_anywhere() -> None:
    first = entry(seq=1, previous_hash=GENESIS_HASH)
    first = replace(first, hash=chain_hash(first))
    second = entry(seq=2, previous_hash=first.hash)
    second = replace(second, hash=chain_hash(second))
    assert [each for each, _ in chained([first, second])] == [first, second]
    assert [each for each, _ in chained([second], 1, first.hash)] == [second]
    for broken, fault in (
        ([second], "lacks entry 1"),
        ([first, replace(second, seq=3)], "lacks entry 2"),
        ([first, replace(second, previous_hash=GENESIS_HASH)], "entry 2"),
        ([replace(first, body=b'{"day":"2026-03-17"}')], "entry 1"),
    ):
        with pytest.raises(LedgerFault, match=fault):
            list(chained(broken))
