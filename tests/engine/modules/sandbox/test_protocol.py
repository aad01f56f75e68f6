"""Messages: they come back as they were sent, and what was not written by us is refused."""

import math
import time
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.candidate import Finding
from engine.domain.scan import Exit, Hedge, Trade, Warn
from engine.modules.sandbox.protocol import (
    HEAD,
    Answer,
    Failed,
    Judge,
    Look,
    Looked,
    Said,
    Unreadable,
    answer_in,
    frame,
    held_of,
    judge_of,
    judge_within,
    request_in,
)
from tests.builders import candidate
from tests.engine.modules.sandbox.scenes import a_condor, manage_context, scan_context


def body(message: Look | Judge | Looked | Failed) -> bytes:
    """A message without its head, which has to name its length."""
    whole = frame(message)
    assert int.from_bytes(whole[:HEAD], "big") == len(whole) - HEAD
    return whole[HEAD:]


def test_a_scan_arrives_with_its_chains_to_the_bit() -> None:
    context = scan_context(a_condor())
    got = request_in(body(Look(context, ())))
    assert isinstance(got, Look)
    assert (got.context.module, got.context.open_positions) == (context.module, context.open_positions)
    for name in ("key", "bid", "ask", "volume", "open_interest", "quoted_at"):
        sent, came = getattr(context.chains["SPY"], name), getattr(got.context.chains["SPY"], name)
        assert (sent.dtype, sent.tobytes()) == (came.dtype, came.tobytes())


def test_a_question_about_a_position_is_the_same_alone_and_with_a_scan() -> None:
    held = a_condor()
    context = manage_context(held)
    alone = judge_of(held, context).context()
    within = judge_within(scan_context(held), held_of(held, context)).context()
    assert alone.quotes == within.quotes == context.quotes
    assert (alone.mark, alone.dte, alone.now) == (within.mark, within.dte, within.now) == (-500_000, 30, context.now)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("another type", ["<i4", [3], b"123456789012"]),
        ("too short", ["<f8", [3], b"12345678"]),
        ("negative", ["<f8", [-1], b""]),
        ("objects", ["|O", [1], b"12345678"]),
        ("two dimensions", ["<f8", [1, 1], b"12345678"]),
        ("no array", 7),
    ],
)
def test_an_array_is_of_the_declared_type_and_size_or_refused(name: str, change: object) -> None:
    raw = msgspec.msgpack.decode(body(Look(scan_context(), ())))
    raw["context"]["chains"]["SPY"]["bid"] = change
    with pytest.raises(Unreadable):
        request_in(msgspec.msgpack.encode(raw))


def test_every_kind_of_action_travels_alone() -> None:
    actions = (Exit("P1", "why"), Trade(candidate()), Hedge("P1", -50, "why"), Warn("P1", "about", "text"))
    got = answer_in(body(Looked((), (tuple(Said.of(action) for action in actions),))))
    assert isinstance(got, Looked)
    assert tuple(said.action() for said in got.actions[0]) == actions


@pytest.mark.parametrize("said", [Said(), Said(leave=Exit("P1", "a"), hedge=Hedge("P1", 1, "b"))])
def test_an_action_that_is_none_or_two_is_refused(said: Said) -> None:
    with pytest.raises(Unreadable):
        said.action()


def test_what_is_no_action_cannot_be_sent() -> None:
    with pytest.raises(TypeError, match="a Finding, which is no action"):
        Said.of(Finding("SPY", None, "x"))


@given(st.binary(max_size=200))
def test_noise_is_refused_or_read_as_a_whole_message_and_nothing_else_happens(noise: bytes) -> None:
    try:
        answer = answer_in(noise)
    except Unreadable:
        return
    assert isinstance(answer, Answer)


def test_an_answer_has_the_declared_types_or_is_refused() -> None:
    finding = replace(Finding("SPY", None, "x"), numbers={"a": 1})
    raw = msgspec.msgpack.decode(body(Looked((finding,), ())))
    for field, value in (("symbol", 5), ("numbers", [1]), ("reason", None), ("candidate", "all of it")):
        changed = {**raw, "findings": [{**raw["findings"][0], field: value}]}
        with pytest.raises(Unreadable):
            answer_in(msgspec.msgpack.encode(changed))
    assert isinstance(answer_in(msgspec.msgpack.encode(raw)), Looked)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(Unreadable):
        answer_in(b"\x91" * 100_000)


def test_a_number_that_is_none_travels_and_is_for_the_checks() -> None:
    got = answer_in(body(Looked((Finding("SPY", None, "x", {"n": math.nan}),), ())))
    assert isinstance(got, Looked)
    assert np.isnan(got.findings[0].numbers["n"])  # type: ignore[arg-type]


@pytest.mark.parametrize("many", ["Said", "positions"])
def test_an_answer_that_is_small_on_the_wire_and_huge_in_memory_is_refused_before_it_is_made(many: str) -> None:
    size = 300_000
    head = {"Said": b"\x91\xdd" + size.to_bytes(4, "big"), "positions": b"\xdd" + size.to_bytes(4, "big")}[many]
    each = {"Said": b"\x80", "positions": b"\x90"}[many]
    looked = body(Looked((), ()))
    assert looked.endswith(b"\xa7actions\x90"), "an empty list is its last byte"
    began = time.perf_counter()
    with pytest.raises(Unreadable, match="of length <="):
        answer_in(looked[:-1] + head + each * size)
    assert time.perf_counter() - began < 0.02
