"""The split of capital while a person drags it: a draft that always adds up, apart from any window.

A draft holds one amount per module, in the order of the snapshot, and the reserve last. Every change gives a new
draft. Amounts are exact `Money`; what a person moves is whole dollars. Where an applied budget or the capital has a
rest below a dollar, that rest stays in the reserve once the budget was moved, and returns with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from engine.core.money import UNIT, Money
from engine.domain.budget import BudgetPlan, SplitInForce
from engine.domain.denial import Denial
from engine.domain.mindfolio import MindfolioStatus
from engine.domain.reallocation import worst_case_at
from engine.domain.snapshot import MindfolioSnapshot

SNAP_DOLLARS = 500
"""What a dragged divider snaps to."""

_FACTORS = {"k": 1_000, "m": 1_000_000}


@dataclass(frozen=True, slots=True)
class Portion:
    """What the engine says of one module: the budget that is applied, and what it has at work."""

    module_id: str
    name: str
    applied: Money
    used: Money
    held: Money
    available: Money
    worst_case: Money | None = 0
    """Of its open positions, which no split changes; None is unbounded or unknown."""

    @property
    def committed(self) -> Money:
        """The smallest budget that does not leave the module over it, never below 0.

        The same as used + held, plus losses where the module's P&L policy counts them.
        """
        return max(0, self.applied - self.available)

    def over_by(self, amount: Money) -> Money:
        """By how much the module would be over a budget of `amount`; 0 when it is not.

        Under every P&L policy a dollar of budget is a dollar of available, so available moves with the budget.
        """
        return max(0, -(self.available + amount - self.applied))


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the preview: an amount that differs from the applied one. `module_id` is None for the reserve."""

    module_id: str | None
    name: str
    before: Money
    after: Money


