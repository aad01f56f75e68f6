"""What goes over the pipe between the program and a user's module: framed msgpack of declared types, never pickle.

A frame is four bytes of length, big-endian, and a message. Arrays travel as type, shape and raw bytes.
"""

import datetime as dt
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import msgspec
import numpy as np

from engine.core.errors import MindfolioError
from engine.core.money import Money
from engine.domain.candidate import Finding
from engine.domain.chain import Chain
from engine.domain.happening import Outlook
from engine.domain.limits import Costs
from engine.domain.mindfolio import ModuleSpec
from engine.domain.position import Position
from engine.domain.quote import Quote
from engine.domain.scan import Action, Exit, Hedge, ManageContext, Past, ScanContext, Trade, Warn
from engine.modules.base import ParameterSpec

HEAD = 4
"""Bytes of a frame before its message."""

MIB = 1 << 20


class Unreadable(MindfolioError):
    """What came over the pipe is no message."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a user's module may take: seconds by the wall's clock, bytes, and how much it may propose."""

    scan_s: float = 5.0
    load_s: float = 10.0
    test_s: float = 20.0
    """All answers of one backtest together: it is worked out while a scan is waited for."""
    cpu_s: int = 3600
    """Of a process's whole life; then a new one takes over."""
    memory: int = 1024 * MIB
    answer: int = MIB // 2
    """Taking one in holds up every thread of ours for its length: this much is some 30 ms at the worst."""
    candidates: int = 20
    """Trades that one scan may propose; there is one scan in a quarter of an hour, or when a person asks for it."""
    failures: int = 3
    """Ends of its process within `window_s` after which it is paused."""
    window_s: float = 600.0
    pause_s: float = 0.1
    """Before a process is begun anew; twice as long with each further failure."""


class Seal(msgspec.Struct, frozen=True, tag=True):
    """Give up what `limits` and the machine allow to give up; asked before the process has a byte of a user's code."""

    limits: Limits


class Load(msgspec.Struct, frozen=True, tag=True):
    """Compile and run these very bytes."""

    name: str
    source: bytes


class Held(msgspec.Struct, frozen=True):
    """One position as its module may see it; `quotes` are of its legs, in their order."""

    position: Position
    now: dt.datetime
    quotes: tuple[Quote | None, ...]
    dte: int | None
    mark: Money | None
    available: Money
    dividend: Money | None


class Look(msgspec.Struct, frozen=True, tag=True):
    """Scan, and say of each position what to do about it."""

    context: ScanContext
    held: tuple[Held, ...]


class Judge(msgspec.Struct, frozen=True, tag=True):
    """Say of one position what to do about it."""

    held: Held
    module: ModuleSpec
    chain: Chain | None
    costs: Costs
    rate: float
    outlook: Outlook
    past: Past

    def context(self) -> ManageContext:
        """The question as the contract has it."""
        held = self.held
        return ManageContext(
            now=held.now,
            module=self.module,
            quotes=dict(zip(held.position.structure.legs, held.quotes, strict=True)),
            dte=held.dte,
            mark=held.mark,
            chain=self.chain,
            available=held.available,
            costs=self.costs,
            rate=self.rate,
            outlook=self.outlook,
            past=self.past,
            dividend=held.dividend,
        )


class Sealed(msgspec.Struct, frozen=True, tag=True):
    """What the process cannot do any more: our own word, since the user's code comes later."""

    what: tuple[str, ...]


class Loaded(msgspec.Struct, frozen=True, tag=True):
    """What a module says of itself."""

    summary: str
    structures: tuple[str, ...]
    parameters: tuple[ParameterSpec, ...]


