"""What the market page asks: a symbol's chain with smile and term structure, and what a ticket would be."""

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analytics.chain_smile import chain_smile
from engine.analytics.chain_values import ChainValues, chain_values
from engine.analytics.max_risk import is_covered_in_time, max_risk
from engine.analytics.month_volatility import NEAREST_DAYS, month_volatility, volatility_at_the_money
from engine.analytics.payoff import PayoffLeg, breakevens, expiry_extremes
from engine.analytics.smile import SmileSource
from engine.core.calendar import expiry_at, market_day
from engine.core.clock import from_epoch_us
from engine.core.money import UNIT, Money, from_float
from engine.domain import questions as ask
from engine.domain.chain import Chain
from engine.domain.chain_view import ChainView, ExpirationView, QuoteView, StrikeRow
from engine.domain.contract_keys import decode_keys
from engine.domain.happening import Outlook
from engine.domain.instrument import Right, contract_of
from engine.domain.mindfolio import ModuleSpec
from engine.domain.order import OrderPurpose
from engine.domain.package import PackageQuote, package_quote, price_step, to_tick, unpriced_part
from engine.domain.quote import Quote
from engine.domain.quote_flags import QuoteFlag, quote_flags
from engine.domain.scan import IvRank
from engine.domain.structure import Leg, Structure
from engine.domain.structure_shapes import held_structure
from engine.domain.tick import EUROPEAN_CLASSES
from engine.domain.ticket_view import ModuleFit, TicketView
from engine.market.happenings import outlook
from engine.runtime.desk import RISK_FREE_RATE, Desk
from engine.runtime.openings import costs_of
from engine.runtime.power import claim_of

_MONTH_DAYS = 30
_SMILE_POINTS = 81

_NO_SMILE = {
    SmileSource.NO_QUOTES: "no quote of this expiration tells a volatility",
    SmileSource.NO_FORWARD: "its quotes imply no forward price",
    SmileSource.NO_TIME: "it has no time left",
}


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What a chain is looked at with, all of it frozen."""

    symbol: str
    now: dt.datetime
    is_listed: bool
    ranks: Mapping[str, IvRank]
    outlook: Outlook
    oldest: dt.timedelta | None


def chain_of(desk: Desk, question: ask.ChainOf) -> Callable[[], ChainView]:
    """The symbol's chain of now; what is reckoned from it is done by whoever asked."""
    symbol, now, day = question.symbol, desk.now, market_day(desk.now)
    seen = _Seen(
        symbol,
        now,
        symbol in desk.feed.symbols,
        desk.iv_ranks.at((symbol,), desk.market.chains(), now),
        outlook(desk.events_on(day), symbol, day),
        desk.book.limits.max_quote_age,
    )
    chain = desk.market.chain(symbol)
    return lambda: chain_view(seen, chain, question.expiration)


def chain_view(seen: _Seen, chain: Chain | None, wanted: dt.date | None) -> ChainView:
    """The chain of an expiration, of the one next to a month where that one is not there."""
    rank = seen.ranks[seen.symbol]
    if chain is None:
        return ChainView(seen.symbol, seen.now, seen.is_listed, iv_rank=rank, outlook=seen.outlook)
    ordinals, _, strikes = decode_keys(chain.key)
    today = market_day(seen.now).toordinal()
    distinct = [int(each) for each in np.unique(ordinals)]
    expirations = tuple(
        ExpirationView(
            dt.date.fromordinal(each),
            each - today,
            _known(volatility_at_the_money(chain, each, RISK_FREE_RATE)),
        )
        for each in distinct
        if expiry_at(dt.date.fromordinal(each)) > seen.now
    )
    chosen = _chosen(expirations, wanted)
    view = ChainView(
        seen.symbol, seen.now, seen.is_listed, from_float(chain.spot), _newest(chain),
        _known(month_volatility(chain, RISK_FREE_RATE)), rank, seen.outlook, expirations, chosen,
    )  # fmt: skip
    if chosen is None:
        return view
    of_expiration = ordinals == chosen.toordinal()
    is_european = seen.symbol in EUROPEAN_CLASSES
    values = chain_values(chain, seen.now, RISK_FREE_RATE, wanted=of_expiration, is_european=is_european)
    rows = np.flatnonzero(of_expiration)
    line, no_smile = _smile(chain, values, chosen, strikes[rows])
    levels = np.unique(strikes[rows])
    center = int(levels[np.argmin(np.abs(levels - chain.spot * UNIT))]) if math.isfinite(chain.spot) else None
    return ChainView(
        view.symbol, view.now, view.is_listed, view.spot, view.quoted_at, view.month_iv, view.iv_rank, view.outlook,
        view.expirations, chosen, _rows(seen, chain, values, rows), center, line, no_smile,
    )  # fmt: skip


def _chosen(expirations: tuple[ExpirationView, ...], wanted: dt.date | None) -> dt.date | None:
    if wanted is not None and any(each.day == wanted for each in expirations):
        return wanted
    # An expiration within a week says little of the market, but is better than none.
    known = [each for each in expirations if each.days >= NEAREST_DAYS] or expirations
    return min(known, key=lambda each: abs(each.days - _MONTH_DAYS)).day if known else None


def _newest(chain: Chain) -> dt.datetime | None:
    return from_epoch_us(int(chain.quoted_at.max())) if chain.quoted_at.size else None


