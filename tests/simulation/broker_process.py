"""A paper broker in a process of its own, which outlives whoever trades with it, and the client that reaches it.

Messages are length-prefixed msgpack over a local socket. Prices come from the caller, with each call that needs them.
While nobody is connected the broker lives on: what was quoted last is quoted anew every few seconds, orders arrive,
limits meet quotes, and whatever it would have told is told to nobody.
"""

import contextlib
import datetime as dt
import os
import random
import signal
import socket
import struct
import sys
import typing
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from engine.core.calendar import session_at
from engine.core.money import Money
from engine.domain import broker_reports
from engine.domain.broker_reports import BrokerFilled, BrokerReport
from engine.domain.instrument import OptionContract, parse_instrument
from engine.domain.order import Order
from engine.domain.ports import QuoteSource
from engine.domain.quote import Quote
from engine.domain.structure import Structure
from engine.execution.paper import PaperBroker, PaperRules
from engine.runtime import defaults
from tests.simulation.mortal import Death

ALONE_STEP = dt.timedelta(seconds=20)
_LENGTH = struct.Struct(">I")


# --- messages --------------------------------------------------------------------------------------------------------
class Quotes(msgspec.Struct, tag=True):
    """Quotes that go along with a call."""

    contracts: list[tuple[OptionContract, Quote]] = []
    stocks: list[tuple[str, Quote]] = []


class Hello(msgspec.Struct, tag=True):
    """A new session of a book that has the statement up to `floor`; answered by the broker's time."""

    floor: int


class Submit(msgspec.Struct, tag=True):
    order: Order
    now: dt.datetime
    quotes: Quotes


class Cancel(msgspec.Struct, tag=True):
    order_id: str
    now: dt.datetime


class Ask(Cancel, tag=True): ...


class Replace(Cancel, tag=True):
    limit: Money


class AskAccount(msgspec.Struct, tag=True):
    now: dt.datetime


class Fund(msgspec.Struct, tag=True):
    reference: str
    amount: Money
    now: dt.datetime


class Preview(msgspec.Struct, tag=True):
    structure: Structure
    net_price: Money
    quantity: int
    shares: int
    quotes: Quotes


class Available(msgspec.Struct, tag=True):
    own: Money


class NextAt(msgspec.Struct, tag=True): ...


class Needs(msgspec.Struct, tag=True):
    """Which contracts and shares the next poll wants quotes of."""


class Poll(msgspec.Struct, tag=True):
    now: dt.datetime
    quotes: Quotes


class Audit(msgspec.Struct, tag=True):
    """Everything that the broker knows, for whoever compares."""


Request: TypeAlias = (
    Hello | Submit | Replace | Cancel | Ask | AskAccount | Fund | Preview | Available | NextAt | Needs | Poll | Audit
)


class Told(msgspec.Struct):
    """One report with its type's name."""

    name: str
    body: msgspec.Raw


class Known(msgspec.Struct):
    """An order as the broker has it; `sent` counts how often its client id arrived."""

    order_id: str
    quantity: int
    filled: int
    is_final: bool
    sent: int


class Audited(msgspec.Struct):
    """The broker's account at the end; `unheard` fills happened, or were told, while nobody listened.

    `after_stop` opening orders arrived while the stop file lay there.
    """

    positions: dict[str, int]
    cash: Money
    orders: list[Known]
    unheard: int
    after_stop: int


REPORTS: dict[str, type[Any]] = {kind.__name__: kind for kind in typing.get_args(broker_reports.BrokerReport)}

_ENCODE = msgspec.msgpack.encode
_REQUESTS = msgspec.msgpack.Decoder(Request)


def write(connection: socket.socket, message: object) -> None:
    """One message, whole."""
    body = _ENCODE(message)
    connection.sendall(_LENGTH.pack(len(body)) + body)


def read(connection: socket.socket) -> bytes:
    """The next message. Raises EOFError when the other side is gone."""
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    return _exactly(connection, length)


