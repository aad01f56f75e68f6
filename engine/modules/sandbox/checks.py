"""What a user's module may answer: of its own universe, structures and positions, in exact numbers, and not too much.

Everything here comes after the types were checked on the wire. A fault is told in one line; the rules of money are the
gate's, which sees what passes here like any other candidate.
"""

import unicodedata
from collections.abc import Sequence

from engine.core.errors import Fact
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

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control signs, signs that only format (among them those that turn a line around), line and paragraph breaks."""

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
    if finding.symbol not in universe:
        return f"{symbol!r} is not in its universe"
    about = f"its finding on {symbol}"
    problem = _words_problem(about, (finding.reason, finding.structure), finding.numbers)
    if candidate is not None:
        problem = problem or _size_problem(candidate)
    # Last, since it takes as long as the finding is large.
    if not problem and not is_exact(finding):
        problem = f"a number of {about} is none"
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
    trade, kind = _trade(candidate), structure.kind.value.lower()
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
    problem = problem or _amounts_problem(candidate, structure)
    if problem or purpose is not OrderPurpose.OPEN or not structure.legs or structure.shares:
        return problem
    return "" if recognise(structure.legs) is structure.kind else f"the legs of {trade} make no {kind}"


def _trade(candidate: Candidate) -> str:
    return f"its trade in {candidate.structure.symbol[:20]}"


def _size_problem(candidate: Candidate) -> str:
    """What of a trade is too much to be looked at any closer."""
    trade, words = _trade(candidate), (*candidate.reasons, *candidate.waived, candidate.needs_person)
    if len(candidate.structure.legs) > MOST_LEGS:
        return f"the legs of {trade} are too many or too large"
    return _words_problem(trade, words, candidate.breakevens)


def _amounts_problem(candidate: Candidate, structure: Structure) -> str:
    trade, legs, quantity = _trade(candidate), structure.legs, candidate.quantity
    amounts = (
        candidate.net_price, candidate.worst_price, candidate.buying_power, candidate.max_risk, candidate.costs,
        candidate.expected_profit or 0, *candidate.breakevens,
    )  # fmt: skip
    return _first(
        (not 0 < quantity <= MOST_UNITS, f"{trade} is for {quantity:,} units, from 1 to {MOST_UNITS:,} are taken"),
        (
            any(not 0 < abs(leg.ratio) <= MOST_RATIO for leg in legs),
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


def _first(*rules: tuple[bool, str]) -> str:
    """The text of the first rule that is broken, "" when none is."""
    return next((text for is_broken, text in rules if is_broken), "")


def _words_problem(about: str, texts: Sequence[str], many: dict[str, Fact] | tuple[int, ...] = ()) -> str:
    """What is wrong with texts, and with names and numbers beside them, "" when nothing is."""
    if len(texts) > MOST_WORDS or len(many) > MOST_WORDS:
        return f"{about} has too many words or numbers"
    named = (*many, *many.values()) if isinstance(many, dict) else ()
    words = [each for each in (*texts, *named) if isinstance(each, str)]
    return _first(
        (any(len(each) > LONGEST for each in words), f"{about} has too many words or numbers"),
        (not all(is_showable(each) for each in words), f"{about} has a line break or a sign that cannot be shown"),
    )


def is_showable(text: str) -> bool:
    """Whether a text is one line that says what it shows: no control signs, nothing that turns its direction."""
    return (text.isascii() and text.isprintable()) or not any(unicodedata.category(each) in _UNSEEN for each in text)


def actions_problem(actions: Sequence[Action], position: Position, context: ManageContext) -> str:
    """What is wrong with the answer about one position, "" when nothing is."""
    if len(actions) > MOST_ACTIONS:
        return f"it gave {len(actions):,} answers about {position.position_id}, at most {MOST_ACTIONS}"
    return next((problem for action in actions if (problem := _action_problem(action, position, context))), "")


def _action_problem(action: Action, position: Position, context: ManageContext) -> str:
    held, about = position.position_id, f"its answer about {position.position_id}"
    if isinstance(action, Trade):
        problem = _size_problem(action.candidate)
    elif isinstance(action, Warn):
        problem = _words_problem(about, (action.about, action.text))
    else:
        problem = _words_problem(about, (action.why,))
    if isinstance(action, Exit) and len(action.legs) > len(position.structure.legs):
        problem = f"{about} closes legs that it has not"
    if not problem and not is_exact(action):
        problem = f"a number of {about} is none"
    if problem:
        return problem
    if isinstance(action, Trade):
        if action.candidate.position_id != held:
            return f"{about} trades in another position"
        return candidate_problem(action.candidate, context.module.module_id, position, context)
    legs = action.legs if isinstance(action, Exit) else ()
    shares = action.shares if isinstance(action, Hedge) else 0
    return _first(
        (action.position_id != held, f"{about} names another position ({action.position_id[:40]!r})"),
        (
            any(leg not in position.structure.legs for leg in legs) or len(set(legs)) != len(legs),
            f"{about} closes legs that it has not",
        ),
        (abs(shares) > MOST_UNITS * 100, f"{about} hedges with {shares:,} shares"),
    )
