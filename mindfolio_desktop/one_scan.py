"""One scan of one kind of module, with every reason: nothing is traded, and nobody's ledger is written.

The engine is the real one: its market, its book of a new mindfolio, the module's own program, the pre-trade backtest
and the gate. Its ledger lives in a folder that is thrown away.
"""

import datetime as dt
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from textwrap import wrap

from engine.backtest.summary import figures, share
from engine.core.calendar import NEW_YORK, market_day, session_at, session_on
from engine.core.clock import as_utc
from engine.core.errors import DenialCode, Fact, MindfolioError
from engine.core.money import to_float, usd
from engine.domain.candidate import Candidate, Finding
from engine.domain.commands import PauseModule, ResumeModule
from engine.domain.denial import Denial
from engine.domain.mindfolio import Environment, ModuleKind, ModuleSpec
from engine.domain.notices import Alert, Notice
from engine.domain.order import OrderPurpose
from engine.domain.snapshot import MindfolioSnapshot
from engine.risk.gate import checklist
from engine.runtime.assembly import OpenEngine
from engine.runtime.desk import Desk
from engine.runtime.handlers import handle
from engine.runtime.openings import gate, ticket_of
from engine.runtime.places import Places, Running
from engine.runtime.proving import scan_with_evidence
from engine.runtime.scanning import context_for
from mindfolio_desktop.ui import refusals

Document = dict[str, object]
Progress = Callable[[str], None]

USUAL_TIME = dt.time(10)
"""Half an hour after the open, when quotes have settled."""

_INDENT = " " * 7

_STEPS = (30, 15, 10, 5, 1)
"""Minutes between the quotes of a simulated morning: the widest that has some at the time asked for."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A symbol that was looked at: what the module found, and what the gate says of its candidate."""

    finding: Finding
    denials: tuple[Denial, ...]

    @property
    def outcome(self) -> str:
        """Skipped by the module, refused by the gate, or neither."""
        if self.finding.candidate is None:
            return "skipped"
        return "refused" if self.denials else "would be traded"


@dataclass(frozen=True)
class _Scratch(Places):
    """Places whose own folder is thrown away, while imported recordings are read where they are."""

    scratch: Path = Path()

    @property
    def folder(self) -> Path:
        """Everything that the engine writes."""
        return self.scratch


class _Silent:
    """A Publisher for nobody: only what is urgent becomes a line."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def publish(self, snapshot: MindfolioSnapshot) -> None:
        """Nobody looks."""

    def notify(self, notice: Notice) -> None:
        """Pass on an urgent alert."""
        if isinstance(notice, Alert) and notice.is_urgent:
            self._progress(notice.text)


def scan_document(
    places: Places, seed: int | None, kind: ModuleKind, symbols: tuple[str, ...], at: dt.time | None, progress: Progress
) -> Document:
    """Scan once in the first session of a market, at a New York time (10:00, of a recording its first quotes).

    Raises MindfolioError when there is no such market, module or symbol, or the market is closed at that time.
    """
    with tempfile.TemporaryDirectory(prefix="mindfolio-scan-") as folder:
        scratch = _Scratch(places.data_dir, places.environment, Path(folder))
        is_simulated = places.environment is Environment.SIMULATED
        when = at or (USUAL_TIME if is_simulated else None)
        running = Running(seed=seed, quote_minutes=_step(when) if is_simulated and when is not None else None)
        engine = OpenEngine(scratch, running, _Silent(progress))
        try:
            desk = engine.kernel.desk
            module = _module(desk, kind, symbols)
            for module_id in desk.book.modules:
                handle(desk, PauseModule(module_id, "mindfolio scan", "only one scan is wanted"))
            desk.commit()
            engine.kernel.run(until=_instant(desk.feed.first_at, when))
            if session_at(desk.now) is None:
                raise MindfolioError(f"no quotes come while the market is open until {desk.now:%Y-%m-%d %H:%M} UTC")
            handle(desk, ResumeModule(module.module_id, "mindfolio scan", "to be scanned once"))
            desk.commit()
            return _document(desk, module)
        finally:
            engine.close()


def scan_text(document: Document) -> str:
    """A document of `scan_document` as lines for a terminal."""
    lines = [f"{document['module']} on {document['market']} at {document['at']}"]
    waived = document["waived"]
    if isinstance(waived, list) and waived:
        lines.append(f"waived in this environment: {', '.join(waived)}")
    looked = document["symbols"]
    for row in looked if isinstance(looked, list) else []:
        lines.append(f"{row['symbol']:<6} {row['structure'] or '':<14} {row['outcome'].upper()}: {row['reason']}")
        if row["numbers"]:
            lines.append("       " + ", ".join(_fact(name, value) for name, value in row["numbers"].items()))
        if row["trade"] is not None:
            lines += [f"       {line}" for line in row["trade"]["lines"]]
        checks = row["checks"]
        lines += [f"       NOT MET {check['code']}: {check['words']}" for check in checks if not check["is_met"]]
        if met := [check["code"] for check in checks if check["is_met"]]:
            lines += wrap(
                f"the gate's conditions met: {', '.join(met)}",
                112,
                initial_indent=_INDENT,
                subsequent_indent=f"{_INDENT}  ",
            )
    return "\n".join(lines)


def _fact(name: str, value: Fact) -> str:
    """A number of a finding; amounts are kept in 1/10,000 USD, and their names end in _usd."""
    if name.endswith("_usd") and isinstance(value, int):
        return f"{name.removesuffix('_usd').replace('_', ' ')} {usd(value)}"
    return f"{name.replace('_', ' ')} {value}"


def _step(at: dt.time) -> int:
    minutes = at.hour * 60 + at.minute - (9 * 60 + 30)
    return next(step for step in _STEPS if minutes % step == 0)


def _instant(first: dt.datetime, at: dt.time | None) -> dt.datetime:
    """When to scan: at the first quotes, or at a time of that day. Raises MindfolioError when the market is closed."""
    if at is None:
        return first
    day = market_day(first)
    asked = as_utc(dt.datetime.combine(day, at, NEW_YORK))
    session = session_on(day)
    if session is None or not max(first, session.opens) <= asked < session.closes:
        opens = first.astimezone(NEW_YORK)
        raise MindfolioError(
            f"the market is closed at {at:%H:%M} New York time; quotes begin on {opens:%Y-%m-%d %H:%M}"
        )
    return asked


def _module(desk: Desk, kind: ModuleKind, symbols: tuple[str, ...]) -> ModuleSpec:
    """The new mindfolio's first module of a kind, with the symbols asked for as its universe."""
    specs = [module.spec for module in desk.book.modules.values() if module.spec.kind.value == kind.value]
    if not specs:
        raise MindfolioError(f"a new mindfolio has no module of the kind {kind.value}")
    unknown = sorted(set(symbols) - set(desk.feed.symbols))
    if unknown:
        raise MindfolioError(f"{', '.join(unknown)}: not in this market, which quotes {', '.join(desk.feed.symbols)}")
    return replace(specs[0], universe=symbols) if symbols else specs[0]