def _exactly(connection: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        try:
            part = connection.recv(count - len(parts))
        except ConnectionResetError:
            part = b""
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


# --- the broker's side -----------------------------------------------------------------------------------------------
class KnownQuotes:
    """The newest quotes that were sent along: a QuoteSource."""

    def __init__(self) -> None:
        self._contracts: dict[OptionContract, Quote] = {}
        self._stocks: dict[str, Quote] = {}

    def learn(self, quotes: Quotes) -> None:
        """Take what a call brought; a quote never goes back in time."""
        for contract, quote in quotes.contracts:
            known = self._contracts.get(contract)
            if known is None or quote.at >= known.at:
                self._contracts[contract] = quote
        for symbol, quote in quotes.stocks:
            known = self._stocks.get(symbol)
            if known is None or quote.at >= known.at:
                self._stocks[symbol] = quote

    def quote_anew(self, at: dt.datetime) -> None:
        """The same prices, quoted once more."""
        for contract, quote in self._contracts.items():
            self._contracts[contract] = replace(quote, at=at)
        for symbol, quote in self._stocks.items():
            self._stocks[symbol] = replace(quote, at=at)

    def quote(self, contract: OptionContract) -> Quote | None:
        return self._contracts.get(contract)

    def stock(self, symbol: str) -> Quote | None:
        return self._stocks.get(symbol)


class BrokerServer:
    """Serves one connection after another, and lives on between them."""

    def __init__(self, seed: int, cash: Money, latch: Path) -> None:
        self._broker = PaperBroker(seed, cash, defaults.costs(), rules=PaperRules(partial_pct=40))
        self._quotes = KnownQuotes()
        self._now = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._chance = random.Random(seed)
        self._sent: Counter[str] = Counter()
        self._latch = latch
        self._unheard = self._after_stop = 0

    def serve(self, listener: socket.socket) -> None:
        """For ever: whoever started this process ends it."""
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            has_traded = False
            with connection, contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
                while True:
                    request = _REQUESTS.decode(read(connection))
                    has_traded = has_traded or isinstance(request, Hello)
                    write(connection, self._answer(request))
            if has_traded:
                self._live_alone()

    def _live_alone(self) -> None:
        """Some time passes in which nobody hears what happens."""
        for _ in range(self._chance.randrange(4)):
            if session_at(self._now + ALONE_STEP) is None:
                return
            self._now += ALONE_STEP
            self._quotes.quote_anew(self._now)
            told = self._broker.poll(self._now, self._quotes)
            self._unheard += sum(isinstance(report, BrokerFilled) for report in told)

    def _answer(self, request: Request) -> object:  # noqa: C901, PLR0911, PLR0912 - one arm for each call of the port
        broker = self._broker
        self._now = max(self._now, getattr(request, "now", self._now))
        self._quotes.learn(getattr(request, "quotes", Quotes()))
        match request:
            case Hello(floor):
                broker.tell_after(floor)
                return self._now
            case Submit(order, now):
                self._sent[order.order_id] += 1
                self._after_stop += order.adds_risk and os.path.lexists(self._latch)
                broker.submit(order, now)
            case Replace(order_id, now, limit):
                broker.replace(order_id, limit, now)
            case Ask(order_id, now):
                broker.ask(order_id, now)
            case Cancel(order_id, now):
                broker.cancel(order_id, now)
            case AskAccount(now):
                broker.ask_account(now)
            case Fund(reference, amount, now):
                broker.fund(reference, amount, now)
            case Preview(structure, net_price, quantity, shares):
                return broker.preview(structure, net_price, quantity, shares)
            case Available(own):
                return broker.available(own)
            case NextAt():
                return broker.next_at()
            case Needs():
                return self._needs()
            case Poll(now):
                told = broker.poll(now, self._quotes)
                return [Told(type(report).__name__, msgspec.Raw(_ENCODE(report))) for report in told]
            case Audit():
                return self._audit()
        return None

    def _needs(self) -> list[str]:
        """OCC symbols and tickers of what is held and what is ordered."""
        state = self._broker._state
        names = set(state.positions)
        for order_id in state.live:
            structure = state.tickets[order_id].order.structure
            names |= {leg.contract.occ for leg in structure.legs} | {structure.symbol}
        symbols = {found if isinstance(found := parse_instrument(name), str) else found.underlying for name in names}
        return sorted(names | symbols)

    def _audit(self) -> Audited:
        state = self._broker._state
        orders = [
            Known(order_id, ticket.order.quantity, ticket.filled, ticket.status.is_final, self._sent[order_id])
            for order_id, ticket in state.tickets.items()
        ]
        return Audited(dict(state.positions), state.cash, orders, self._unheard, self._after_stop)


# --- the trader's side -----------------------------------------------------------------------------------------------
class RemoteBroker:
    """The Broker port over the socket. `death` is told where a call stands."""

    def __init__(self, port: int, quotes: QuoteSource, floor: int, death: Death) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._quotes = quotes
        self._death = death
        self.now: dt.datetime = self._call(Hello(floor), dt.datetime)
        """The broker's time when the session began."""

    def submit(self, order: Order, now: dt.datetime) -> None:
        self._pointed("submit", Submit(order, now, self._quotes_of(parts_of(order.structure))))

    def replace(self, order_id: str, limit: Money, now: dt.datetime) -> None:
        self._pointed("replace", Replace(order_id, now, limit))

    def cancel(self, order_id: str, now: dt.datetime) -> None:
        self._pointed("cancel", Cancel(order_id, now))

    def ask(self, order_id: str, now: dt.datetime) -> None:
        self._pointed("ask", Ask(order_id, now))

    def ask_account(self, now: dt.datetime) -> None:
        self._pointed("ask-account", AskAccount(now))

    def fund(self, reference: str, amount: Money, now: dt.datetime) -> None:
        self._pointed("fund", Fund(reference, amount, now))

    def preview(self, structure: Structure, net_price: Money, quantity: int, shares: int = 0) -> Money | None:
        quotes = self._quotes_of(parts_of(structure))
        known: Money | None = self._call(Preview(structure, net_price, quantity, shares, quotes), Money | None)
        return known

    def available(self, own: Money) -> Money | None:
        left: Money | None = self._call(Available(own), Money | None)
        return left

    def next_at(self) -> dt.datetime | None:
        due: dt.datetime | None = self._call(NextAt(), dt.datetime | None)
        return due

    def poll(self, now: dt.datetime, quotes: QuoteSource) -> tuple[BrokerReport, ...]:
        self._quotes = quotes
        names: list[str] = self._call(Needs(), list[str])
        told = self._call(Poll(now, self._quotes_of([parse_instrument(name) for name in names])), list[Told])
        reports = tuple(msgspec.msgpack.decode(each.body, type=REPORTS[each.name]) for each in told)
        self._death.heard(reports)
        return reports

    def close(self) -> None:
        self._socket.close()

    def _quotes_of(self, parts: Iterable[OptionContract | str]) -> Quotes:
        found = Quotes([], [])
        for part in parts:
            if isinstance(part, OptionContract):
                if (quote := self._quotes.quote(part)) is not None:
                    found.contracts.append((part, quote))
            elif (stock := self._quotes.stock(part)) is not None:
                found.stocks.append((part, stock))
        return found

    def _pointed(self, name: str, request: Request) -> None:
        """A call that may be the last: before a byte of it has left, before its answer is there, and after."""
        self._death.at(f"before-{name}")
        write(self._socket, request)
        self._death.at(f"in-{name}")
        read(self._socket)
        self._death.at(f"after-{name}")

    def _call(self, request: Request, kind: Any) -> Any:
        write(self._socket, request)
        return msgspec.msgpack.decode(read(self._socket), type=kind)


def parts_of(structure: Structure) -> list[OptionContract | str]:
    """Everything whose quote says what a structure is worth."""
    return [*(leg.contract for leg in structure.legs), structure.symbol]


def audited(port: int) -> Audited:
    """What the broker at this port knows; no session begins by asking."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        write(connection, Audit())
        return msgspec.msgpack.decode(read(connection), type=Audited)


def main() -> None:
    """`python -m tests.simulation.broker_process SEED CASH LATCH`: print the port, then serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        os.write(sys.stdout.fileno(), f"{listener.getsockname()[1]}\n".encode())
        BrokerServer(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])).serve(listener)


if __name__ == "__main__":
    main()
