"""Questions of pages: what the engine has in hand, and what the journal tells. They change nothing.

`answer` is called by the kernel and must cost it next to nothing: it takes hold of what does not change any more
(frozen records, chains), and leaves the reckoning to whoever asked. `answer_from_ledger` runs on the asker's thread.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from engine.domain import questions as ask
from engine.domain.account import EXTERNAL
from engine.domain.ports import Query
from engine.portfolio.held_legs import prices_of
from engine.portfolio.worst_case import stress_grids
from engine.runtime.desk import RISK_FREE_RATE, Desk
from engine.runtime.market_answers import chain_of, ticket_of

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


_FROM_DESK: Mapping[type, Callable[[Desk, Any], Work]] = {
    ask.StressOf: _stress,
    ask.ChainOf: chain_of,
    ask.TicketOf: ticket_of,
}

_FROM_LEDGER: Mapping[type, Callable[[Query, Any], object]] = {
    ask.ScansOf: lambda query, question: query.scans(question.module_id, question.since),
    ask.TradesOf: lambda query, question: query.trades(question.module_id),
    ask.SkipsOf: lambda query, question: query.skipped_trades(question.module_id),
    ask.NavSamples: lambda query, _question: query.nav_history(),
}