class Said(msgspec.Struct, frozen=True):
    """One action: exactly one of these."""

    leave: Exit | None = None
    trade: Trade | None = None
    hedge: Hedge | None = None
    warn: Warn | None = None

    @classmethod
    def of(cls, action: object) -> "Said":
        """An action as it travels. Raises TypeError for what is none."""
        match action:
            case Exit():
                return cls(leave=action)
            case Trade():
                return cls(trade=action)
            case Hedge():
                return cls(hedge=action)
            case Warn():
                return cls(warn=action)
        raise TypeError(f"manage answered with a {type(action).__name__}, which is no action")

    def action(self) -> Action:
        """The action. Raises Unreadable unless there is exactly one."""
        given = [each for each in (self.leave, self.trade, self.hedge, self.warn) if each is not None]
        if len(given) != 1:
            raise Unreadable(f"an action that is {len(given)} at once")
        return given[0]


SaidOfOne: TypeAlias = Annotated[tuple[Said, ...], msgspec.Meta(max_length=16)]
"""A Said may be one byte long, and is sixty in memory: their number is bounded before one of them is made."""


class Looked(msgspec.Struct, frozen=True, tag=True):
    """Findings, and for each position asked about its actions."""

    findings: tuple[Finding, ...]
    actions: Annotated[tuple[SaidOfOne, ...], msgspec.Meta(max_length=2_000)]


class Judged(msgspec.Struct, frozen=True, tag=True):
    """Actions of one position."""

    actions: SaidOfOne


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The module's code has raised an error."""

    error: str


Request: TypeAlias = Seal | Load | Look | Judge
Answer: TypeAlias = Sealed | Loaded | Looked | Judged | Failed


def held_of(position: Position, context: ManageContext) -> Held:
    """One position and its context as they travel."""
    quotes = tuple(context.quotes.get(leg) for leg in position.structure.legs)
    return Held(
        position, context.now, quotes, context.dte, context.mark, context.available, context.dividend
    )  # fmt: skip


def judge_of(position: Position, context: ManageContext) -> Judge:
    """A question about one position alone."""
    return Judge(
        held_of(position, context), context.module, context.chain, context.costs, context.rate, context.outlook,
        context.past,
    )  # fmt: skip


def judge_within(context: ScanContext, held: Held) -> Judge:
    """A question about one position that was asked with a scan, at the scan's market."""
    symbol = held.position.symbol
    unknown, nothing = Outlook(), Past(np.empty(0, dtype=np.int64), np.empty(0))
    return Judge(
        held, context.module, context.chains.get(symbol), context.costs, context.rate,
        context.outlooks.get(symbol, unknown), context.pasts.get(symbol, nothing),
    )  # fmt: skip


# --- bytes -----------------------------------------------------------------------------------------------------------
def _out(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, np.ascontiguousarray(value).tobytes()
    if isinstance(value, Mapping):  # a read-only view of a dict
        return dict(value)
    raise NotImplementedError(f"a {type(value).__name__} cannot be sent")


def _array_in(kind: typing.Any, value: object) -> object:
    """An array of the type that its field declares; msgspec turns a ValueError into its own."""
    wanted = np.dtype(typing.get_args(typing.get_args(kind)[1])[0])
    match value:
        case [str() as name, [int() as size], bytes() as body]:
            if name != wanted.str or size * wanted.itemsize != len(body):
                raise ValueError(f"{name} of {size} in {len(body)} bytes is no array of {wanted.str}")
            return np.frombuffer(body, dtype=wanted)
    raise ValueError("no array")


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_out)
_REQUESTS = msgspec.msgpack.Decoder(Request, dec_hook=_array_in, strict=True)
_ANSWERS = msgspec.msgpack.Decoder(Answer, strict=True)


def frame(message: Request | Answer) -> bytes:
    """A message with its head. Raises TypeError, ValueError or OverflowError for what cannot travel."""
    body = _ENCODER.encode(message)
    return len(body).to_bytes(HEAD, "big") + body


def request_in(body: bytes) -> Request:
    """A question. Raises Unreadable."""
    try:
        return typing.cast("Request", _REQUESTS.decode(body))
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise Unreadable(f"no question: {error}") from error


def answer_in(body: bytes) -> Answer:
    """An answer: of declared types only, whoever wrote it. Raises Unreadable."""
    try:
        return typing.cast("Answer", _ANSWERS.decode(body))
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise Unreadable(f"its answer is no message: {error}"[:300]) from error