@dataclass(frozen=True, slots=True)
class AllocationDraft:
    """A split being drafted. Raises ValueError when built with amounts that are negative or do not add to `capital`.

    `amounts`: (n + 1,) for n `portions`, the reserve last. `version` is the split that the draft began on,
    `applied_version` the one that is applied now. `stop_why`: why everything is stopped, None while it is not.
    """

    capital: Money
    portions: tuple[Portion, ...]
    amounts: tuple[Money, ...]
    version: int
    applied_version: int
    stop_why: str | None = None

    def __post_init__(self) -> None:
        if len(self.amounts) != len(self.portions) + 1:
            raise ValueError(f"{len(self.amounts)} amounts for {len(self.portions)} modules and a reserve")
        if min(self.amounts) < 0 or sum(self.amounts) != self.capital:
            raise ValueError(f"{self.amounts} is no split of {self.capital}")

    @property
    def reserve(self) -> Money:
        """What no module has."""
        return self.amounts[-1]

    @property
    def applied_reserve(self) -> Money:
        """The reserve of the split that is applied now."""
        return self.capital - sum(portion.applied for portion in self.portions)

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to apply."""
        return any(amount != portion.applied for amount, portion in zip(self.amounts[:-1], self.portions, strict=True))

    @property
    def denials(self) -> tuple[Denial, ...]:
        """What the engine would refuse the draft for, were it sent now."""
        applied = BudgetPlan({portion.module_id: portion.applied for portion in self.portions}, self.applied_reserve)
        return self.plan.check_against(SplitInForce(applied, self.applied_version, self.stop_why), self.version)

    @property
    def plan(self) -> BudgetPlan:
        """The draft as a command carries it."""
        ids = (portion.module_id for portion in self.portions)
        return BudgetPlan(dict(zip(ids, self.amounts[:-1], strict=True)), self.reserve)

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every amount that differs from the applied one, in order, the reserve last."""
        listed = [
            Change(portion.module_id, portion.name, portion.applied, amount)
            for portion, amount in zip(self.portions, self.amounts[:-1], strict=True)
        ]
        listed.append(Change(None, "Reserve", self.applied_reserve, self.reserve))
        return tuple(change for change in listed if change.before != change.after)

    @property
    def worst_cases(self) -> tuple[Money | None, Money | None]:
        """Of all modules together: now, and once the drafted budgets are used as the applied ones are."""
        now = [portion.worst_case for portion in self.portions]
        then = [
            worst_case_at(portion.worst_case, portion.applied, amount)
            for portion, amount in zip(self.portions, self.amounts[:-1], strict=True)
        ]
        return _together(now), _together(then)

    def dollars(self, index: int) -> int:
        """Whole dollars of a module, or of the reserve (the last index)."""
        return self.amounts[index] // UNIT

    def over_by(self, index: int) -> Money:
        """By how much a module would be over its drafted budget; 0 when it is not."""
        return self.portions[index].over_by(self.amounts[index])

    def divider_max(self, index: int) -> int:
        """Most whole dollars that the segment left of a divider can have: its own and its right neighbour's."""
        return self.dollars(index) + self.dollars(index + 1)

    def budget_max(self, index: int) -> int:
        """Most whole dollars that a module can have by trading with the reserve."""
        return self.dollars(index) + self.reserve // UNIT

    def divider_magnets(self, index: int) -> tuple[int, ...]:
        """Whole dollars left of a divider at which either neighbour meets its applied budget or what it has at work."""
        pair = self.divider_max(index)
        left = _magnets(self.portions[index])
        if index + 1 < len(self.portions):
            right = _magnets(self.portions[index + 1])
        else:
            right = (self.applied_reserve // UNIT,)
        return tuple(sorted({*left, *(pair - dollars for dollars in right)}))

    def budget_magnets(self, index: int) -> tuple[int, ...]:
        """Whole dollars at which a module meets its applied budget or what it has at work."""
        return _magnets(self.portions[index])

    def with_divider(self, index: int, dollars: int) -> "AllocationDraft":
        """Move money between the two neighbours of a divider so that the left one has `dollars`, as far as it goes."""
        pair = self.divider_max(index)
        left = min(max(0, dollars), pair)
        wanted = {index: left}
        if index + 1 < len(self.portions):
            wanted[index + 1] = pair - left
        return self._with_whole(wanted)

    def with_budget(self, index: int, dollars: int) -> "AllocationDraft":
        """Move money between a module and the reserve so that it has `dollars`, as far as the reserve goes."""
        return self._with_whole({index: min(max(0, dollars), self.budget_max(index))})

    def with_transfer(self, source: int, target: int, dollars: int) -> "AllocationDraft":
        """Move money from one place to another (the last index is the reserve), as far as the source has it."""
        moved = min(max(0, dollars), self.dollars(source))
        ends = {source: self.dollars(source) - moved, target: self.dollars(target) + moved}
        return self._with_whole({index: amount for index, amount in ends.items() if index < len(self.portions)})

    def with_amounts(self, amounts: tuple[Money, ...]) -> "AllocationDraft":
        """The same draft with other amounts, for undo and redo. Raises ValueError when they do not add up."""
        return replace(self, amounts=amounts)

    def on_top_of(self, applied: "AllocationDraft") -> "AllocationDraft | None":
        """The draft kept over a newer applied split; None when modules or capital changed and it adds up no more."""
        if [p.module_id for p in self.portions] != [p.module_id for p in applied.portions]:
            return None
        if self.capital != applied.capital:
            return None
        return replace(applied, amounts=self.amounts, version=self.version)

    def _with_whole(self, wanted: dict[int, int]) -> "AllocationDraft":
        """Set modules to whole dollars. Back at its applied dollars, a budget gets its applied rest back too."""
        exact, whole = list(self.amounts[:-1]), list(self.amounts[:-1])
        for index, dollars in wanted.items():
            applied = self.portions[index].applied
            whole[index] = dollars * UNIT
            exact[index] = applied if applied // UNIT == dollars else whole[index]
        budgets = exact if sum(exact) <= self.capital else whole
        return replace(self, amounts=(*budgets, self.capital - sum(budgets)))


def applied_split(snapshot: MindfolioSnapshot) -> AllocationDraft:
    """The split as it is applied: a draft that changes nothing yet.

    Raises ValueError when the snapshot's budgets and reserve are not its capital, which the engine never publishes.
    """
    portions = tuple(
        Portion(view.spec.module_id, view.spec.name, view.budget, view.used, view.held, view.available, view.worst_case)
        for view in snapshot.modules
    )
    amounts = (*(portion.applied for portion in portions), snapshot.reserve)
    stop_why = snapshot.stop_why if snapshot.status is MindfolioStatus.STOPPED else None
    return AllocationDraft(snapshot.capital, portions, amounts, snapshot.version, snapshot.version, stop_why)


def _together(worst: list[Money | None]) -> Money | None:
    known = [each for each in worst if each is not None]
    return sum(known) if len(known) == len(worst) else None


def snapped(dollars: int, magnets: Iterable[int], reach: int) -> int:
    """Where a dragged amount rests: the nearest magnet within `reach` dollars, else the nearest $500."""
    near = [(abs(magnet - dollars), magnet) for magnet in magnets if abs(magnet - dollars) <= reach]
    if near:
        return min(near)[1]
    return (dollars + SNAP_DOLLARS // 2) // SNAP_DOLLARS * SNAP_DOLLARS


def parse_amount(text: str, current: int | None, capital: Money) -> int | None:
    """Whole dollars as a person types them; None when it is not such an amount.

    `12,500`, `$12,500`, `12.5k`; `25%` of `capital`, rounded down to a dollar; `+2k` and `-500` from `current`.
    Where `current` is None nothing is changed by an amount, and one with a sign is none.
    """
    cleaned = text.replace("\N{MINUS SIGN}", "-").replace("$", "").replace(",", "").replace(" ", "").lower()
    if not cleaned.isascii():
        return None
    sign = cleaned[:1] if cleaned[:1] in {"+", "-"} else ""
    value = _whole_dollars(cleaned.removeprefix(sign), capital)
    if value is None or (sign and current is None):
        return None
    current = current or 0
    return {"+": current + value, "-": current - value}.get(sign, value)


def _whole_dollars(cleaned: str, capital: Money) -> int | None:
    is_share = cleaned.endswith("%")
    digits = cleaned.removesuffix("%").rstrip("km") if not is_share else cleaned.removesuffix("%")
    suffix = cleaned[len(digits) :]
    if not digits.replace(".", "", 1).isdigit():
        return None
    try:
        number = Decimal(digits)
    except InvalidOperation:
        return None
    if is_share:
        return int(number * capital / (100 * UNIT)) if number <= 100 else None
    if suffix and suffix not in _FACTORS:
        return None
    amount = number * _FACTORS.get(suffix, 1)
    return int(amount) if amount == amount.to_integral_value() else None


def _magnets(portion: Portion) -> tuple[int, ...]:
    """Applied, used and committed in whole dollars; what is at work rounds up, so that it is covered there."""
    at_work = (-(-money // UNIT) for money in (portion.used, portion.committed))
    return tuple(sorted({portion.applied // UNIT, *at_work}))
