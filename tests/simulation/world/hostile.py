"""Modules as a user might have written them: they fail, answer nonsense, flood, and reach for what is not theirs."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.core.calendar import market_day
from engine.core.money import UNIT, dollars
from engine.domain.candidate import Candidate, Finding, plain_candidate
from engine.domain.mindfolio import ModuleKind
from engine.domain.order import OrderPurpose
from engine.domain.package import package_quote, to_tick
from engine.domain.position import Position
from engine.domain.scan import Action, Exit, Hedge, ManageContext, ScanContext, Trade
from engine.domain.structure import Structure, StructureKind
from tests.simulation.world.trades import thought_of


class Hostile:
    """One such module. Whatever it does follows from the seed, its way, and the time of the market."""

    def __init__(self, seed: int, way: str, fired: Counter[str]) -> None:
        self._seed, self.way, self._fired = seed, way, fired
        self._ways: dict[str, Callable[[random.Random, ScanContext], tuple[Finding, ...]]] = {
            "raises": self._raises,
            "garbage": self._garbage,
            "storm": lambda dice, context: self._found(dice, context, 25),
            "outsider": lambda dice, context: tuple(
                self._outside(dice, each) for each in self._found(dice, context, 4)
            ),
            "naked": self._naked,
            "thief": lambda dice, context: tuple(self._of_others(dice, each) for each in self._found(dice, context, 4)),
        }

    @property
    def kind(self) -> ModuleKind:
        return ModuleKind.IV_SERVICE

    def _dice(self, about: object) -> random.Random:
        return random.Random(f"{self._seed} {self.way} {about}")

    def _did(self) -> None:
        self._fired[f"module {self.way}"] += 1

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        """Look for trouble."""
        dice = self._dice(context.now)
        if self.way == "raises" and dice.random() < 0.7:
            return self._found(dice, context, 2)
        if self.way not in self._ways:
            return self._found(dice, context, 2)
        self._did()
        return self._ways[self.way](dice, context)

    def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
        """Look after a position as badly."""
        dice = self._dice(f"{context.now} {position.position_id}")
        if dice.random() < 0.7:
            return ()
        if self.way == "raises":
            self._did()
            raise RuntimeError("a user's mistake")
        nonsense: list[Any] = [None, ("close",), (Exit(7, "x"),), (Hedge(position.position_id, 10**9, "x"),)]  # type: ignore[arg-type]
        answers: dict[str, tuple[Action, ...]] = {
            "garbage": dice.choice(nonsense),
            "thief": (Exit("P000001", "not mine"), Hedge("P000002", -300, "not mine")),
            "naked": (Hedge(position.position_id, dice.choice((-500, 100)), "more"),),
            "storm": (Exit(position.position_id, "enough"),),
        }
        if self.way in answers:
            self._did()
            return answers[self.way]
        structure = None if context.chain is None else thought_of(dice, context.chain, market_day(context.now))
        if structure is None or not structure.legs or context.chain is None:
            return ()
        made = plain_candidate(
            context.module.module_id, structure, 1, (0, UNIT), context.chain.generation, ("more",),
            position_id=position.position_id,
        )  # fmt: skip
        return (Trade(made),)

    def _raises(self, _dice: random.Random, _context: ScanContext) -> tuple[Finding, ...]:
        raise ZeroDivisionError("a user's mistake")

    # --- what it finds -----------------------------------------------------------------------------------------------
    def _found(self, dice: random.Random, context: ScanContext, count: int, kind: str = "") -> tuple[Finding, ...]:
        found = []
        for _ in range(count):
            symbol = dice.choice(context.module.universe)
            chain = context.chains.get(symbol)
            structure = None if chain is None else thought_of(dice, chain, market_day(context.now), kind)
            candidate = None if structure is None else self._candidate(dice, context, structure)
            found.append(Finding(symbol, candidate, "it looks good"))
        return tuple(found)

    def _candidate(self, dice: random.Random, context: ScanContext, structure: Structure) -> Candidate | None:
        chain = context.chains[structure.symbol]
        if not structure.legs:
            return None
        quotes = tuple(chain.quote(leg.contract) for leg in structure.legs)
        quote = package_quote(structure.legs, quotes, OrderPurpose.OPEN)
        if quote is None:
            return None
        prices = (to_tick(quote.mid, structure), to_tick(quote.natural, structure))
        return plain_candidate(
            context.module.module_id, structure, dice.choice((1, 1, 2, 3)), prices, context.generation, ("greed",)
        )

    def _garbage(self, dice: random.Random, context: ScanContext) -> tuple[Finding, ...]:
        some = self._found(dice, context, 1)
        candidate = some[0].candidate
        broken: list[Any] = [None, list(some), (1, "two"), "trades", (Finding(3, None, "x"),)]  # type: ignore[arg-type]
        if candidate is not None:
            broken += [
                (replace(some[0], candidate=replace(candidate, quantity=-3)),),
                (replace(some[0], candidate=replace(candidate, quantity=10**12)),),
                (replace(some[0], candidate=replace(candidate, net_price=float("nan"))),),  # type: ignore[arg-type]
                (replace(some[0], candidate=replace(candidate, structure=Structure(StructureKind.BOX, ()))),),
                (replace(some[0], numbers={"x": object()}),),  # type: ignore[dict-item]
                *(((some[0], replace(some[0], candidate=replace(candidate, net_price=-(10**9)))),) * 3),
            ]
        answer: tuple[Finding, ...] = dice.choice(broken)
        return answer

    def _outside(self, dice: random.Random, finding: Finding) -> Finding:
        candidate = finding.candidate
        if candidate is None:
            return finding
        legs = tuple(replace(leg, contract=replace(leg.contract, underlying="SPY")) for leg in candidate.structure.legs)
        abroad = replace(candidate, structure=replace(candidate.structure, legs=legs))
        another = replace(candidate, module_id="IV_SERVICE")
        return replace(finding, candidate=dice.choice((abroad, another)))

    def _naked(self, dice: random.Random, context: ScanContext) -> tuple[Finding, ...]:
        found = self._found(dice, context, 3, dice.choice(("naked call", "short strangle", "short put")))
        free: dict[str, Any] = {"buying_power": 0, "max_risk": 0, "quantity": dice.choice((1, 50))}
        return tuple(
            each if each.candidate is None else replace(each, candidate=replace(each.candidate, **free))
            for each in found
        )

    def _of_others(self, dice: random.Random, finding: Finding) -> Finding:
        candidate = finding.candidate
        if candidate is None:
            return finding
        purpose = dice.choice((OrderPurpose.CLOSE, OrderPurpose.ROLL, OrderPurpose.OPEN))
        position = f"P{dice.randint(1, 9):06d}"
        return replace(
            finding, candidate=replace(candidate, purpose=purpose, position_id=position, worst_price=dollars(9))
        )
