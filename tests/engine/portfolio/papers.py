"""A mindfolio's March 2026, written by hand: what papers of a month are proven on.

On 16 March it begins with $50,000. Alpha sells condors: one closed with a gain, one with a loss, one open. Beta runs a
wheel in KO: a put assigned, a dividend, a call against the shares, called away. Cash comes and goes, budgets move, a
loss is settled, a module is paused, everything is stopped and armed again.
"""

import datetime as dt
from collections.abc import Iterator

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.account import ActivityKind
from engine.domain.events import Event
from engine.domain.instrument import OptionContract, Right
from engine.domain.mindfolio import ModuleStatus
from engine.domain.ports import LedgerStore
from engine.domain.records import Recorded
from engine.domain.structure import Leg, Structure, StructureKind
from engine.ledger.codec import chained
from tests.builders import ALPHA, BETA, Clerk, MemoryStore, created, ledger

MARCH = dt.date(2026, 3, 1)
KO_PUT = OptionContract("KO", dt.date(2026, 3, 20), dollars(60), Right.PUT)
KO_CALL = OptionContract("KO", dt.date(2026, 3, 27), dollars(61), Right.CALL)


def at(day: int, hour: int = 15, minute: int = 0, month: int = 3) -> dt.datetime:
    """An instant of 2026, UTC; in March after the 8th New York is four hours behind."""
    return dt.datetime(2026, month, day, hour, minute, tzinfo=dt.UTC)


def single(contract: OptionContract, ratio: int) -> Structure:
    """One option, bought or sold."""
    names = {
        (Right.PUT, True): StructureKind.LONG_PUT,
        (Right.PUT, False): StructureKind.SHORT_PUT,
        (Right.CALL, True): StructureKind.LONG_CALL,
        (Right.CALL, False): StructureKind.SHORT_CALL,
    }
    return Structure(names[contract.right, ratio > 0], (Leg(contract, ratio),))


def bell(clerk: Clerk, day: int, *, opens: bool, month: int = 3) -> None:
    """A session begins, or ends."""
    clerk.at = max(clerk.at, at(day, 13, 29, month) if opens else at(day, 20, 0, month))
    book, date = clerk.ledger.book, dt.date(2026, month, day)
    if opens:
        clerk.record(ev.SessionOpened(date, {module_id: book.pnl(module_id) for module_id in book.modules}))
    else:
        clerk.mark()
        clerk.record(ev.SessionClosed(date))


def march(store: LedgerStore | None = None) -> Clerk:
    """The whole month, and the first session of April."""
    clerk = Clerk(ledger(store))
    first_week(clerk)
    second_week(clerk)
    bell(clerk, 1, opens=True, month=4)
    clerk.at = at(1, month=4)
    clerk.mark(P000004="-60.00")
    bell(clerk, 1, opens=False, month=4)
    clerk.ledger.commit()
    return clerk


def first_week(clerk: Clerk) -> None:
    """16 to 20 March."""
    bell(clerk, 16, opens=True)
    clerk.at = at(16, 19)
    clerk.open("-2.00")  # P000001, a condor: +200, 2.40 of commissions
    clerk.mark(P000001="-190.00")
    bell(clerk, 16, opens=False)
    bell(clerk, 17, opens=True)
    clerk.at = at(17, 14)
    clerk.open("-0.90", module_id=BETA, structure=single(KO_PUT, -1))  # P000002, a put: +90, 0.60
    clerk.record(ev.CashDeposited(dollars(5_000), dollars(5_000), "anna", "more to work with"))
    clerk.record(
        ev.BudgetReallocated(
            {ALPHA: dollars(18_000), BETA: dollars(20_000)}, dollars(17_000), 2, "anna", "=alpha earns more"
        )
    )
    clerk.mark(P000001="-150.00", P000002="-85.00")
    bell(clerk, 17, opens=False)
    bell(clerk, 18, opens=True)
    clerk.at = at(18)
    clerk.close("P000001", "1.00")  # alpha's condor ends: 200 - 100 - 4.80 = +95.20
    bell(clerk, 18, opens=False)
    bell(clerk, 20, opens=True)
    clerk.at = at(20)
    clerk.open("-1.20")  # P000003: +120, 2.40
    bell(clerk, 20, opens=False)
    clerk.at = at(20, 23)
    clerk.record(
        ev.LegSettled(
            "P000002", KO_PUT, 1, ActivityKind.ASSIGNED, 100, -dollars(6_000), 0, dollars("58.50"), dollars(6_000),
            activity=1,
        )
    )  # fmt: skip


def second_week(clerk: Clerk) -> None:
    """23 to 31 March."""
    bell(clerk, 23, opens=True)
    clerk.at = at(23)
    clerk.record(ev.CashBooked(ActivityKind.DIVIDEND, BETA, "P000002", "KO", dollars("48.50"), "0.485 a share", 2))
    clerk.record(ev.CashBooked(ActivityKind.INTEREST, "", "", "USD", dollars("12.3456"), "credit interest", 3))
    clerk.fill(clerk.intend(module_id=BETA, position_id="P000002", structure=single(KO_CALL, -1)), "-0.70")
    clerk.close("P000003", "2.10")  # 120 - 210 - 4.80 = -94.80
    bell(clerk, 23, opens=False)
    bell(clerk, 24, opens=True)
    clerk.at = at(24)
    clerk.record(ev.EmergencyStopLatched("button", "odd quotes"))
    clerk.at = at(24, 16)
    clerk.record(ev.MindfolioRearmed("anna", "quotes are fine again"))
    clerk.record(ev.ModuleStatusChanged(BETA, ModuleStatus.PAUSED, "", "day loss 1,020 of 1,000", "DAILY_LOSS"))
    clerk.record(ev.CashDeposited(-dollars(1_000), -dollars(1_000), "anna", "rent"))
    clerk.open("-1.50")  # P000004: +150, stays open
    bell(clerk, 24, opens=False)
    bell(clerk, 27, opens=True)
    clerk.at = at(27)
    clerk.mark(P000002="6080.00", P000004="-120.00")
    bell(clerk, 27, opens=False)
    clerk.at = at(27, 23)
    clerk.record(
        ev.LegSettled("P000002", KO_CALL, 1, ActivityKind.ASSIGNED, -100, dollars(6_100), 0, dollars(62), 0, activity=4)
    )  # the wheel ends: 90 + 70 + 100 - 1.20 + 48.50 = +307.30
    clerk.at = at(31)
    bell(clerk, 31, opens=True)
    clerk.at = at(31)
    clerk.record(ev.GainSwept(BETA, dollars(300), "anna", "quarter's end"))
    clerk.record(ev.CashBooked(ActivityKind.FEE, ALPHA, "", "", -dollars("1.25"), "regulatory fee", 5))
    clerk.mark(P000004="-90.00")
    bell(clerk, 31, opens=False)


def journal(clerk: Clerk) -> Iterator[tuple[Recorded, Event]]:
    """What a clerk has written, as it is read back."""
    clerk.ledger.commit()
    return chained(clerk.ledger._store.entries())


__all__ = ["KO_CALL", "KO_PUT", "MARCH", "MemoryStore", "at", "bell", "created", "journal", "march", "single"]
