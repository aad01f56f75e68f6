"""Events of modules: they are added, set up anew, paused, resumed and removed."""

from dataclasses import dataclass

from engine.domain.mindfolio import ModuleSpec, ModuleStatus


@dataclass(frozen=True, slots=True)
class ModuleAdded:
    """A module began, with a budget of zero; a reallocation funds it."""

    spec: ModuleSpec
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class ModuleChanged:
    """A module goes on with other settings: its name, limits, universe, structures, parameters, autotrade."""

    spec: ModuleSpec
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class ModuleRemoved:
    """A module ended, flat; its budget went to the reserve and what it earned stays with its name in the books."""

    module_id: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class ModuleStatusChanged:
    """A module was paused or resumed. `code` is "" for a person, else the rule that did it (DAILY_LOSS, STOPPED)."""

    module_id: str
    status: ModuleStatus
    who: str
    why: str
    code: str = ""
