"""The settings of a strategy as a schema: what each is called, in which unit, and which values it takes."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One setting of a module: what it is called, in which unit, its default and its bounds, both inclusive.

    A whole default makes it a whole number; other parameters take any finite number.
    """

    name: str
    label: str
    unit: str
    default: int | float
    minimum: int | float
    maximum: int | float
    help: str

    def __post_init__(self) -> None:
        if (problem := self.problem(self.default)) is not None:
            raise ValueError(f"the default breaks its own rule: {problem}")

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers make sense."""
        return isinstance(self.default, int)

    def problem(self, value: object) -> str | None:
        """Why a value cannot be taken, in words with the numbers; None when it can."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"{self.name}: {value!r} is not a number"
        if isinstance(value, float) and not math.isfinite(value):
            return f"{self.name}: {value!r} is not a number"
        if self.is_whole and value != int(value):
            return f"{self.name}: {value!r} is not a whole number"
        if not self.minimum <= value <= self.maximum:
            return f"{self.name}: {value!r} is outside {self.minimum:g} to {self.maximum:g} {self.unit}".rstrip()
        return None
