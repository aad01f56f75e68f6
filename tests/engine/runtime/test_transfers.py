"""Transfers: asked of the broker until its statement has named them, and no harm done by asking twice."""

import datetime as dt
from pathlib import Path

import pytest

from engine.core.money import Money, dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.account import ActivityKind, BrokerActivity
from engine.runtime import handlers
from engine.runtime.reconciling import INTERVAL
from tests.fakes import Rig, ScriptedBroker, chain_update, new_york


class Bank(ScriptedBroker):
    """A broker that refuses the first transfers it is asked for, and keeps the references of the others."""

    def __init__(self, refuses: int = 0) -> None:
        super().__init__()
        self.refuses = refuses
        self.asked: list[tuple[str, Money]] = []

    def fund(self, reference: str, amount: Money, now: dt.datetime) -> None:
        """Refuse, or keep it."""
        if self.refuses:
            self.refuses -= 1
            raise ConnectionError("no line to the bank")
        self.asked.append((reference, amount))


@pytest.fixture
def bank() -> Bank:
    """It does not answer the first time, and its statement names no transfer by itself."""
    return Bank(refuses=1)


@pytest.fixture
def rig(tmp_path: Path, bank: Bank) -> Rig:
    """An hour of quotes."""
    return Rig(tmp_path, [chain_update(new_york(10, minute)) for minute in range(0, 60, 5)], broker=bank)


def deposit(rig: Rig) -> None:
    """500 dollars come in."""
    handlers.handle(rig.desk, cmd.DepositCash(dollars(500), "user", "savings"))
    rig.desk.commit()


def test_what_could_not_be_asked_for_is_asked_for_with_the_account_and_stops_nothing(rig: Rig, bank: Bank) -> None:
    deposit(rig)
    assert bank.asked == []
    assert rig.desk.halted == ""
    rig.run(new_york(10, 1))
    ((reference, amount),) = set(bank.asked)
    assert (reference, amount) == (next(iter(rig.desk.book.transfers)), dollars(500))


def test_the_same_reference_is_asked_for_until_the_statement_names_it(rig: Rig, bank: Bank) -> None:
    deposit(rig)
    rig.run(new_york(10, 20))
    often = len(bank.asked)
    assert often >= 20 // (INTERVAL.seconds // 60)
    (reference,) = {reference for reference, _ in bank.asked}

    named = BrokerActivity(1, ActivityKind.DEPOSIT, rig.desk.now, reference, 0, 0, dollars(500))
    bank.say(named, rig.desk.now)
    rig.run(new_york(10, 21))
    assert rig.desk.book.transfers == {}
    asked = len(bank.asked)
    rig.run(new_york(10, 50))
    assert len(bank.asked) == asked


def test_a_restart_asks_again_for_what_no_statement_has_named(rig: Rig) -> None:
    deposit(rig)
    rig.store.close()
    bank = Bank()
    again = Rig(rig.folder, rig.feed._updates, broker=bank)
    assert bank.asked == [(next(iter(again.desk.book.transfers)), dollars(500))]
    assert len(again.events(ev.CashDeposited)) == 1
