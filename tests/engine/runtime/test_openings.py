"""From a candidate to a position and back: what the gate is told, what an order holds, and what reports do to it."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.broker_reports import BrokerAccepted, BrokerEnded, BrokerFilled
from engine.domain.candidate import ApprovalStatus, Candidate
from engine.domain.evidence import Evidence
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import AccountRules, ModuleSpec, Waivers
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.structure import Structure, StructureKind, condor_buying_power
from engine.runtime import closings, managing, openings, orders, reports
from engine.runtime.desk import Desk
from engine.runtime.openings import Ticket
from tests.builders import three_iv_services
from tests.fakes import Rig, ScriptedBroker, chain_update, filled, new_york, whole_budget_in_one_symbol

APPROVER = "IV_SERVICE_2"
"""The default module without autotrade: its candidates wait, so that a test can take one."""


WAIVED = Waivers(iv_rank=True, events=True)


class GoodRecord:
    """A Backtester that vouches for everything, so that more than one contract may be traded."""

    def evidence(self, module: ModuleSpec, candidate: Candidate, now: dt.datetime) -> Evidence:
        return Evidence(trades=200, win_rate=0.8, expectancy=dollars("25"), source="test")


class DearBroker(ScriptedBroker):
    """A broker that asks for more than our rule does, by an amount that does not divide into contracts."""

    def __init__(self, extra: Money) -> None:
        super().__init__()
        self.extra = extra
        self.own: Money | None = dollars("50000")

    def preview(self, structure: Structure, net_price: Money, quantity: int, shares: int = 0) -> Money | None:
        return condor_buying_power(structure, net_price, quantity) + self.extra

    def available(self, own: Money) -> Money | None:
        return self.own


def rig_for_several(folder: Path, broker: ScriptedBroker | None = None, later: tuple[dt.datetime, ...] = ()) -> Rig:
    """One approval for several contracts: evidence is there and the module may risk 4,000 a trade."""
    spec = three_iv_services(("SPY",))
    limits = ModuleLimits(max_risk_per_trade=dollars("4000"), daily_loss_limit=dollars("1500"))
    modules = tuple(
        replace(module, limits=limits, autotrade=False) if module.module_id == APPROVER else module
        for module in spec.modules[1:2]
    )
    spec = replace(spec, modules=modules, budgets={APPROVER: dollars("45000")})
    updates = [chain_update(at) for at in (new_york(10), *later)]
    rig = Rig(folder, updates, broker=broker, spec=spec, waivers=WAIVED, limits=whole_budget_in_one_symbol())
    rig.desk.backtester = GoodRecord()
    return rig.run(until=new_york(10))


def waiting(rig: Rig) -> Candidate:
    """The candidate of the approval that waits; the approval itself is refused, so that it is no duplicate."""
    (approval,) = rig.desk.book.approvals.values()
    rig.desk.record(ev.ApprovalDecided(approval.approval_id, ApprovalStatus.REFUSED, "user", "test"))
    return approval.candidate


def give_budget(rig: Rig, amount: Money) -> None:
    """Leave the approving module this budget; the rest goes to the reserve."""
    book = rig.desk.book
    plan = book.plan.moved(book.modules[APPROVER].budget - amount, APPROVER, None)
    rig.desk.record(ev.BudgetReallocated(plan.budgets, plan.reserve, book.version + 1, "user", "test"))


def power(desk: Desk, candidate: Candidate) -> Money | None:
    """What opening a candidate takes of a budget, costs apart; None when nobody can tell."""
    claim = openings.claim_for(desk, candidate)
    return None if claim is None else claim.total


def open_order(rig: Rig, candidate: Candidate) -> Order:
    """Open a candidate and return its order as the broker got it."""
    assert openings.try_open(rig.desk, candidate) == ()
    rig.desk.commit()
    return rig.broker.submitted[-1]


def report(rig: Rig, *heard: BrokerAccepted | BrokerFilled | BrokerEnded) -> None:
    """Book what a broker says, as the kernel would."""
    for said in heard:
        reports.on_report(rig.desk, said)
    rig.desk.commit()


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """A market at 10:00 with one order of IV_SERVICE working and one approval of IV_SERVICE_2 waiting."""
    return Rig(tmp_path, [chain_update(new_york(10)), chain_update(new_york(12))]).run(until=new_york(10, 0, 2))


class TestWhatTheGateIsTold:
    def test_money_figures_come_from_the_legs_and_not_from_the_candidate(self, rig: Rig) -> None:
        honest = waiting(rig)
        lying = replace(honest, buying_power=1, max_risk=1, costs=0)

        facts = openings.facts_of(rig.desk, lying)

        rule = condor_buying_power(honest.structure, honest.worst_price, honest.quantity)
        assert (facts.buying_power, facts.max_risk, facts.costs) == (rule, rule, dollars("2.40"))

    def test_a_worst_price_better_than_the_first_one_makes_nothing_cheaper(self, rig: Rig) -> None:
        honest = waiting(rig)
        flattering = replace(honest, worst_price=honest.net_price - dollars("0.50"))

        facts = openings.facts_of(rig.desk, flattering)

        at_the_start = condor_buying_power(honest.structure, honest.net_price, honest.quantity)
        assert (facts.buying_power, facts.max_risk) == (at_the_start, at_the_start)
        order = open_order(rig, flattering)
        assert order.worst == order.limit == honest.net_price
        assert order.hold == at_the_start + dollars("2.40")

    def test_a_candidate_that_makes_itself_small_is_denied_all_the_same(self, rig: Rig) -> None:
        lying = replace(waiting(rig), buying_power=1, max_risk=1, costs=0)
        give_budget(rig, dollars("300"))

        assert [denial.code.value for denial in openings.try_open(rig.desk, lying)] == ["BUDGET", "SYMBOL_CAP"]

    def test_a_broker_that_asks_for_more_than_our_rule_is_believed(self, tmp_path: Path) -> None:
        rig = Rig(tmp_path, [chain_update(new_york(10))], broker=DearBroker(dollars("100"))).run(until=new_york(10))
        candidate = waiting(rig)

        rule = condor_buying_power(candidate.structure, candidate.worst_price, 1)
        assert power(rig.desk, candidate) == rule + dollars("100")
        order = open_order(rig, candidate)
        assert order.hold == rule + dollars("100") + dollars("2.40")

    @pytest.mark.parametrize(("own", "is_denied"), [(None, True), ("376", False), ("375.9999", True)])
    def test_the_brokers_figure_of_what_is_left_binds(self, tmp_path: Path, own: str | None, is_denied: bool) -> None:
        broker = DearBroker(extra=0)
        rig = Rig(tmp_path, [chain_update(new_york(10))], broker=broker).run(until=new_york(10))
        candidate = waiting(rig)
        needed = (power(rig.desk, candidate) or 0) + dollars("2.40")
        broker.own = None if own is None else needed + dollars(own) - dollars("376")

        codes = [denial.code.value for denial in openings.try_open(rig.desk, candidate)]

        assert codes == (["ACCOUNT_BUYING_POWER"] if is_denied else [])

    def test_a_shape_that_is_not_what_it_claims_and_has_no_worst_case_is_denied(self, rig: Rig) -> None:
        candidate = waiting(rig)
        naked = replace(candidate, structure=Structure(StructureKind.IRON_CONDOR, candidate.structure.legs[1:3]))

        assert openings.facts_of(rig.desk, naked).max_risk is None, "a short call without cover has no worst"
        codes = {denial.code.value for denial in openings.try_open(rig.desk, naked)}
        assert {"STRUCTURE", "MAX_RISK"} <= codes

    def test_no_contracts_at_all_are_denied_without_a_fault(self, rig: Rig) -> None:
        candidate = replace(waiting(rig), quantity=0)
        assert "STRUCTURE" in {denial.code.value for denial in openings.try_open(rig.desk, candidate)}

    def test_the_same_legs_again_are_a_duplicate_of_the_order_and_then_of_the_position(self, rig: Rig) -> None:
        candidate = waiting(rig)
        order = open_order(rig, candidate)
        again = openings.facts_of(rig.desk, candidate)
        assert again.duplicate_of == f"order {order.order_id}"
        report(rig, filled(order))
        assert openings.facts_of(rig.desk, candidate).duplicate_of == f"position {order.position_id}"

    def test_another_module_with_the_same_legs_is_no_duplicate(self, rig: Rig) -> None:
        candidate = waiting(rig)
        assert [order.structure.legs for order in rig.desk.book.orders.values()] == [candidate.structure.legs]
        assert openings.facts_of(rig.desk, candidate).duplicate_of is None


class TestHolds:
    @pytest.mark.parametrize(("short_by", "codes"), [(0, []), (1, ["BUDGET", "SYMBOL_CAP"])])
    def test_what_the_gate_allows_to_the_last_unit_is_what_the_order_holds(
        self, tmp_path: Path, short_by: Money, codes: list[str]
    ) -> None:
        rig = rig_for_several(tmp_path, DearBroker(extra=1))
        candidate = waiting(rig)
        assert candidate.quantity > 1
        rule = condor_buying_power(candidate.structure, candidate.worst_price, candidate.quantity)
        # The odd unit that the broker asks for makes one unit of money a contract.
        needed = rule + candidate.quantity + dollars("2.40") * candidate.quantity
        give_budget(rig, needed - short_by)

        assert [denial.code.value for denial in openings.try_open(rig.desk, candidate)] == codes

        assert rig.desk.book.held(APPROVER) == (0 if codes else needed)

    def test_a_partial_fill_releases_the_hold_of_what_is_filled_and_no_more(self, tmp_path: Path) -> None:
        rig = rig_for_several(tmp_path)
        order = open_order(rig, waiting(rig))
        whole = rig.desk.book.held(APPROVER)
        assert whole == order.hold * order.quantity

        report(rig, BrokerAccepted(order.order_id), filled(order, cumulative=3))

        book = rig.desk.book
        assert book.held(APPROVER) == order.hold * (order.quantity - 3)
        (position,) = book.positions_of(APPROVER)
        assert (position.quantity, position.commissions) == (3, 3 * dollars("2.40"))
        assert book.used(APPROVER) + book.held(APPROVER) <= whole

    def test_the_end_of_a_partly_filled_order_releases_the_rest_and_keeps_the_position(self, tmp_path: Path) -> None:
        rig = rig_for_several(tmp_path)
        order = open_order(rig, waiting(rig))
        report(rig, filled(order, cumulative=2))
        orders.request_cancel(rig.desk, rig.desk.book.orders[order.order_id], "test")
        rig.desk.commit()
        assert rig.desk.book.held(APPROVER) == order.hold * (order.quantity - 2), "a request is not the final word"

        report(rig, BrokerEnded(order.order_id, OrderStatus.CANCELLED, 2, "cancelled as asked"))

        assert rig.desk.book.held(APPROVER) == 0
        assert [position.quantity for position in rig.desk.book.positions_of(APPROVER)] == [2]

    def test_frames_out_of_order_book_every_contract_once(self, tmp_path: Path) -> None:
        rig = rig_for_several(tmp_path)
        order = open_order(rig, waiting(rig))
        report(rig, *(filled(order, cumulative=done) for done in (2, 1, 2, 5, 5, order.quantity)))

        fills = [event.quantity for event in rig.events(ev.OrderFilled) if isinstance(event, ev.OrderFilled)]
        assert fills == [2, 3, order.quantity - 5]
        assert rig.desk.book.orders_of(APPROVER) == ()

    def test_a_rejection_releases_the_hold_and_keeps_the_brokers_words(self, rig: Rig) -> None:
        order = open_order(rig, waiting(rig))
        report(rig, BrokerEnded(order.order_id, OrderStatus.REJECTED, 0, "not today"))

        assert rig.desk.book.held(APPROVER) == 0
        ended = [event for event in rig.events(ev.OrderEnded) if isinstance(event, ev.OrderEnded)]
        assert (ended[-1].status, ended[-1].why) == (OrderStatus.REJECTED, "not today")

    def test_reports_about_unknown_orders_change_nothing(self, rig: Rig) -> None:
        before = rig.desk.book.seq
        report(
            rig,
            BrokerAccepted("O999999"),
            BrokerFilled("O999999", 1, -dollars("1"), (0, 0, 0, 0)),
            BrokerEnded("O999999", OrderStatus.CANCELLED, 1, "never ours"),
        )
        assert rig.desk.book.seq == before

    def test_an_end_that_counts_other_fills_than_the_ledger_ends_nothing_and_is_asked_about(self, rig: Rig) -> None:
        order = open_order(rig, waiting(rig))
        reports.on_report(rig.desk, BrokerEnded(order.order_id, OrderStatus.CANCELLED, 1, ""))
        assert rig.desk.book.held(APPROVER) == order.hold
        assert rig.desk.ask_at[order.order_id] == rig.desk.now


class TestTheWholeAccount:
    """The account's own cash binds when a cut module still uses what another one was given."""

    @pytest.fixture
    def small(self, tmp_path: Path) -> Rig:
        """1,000 of capital: IV_SERVICE has a condor of SPY open, then everything is given to IV_SERVICE_2."""
        spec = three_iv_services(("QQQ", "SPY"))
        modules = (
            replace(spec.modules[0], universe=("SPY",)),
            replace(spec.modules[1], universe=("QQQ", "SPY"), autotrade=False),
        )
        budgets = {"IV_SERVICE": dollars("500"), APPROVER: dollars("500")}
        rules = AccountRules(margin_minimum=0)
        spec = replace(spec, capital=dollars("1000"), budgets=budgets, reserve=0, modules=modules, account_rules=rules)
        broker = DearBroker(extra=0)
        broker.on_submit = lambda order: [filled(order)]
        updates = [chain_update(new_york(10), symbol=symbol) for symbol in ("QQQ", "SPY")]
        limits = whole_budget_in_one_symbol()
        rig = Rig(tmp_path, updates, broker=broker, spec=spec, limits=limits).run(until=new_york(10, 0, 2))
        rig.desk.record(ev.BudgetReallocated({"IV_SERVICE": 0, APPROVER: dollars("1000")}, 0, 2, "user", "test"))
        return rig

    def test_the_account_denies_what_the_modules_own_budget_would_allow(self, small: Rig) -> None:
        desk = small.desk
        first, second = desk.book.approvals.values()
        assert openings.try_open(desk, first.candidate, Ticket(approval_id=first.approval_id)) == ()
        needed = (power(desk, second.candidate) or 0) + dollars("2.40")
        assert desk.book.available(APPROVER) >= needed, "its own budget has room"

        denials = openings.try_open(desk, second.candidate, Ticket(approval_id=second.approval_id))

        assert [denial.code.value for denial in denials] == ["ACCOUNT_BUYING_POWER"]
        assert (denials[0].measured, denials[0].limit) == (needed, desk.account_available())

    def test_a_module_over_its_budget_opens_nothing(self, small: Rig) -> None:
        qqq = next(iter(small.desk.book.approvals.values())).candidate
        assert small.desk.book.available("IV_SERVICE") < 0
        assert "BUDGET" in {d.code.value for d in openings.try_open(small.desk, replace(qqq, module_id="IV_SERVICE"))}


