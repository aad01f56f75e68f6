"""A denial: a code plus the facts that led to it, never a bare text."""

from dataclasses import dataclass, field

from engine.core.errors import DenialCode, Fact


@dataclass(frozen=True, slots=True)
class Denial:
    """One refused condition.

    `measured` and `limit` share a unit, named in `unit`: "usd" (1/10,000 USD), "s", "pct", "contracts", or "" for
    words. `facts` names whatever else a person needs to judge the refusal.
    """

    code: DenialCode
    measured: Fact = None
    limit: Fact = None
    unit: str = ""
    facts: dict[str, Fact] = field(default_factory=dict)
