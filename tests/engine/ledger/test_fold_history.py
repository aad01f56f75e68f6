"""What performance is measured by is told with the event that brings it about."""

import datetime as dt

import pytest

from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.account import EXTERNAL, ActivityKind
from engine.domain.instrument import Right
from engine.domain.records import BoundaryRow, CloseRow, FlowRow, HistoryRow, OpeningRow, PowerRow, ResultRow
from engine.domain.structure import Leg, Structure, StructureKind
from tests.back_office import BackOffice
from tests.builders import ALPHA, BETA, MemoryStore, contract, ledger
from tests.history import bell, open_session

PUT = contract(250, Right.PUT)
SHORT_PUT = Structure(StructureKind.SHORT_PUT, (Leg(PUT, -1),))


@pytest.fixture
def office() -> BackOffice:
    return BackOffice(ledger(MemoryStore()))


def rows(office: BackOffice) -> tuple[HistoryRow, ...]:
    """The rows of the last entry that told any."""
    office.ledger.commit()
    store = office.ledger._store
    assert isinstance(store, MemoryStore)
    found = [row for row in store.history() if row.seq == office.ledger.book.seq]
    return tuple(found)


def flows(office: BackOffice) -> dict[str, tuple[Money, Money, int]]:
    found = [row for row in rows(office) if isinstance(row, FlowRow)]
    return {row.module_id: (row.amount, row.value, row.units) for row in found}


def test_a_mindfolio_begins_with_what_flowed_into_it(office: BackOffice) -> None:
    all_of_it = dollars(50_000)
    assert flows(office) == {
        "": (all_of_it, 0, all_of_it),
        ALPHA: (dollars(15_000), 0, 0),
        BETA: (dollars(20_000), 0, 0),
    }


def test_a_close_tells_what_everything_is_worth(office: BackOffice) -> None:
    """A condor for 120 at a mark of -100 after 2.40 of costs; nothing else."""
    held = office.open("-1.20")
    office.mark(**{held: "-100"})
    used = office.ledger.book.used(ALPHA)
    bell(office, dt.date(2026, 3, 16))
    seq, day, cost = office.ledger.book.seq, dt.date(2026, 3, 16), dollars("-2.40")
    earned = cost + dollars(20)
    assert rows(office) == (
        CloseRow(
            seq, office.at, day, "", dollars(50_000) + earned, dollars(50_000), cost, dollars(20), used, dollars(50_000)
        ),
        CloseRow(seq, office.at, day, ALPHA, dollars(15_000) + earned, dollars(15_000), cost, dollars(20), used, 0),
        CloseRow(seq, office.at, day, BETA, dollars(20_000), dollars(20_000), 0, 0, 0, 0),
        ResultRow(seq, day, held, earned),
    )


def test_external_is_not_in_a_close(office: BackOffice) -> None:
    held = office.open("-1.20")
    office.record(ev.PositionMoved(held, EXTERNAL, "user", ""))
    assert [row for row in rows(office) if isinstance(row, FlowRow)] == []
    office.mark(**{held: "-999"})
    bell(office, dt.date(2026, 3, 16))
    account, alpha, beta = rows(office)
    assert isinstance(account, CloseRow)
    assert isinstance(alpha, CloseRow)
    assert (account.realised, account.open_pnl, account.used) == (alpha.realised, 0, 0)
    assert account.realised == dollars("-2.40")
    assert account.value == office.ledger.book.nav
    assert beta.seq == account.seq


def test_cash_that_moves_is_a_flow_of_the_mindfolio_alone(office: BackOffice) -> None:
    office.deposit("1000")
    assert flows(office) == {"": (dollars(1000), dollars(50_000), dollars(1000))}
    office.deposit("-400")
    assert flows(office) == {"": (dollars(-400), dollars(51_000), dollars(-400))}


