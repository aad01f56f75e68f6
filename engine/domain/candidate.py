"""What a scan finds: a candidate trade, or the reason why a symbol gave none. And what became of it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.core.errors import Fact
from engine.core.money import Money
from engine.domain.denial import Denial
from engine.domain.evidence import Evidence
from engine.domain.greeks import Greeks
from engine.domain.order import OrderPurpose
from engine.domain.structure import Structure


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trade that a module proposes. Prices are net per share, negative for a credit.

    `net_price` is where the order starts (mid); `worst_price` is the furthest the repricing ladder may go, and
    what buying power, max risk and costs are computed at. Those figures are the module's proposal: the gate
    computes them again from the legs.

    `purpose` and `position_id`: OPEN without a position opens one, with one adds to it; ROLL trades the structure as it
    stands, old legs turned and new ones, and CLOSE ends a position, which may be another module's. `needs_person` says
    why only a person may let it pass ("" when autotrade may). `evidence` is the engine's, whatever a module puts there.
    """

    module_id: str
    structure: Structure
    quantity: int
    net_price: Money
    worst_price: Money
    buying_power: Money
    max_risk: Money
    costs: Money
    generation: int
    greeks: Greeks
    breakevens: tuple[Money, ...]
    probability_of_profit: float | None
    expected_profit: Money | None
    iv_rank: float | None
    iv_rank_sessions: int
    reasons: tuple[str, ...]
    waived: tuple[str, ...] = ()
    purpose: OrderPurpose = OrderPurpose.OPEN
    position_id: str = ""
    needs_person: str = ""
    evidence: Evidence | None = None


def plain_candidate(
    module_id: str, structure: Structure, quantity: int, prices: tuple[Money, Money], generation: int,
    reasons: tuple[str, ...], **more: Any,
) -> Candidate:  # fmt: skip
    """A candidate without the figures that the gate works out from the legs; `prices` are net and worst a share.

    `more` are other fields of it that are known.
    """
    plain = Candidate(
        module_id=module_id,
        structure=structure,
        quantity=quantity,
        net_price=prices[0],
        worst_price=prices[1],
        buying_power=0,
        max_risk=0,
        costs=0,
        generation=generation,
        greeks=Greeks(),
        breakevens=(),
        probability_of_profit=None,
        expected_profit=None,
        iv_rank=None,
        iv_rank_sessions=0,
        reasons=reasons,
    )
    return replace(plain, **more)


@dataclass(frozen=True, slots=True)
class Finding:
    """One symbol looked at by a scan: a candidate, or why there is none, with the numbers behind it.

    A module that trades several structures may give a finding for each; `structure` names the one that was looked for.
    """

    symbol: str
    candidate: Candidate | None
    reason: str
    numbers: dict[str, Fact] = field(default_factory=dict)
    structure: str = ""


class ScanAction(StrEnum):
    """What became of a symbol that was looked at."""

    EXECUTED = "EXECUTED"
    PENDING = "PENDING"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, slots=True)
class ScanRow:
    """One line of the scan record, kept as evidence for every symbol looked at.

    `candidate` is the trade that was found, with the backtest behind it, whatever became of it. `denials` are the
    conditions of the gate that it did not meet; all others it met.
    """

    at: datetime
    module_id: str
    symbol: str
    structure: str
    action: ScanAction
    reason: str
    numbers: dict[str, Fact] = field(default_factory=dict)
    denials: tuple[Denial, ...] = ()
    waived: tuple[str, ...] = ()
    candidate: Candidate | None = None


class ApprovalStatus(StrEnum):
    """WAITING holds no money; everything is checked again at the click."""

    WAITING = "WAITING"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    DENIED = "DENIED"
    EXPIRED = "EXPIRED"
    VOIDED = "VOIDED"


@dataclass(frozen=True, slots=True)
class Approval:
    """A candidate that waits for a person."""

    approval_id: str
    candidate: Candidate
    requested_at: datetime
    expires_at: datetime
    status: ApprovalStatus = ApprovalStatus.WAITING
    why: str = ""


@dataclass(frozen=True, slots=True)
class TradeTerms:
    """What is traded at most at which net price a share."""

    structure: Structure
    quantity: int
    worst_price: Money


@dataclass(frozen=True, slots=True)
class Answer:
    """How a candidate that waited for a person ended without a trade: refused, or nobody decided in time.

    `reason` is the first of its reasons. A module may leave out for a while what was answered already.
    """

    module_id: str
    purpose: OrderPurpose
    position_id: str
    symbol: str
    reason: str
    status: ApprovalStatus
    at: datetime
