"""What a user's module may answer: of its own universe, structures and positions, in exact numbers, and not too much.

Everything here comes after the types were checked on the wire. A fault is told in one line; the rules of money are the
gate's, which sees what passes here like any other candidate.
"""

from collections.abc import Sequence

from engine.domain.candidate import Candidate, Finding
from engine.domain.order import OrderPurpose
from engine.domain.position import Position
from engine.domain.scan import Action, Exit, Hedge, ManageContext, ScanContext, Trade, Warn
from engine.domain.structure import Structure
from engine.domain.structure_shapes import recognise
from engine.ledger.codec import is_exact
from engine.modules.sandbox.protocol import Limits

MOST_UNITS = 10_000
"""Contracts, or hundreds of shares, of one trade."""

MOST_RATIO = 100

MOST_LEGS = 8

LONGEST = 500
"""Characters of a text."""

MOST_WORDS = 40
"""Reasons, or numbers, of one finding."""

MOST_ACTIONS = 8
"""Answers about one position."""

MOST_AMOUNT = 10**15
"""A hundred billion dollars: beyond that an amount is nonsense."""


def findings_problem(findings: Sequence[Finding], context: ScanContext, limits: Limits) -> str:
    """What is wrong with the answer to a scan, "" when nothing is."""
    universe, kinds = frozenset(context.module.universe), len(context.module.structures)
    most = len(universe) * (kinds + 1)
    if len(findings) > most:
        return f"it gave {len(findings):,} findings, at most {most:,} for {len(universe)} symbols"
    proposed = sum(finding.candidate is not None for finding in findings)
    if proposed > limits.candidates:
        return f"it proposed {proposed:,} trades in one scan, at most {limits.candidates}"
    problems = (_finding_problem(finding, universe, context) for finding in findings)
    found = next((problem for problem in problems if problem), "")
    missing = universe - {finding.symbol for finding in findings}
    if not found and missing:
        return f"it said nothing of {', '.join(sorted(missing)[:3])}: each symbol needs a finding"
    return found


def _finding_problem(finding: Finding, universe: frozenset[str], context: ScanContext) -> str:
    symbol, candidate = finding.symbol[:20], finding.candidate
    problem = _first(
        (finding.symbol not in universe, f"{symbol!r} is not in its universe"),
        (not is_exact(finding), f"a number of its finding on {symbol} is none"),
        (
            _is_wordy((finding.reason, finding.structure), finding.numbers),
            f"its finding on {symbol} has too many words or numbers",
        ),
    )
    if problem or candidate is None:
        return problem
    own = {position.position_id: position for position in context.open_positions}
    return _first(
        (
            candidate.structure.symbol != finding.symbol,
            f"its finding on {symbol} proposes a trade in {candidate.structure.symbol[:20]!r}",
        ),
        (candidate.generation != context.generation, f"its trade in {symbol} names a market that it was not shown"),
    ) or candidate_problem(candidate, context.module.module_id, own.get(candidate.position_id), context)


def candidate_problem(
    candidate: Candidate, module_id: str, position: Position | None, context: ScanContext | ManageContext
) -> str:
    """What is wrong with a proposed trade, "" when nothing is; `position` is the one of its own that it names."""
    structure, purpose = candidate.structure, candidate.purpose
    trade, kind = f"its trade in {structure.symbol[:20]}", structure.kind.value.lower()
    is_foreign = position is None or position.symbol != structure.symbol
    problem = _first(
        (
            candidate.module_id != module_id,
            f"{trade} is in the name of another module ({candidate.module_id[:40]!r})",
        ),
        (
            bool(candidate.position_id) and is_foreign,
            f"{trade} names a position that is not its own ({candidate.position_id[:40]!r})",
        ),
        (
            not candidate.position_id and purpose is not OrderPurpose.OPEN,
            f"{trade} is to {purpose.value.lower()} and names no position",
        ),
        (
            purpose is OrderPurpose.OPEN and structure.kind not in context.module.structures,
            f"{trade} is a {kind}, which is not enabled for it",
        ),
        (candidate.evidence is not None, f"{trade} brings its own evidence"),
    )
    problem = problem or _sizes_problem(candidate, structure) or _words_problem(candidate)
    if problem or purpose is not OrderPurpose.OPEN or not structure.legs or structure.shares:
        return problem
    return "" if recognise(structure.legs) is structure.kind else f"the legs of {trade} make no {kind}"


