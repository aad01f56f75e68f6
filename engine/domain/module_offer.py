"""What modules can be made of, and how each kind can be set up: what a gallery and a settings page show."""

from dataclasses import dataclass

from engine.core.money import Money
from engine.domain.mindfolio import ModuleSpec
from engine.domain.parameter import ParameterSpec
from engine.domain.structure import StructureKind


@dataclass(frozen=True, slots=True)
class ModuleOffer:
    """A program that a module can be made of.

    `name` is what the program is called. `spec` is a module of it as it would come, under an id that is free, for a
    budget of `budget`, which is what such a module typically has. `structures` is all that it can trade, `parameters`
    the schema of its settings, `testable` what a backtest can speak about before there is any position.
    """

    name: str
    spec: ModuleSpec
    summary: str
    budget: Money
    structures: tuple[StructureKind, ...]
    parameters: tuple[ParameterSpec, ...]
    testable: tuple[StructureKind, ...]

    @property
    def is_users(self) -> bool:
        """Whether a user wrote the program."""
        return bool(self.spec.program)


@dataclass(frozen=True, slots=True)
class Offers:
    """All programs there are, what they could trade in, and what is wrong with the users' own, if anything is."""

    modules: tuple[ModuleOffer, ...]
    symbols: tuple[str, ...]
    trouble: str = ""