def _rows(seen: _Seen, chain: Chain, values: ChainValues, rows: NDArray[np.intp]) -> tuple[StrikeRow, ...]:
    """Calls and puts of the rows of one expiration, side by side."""
    aged = chain.quoted_at < chain.quoted_at.max()
    flags = quote_flags(chain.bid, chain.ask, is_stale=aged)
    sides: dict[Money, dict[Right, QuoteView]] = {}
    for row in rows.tolist():
        contract = contract_of(chain.symbol, int(chain.key[row]))
        quote = chain.quote(contract)
        if quote is None:  # pragma: no cover - the row is one of the chain's own
            continue
        is_old = seen.oldest is not None and quote.age(seen.now) > seen.oldest
        faults = QuoteFlag(int(flags[row])) | (QuoteFlag.STALE if is_old else QuoteFlag(0))
        found = QuoteView(
            contract, quote.bid, quote.ask, quote.mid, quote.at,
            _known(values.iv[row]), _known(values.delta[row]), bool(values.borrowed[row]),
            quote.volume, quote.open_interest, faults,
        )  # fmt: skip
        sides.setdefault(contract.strike, {})[contract.right] = found
    return tuple(StrikeRow(strike, pair.get(Right.CALL), pair.get(Right.PUT)) for strike, pair in sorted(sides.items()))


def _smile(
    chain: Chain, values: ChainValues, expiration: dt.date, strikes: NDArray[np.int64]
) -> tuple[tuple[tuple[float, float], ...], str]:
    """Points of the fitted smile over the strikes, or why there are none."""
    smile = chain_smile(chain, values, expiration.toordinal())
    if not smile.valid:
        return (), _NO_SMILE[smile.source]
    levels = np.linspace(strikes.min() / UNIT, strikes.max() / UNIT, _SMILE_POINTS)
    found = smile.volatility_at(levels)
    return tuple((float(at), float(iv)) for at, iv in zip(levels, found, strict=True) if math.isfinite(iv)), ""


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def quoted_strikes(legs: tuple[Leg, ...], chain: Chain | None) -> tuple[tuple[Money, ...], ...]:
    """Strikes that the chain shows for the expiration and right of each leg, ascending."""
    if chain is None:
        return tuple(() for _ in legs)
    ordinals, is_put, strikes = decode_keys(chain.key)
    return tuple(
        tuple(
            sorted(
                strikes[
                    (ordinals == leg.contract.expiration.toordinal()) & (is_put == (leg.contract.right is Right.PUT))
                ].tolist()
            )
        )
        for leg in legs
    )


# --- the ticket -------------------------------------------------------------------------------------------------------
def ticket_of(desk: Desk, question: ask.TicketOf) -> Callable[[], TicketView]:
    """What the legs would be at the quotes of now. Buying power and costs by the rules of the gate.

    Raises ValueError for legs that cancel each other, or for none.
    """
    structure, units = held_structure("", question.legs, 0)
    quantity = units * question.quantity
    quotes = desk.quotes_of(structure.legs)
    quote = package_quote(structure.legs, quotes, OrderPurpose.OPEN)
    limit = question.limit if question.limit is not None or quote is None else to_tick(quote.mid, structure)
    worst = question.worst if question.worst is not None or quote is None else to_tick(quote.natural, structure)
    worst = worst if worst is None or limit is None else max(worst, limit)
    power = costs = None
    if worst is not None:
        claim = claim_of(desk, "", structure, worst, quantity)
        power = None if claim is None else claim.total
        costs = costs_of(desk, structure, quantity, worst)
    fits = tuple(_fit(module.spec, structure) for module in desk.book.modules.values())
    spot = desk.market.spot(structure.symbol)

    def work() -> TicketView:
        return _ticket_view(structure, quantity, quote, quotes, (limit, worst), (power, costs), fits, spot)

    return work


def _ticket_view(
    structure: Structure,
    quantity: int,
    quote: PackageQuote | None,
    quotes: tuple[Quote | None, ...],
    prices: tuple[Money | None, Money | None],
    needs: tuple[Money | None, Money | None],
    fits: tuple[ModuleFit, ...],
    spot: Money | None,
) -> TicketView:
    limit, worst = prices
    legs = [Leg(leg.contract, leg.ratio * quantity) for leg in structure.legs]
    payoff: list[PayoffLeg] = [(leg.contract.right, leg.contract.strike, leg.ratio) for leg in legs]
    a_share = -structure.multiplier * quantity
    is_one_day = len({leg.contract.expiration for leg in legs}) == 1
    risk = None if worst is None else max_risk(legs, worst * a_share, spot)
    best = expiry_extremes(payoff, (limit or 0) * a_share).best if is_one_day else None
    ends = breakevens(payoff, limit * a_share) if is_one_day and limit is not None else ()
    return TicketView(
        structure=structure,
        quantity=quantity,
        mid=None if quote is None else quote.mid,
        natural=None if quote is None else quote.natural,
        limit=limit,
        worst=worst,
        tick=price_step(structure, limit or 0),
        max_risk=risk,
        is_risk_unbounded=_is_risk_unbounded(legs, payoff),
        max_profit=None if limit is None else best,
        is_profit_unbounded=is_one_day and best is None,
        breakevens=ends,
        buying_power=needs[0],
        costs=needs[1],
        fits=fits,
        no_price="" if quote is not None else unpriced_part(structure, quotes),
    )


def _is_risk_unbounded(legs: list[Leg], payoff: list[PayoffLeg]) -> bool:
    return not is_covered_in_time(legs) or expiry_extremes(payoff, 0).worst is None


def _fit(module: ModuleSpec, structure: Structure) -> ModuleFit:
    """By what the gate asks first (STRUCTURE): the symbol and the structure are the module's."""
    if structure.symbol not in module.universe:
        return ModuleFit(module.module_id, f"{structure.symbol} is not in its universe")
    if structure.kind not in module.structures:
        return ModuleFit(module.module_id, f"{structure.kind.value.lower()} is not enabled in it")
    return ModuleFit(module.module_id, "")
