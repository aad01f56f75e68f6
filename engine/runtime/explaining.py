"""P&L explained, journaled: at a session's close, of each module and position, what its result came from.

The desk shows every event to the watch (`portfolio/pnl_watch`); nothing of what that holds in memory is needed to
trade. A session's parts add up to the ledger's P&L since the last close that was explained: what the watch did not see,
because no engine ran or a restart made it forget, is what is left, and is called `unwatched`.
"""

import datetime as dt
import logging

from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.explained import ExplainedDay, ExplainedModule, PnlParts
from engine.domain.ports import Query
from engine.ledger.codec import decode_event
from engine.portfolio.pnl_watch import PnlWatch
from engine.runtime.desk import Desk

_log = logging.getLogger(__name__)


def explain_session(desk: Desk, day: dt.date) -> None:
    """At the close, when all that can be marked was: say what the P&L since the close before came from, if any did."""
    if desk.query is None:
        return
    try:
        explained = _explained(desk, desk.query, day)
    except Exception:  # noqa: BLE001 - whatever fails here, nothing that trades depends on it
        _log.exception("the P&L of %s could not be explained", day)
        desk.watch = PnlWatch()
        return
    if explained is not None:
        desk.record(explained)


def _explained(desk: Desk, query: Query, day: dt.date) -> ev.PnlExplained | None:
    book, watch = desk.book, desk.watch
    watch.finish(book, desk.priced)
    if watch.since is None:
        watch.since = _last_pnl(query)
    pnl = {module_id: book.pnl(module_id) for module_id in (*book.module_ids, "")}
    told, positions = watch.take()
    modules: dict[str, PnlParts] = {}
    for module_id, amount in pnl.items():
        parts = told.get(module_id, PnlParts())
        parts += PnlParts(unwatched=amount - watch.since.get(module_id, 0) - parts.total)
        if parts != PnlParts():
            modules[module_id] = parts
    watch.since = pnl
    if not modules:
        return None
    rows = tuple(ExplainedModule(module_id, parts) for module_id, parts in modules.items())
    kept = tuple(each for each in positions if each.parts != PnlParts())
    return ev.PnlExplained(day, modules, pnl, desk.ledger.keep_evidence(ExplainedDay(day, rows, kept)))


def _last_pnl(query: Query) -> dict[str, Money]:
    """Each module's P&L at the last close that was explained; nothing before the first."""
    for entry in query.entries(1, kind="PnlExplained"):
        event = decode_event(entry.type, entry.version, entry.body.encode())
        if isinstance(event, ev.PnlExplained):
            return event.pnl
    return {}
