"""Questions of pages: what the engine has in hand, and what the journal tells. They change nothing.

`answer` is called by the kernel and must cost it next to nothing: it takes hold of what does not change any more
(frozen records, chains), and leaves the reckoning to whoever asked. `answer_from_ledger` runs on the asker's thread.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from engine.core.errors import MindfolioError
from engine.domain import questions as ask
from engine.domain.account import EXTERNAL
from engine.domain.notes import NoteWritten
from engine.domain.ports import Query
from engine.domain.reallocation import ProposalSettings
from engine.domain.records import NoteRow
from engine.ledger.codec import decode_event
from engine.portfolio.allocation_review import allocation_review
from engine.portfolio.held_legs import prices_of
from engine.portfolio.journal_csv import export_journal
from engine.portfolio.reallocation import proposals
from engine.portfolio.standings import split_of, standings
from engine.portfolio.worst_case import stress_grids
from engine.runtime import position_answers
from engine.runtime.day_records import day_sheets
from engine.runtime.desk import RISK_FREE_RATE, Desk
from engine.runtime.expirations import open_expiries
from engine.runtime.handlers_trade import check
from engine.runtime.limit_uses import standing_limits
from engine.runtime.market_answers import chain_of, quoted_strikes, ticket_of
from engine.runtime.offers import offers
from engine.runtime.places import Places
from engine.runtime.previewing import preview_of
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


def answer_from_ledger(query: Query, question: ask.LedgerQuestion, places: Places) -> object:
    """What the journal tells, of the ledger in `places`. Raises LedgerFault when it cannot be read."""
    of_market = _WITH_ITS_MARKET.get(type(question))
    return _FROM_LEDGER[type(question)](query, question) if of_market is None else of_market(query, question, places)


def _given(found: object) -> object:
    return found


def _stress(desk: Desk, _question: ask.StressOf) -> Work:
    held = tuple(each for each in desk.book.positions.values() if each.module_id != EXTERNAL)
    chains, now = dict(desk.market.chains()), desk.now
    return lambda: stress_grids(held, prices_of(held, chains, now, RISK_FREE_RATE))


def _preview(desk: Desk, question: ask.PreviewTrade) -> Work:
    approval = desk.book.approvals.get(question.approval_id)
    return (lambda: None) if approval is None else preview_of(desk, approval, question)


def _strikes(desk: Desk, question: ask.StrikesOf) -> Work:
    approval = desk.book.approvals.get(question.approval_id)
    if approval is None:
        return lambda: None
    structure = approval.candidate.structure
    return partial(quoted_strikes, structure.legs, desk.market.chain(structure.symbol))


def _notes(query: Query, question: ask.NotesOf) -> tuple[NoteRow, ...]:
    rows = query.entries(ask.PAGE, question.before, "NoteWritten", question.text)
    read = [(row, decode_event(row.type, row.version, row.body.encode())) for row in rows]
    return tuple(NoteRow(row.seq, row.at, event) for row, event in read if isinstance(event, NoteWritten))


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
    ask.LimitsOf: lambda desk, _question: partial(_given, standing_limits(desk)),
    ask.ExpirationsOf: lambda desk, _question: open_expiries(desk),
    ask.LegsOf: position_answers.legs,
    ask.PayoffOf: position_answers.payoff,
    ask.ClosingOf: position_answers.closing,
    ask.RollTermsOf: position_answers.roll_terms,
    ask.RollOf: position_answers.roll,
    ask.PreviewTrade: _preview,
    ask.StrikesOf: _strikes,
    ask.ModuleOffers: _offers,
    ask.TrialOf: _trial,
    ask.ChainOf: chain_of,
    ask.TicketOf: ticket_of,
    ask.CheckTrade: lambda desk, question: partial(_given, check(desk, question)),
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
    ask.ExplainedDays: lambda query, _question: query.explained(limit=ask.PAGE),
    ask.OrdersOf: lambda query, question: query.orders(question.module_id, ask.PAGE, question.before),
    ask.FillsOf: lambda query, question: query.fills(question.module_id, ask.PAGE, question.before),
    ask.EntriesOf: lambda query, question: query.entries(ask.PAGE, question.before, question.kind, question.text),
    ask.ExportEntries: lambda query, question: export_journal(query, Path(question.path), question.kind, question.text),
    ask.NotesOf: _notes,
}

_WITH_ITS_MARKET: Mapping[type, Callable[[Query, Any, Places], object]] = {
    ask.SheetsOf: lambda query, question, places: day_sheets(query, question.day, places),
}
