"""What all modules share: their parameters as typed, bounded settings, and how a module's own values are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from engine.domain.mindfolio import Parameter
from engine.domain.parameter import ParameterSpec

__all__ = [
    "Number",
    "ParameterSpec",
    "SettingRow",
    "parameter_problems",
    "read_parameters",
    "read_rules",
    "setting_rows",
]

Number: TypeAlias = int | float

RulesT = TypeVar("RulesT")


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A setting as the settings page lists it."""

    label: str
    value: Number
    unit: str
    help: str


def parameter_problems(schema: tuple[ParameterSpec, ...], given: Mapping[str, Parameter]) -> tuple[str, ...]:
    """Everything wrong with a module's own values: unknown names first, then what is no number or out of bounds."""
    names = {spec.name for spec in schema}
    unknown = [f"{name}: no such parameter" for name in sorted(given.keys() - names)]
    wrong = [spec.problem(given[spec.name]) for spec in schema if spec.name in given]
    return (*unknown, *(problem for problem in wrong if problem is not None))


def read_parameters(schema: tuple[ParameterSpec, ...], given: Mapping[str, Parameter]) -> dict[str, Number]:
    """The value of every parameter: the module's own where it has one, else the default.

    Raises ValueError with all that is wrong, and reads nothing then: a module never runs on half of its settings.
    """
    problems = parameter_problems(schema, given)
    if problems:
        raise ValueError("; ".join(problems))
    values: dict[str, Number] = {}
    for spec in schema:
        value = given.get(spec.name, spec.default)
        values[spec.name] = int(value) if spec.is_whole else float(value)
    return values


def read_rules(
    make: Callable[..., RulesT], schema: tuple[ParameterSpec, ...], given: Mapping[str, Parameter]
) -> RulesT:
    """A module's rules: `make` with every parameter of the schema by name.

    Raises ValueError as `read_parameters` does, and when `make` finds that two parameters contradict each other.
    """
    return make(**read_parameters(schema, given))


def setting_rows(schema: tuple[ParameterSpec, ...], given: Mapping[str, Parameter]) -> tuple[SettingRow, ...]:
    """All settings in the schema's order. Raises ValueError as `read_parameters` does."""
    values = read_parameters(schema, given)
    return tuple(SettingRow(spec.label, values[spec.name], spec.unit, spec.help) for spec in schema)