def _document(desk: Desk, module: ModuleSpec) -> Document:
    findings = scan_with_evidence(desk.strategy_of(module), desk.backtester, context_for(desk, module))
    looked = [_looked(desk, module, finding) for finding in findings]
    return {
        "module": module.name,
        "kind": module.kind.value,
        "market": desk.book.market,
        "at": desk.now.isoformat(),
        "waived": [name for name, is_waived in asdict(desk.book.waivers).items() if is_waived],
        "symbols": [_row(each) for each in looked],
    }


def _looked(desk: Desk, module: ModuleSpec, finding: Finding) -> Looked:
    candidate = finding.candidate
    if candidate is None or candidate.purpose is OrderPurpose.CLOSE:
        return Looked(finding, ())
    for_person = not module.autotrade or bool(candidate.needs_person)
    return Looked(finding, gate(desk, candidate, ticket_of(candidate, for_person=for_person)))


def _row(looked: Looked) -> Document:
    finding, candidate = looked.finding, looked.finding.candidate
    checks = () if candidate is None else checklist(looked.denials)
    return {
        "symbol": finding.symbol,
        "structure": finding.structure if candidate is None else candidate.structure.kind.value,
        "outcome": looked.outcome,
        "reason": finding.reason,
        "numbers": finding.numbers,
        "trade": None if candidate is None else _trade(candidate),
        "checks": [_check(code, denial) for code, denial in checks],
    }


def _check(code: DenialCode, denial: Denial | None) -> Document:
    if denial is None:
        return {"code": code.value, "is_met": True, "words": "", "denial": None}
    return {"code": code.value, "is_met": False, "words": refusals.denial(denial), "denial": asdict(denial)}


def _trade(candidate: Candidate) -> Document:
    evidence, structure = candidate.evidence, candidate.structure
    legs = [f"{leg.ratio:+d} {leg.contract.occ}" for leg in structure.legs]
    lines = [
        f"{candidate.quantity} x {', '.join(legs)} at {to_float(candidate.net_price):.2f}",
        (
            f"buying power {usd(candidate.buying_power)}, max risk {usd(candidate.max_risk)}, "
            f"costs {usd(candidate.costs)}, chance of profit {share(candidate.probability_of_profit)}, "
            f"expected {usd(candidate.expected_profit)}"
        ),
    ]
    if evidence is not None:
        lines.append(
            f"backtest ({evidence.source}): {evidence.trades} trades, {share(evidence.win_rate)} won, "
            f"expectancy {usd(evidence.expectancy)}"
        )
    return {
        "legs": legs,
        "quantity": candidate.quantity,
        "net_price": to_float(candidate.net_price),
        "worst_price": to_float(candidate.worst_price),
        "buying_power": to_float(candidate.buying_power),
        "max_risk": to_float(candidate.max_risk),
        "costs": to_float(candidate.costs),
        "probability_of_profit": candidate.probability_of_profit,
        "expected_profit": None if candidate.expected_profit is None else to_float(candidate.expected_profit),
        "iv_rank": candidate.iv_rank,
        "reasons": list(candidate.reasons),
        "needs_person": candidate.needs_person,
        "backtest": None if evidence is None else {"prices": evidence.source, **figures(evidence)},
        "lines": lines,
    }
