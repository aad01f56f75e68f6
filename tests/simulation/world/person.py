"""A person at the window, who does whatever comes to mind, at any moment, also twice, late and in vain."""

import random
from dataclasses import replace

from engine.core.calendar import market_day
from engine.core.money import Money, dollars
from engine.domain import commands as cmd
from engine.domain.account import CASH_ID, EXTERNAL, Resolution
from engine.domain.budget import BudgetPlan
from engine.domain.mindfolio import MindfolioStatus, ModuleKind, ModuleStatus
from engine.domain.order import OrderPurpose
from engine.domain.package import structure_quote, to_tick
from engine.domain.structure import Leg, Structure
from engine.runtime import defaults
from engine.runtime.desk import Desk
from tests.simulation.world.trades import thought_of

WHO, WHY = "ann", "as I like"
CAPITAL: Money = dollars(60_000)


class Person:
    """Draws one command for an act from what is there now; none where there is nothing to do it to."""

    def __init__(self, desk: Desk, dice: random.Random, late: list[str]) -> None:
        """`late`: approvals that were there once, which somebody may still click at."""
        self._desk, self._dice, self._late = desk, dice, late

    def commands(self, act: str) -> list[cmd.Command]:
        """What is said for an act."""
        made = getattr(self, "_" + act.replace(" ", "_").replace("-", "_"))()
        found = made if isinstance(made, list) else [made]
        return [each for each in found if each is not None]

    # --- what there is -----------------------------------------------------------------------------------------------
    def _one(self, what: object) -> str | None:
        names = list(what)  # type: ignore[call-overload]
        return self._dice.choice(names) if names else None

    def _module(self) -> str:
        return self._one(self._desk.book.modules) or "nobody"

    def _amount(self) -> Money:
        return self._dice.choice((dollars(1), dollars("123.45"), dollars(5000), dollars(1_000_000)))

    # --- trades ------------------------------------------------------------------------------------------------------
    def _ticket(self) -> cmd.Command | None:
        desk, dice = self._desk, self._dice
        chain = desk.market.chain(self._one(desk.feed.symbols) or "")
        structure = None if chain is None else thought_of(dice, chain, market_day(desk.now))
        if structure is None:
            return None
        limit = self._limit(structure, OrderPurpose.OPEN)
        if limit is None:
            return None
        quantity = dice.choice((1, 1, 2, 4)) * (1 if structure.legs else 50)
        position = ""
        if dice.random() < 0.2:
            held = [each for each in desk.book.positions.values() if each.symbol == structure.symbol]
            position = dice.choice(held).position_id if held else ""
        module_id = self._module() if dice.random() < 0.2 else "by_hand"
        return cmd.EnterTrade(module_id, structure, quantity, limit, limit, WHO, WHY, position)

    def _limit(self, structure: Structure, purpose: OrderPurpose) -> Money | None:
        quote = structure_quote(structure, self._desk.part_quotes(structure, fresh=False), purpose)
        if quote is None:
            return None
        price = self._dice.choice((quote.natural, quote.natural, quote.mid))
        return to_tick(price, structure) if structure.legs else price

    def _close(self) -> cmd.Command | None:
        position_id = self._one(self._desk.book.positions)
        if position_id is None:
            return None
        position = self._desk.book.positions[position_id]
        quantity = self._dice.choice((None, None, 1, position.quantity))
        limit = None if self._dice.random() < 0.7 else self._limit(position.structure, OrderPurpose.CLOSE)
        return cmd.ClosePosition(position_id, quantity, limit, WHO, WHY)

    def _roll(self) -> cmd.Command | None:
        held = [each for each in self._desk.book.positions.values() if 1 <= len(each.structure.legs) <= 2]
        if not held:
            return None
        position = self._dice.choice(held)
        chain = self._desk.market.chain(position.symbol)
        wanted = None if chain is None else thought_of(self._dice, chain, market_day(self._desk.now), "put spread")
        if wanted is None:
            return None
        new = wanted.legs[: len(position.structure.legs)]
        turned = tuple(Leg(leg.contract, old.ratio) for leg, old in zip(new, position.structure.legs, strict=True))
        return cmd.RollPosition(position.position_id, position.structure.legs, turned, None, WHO, WHY)

    def _target(self) -> cmd.Command | None:
        position_id = self._one(self._desk.book.positions)
        choice = self._dice.choice
        return None if position_id is None else cmd.SetTarget(
            position_id, choice((None, 1, 50)), choice((None, 5, 100)), WHO, WHY
        )  # fmt: skip

    def _cancel(self) -> cmd.Command | None:
        order_id = self._one(self._desk.book.orders)
        return None if order_id is None else cmd.CancelOrder(order_id, WHO, WHY)

    def _replace(self) -> cmd.Command | None:
        order_id = self._one(self._desk.book.orders)
        if order_id is None:
            return None
        order = self._desk.book.orders[order_id]
        return cmd.ReplaceOrder(order_id, self._dice.choice((order.worst, order.limit + 100, order.worst + 500)), WHO)

    # --- approvals ---------------------------------------------------------------------------------------------------
    def _approve(self) -> cmd.Command | None:
        waiting = self._one(self._desk.book.approvals)
        if waiting is None:
            return None
        self._late.append(waiting)
        return cmd.ApproveTrade(waiting, WHO)

    def _approve_twice(self) -> list[cmd.Command | None]:
        return [self._approve(), self._approve(), self._approve_late()]

    def _approve_late(self) -> cmd.Command | None:
        return cmd.ApproveTrade(self._dice.choice(self._late), WHO) if self._late else None

    def _approve_other(self) -> cmd.Command | None:
        waiting = self._one(self._desk.book.approvals)
        if waiting is None:
            return None
        candidate = self._desk.book.approvals[waiting].candidate
        strikes = tuple(
            strike + self._dice.choice((0, dollars(1))) for strike in sorted(set(candidate.structure.strikes))
        )
        quantity = self._dice.choice((None, 1, 2, 500, 0))
        return cmd.ApproveTrade(waiting, WHO, quantity, strikes if self._dice.random() < 0.5 else ())

    def _refuse(self) -> cmd.Command | None:
        waiting = self._one(self._desk.book.approvals)
        if waiting is not None:
            self._late.append(waiting)
        return None if waiting is None else cmd.RefuseTrade(waiting, WHO, WHY)

    def _scan(self) -> cmd.Command:
        return cmd.ScanNow(self._module(), WHO)

    # --- money -------------------------------------------------------------------------------------------------------
    def _cut(self) -> cmd.Command | None:
        return self._moved(self._module(), None)

    def _give(self) -> cmd.Command | None:
        return self._moved(None, self._module())

    def _moved(self, giver: str | None, taker: str | None) -> cmd.Command | None:
        book = self._desk.book
        if "nobody" in (giver, taker):
            return None
        there = book.reserve if giver is None else book.modules[giver].budget
        amount = there * self._dice.choice((1, 5, 10, 10, 11)) // 10
        plan: BudgetPlan = book.plan.moved(amount, giver, taker)
        return cmd.ReallocateBudget(plan, book.version - self._dice.choice((0, 0, 0, 1)), WHO, WHY)

    def _deposit(self) -> cmd.Command:
        return cmd.DepositCash(self._amount(), WHO, WHY)

    def _withdraw(self) -> cmd.Command:
        return cmd.WithdrawCash(self._dice.choice((self._amount(), max(1, self._desk.book.reserve))), WHO, WHY)

    def _sweep(self) -> cmd.Command:
        return cmd.SweepGain(self._module(), self._dice.choice((None, dollars(1))), WHO, WHY)

    def _settle(self) -> cmd.Command:
        return cmd.SettleLoss(self._module(), WHO, WHY)

    # --- what goes on and what does not ------------------------------------------------------------------------------
    def _pause(self) -> cmd.Command:
        return cmd.PauseModule(self._module(), WHO, WHY)

    def _resume(self) -> list[cmd.Command]:
        return [cmd.ResumeModule(module_id, WHO, WHY) for module_id in self._desk.book.modules]

    def _pause_all(self) -> cmd.Command:
        return cmd.PauseMindfolio(WHO, WHY)

    def _resume_all(self) -> cmd.Command:
        return cmd.ResumeMindfolio(WHO, WHY)

    def goes_on(self) -> list[cmd.Command]:
        """What brings a mindfolio back to work that is stopped or paused, where it is."""
        book = self._desk.book
        if book.status is not MindfolioStatus.ACTIVE:
            return [*self._resolve(), *self._rearm(), cmd.ResumeMindfolio(WHO, WHY)]
        return self._resume() if any(each.status is ModuleStatus.PAUSED for each in book.modules.values()) else []

    def _rearm(self) -> list[cmd.Command]:
        return [cmd.RearmMindfolio(WHO, self._dice.choice((WHY, WHY, " "))), *self._resume()]

    def _plan(self) -> cmd.Command:
        return cmd.PlanClosing(self._dice.choice((0, 30, 80)), WHO)

    def _confirm(self) -> cmd.Command | None:
        plan = self._desk.book.closing
        return None if plan is None else cmd.ConfirmClosing(plan.plan_id, WHO)

    def _resolve(self) -> list[cmd.Command]:
        return [self.says_whose(each.instrument, each.missing) for each in self._desk.book.differences.values()]

    def says_whose(self, instrument: str, missing: int, *, wisely: bool = False) -> cmd.Command:
        """What a person says of a difference: a module's, nobody's here, or to be ignored."""
        how = Resolution.ASSIGN if wisely else self._dice.choice((Resolution.ASSIGN, Resolution.IGNORE))
        owner = EXTERNAL if wisely or instrument == CASH_ID else self._dice.choice((EXTERNAL, self._module()))
        return cmd.ResolveDifference(instrument, how, {owner: missing}, WHO, WHY)

    def _reconcile(self) -> cmd.Command:
        return cmd.Reconcile(WHO)

    # --- modules -----------------------------------------------------------------------------------------------------
    def _add_module(self) -> cmd.Command:
        kind = self._dice.choice(tuple(defaults.NAMES))
        made = defaults.module_of(kind, self._desk.feed.symbols, 500, 1000, autotrade=self._dice.random() < 0.5)
        name = self._dice.choice((f"extra_{len(self._desk.book.module_ids)}", self._module()))
        return cmd.AddModule(
            replace(made, module_id=name), self._dice.choice((0, dollars(2000), dollars(10**7))), WHO, WHY
        )

    def _change_module(self) -> cmd.Command | None:
        module = self._desk.book.modules.get(self._module())
        if module is None:
            return None
        spec = module.spec
        other = self._dice.choice((
            replace(spec, autotrade=not spec.autotrade),
            replace(spec, universe=spec.universe[:1]),
            replace(spec, kind=ModuleKind.GAMMA_SCALPER),
            replace(spec, name="renamed"),
        ))  # fmt: skip
        return cmd.ChangeModule(spec.module_id, other, WHO, WHY)

    def _remove_module(self) -> cmd.Command | None:
        if len(self._desk.book.modules) < 2:
            return None
        return cmd.RemoveModule(self._module(), self._dice.choice(("", EXTERNAL, self._module())), WHO, WHY)

    def _note(self) -> cmd.Command:
        return cmd.WriteNote(self._dice.choice(("a note", "", "x" * 5000)), WHO, self._module())

    def _nonsense(self) -> list[cmd.Command]:
        """What a window never sends."""
        return [
            cmd.DepositCash(float("nan"), WHO, WHY),  # type: ignore[arg-type]
            cmd.WithdrawCash(-1, WHY, WHO),
            cmd.ClosePosition("P999999", -1, None, WHO, WHY),
            cmd.CancelOrder("O999999", WHO, WHY),
            cmd.ReallocateBudget(BudgetPlan({}, CAPITAL), 10**9, WHO, WHY),
            cmd.ConfirmClosing("C0", WHO),
            self._dice.choice((cmd.SetSpeed(float("nan")), cmd.ScanNow("nobody", WHO))),
        ]
