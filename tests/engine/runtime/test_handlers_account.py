"""Cash in and out, settlements, modules that come and go: what each does to the money, and every denial."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.money import Money, dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleStatus
from engine.domain.structure import StructureKind, shares_of
from engine.domain.units import drawdown_bp
from engine.ledger.verify import verify_store
from engine.runtime import closings, positions
from engine.runtime.openings import MOST_MONEY
from tests.engine.runtime.scenes import CONDOR, MODULE, OTHER, denied, give, hear, hold, quiet, working
from tests.fakes import MONDAY, Rig, chain_update, filled, new_york

PRICES = ("0.40", "0.90", "1.00", "0.50")
NONSENSE = [0, -1, True, 1.0, 1.5, float("nan"), None]


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """50,000: budgets 15,000, 20,000 and 10,000, a reserve of 5,000."""
    return quiet(tmp_path)


def earn(rig: Rig, amount: Money, module: str = MODULE) -> None:
    """Let a module realise a gain (or a loss) on a hundred shares."""
    position = hold(rig, shares_of("SPY"), ("100",), 100, module=module)
    assert closings.close_position(rig.desk, position, "test")
    rig.desk.commit()
    order = rig.broker.submitted[-1]
    hear(rig, filled(order, price=-(dollars(100) + amount // 100)))
    assert rig.desk.book.unsettled(module) == amount


class TestDepositsAndWithdrawals:
    def test_a_deposit_is_capital_reserve_and_units_and_no_gain(self, rig: Rig) -> None:
        assert give(rig, cmd.DepositCash(dollars(10_000), "user", "savings")) == []
        book = rig.desk.book
        assert (book.capital, book.reserve, book.cash) == (dollars(60_000), dollars(15_000), dollars(60_000))
        assert book.units == dollars(60_000), "units were bought at one"
        assert rig.broker.calls == [("fund", str(dollars(10_000)))]
        assert verify_store(rig.store).faults == ()

    def test_after_a_gain_a_unit_costs_more_and_rounding_is_not_in_favour_of_who_pays_in(self, rig: Rig) -> None:
        earn(rig, dollars(5000))
        give(rig, cmd.DepositCash(dollars(11_000), "user", "x"))
        # NAV 55,000 for 50,000 units: 1.10 each.
        assert rig.desk.book.units == dollars(50_000) + dollars(10_000)
        give(rig, cmd.DepositCash(1, "user", "x"))
        assert rig.desk.book.units == dollars(60_000) + 1, "at least one"
        before = rig.desk.book.units
        give(rig, cmd.WithdrawCash(10, "user", "x"))
        assert before - rig.desk.book.units == 10, "9.09 units are ten"

    @pytest.mark.parametrize("is_armed_again", [False, True])
    def test_a_deposit_into_less_than_nothing_makes_no_loss_good(self, rig: Rig, is_armed_again: bool) -> None:
        hold(rig, shares_of("SPY"), ("100",), 100)
        for _ in range(2):
            rig.desk.record(ev.MarksRecorded({"P000001": -dollars(60_000)}, -dollars(20_000)))
        if is_armed_again:
            rig.desk.record(ev.MindfolioRearmed("user", "go on"))
        assert rig.desk.book.nav == -dollars(20_000)
        assert give(rig, cmd.DepositCash(dollars(30_000), "user", "a margin call")) == []
        book = rig.desk.book
        assert (book.nav, book.units) == (dollars(10_000), dollars(10_000) * 10_000), "1/10,000 of what a unit was"
        assert drawdown_bp(book.nav, book.units, book.peak.nav, book.peak.units) == 9_999

    def test_a_withdrawal_is_no_drawdown(self, rig: Rig) -> None:
        assert give(rig, cmd.WithdrawCash(dollars(5000), "user", "car")) == []
        book = rig.desk.book
        assert (book.reserve, book.nav, book.units) == (0, dollars(45_000), dollars(45_000))
        assert book.sample.nav * book.peak.units == book.peak.nav * book.sample.units

    def test_no_more_than_the_reserve(self, rig: Rig) -> None:
        (denial,) = denied(rig, cmd.WithdrawCash(dollars(5000) + 1, "user", "car"))
        assert (denial.code.value, denial.measured, denial.limit) == ("RESERVE", dollars(5000) + 1, dollars(5000))
        assert denial.facts["missing"] == 1

    def test_no_more_than_is_free_of_every_claim(self, rig: Rig) -> None:
        rig.broker.available = lambda own: dollars(3000)  # type: ignore[method-assign]
        (denial,) = denied(rig, cmd.WithdrawCash(dollars(3000) + 1, "user", "car"))
        assert (denial.code.value, denial.limit) == ("ACCOUNT_BUYING_POWER", dollars(3000))
        assert give(rig, cmd.WithdrawCash(dollars(3000), "user", "car")) == []

    @pytest.mark.parametrize("amount", NONSENSE)
    def test_nonsense_moves_nothing(self, rig: Rig, amount: Money) -> None:
        before = rig.desk.book.seq
        code = "NEGATIVE_AMOUNT" if type(amount) is int else "STRUCTURE"
        assert give(rig, cmd.DepositCash(amount, "user", "x")) == [code]
        assert give(rig, cmd.WithdrawCash(amount, "user", "x")) == [code]
        assert rig.desk.book.seq == before

    @pytest.mark.parametrize("amount", [MOST_MONEY + 1, 10**30])
    def test_more_than_anybody_has_is_a_mistake_and_moves_nothing(self, rig: Rig, amount: Money) -> None:
        before = rig.desk.book.seq
        assert give(rig, cmd.DepositCash(amount, "user", "x")) == ["NEGATIVE_AMOUNT"]
        assert give(rig, cmd.WithdrawCash(amount, "user", "x")) == ["NEGATIVE_AMOUNT"]
        assert rig.desk.book.seq == before


class TestSettlements:
    def test_a_gain_that_is_swept_is_capital_once(self, rig: Rig) -> None:
        earn(rig, dollars(500))
        assert give(rig, cmd.SweepGain(MODULE, dollars(200), "user", "x")) == []
        assert give(rig, cmd.SweepGain(MODULE, None, "user", "x")) == []
        assert give(rig, cmd.SweepGain(MODULE, None, "user", "x")) == ["RESERVE"]
        book = rig.desk.book
        assert (book.capital, book.reserve, book.nav) == (dollars(50_500), dollars(5500), dollars(50_500))
        assert book.realised(MODULE) == dollars(500), "what it earned stays with its name"

    @pytest.mark.parametrize("amount", [dollars(500) + 1, *NONSENSE[:-1]])
    def test_no_more_than_the_gain(self, rig: Rig, amount: Money) -> None:
        earn(rig, dollars(500))
        code = "RESERVE" if type(amount) is int else "STRUCTURE"
        assert give(rig, cmd.SweepGain(MODULE, amount, "user", "x")) == [code]

    def test_a_loss_is_taken_off_the_reserve_and_what_that_lacks_off_the_budget(self, rig: Rig) -> None:
        earn(rig, -dollars(5600))
        assert give(rig, cmd.SweepGain(MODULE, None, "user", "x")) == ["RESERVE"]
        assert give(rig, cmd.SettleLoss(MODULE, "user", "x")) == []
        book = rig.desk.book
        assert (book.reserve, book.modules[MODULE].budget, book.capital) == (0, dollars(14_400), dollars(44_400))
        assert book.available(MODULE) == dollars(14_400), "the loss no longer counts against it"
        assert give(rig, cmd.SettleLoss(MODULE, "user", "x")) == ["RESERVE"], "once"
        assert verify_store(rig.store).faults == ()

    def test_a_loss_that_nobody_here_can_bear_is_not_settled(self, rig: Rig) -> None:
        book = rig.desk.book
        plan = book.plan.moved(dollars(15_000), MODULE, OTHER).moved(dollars(5000), None, OTHER)
        give(rig, cmd.ReallocateBudget(plan, book.version, "user", "x"))
        earn(rig, -dollars(100))
        (denial,) = denied(rig, cmd.SettleLoss(MODULE, "user", "x"))
        assert (denial.code.value, denial.measured, denial.limit) == ("RESERVE", dollars(100), 0)

    def test_unknown_modules(self, rig: Rig) -> None:
        assert give(rig, cmd.SweepGain("NOBODY", None, "user", "x")) == ["UNKNOWN_MODULE"]
        assert give(rig, cmd.SettleLoss("NOBODY", "user", "x")) == ["UNKNOWN_MODULE"]


class TestAdding:
    def command(self, rig: Rig, budget: Money = dollars(2000), **changes: object) -> cmd.AddModule:
        """A fourth module."""
        spec = replace(
            rig.desk.book.modules[MODULE].spec, module_id="FOURTH", name="Fourth", status=ModuleStatus.ACTIVE
        )
        return cmd.AddModule(replace(spec, **changes), budget, "user", "x")  # type: ignore[arg-type]

    def test_it_begins_paused_with_a_budget_out_of_the_reserve(self, rig: Rig) -> None:
        assert give(rig, self.command(rig)) == []
        book = rig.desk.book
        assert (book.modules["FOURTH"].status, book.modules["FOURTH"].budget) == (ModuleStatus.PAUSED, dollars(2000))
        assert (book.reserve, book.capital) == (dollars(3000), dollars(50_000))

    def test_denials(self, rig: Rig) -> None:
        assert give(rig, self.command(rig, dollars(5000) + 1)) == ["RESERVE"]
        assert give(rig, self.command(rig, -1)) == ["NEGATIVE_AMOUNT"]
        assert give(rig, self.command(rig, kind="NO_SUCH_PROGRAM")) == ["STRUCTURE"], "of no kind that there is"
        for taken in (MODULE, EXTERNAL, ""):
            assert give(rig, self.command(rig, module_id=taken)) == ["UNKNOWN_MODULE"]
        give(rig, cmd.EmergencyStop("button", "test"))
        assert give(rig, self.command(rig)) == ["STOPPED"]

    def test_the_name_of_a_removed_module_that_has_a_history_stays_taken(self, rig: Rig) -> None:
        earn(rig, dollars(100))
        assert give(rig, cmd.RemoveModule(MODULE, "", "user", "x")) == []
        command = cmd.AddModule(replace(rig.desk.book.modules[OTHER].spec, module_id=MODULE), 0, "user", "x")
        assert give(rig, command) == ["UNKNOWN_MODULE"]


class TestRemoving:
    def test_a_flat_one_leaves_its_budget_to_the_reserve_and_its_history_to_the_books(self, rig: Rig) -> None:
        earn(rig, dollars(100))
        assert give(rig, cmd.RemoveModule(MODULE, "", "user", "x")) == []
        book = rig.desk.book
        assert (book.reserve, book.capital, book.nav) == (dollars(20_000), dollars(50_000), dollars(50_100))
        assert book.realised(MODULE) == dollars(100)
        assert give(rig, cmd.RemoveModule(MODULE, "", "user", "x")) == ["UNKNOWN_MODULE"]

    def test_its_positions_go_over_at_cost(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES)
        assert give(rig, cmd.RemoveModule(MODULE, "", "user", "x")) == ["NOT_FLAT"]
        assert give(rig, cmd.RemoveModule(MODULE, OTHER, "user", "x")) == []
        moved = rig.desk.book.positions[position.position_id]
        assert (moved.module_id, moved.cost, rig.desk.book.used(OTHER)) == (OTHER, -dollars(100), dollars(400))
        assert verify_store(rig.store).faults == ()

    def test_its_positions_go_to_no_module_that_cannot_bear_them(self, rig: Rig) -> None:
        hold(rig, CONDOR, PRICES)
        book = rig.desk.book

        def leave_other(amount: Money) -> None:
            plan = book.plan.moved(book.modules[OTHER].budget - amount, OTHER, None)
            assert give(rig, cmd.ReallocateBudget(plan, book.version, "user", "x")) == []

        leave_other(dollars(400) - 1)
        (denial,) = denied(rig, cmd.RemoveModule(MODULE, OTHER, "user", "x"))
        assert (denial.code.value, denial.measured, denial.limit) == ("BUDGET", dollars(400), dollars(400) - 1)
        assert [position.module_id for position in book.positions.values()] == [MODULE]
        leave_other(dollars(400))
        assert give(rig, cmd.RemoveModule(MODULE, OTHER, "user", "x")) == []
        assert book.available(OTHER) == 0

    def test_what_it_lost_today_counts_for_the_account_until_the_next_session(self, rig: Rig) -> None:
        earn(rig, -dollars(300))
        assert give(rig, cmd.RemoveModule(MODULE, "", "user", "x")) == []
        assert rig.desk.book.account_day_pnl == -dollars(300), "else a loss would be gone with its module"
        rig.desk.record(ev.SessionClosed(MONDAY))
        positions.open_session(rig.desk, MONDAY + dt.timedelta(days=1))
        assert rig.desk.book.account_day_pnl == 0

    def test_one_whose_scan_is_due_leaves_and_the_others_go_on(self, tmp_path: Path) -> None:
        quotes = [chain_update(new_york(10, minute)) for minute in range(0, 40, 5)]
        rig = Rig(tmp_path, quotes).run(until=new_york(10, 6))
        assert give(rig, cmd.RemoveModule(OTHER, "", "user", "x")) == []
        rig.run(until=new_york(10, 20))
        assert rig.desk.halted == ""
        scans = [event for event in rig.events(ev.ScanCompleted) if isinstance(event, ev.ScanCompleted)]
        assert [scan.module_id for scan in scans] == [MODULE, OTHER, MODULE]

    def test_positions_that_leave_for_nobody_here_take_their_cash_along(self, rig: Rig) -> None:
        hold(rig, shares_of("SPY"), ("100",), 10)
        assert give(rig, cmd.RemoveModule(MODULE, EXTERNAL, "user", "x")) == []
        assert [position.module_id for position in rig.desk.book.positions.values()] == [EXTERNAL]
        assert rig.desk.book.instruments() == {"SPY": 10}

    @pytest.mark.parametrize("target", [MODULE, "NOBODY"])
    def test_they_go_nowhere_else(self, rig: Rig, target: str) -> None:
        hold(rig, CONDOR, PRICES)
        assert give(rig, cmd.RemoveModule(MODULE, target, "user", "x")) == ["UNKNOWN_MODULE"]

    def test_not_while_an_order_lives_and_its_approvals_are_voided(self, tmp_path: Path) -> None:
        rig = working(tmp_path)
        assert give(rig, cmd.RemoveModule(MODULE, "", "user", "x")) == ["NOT_FLAT"]
        assert give(rig, cmd.RemoveModule(OTHER, "", "user", "x")) == []
        assert rig.desk.book.approvals == {}
        (decided,) = rig.events(ev.ApprovalDecided)
        assert isinstance(decided, ev.ApprovalDecided)
        assert decided.status.value == "VOIDED"
        rig.run()
        assert rig.desk.halted == ""


class TestChanging:
    def command(self, rig: Rig, **changes: object) -> cmd.ChangeModule:
        """Other settings for the first module."""
        spec = rig.desk.book.modules[MODULE].spec
        return cmd.ChangeModule(MODULE, replace(spec, **changes), "user", "calmer")  # type: ignore[arg-type]

    def test_the_whole_of_the_new_settings_is_journaled_and_survives(self, rig: Rig) -> None:
        command = self.command(
            rig, limits=ModuleLimits(dollars(250), dollars(600)), autotrade=False, parameters={"max_days": 40}
        )
        assert give(rig, command) == []
        assert rig.desk.book.modules[MODULE].spec == command.spec
        (event,) = rig.events(ev.ModuleChanged)
        assert event == ev.ModuleChanged(command.spec, "user", "calmer")
        assert verify_store(rig.store).faults == ()

    def test_its_status_is_not_changed_by_it(self, rig: Rig) -> None:
        give(rig, cmd.PauseModule(MODULE, "user", "lunch"))
        assert give(rig, self.command(rig, status=ModuleStatus.PAUSED, name="Calm")) == []
        module = rig.desk.book.modules[MODULE]
        assert (module.spec.name, module.status) == ("Calm", ModuleStatus.PAUSED)
        assert module.spec.status is ModuleStatus.ACTIVE, "as it was set up"

    def test_what_is_the_same_is_not_journaled(self, rig: Rig) -> None:
        assert give(rig, self.command(rig)) == []
        assert rig.events(ev.ModuleChanged) == []

    def test_openings_that_work_or_wait_go_and_a_new_name_ends_none(self, tmp_path: Path) -> None:
        rig = working(tmp_path)
        cancel = ("cancel", "O000001")
        assert give(rig, self.command(rig, name="Other")) == []
        assert cancel not in rig.broker.calls
        assert give(rig, self.command(rig, limits=ModuleLimits(dollars(250), dollars(600)))) == []
        assert cancel in rig.broker.calls
        second = rig.desk.book.modules[OTHER].spec
        assert [each.candidate.module_id for each in rig.desk.book.approvals.values()] == [OTHER]
        give(rig, cmd.ChangeModule(OTHER, replace(second, universe=()), "user", "x"))
        assert rig.desk.book.approvals == {}

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"parameters": {"max_days": 400}}, "max_days: 400 is outside 1 to 365 days"),
            ({"parameters": {"min_days": 44, "max_days": 40}}, "min_days 44 is above max_days 40"),
            ({"parameters": {"colour": 1}}, "colour: no such parameter"),
            ({"universe": ("SPY", "NOWHERE")}, "NOWHERE: not in this market"),
            ({"universe": ("SPY", "SPY")}, "a symbol or a structure is named twice"),
            ({"structures": (StructureKind.SHORT_PUT,)}, "it does not trade Short Put"),
            (
                {"limits": ModuleLimits(0, dollars(1))},
                "the limit of max risk per trade is not above zero",
            ),
            ({"limits": ModuleLimits(dollars(1), -1)}, "the limit of daily loss is not above zero"),
            ({"name": " "}, "a module needs a name"),
            ({"kind": ModuleKind.GAMMA_SCALPER}, "id, kind and program of a module stay what they are"),
            ({"program": "abc"}, "id, kind and program of a module stay what they are"),
            ({"module_id": OTHER}, "id, kind and program of a module stay what they are"),
        ],
    )
    def test_denials_say_what_is_wrong(self, rig: Rig, changes: dict[str, object], words: str) -> None:
        (denial,) = denied(rig, self.command(rig, **changes))
        assert (denial.code.value, denial.measured) == ("SETTINGS", words)
        assert rig.events(ev.ModuleChanged) == []

    def test_nobody_adds_what_could_not_be_changed_to(self, rig: Rig) -> None:
        spec = replace(rig.desk.book.modules[MODULE].spec, module_id="FOURTH", parameters={"colour": 1})
        assert give(rig, cmd.AddModule(spec, 0, "user", "x")) == ["SETTINGS"]
        assert give(rig, replace(self.command(rig), module_id="NOBODY")) == ["UNKNOWN_MODULE"]
