"""The paper broker's file: what was there is there again after a restart, and nothing else."""

import datetime as dt
import os
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.errors import LedgerFault
from engine.core.money import dollars
from engine.domain.account import BrokerAccount, BrokerActivity
from engine.domain.broker_reports import BrokerAccepted, BrokerEnded, BrokerFilled, BrokerKnows, BrokerReplaced
from engine.domain.instrument import Right
from engine.domain.order import OrderStatus
from engine.execution.paper import PaperBroker, PaperRules
from engine.execution.paper_file import PaperFile
from engine.execution.paper_state import Lived, Opened, State
from tests.engine.execution.paper_world import CLOSE_OF_DAY, NOW, SECOND, Quotes, do, new_york, one, order, run

CASH = dollars(100_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "account" / "paper.jsonl"


def opened(path: Path, rules: PaperRules | None = None) -> PaperBroker:
    return PaperBroker(7, CASH, rules=rules or PaperRules(), file=path)


def account(broker: PaperBroker, now: dt.datetime, quotes: Quotes) -> BrokerAccount:
    broker.ask_account(now)
    found = broker.poll(now + SECOND, quotes)[-1]
    assert isinstance(found, BrokerAccount)
    return found


def test_a_working_order_goes_on_after_a_restart_at_its_newest_limit(path: Path) -> None:
    stale = Quotes().set(NOW - dt.timedelta(minutes=10))
    broker = opened(path)
    assert do(broker, order("-2.13"), stale, NOW) == [BrokerAccepted("o1")]
    broker.replace("o1", dollars("-2.10"), NOW + SECOND)
    assert broker.poll(NOW + 2 * SECOND, stale) == (BrokerReplaced("o1", dollars("-2.10")),)
    broker.replace("o1", dollars("-1.85"), NOW + 2 * SECOND)
    broker.close()
    again = opened(path)
    assert again.next_at() == NOW + 3 * SECOND
    replaced, filled = again.poll(NOW + 3 * SECOND, Quotes().set(NOW + 3 * SECOND))
    assert replaced == BrokerReplaced("o1", dollars("-1.85"))
    assert isinstance(filled, BrokerFilled)
    again.close()
    third = opened(path)
    third.submit(order("-1.85"), NOW + 4 * SECOND)
    third.ask("o1", NOW + 4 * SECOND)
    (told,) = third.poll(NOW + 5 * SECOND, Quotes().set(NOW + 3 * SECOND))
    assert told == BrokerKnows("o1", is_known=True, status=OrderStatus.FILLED, fills=(filled,), limit=dollars("-1.85"))
    third.close()


def test_an_order_on_its_way_arrives_after_a_restart_and_ends_with_its_own_day(path: Path) -> None:
    broker = opened(path)
    broker.submit(order("-2.13"), NOW)
    broker.close()
    again = opened(path)
    assert again.poll(NOW + 2 * SECOND, Quotes().set(NOW)) == (BrokerAccepted("o1"),)
    again.close()
    morning = NOW + dt.timedelta(hours=20)
    third = opened(path)
    ended = BrokerEnded("o1", OrderStatus.EXPIRED, 0, "day order expired")
    assert third.poll(morning, Quotes().set(morning)) == (ended,)
    third.close()


def test_cash_positions_and_the_statement_are_read_back_and_told_again(path: Path) -> None:
    quotes = Quotes().set(NOW)
    broker = opened(path)
    do(broker, order("-1.85"), quotes, NOW)
    broker.deposit(dollars(250), NOW + SECOND)
    assert broker.withdraw(dollars(1_000_000), NOW + SECOND) != ""
    assert broker.withdraw(dollars(50), NOW + SECOND) == ""
    before = account(broker, NOW + 2 * SECOND, quotes)
    # 2 x 185 - 4.80 + 250 - 50
    assert before.cash == CASH + dollars("565.20")
    broker.close()
    again = PaperBroker(7, dollars(1), file=path)
    lines = again.poll(NOW + 3 * SECOND, quotes)
    assert [(line.number, line.cash) for line in lines if isinstance(line, BrokerActivity)] == [
        (1, dollars(250)),
        (2, -dollars(50)),
    ]
    after = account(again, NOW + 2 * SECOND, quotes)
    assert after == before
    again.tell_after(1)
    (line,) = again.poll(NOW + 4 * SECOND, quotes)
    assert isinstance(line, BrokerActivity)
    assert line.number == 2
    again.tell_after(99)
    assert again.poll(NOW + 5 * SECOND, quotes) == ()
    again.close()


def test_an_outcome_that_was_decided_before_a_restart_is_told_after_it_once(path: Path) -> None:
    friday = dt.date(2026, 4, 17)
    held, now = one(440, Right.CALL, 1), new_york(friday, 15, 59)
    quotes = Quotes().at_price(now, 445).option(now, held.legs[0].contract, "5.00", "5.02")
    broker = opened(path)
    do(broker, order("5.02", structure=held, quantity=1), quotes, now)
    run(broker, quotes, new_york(friday, 16))
    broker.close()
    changed = Quotes().at_price(new_york(friday, 18), 430)
    again = opened(path)
    (told,) = run(again, changed, new_york(dt.date(2026, 4, 18), 12))
    assert isinstance(told, BrokerActivity)
    assert (told.shares, told.price) == (100, dollars(445))
    again.close()
    third = opened(path)
    third.tell_after(told.number)
    assert run(third, changed, new_york(dt.date(2026, 4, 20), 12)) == []
    third.close()


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_last_line_is_dropped_and_the_file_goes_on(path: Path, cut: int) -> None:
    broker = opened(path)
    do(broker, order("-2.13"), Quotes().set(NOW), NOW)
    whole = path.stat().st_size
    broker.cancel("o1", NOW + SECOND)
    broker.close()
    os.truncate(path, path.stat().st_size - cut)
    again = opened(path)
    assert path.stat().st_size == whole
    # The cancel was never answered for: the order works on, and can be cancelled again.
    assert again.next_at() == CLOSE_OF_DAY
    again.cancel("o1", NOW + 2 * SECOND)
    again.close()
    third = opened(path)
    ended = BrokerEnded("o1", OrderStatus.CANCELLED, 0, "cancelled on request")
    assert third.poll(NOW + 3 * SECOND, Quotes().set(NOW)) == (ended,)
    third.close()


@pytest.mark.parametrize("where", [0, 1])
def test_damage_before_the_last_line_is_refused_by_its_number(path: Path, where: int) -> None:
    broker = opened(path)
    broker.submit(order("-2.13"), NOW)
    broker.cancel("o1", NOW)
    broker.close()
    lines = path.read_bytes().split(b"\n")
    lines[where] = lines[where].replace(b"type", b"tYpe", 1)
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(LedgerFault, match=f"line {where + 1} is damaged"):
        opened(path)


@pytest.mark.parametrize("body", [b'[{"type":"Ended","order_id":"\xff"}]', b'[{"type":"Ended","x":' + b"[" * 3000])
def test_a_line_that_is_no_text_or_too_deep_is_damage(path: Path, body: bytes) -> None:
    opened(path).close()
    path.write_bytes(b"%08x %b\n" % (zlib.crc32(body), body) + path.read_bytes())
    with pytest.raises(LedgerFault, match="line 1 is damaged"):
        opened(path)


def test_a_file_of_a_newer_program_is_refused(path: Path) -> None:
    file = PaperFile(path)
    file.append([Opened(99, CASH)], is_durable=True)
    file.close()
    with pytest.raises(LedgerFault, match="version 99"):
        opened(path)


def test_a_file_without_a_whole_line_is_a_new_account(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"1234")
    broker = opened(path)
    assert account(broker, NOW, Quotes()).cash == CASH
    broker.close()
    opened(path).close()
    assert path.read_bytes().count(b"Opened") == 1


def test_a_file_that_has_grown_is_rewritten_as_it_stands(path: Path) -> None:
    quotes = Quotes().set(NOW)
    broker = opened(path, PaperRules(compact_at=3000))
    do(broker, order("-1.85"), quotes, NOW)
    do(broker, order("-2.13", "o2"), quotes, NOW + SECOND)
    sizes = []
    for number in range(100):
        at = NOW + (2 + number) * SECOND
        broker.replace("o2", dollars("-2.20") - number * 100, at)
        broker.poll(at + SECOND, quotes)
        sizes.append(path.stat().st_size)
    assert max(sizes) < 15_000
    assert sizes != sorted(sizes)
    before = account(broker, NOW + 200 * SECOND, quotes)
    broker.close()
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    again = opened(path)
    assert account(again, NOW + 200 * SECOND, quotes) == before
    again.submit(order("-1.85"), NOW + 202 * SECOND)
    assert again.poll(NOW + 203 * SECOND, quotes) == ()
    again.close()


def test_what_cannot_be_written_is_told_only_once_it_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broker, quotes = opened(path), Quotes().set(NOW)
    broker.submit(order("-1.85"), NOW)
    size = path.stat().st_size

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("engine.execution.paper_file.os.fsync", full)
        with pytest.raises(LedgerFault, match="No space") as raised:
            broker.poll(NOW + SECOND, quotes)
    words = "make room for it and see that it may be written, then start again"
    assert str(raised.value) == f"the paper broker's file {path} cannot be written: No space left on device; {words}"
    assert path.stat().st_size == size
    accepted, filled = broker.poll(NOW + 2 * SECOND, quotes)
    assert accepted == BrokerAccepted("o1")
    assert isinstance(filled, BrokerFilled)
    broker.close()
    again = opened(path)
    assert account(again, NOW + 3 * SECOND, quotes).cash == CASH + dollars("365.20")
    again.close()


def test_orders_and_fills_are_on_the_disk_before_the_call_returns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    real = os.fsync
    broker, quotes = opened(path), Quotes().set(NOW)

    def counted(descriptor: int) -> None:
        synced.append(descriptor)
        real(descriptor)

    monkeypatch.setattr("engine.execution.paper_file.os.fsync", counted)
    broker.submit(order("-2.13"), NOW)
    assert len(synced) == 1
    broker.poll(NOW + SECOND, quotes)
    broker.replace("o1", dollars("-1.85"), NOW + SECOND)
    assert len(synced) == 1
    broker.poll(NOW + 2 * SECOND, quotes)
    assert len(synced) == 2
    broker.close()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_every_cut_of_the_file_is_a_moment_that_was(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "cut.jsonl"
    path.unlink(missing_ok=True)
    broker, quotes = opened(path), Quotes().set(NOW)
    moments: list[State | None] = [None]
    sizes = [0]

    def keep() -> None:
        file = PaperFile(path)
        moments.append(file.read())
        sizes.append(file.size)
        file.close()

    keep()
    for number in range(3):
        broker.submit(order("-1.85" if number % 2 else "-2.13", f"o{number}"), NOW + number * SECOND)
        keep()
        broker.cancel("o0", NOW + number * SECOND)
        keep()
        broker.poll(NOW + (number + 1) * SECOND, quotes)
        keep()
    broker.close()
    cut = data.draw(st.integers(0, sizes[-1]))
    os.truncate(path, cut)
    file = PaperFile(path)
    last = max(place for place, size in enumerate(sizes) if size <= cut)
    assert file.read() == moments[last]
    file.append([Lived(NOW)], is_durable=False)
    file.close()