class TestClosing:
    @pytest.fixture
    def held(self, tmp_path: Path) -> Rig:
        """A position of five condors, opened at 10:00; the next quotes come at 12:00."""
        rig = rig_for_several(tmp_path, later=(new_york(12), new_york(12, 10)))
        order = open_order(rig, replace(waiting(rig), quantity=5))
        report(rig, filled(order))
        return rig

    def test_a_close_starts_at_mid_and_may_go_to_natural(self, held: Rig) -> None:
        (position,) = held.desk.book.positions.values()
        assert closings.close_position(held.desk, position, "test")
        held.desk.commit()

        order = held.broker.submitted[-1]
        spread = 8 * dollars("0.02")  # four legs, two cents from mid to either side, both ways
        assert (order.purpose, order.quantity, order.hold) == (OrderPurpose.CLOSE, 5, 0)
        assert order.worst - order.limit == spread // 2
        assert held.desk.book.held(APPROVER) == 0

    def test_aged_quotes_close_nothing(self, held: Rig) -> None:
        (position,) = held.desk.book.positions.values()
        held.desk.clock.advance_to(new_york(10, 10))
        assert closings.close_position(held.desk, position, "at the limit of ten minutes")
        held.desk.clock.advance_to(new_york(10, 10) + dt.timedelta(microseconds=1))
        assert not closings.close_position(held.desk, position, "a moment too late")

    def test_nothing_is_closed_while_the_market_is_closed(self, held: Rig) -> None:
        (position,) = held.desk.book.positions.values()
        held.desk.clock.advance_to(new_york(16))
        held.desk.market.apply(chain_update(new_york(16)))
        assert not closings.close_position(held.desk, position, "after the bell")

    def test_nothing_is_closed_by_itself_after_a_stop(self, held: Rig) -> None:
        (position,) = held.desk.book.positions.values()
        held.desk.latch.set("button", "test")
        assert not closings.close_position(held.desk, position, "stopped")

    def test_an_exit_waits_for_the_end_of_an_opening_that_is_partly_filled(self, tmp_path: Path) -> None:
        rig = rig_for_several(tmp_path)
        order = open_order(rig, waiting(rig))
        report(rig, filled(order, cumulative=2))
        rig.desk.market.apply(chain_update(new_york(10, 0, 1), volatility=0.14))
        managing.manage_positions(rig.desk)
        assert list(rig.desk.book.orders) == [order.order_id]

        report(rig, BrokerEnded(order.order_id, OrderStatus.CANCELLED, 2, "enough"))
        managing.manage_positions(rig.desk)
        assert [live.purpose.value for live in rig.desk.book.orders.values()] == ["CLOSE"]

    def test_a_partly_filled_close_books_its_share_and_the_rest_is_closed_later(self, held: Rig) -> None:
        book = held.desk.book
        (position,) = book.positions.values()
        cash_before = book.cash
        closings.close_position(held.desk, position, "test")
        held.desk.commit()
        order = held.broker.submitted[-1]
        price = order.limit

        report(held, filled(order, cumulative=2), BrokerEnded(order.order_id, OrderStatus.CANCELLED, 2, "bell"))
        (left,) = book.positions.values()
        assert (left.quantity, left.status.value) == (3, "Monitoring")
        closings.close_position(held.desk, left, "again")
        held.desk.commit()
        report(held, filled(held.broker.submitted[-1], price=price))

        (closed,) = held.closed
        assert closed.realised == -position.cost - price * 100 * 5
        assert book.cash - cash_before == -price * 100 * 5 - 5 * dollars("2.40")
        assert book.used(APPROVER) == 0
        assert sum(book.balances.values()) == 0
