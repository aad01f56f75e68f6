"""What a real broker streams, cut anywhere and damaged: framing and reading."""

import random
import zlib
from collections.abc import Callable
from pathlib import Path

from engine.tradestation.framer import Framer
from engine.tradestation.frames import Parked
from engine.tradestation.reading import Stream, read_line

_LINES = (
    b'{"OrderID":"1","Status":"FPR","LimitPrice":"-1.05","CommissionFee":"0","Legs":[{"Symbol":"SPY 251219C420"}]}',
    b'{"OrderID":"2","Legs":[{"BuyOrSell":"SELL","ExecQuantity":"2"}],"ClosedDateTime":"2026-04-23T17:26:21Z"}',
    b'{"Symbol":"spy","Bid":"612.1","Ask":612.2,"TradeTime":"2026-04-23T17:26:21Z"}',
    b'{"Legs":[{"Symbol":"SPY 251219P370","Ratio":1,"StrikePrice":"370"}],"Bid":"0.47","Ask":"0.51","Delta":"-0.1"}',
    b'{"PositionID":"64630792","Deleted":true}{"PositionID":"3","Symbol":"SPY","Quantity":"-100"}',
    b'{"TimeStamp":"2026-04-23T20:00:00Z","Open":"1","High":"2","Low":"0.5","Close":"1.5","IsRealtime":false}',
    b'{"Heartbeat":1,"Timestamp":"2021-09-23T15:53:05Z"}',
    b'{"StreamStatus":"GoAway"}',
    b'{"Error":"DualLogon","Symbol":"AAPL"}',
)


def stream_lines() -> tuple[bytes, ...]:
    """What of a stream is undamaged."""
    return (*(line + b"\n" for line in _LINES), b"\r\n".join(_LINES) + b"\n")


def stream(_folder: Path) -> Callable[[bytes], bool]:
    """Takes a piece of a stream, cut at random, as every kind of stream in turn."""
    kinds = list(Stream)

    def feed(content: bytes) -> bool:
        chance = random.Random(zlib.crc32(content))
        framer, at, found = Framer(longest=512), 0, list[bytes]()
        while at < len(content):
            step = chance.choice((1, 3, 40, 1000))
            found += framer.feed(content[at : at + step])
            at += step
        if found != Framer(longest=512).feed(content):
            raise AssertionError("cut otherwise, it says something else")
        kind = chance.choice(kinds)
        read = [read_line(kind, line) for line in found]
        return not all(isinstance(each, Parked) for each in read)

    return feed
