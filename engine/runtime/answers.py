"""Questions of pages: what the engine has in hand, and what the journal tells. They change nothing.

`answer` is called by the kernel and must cost it next to nothing: it takes hold of what does not change any more
(frozen records, chains), and leaves the reckoning to whoever asked. `answer_from_ledger` runs on the asker's thread.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from engine.core.errors import MindfolioError
from engine.domain import questions as ask
from engine.domain.account import EXTERNAL
from engine.domain.ports import Query
from engine.domain.reallocation import ProposalSettings
from engine.portfolio.allocation_review import allocation_review
from engine.portfolio.held_legs import prices_of
from engine.portfolio.reallocation import proposals
from engine.portfolio.standings import split_of, standings
from engine.portfolio.worst_case import stress_grids
from engine.runtime.desk import RISK_FREE_RATE, Desk
from engine.runtime.offers import offers
from engine.runtime.proving import trial

Work = Callable[[], object]


def answer(desk: Desk, question: ask.DeskQuestion) -> ask.Answer:
    """The answer as a piece of work. Whatever goes wrong is raised when it is done: a page must not halt the engine."""
    try:
        return ask.Answer(question, _FROM_DESK[type(question)](desk, question))
    except Exception as error:  # noqa: BLE001 - see above
        return ask.Answer(question, partial(_fail, error))


def _fail(error: Exception) -> object:
    raise error


def answer_from_ledger(query: Query, question: ask.LedgerQuestion) -> object:
    """What the journal tells. Raises LedgerFault when it cannot be read."""
    return _FROM_LEDGER[type(question)](query, question)


def _stress(desk: Desk, _question: ask.StressOf) -> Work:
    held = tuple(each for each in desk.book.positions.values() if each.module_id != EXTERNAL)
    chains, now = dict(desk.market.chains()), desk.now
    return lambda: stress_grids(held, prices_of(held, chains, now, RISK_FREE_RATE))


def _offers(desk: Desk, _question: ask.ModuleOffers) -> Work:
    taken, symbols, users = frozenset(desk.book.module_ids), tuple(desk.feed.symbols), desk.users_programs
    return lambda: offers(taken, symbols, users)


def _trial(desk: Desk, question: ask.TrialOf) -> Work:
    backtester, now = desk.backtester, desk.now
    if problem := desk.program_problem(question.spec):
        raise MindfolioError(problem)
    return lambda: trial(backtester, question.spec, question.symbol, question.kind, now)


_FROM_DESK: Mapping[type, Callable[[Desk, Any], Work]] = {
    ask.StressOf: _stress,
    ask.ModuleOffers: _offers,
    ask.TrialOf: _trial,
}


def _proposals(query: Query, question: ask.ProposalsFor) -> object:
    standing = standings(question.snapshot, query.allocations(), question.locked)
    return proposals(split_of(question.snapshot), standing, ProposalSettings(least_reserve=question.least_reserve))


_FROM_LEDGER: Mapping[type, Callable[[Query, Any], object]] = {
    ask.ScansOf: lambda query, question: query.scans(question.module_id, question.since),
    ask.TradesOf: lambda query, question: query.trades(question.module_id),
    ask.SkipsOf: lambda query, question: query.skipped_trades(question.module_id),
    ask.AllocationsSoFar: lambda query, _question: allocation_review(query.allocations()),
    ask.ProposalsFor: _proposals,
    ask.NavSamples: lambda query, _question: query.nav_history(),
}
