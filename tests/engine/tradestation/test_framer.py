"""Lines out of chunks: wherever the network cuts, the same objects come out."""

import json
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.tradestation.framer import Framer

OBJECTS = [
    b'{"OrderID":"948679459","Status":"ACK","Legs":[{"Symbol":"SPY 251219C420","ExecQuantity":"0"}]}',
    b'{"Heartbeat":1,"Timestamp":"2021-09-23T15:53:05Z"}',
    '{"Message":"h\u00f6her, }{ und \\n"}'.encode(),
    b'{"StreamStatus":"EndSnapshot"}',
]
STREAM = b"".join(each + end for each, end in zip(OBJECTS, (b"\n", b"\r\n", b"\n\n", b"\n"), strict=True))


def told(chunks: list[bytes]) -> list[bytes]:
    """What a framer makes of chunks."""
    framer = Framer()
    return [each for chunk in chunks for each in framer.feed(chunk)]


def test_cut_at_every_byte_the_same_objects_come_out() -> None:
    for at in range(len(STREAM) + 1):
        assert told([STREAM[:at], STREAM[at:]]) == OBJECTS, at
    assert told([STREAM[at : at + 1] for at in range(len(STREAM))]) == OBJECTS


def test_cut_at_every_two_bytes() -> None:
    for first in range(0, len(STREAM), 3):
        for second in range(first, len(STREAM), 7):
            assert told([STREAM[:first], STREAM[first:second], STREAM[second:]]) == OBJECTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=12).map(sorted))
def test_cut_anywhere(cuts: list[int]) -> None:
    edges = [0, *cuts, len(STREAM)]
    assert told([STREAM[a:b] for a, b in pairwise(edges)]) == OBJECTS


def test_objects_that_share_a_line_are_told_apart() -> None:
    assert told([b'{"a":1}{"b":"}{"} {"c":[{}]}\n{"d":2}\n']) == [b'{"a":1}', b'{"b":"}{"}', b'{"c":[{}]}', b'{"d":2}']


@pytest.mark.parametrize("line", [b'{"a":1}{', b"}{", b'{"a":1}{\xff}', b'{"a":' * 5000 + b"}{"])
def test_a_line_that_is_no_json_is_given_whole(line: bytes) -> None:
    assert told([line + b"\n"]) == [line]


def test_what_has_not_ended_is_not_told() -> None:
    framer = Framer()
    assert framer.feed(b'{"a":1}\n{"b"') == [b'{"a":1}']
    within = [framer.is_within]
    assert framer.feed(b":2}\n") == [b'{"b":2}']
    assert [*within, framer.is_within] == [True, False]
    assert framer.feed(b"\r\n \n") == []


@pytest.mark.parametrize("step", [1, 7, 50, 1000])
def test_a_line_without_end_is_dropped_whole_and_counted_once(step: int) -> None:
    framer = Framer(longest=100)
    stream = b'{"a":1}\n' + b"x" * 450 + b'\n{"b":2}\n' + b"y" * 101 + b"\n" + b"z" * 100 + b"\n"
    found = [each for at in range(0, len(stream), step) for each in framer.feed(stream[at : at + step])]
    assert found == [b'{"a":1}', b'{"b":2}', b"z" * 100]
    assert framer.dropped == 2
    assert not framer.is_within


def test_a_line_that_is_still_too_long_holds_no_memory() -> None:
    framer = Framer(longest=1000)
    for _ in range(1000):
        assert framer.feed(b"x" * 1000) == []
    assert framer.is_within
    assert (framer.dropped, len(framer._begun)) == (1, 0)


def test_many_frames_in_uneven_chunks() -> None:
    chance = random.Random(3)
    frames = [json.dumps({"OrderID": str(number), "Note": "}{" * (number % 3)}).encode() for number in range(2000)]
    stream, at, found, framer = b"\n".join(frames) + b"\n", 0, list[bytes](), Framer()
    while at < len(stream):
        step = chance.choice((1, 2, 17, 333, 5000))
        found += framer.feed(stream[at : at + step])
        at += step
    assert found == frames