def _sizes_problem(candidate: Candidate, structure: Structure) -> str:
    trade, legs, quantity = f"its trade in {structure.symbol[:20]}", structure.legs, candidate.quantity
    amounts = (
        candidate.net_price, candidate.worst_price, candidate.buying_power, candidate.max_risk, candidate.costs,
        candidate.expected_profit or 0, *candidate.breakevens,
    )  # fmt: skip
    return _first(
        (not 0 < quantity <= MOST_UNITS, f"{trade} is for {quantity:,} units, from 1 to {MOST_UNITS:,} are taken"),
        (
            len(legs) > MOST_LEGS or any(not 0 < abs(leg.ratio) <= MOST_RATIO for leg in legs),
            f"the legs of {trade} are too many or too large",
        ),
        (
            any(leg.contract.underlying != structure.symbol or leg.contract.strike <= 0 for leg in legs),
            f"a leg of {trade} is of another symbol, or has no strike",
        ),
        (abs(structure.shares) > MOST_UNITS * 100, f"{trade} is for {structure.shares:,} shares"),
        (not legs and not structure.shares, f"{trade} trades nothing"),
        (any(abs(amount) > MOST_AMOUNT for amount in amounts), f"an amount of {trade} is beyond everything"),
    )


def _words_problem(candidate: Candidate) -> str:
    words = (*candidate.reasons, *candidate.waived, candidate.needs_person)
    is_wordy = _is_wordy(words, candidate.breakevens)
    return f"its trade in {candidate.structure.symbol[:20]} has too many words" if is_wordy else ""


def _first(*rules: tuple[bool, str]) -> str:
    """The text of the first rule that is broken, "" when none is."""
    return next((text for is_broken, text in rules if is_broken), "")


def _is_wordy(texts: Sequence[str], many: object) -> bool:
    count = len(many) if isinstance(many, dict | tuple) else 0
    names = tuple(many) if isinstance(many, dict) else ()
    facts = tuple(each for each in many.values() if isinstance(each, str)) if isinstance(many, dict) else ()
    return (
        len(texts) > MOST_WORDS or count > MOST_WORDS or any(len(text) > LONGEST for text in (*texts, *names, *facts))
    )


def actions_problem(actions: Sequence[Action], position: Position, context: ManageContext) -> str:
    """What is wrong with the answer about one position, "" when nothing is."""
    if len(actions) > MOST_ACTIONS:
        return f"it gave {len(actions):,} answers about {position.position_id}, at most {MOST_ACTIONS}"
    return next((problem for action in actions if (problem := _action_problem(action, position, context))), "")


def _action_problem(action: Action, position: Position, context: ManageContext) -> str:
    held, about = position.position_id, f"its answer about {position.position_id}"
    if not is_exact(action):
        return f"a number of {about} is none"
    if isinstance(action, Trade):
        if action.candidate.position_id != held:
            return f"{about} trades in another position"
        return candidate_problem(action.candidate, context.module.module_id, position, context)
    legs = action.legs if isinstance(action, Exit) else ()
    shares = action.shares if isinstance(action, Hedge) else 0
    texts = (action.about, action.text) if isinstance(action, Warn) else (action.why,)
    return _first(
        (action.position_id != held, f"{about} names another position ({action.position_id[:40]!r})"),
        (
            any(leg not in position.structure.legs for leg in legs) or len(set(legs)) != len(legs),
            f"{about} closes legs that it has not",
        ),
        (abs(shares) > MOST_UNITS * 100, f"{about} hedges with {shares:,} shares"),
        (_is_wordy(texts, ()), f"{about} has too many words"),
    )