def test_budgets_and_settlements_are_flows_of_modules(office: BackOffice) -> None:
    office.close(office.open("-1.20"), "0.20")  # 100 - 4.80
    office.close(office.open("-1.20", module_id=BETA), "1.20")  # -4.80
    book = office.ledger.book
    plan = book.plan.moved(dollars(500), BETA, ALPHA)
    office.record(ev.BudgetReallocated(plan.budgets, plan.reserve, book.version + 1, "user", ""))
    assert flows(office) == {
        ALPHA: (dollars(500), dollars("15095.20"), 0),
        BETA: (dollars(-500), dollars("19995.20"), 0),
    }
    office.record(ev.GainSwept(ALPHA, dollars(95), "user", ""))
    assert flows(office) == {ALPHA: (dollars(-95), dollars("15595.20"), 0)}
    office.record(ev.LossSettled(BETA, dollars("4.80"), 0, "user", ""))
    assert flows(office) == {BETA: (dollars("4.80"), dollars("19495.20"), 0)}
    office.record(ev.ModuleRemoved(BETA, "user", ""))
    assert flows(office) == {BETA: (dollars(-19_500), dollars(19_500), 0)}


def test_the_budget_of_a_module_that_never_traded_leaves_with_it(office: BackOffice) -> None:
    """Else what it gets when it is added again would count twice."""
    budget = office.ledger.book.modules[BETA].budget
    assert budget > 0
    office.record(ev.ModuleRemoved(BETA, "user", ""))
    assert flows(office) == {BETA: (-budget, budget, 0)}


def test_an_open_result_that_is_moved_is_a_flow_of_both(office: BackOffice) -> None:
    held = office.open("-1.20")
    office.mark(**{held: "-150"})
    used = office.ledger.book.used(ALPHA)
    office.record(ev.PositionMoved(held, BETA, "user", ""))
    assert flows(office) == {
        ALPHA: (dollars(30), dollars("14967.60"), 0),
        BETA: (dollars(-30), dollars(20_000), 0),
    }
    seq, at, loss, lost = office.ledger.book.seq, office.at, dollars("-2.40"), dollars("-32.40")
    assert rows(office)[2:] == (
        PowerRow(seq, at, held, BETA, used),
        BoundaryRow(seq, at, "", 0, 0, dollars(15_000), 0, dollars(50_000) + lost),
        BoundaryRow(seq, at, ALPHA, lost, loss, dollars(15_000), 0, 0),
        BoundaryRow(seq, at, BETA, 0, dollars(-30), dollars(20_000), used, 0),
    )


def test_a_session_that_opens_is_a_boundary_and_no_flow(office: BackOffice) -> None:
    open_session(office, dt.date(2026, 3, 17))
    seq, at = office.ledger.book.seq, office.at
    assert rows(office) == (
        BoundaryRow(seq, at, "", 0, 0, dollars(15_000), 0, dollars(50_000)),
        BoundaryRow(seq, at, ALPHA, 0, 0, dollars(15_000), 0, 0),
        BoundaryRow(seq, at, BETA, 0, 0, dollars(20_000), 0, 0),
    )


def test_a_trade_tells_its_opening_once_and_each_change_of_its_buying_power(office: BackOffice) -> None:
    wheel = office.open("-2.00", structure=SHORT_PUT, quantity=2)
    seq, used = office.ledger.book.seq, office.ledger.book.used(ALPHA)
    assert rows(office) == (
        OpeningRow(seq, office.at, wheel, ALPHA, "TSLA", StructureKind.SHORT_PUT),
        PowerRow(seq, office.at, wheel, ALPHA, used),
    )
    child = office.end(wheel, PUT, ActivityKind.ASSIGNED, "245")
    book = office.ledger.book
    assert rows(office) == (
        PowerRow(book.seq, office.at, wheel, ALPHA, book.positions[wheel].used),
        PowerRow(book.seq, office.at, child, ALPHA, book.positions[child].used),
    ), "what is split off is no new trade"
    office.end(wheel, PUT, ActivityKind.EXPIRED, "251")
    assert rows(office) == (PowerRow(office.ledger.book.seq, office.at, wheel, ALPHA, 0),)


def test_legs_done_one_by_one_open_what_was_ordered(office: BackOffice) -> None:
    order_id = office.intend()
    office.fill_legs(order_id, (1, 0, 0, 0), ("1.00", "0", "0", "0"))
    (opening, _) = rows(office)
    assert isinstance(opening, OpeningRow)
    assert opening.kind is StructureKind.IRON_CONDOR


def test_what_changes_nothing_of_it_tells_nothing(office: BackOffice) -> None:
    office.intend()
    assert rows(office) == ()
    office.cash(ActivityKind.INTEREST, "5")
    assert rows(office) == ()
