"""Why the market page shows nothing, or sends nothing."""

import datetime as dt
from collections.abc import Sequence

from engine.core.errors import GATE_CODES
from engine.domain.chain_view import ChainView
from engine.domain.denial import Denial
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.snapshot import MindfolioSnapshot, ModuleView
from engine.domain.ticket_view import TicketView
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import refusals


def why_not_sent(snapshot: MindfolioSnapshot, figures: TicketView | None, module_id: str) -> str:
    """Why no ticket can be sent now, "" when one can."""
    return _why_closed(snapshot) or _why_unfit(figures, snapshot.module(module_id))


def _why_closed(snapshot: MindfolioSnapshot) -> str:
    market = snapshot.market
    for is_so, words in (
        (bool(snapshot.halted), f"Trading is halted: {snapshot.halted}"),
        (snapshot.status is MindfolioStatus.STOPPED, "Everything is stopped: nothing is sent until a person re-arms."),
        (snapshot.status is MindfolioStatus.PAUSED, "Everything is paused: nothing is opened until it is resumed."),
        (market.is_finished, "The market is over: no quotes will come."),
        (not market.is_open, f"The market is closed. {opens_words(snapshot)}".strip()),
    ):
        if is_so:
            return words
    return ""


def _why_unfit(figures: TicketView | None, module: ModuleView | None) -> str:
    if figures is None:
        return "Working out its figures…"
    if figures.no_price:
        return f"It has no price: {figures.no_price}."
    if module is None:
        return "No module may trade this."
    if module.status is ModuleStatus.PAUSED:
        return f"{module.spec.name} is paused: it opens nothing until it is resumed."
    return ""


def checked_words(denials: tuple[Denial, ...], at: dt.datetime) -> tuple[str, str]:
    """What a check of a ticket found, and its role: what it fails with value and limit, then what it passes."""
    nothing_sent = f"Checked at {fmt.clock(at)}, nothing was sent."
    failed = {each.code for each in denials}
    passed = [code for code in GATE_CODES if code not in failed]
    names = ", ".join(refusals.name(code) for code in passed)
    if not denials:
        return f"{nothing_sent} All {len(passed)} checks pass: {names}.", "muted"
    if not failed <= set(GATE_CODES):  # it does not come so far as to be judged by the gate
        return f"{nothing_sent} It would be refused.\n{refusals.denials(denials)}", "warning"
    return f"{nothing_sent} It would be refused.\n{refusals.denials(denials)}\nPasses: {names}.", "warning"


def unfit_words(reasons: Sequence[tuple[str, str]]) -> str:
    """Which modules may not trade it, and why: pairs of a name and a reason, those with one reason together."""
    names: dict[str, list[str]] = {}
    for name, why in reasons:
        names.setdefault(why, []).append(name)
    return "; ".join(f"Not for {', '.join(them)}: {why}" for why, them in names.items())


def opens_words(snapshot: MindfolioSnapshot) -> str:
    """When the market opens, "" while it is open or nobody knows."""
    if snapshot.market.is_open or snapshot.market.next_open is None:
        return ""
    return f"It opens {fmt.when(snapshot.market.next_open)}."


def why_no_chain(view: ChainView) -> str:
    """Why there are no rows, "" where there are some."""
    if view.rows:
        return ""
    if not view.is_listed:
        return f"The market here does not show {view.symbol}."
    if view.spot is None:
        return f"No quotes of {view.symbol} yet: they come when its market opens."
    return f"{view.symbol} has no options that still live."
