"""What happens at the paper broker without an order: expiry, exercise, assignment, dividends, interest, borrow.

At the close of its last day a contract is decided by the underlying's closing price: a cent or more in the money it is
exercised (by exception) or assigned, an index root pays cash, everything else expires. It is told the next morning;
until then the account shows the contracts. Shorts may be assigned early, decided at a close and told the same way:
calls in the money before an ex-dividend day whose dividend is more than what they are worth beyond exercise, and deep
puts worth nothing beyond it. The morning of an ex-dividend day pays on the shares that the night left.

The closing price is the middle of the shares' quote in whole cents: of the day's last quarter hour or the first later
one known before the morning, else the last one known of that day, else the first one that comes. Index options are
settled at the close of their last day. Interest and borrow are of each calendar day, of a year of 360.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.core.calendar import NEW_YORK, expiry_at, market_day, next_session, session_on
from engine.core.money import CENT, Money
from engine.domain.account import CASH_ID, ActivityKind, BrokerActivity
from engine.domain.instrument import OptionContract, Right
from engine.domain.limits import Costs
from engine.domain.ports import QuoteSource
from engine.domain.tick import INDEX_CLASSES
from engine.execution.paper_account import share_price
from engine.execution.paper_fills import happens
from engine.execution.paper_state import Decided, State, is_option, option_of, settlement

CLOSING_WINDOW = dt.timedelta(minutes=15)
"""How long before the close a price may be to stand for it."""

EXERCISED_FROM: Money = CENT
"""A share in the money: from here the clearing house exercises unless it is told not to."""

EARLY_CALL_PCT = 95
"""Chance that one short call is assigned on the eve of a dividend that exercise wins."""

EARLY_PUT_PCT = 5
"""Chance a night that one deep short put worth nothing beyond exercise is assigned..."""
EARLY_PUT_DEPTH_PCT = 5
"""...deep being this much of its strike in the money..."""
EARLY_PUT_EXTRINSIC: Money = 5 * CENT
"""...and nothing being no more than this a share."""

_ONE_DAY = dt.timedelta(days=1)
_YEAR_BPS = 360 * 10_000

Dividends = Mapping[str, tuple[tuple[dt.date, Money], ...]]
"""By symbol: ex-dividend days and amounts a share."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The rules of one account. Rates in basis points a year; `told_at` is New York time."""

    seed: int
    costs: Costs
    dividends: Dividends
    told_at: dt.time = dt.time(6)
    cash_rate_bps: int = 0
    borrow_rate_bps: int = 0

    def morning(self, day: dt.date) -> dt.datetime:
        """When the outcomes of the nights before are told."""
        return dt.datetime.combine(day, self.told_at, NEW_YORK).astimezone(dt.UTC)

    def instants(self, after: dt.datetime, until: dt.datetime) -> Iterator[tuple[dt.datetime, dt.date, bool]]:
        """Mornings and closes in (after, until], in order: (when, New York day, whether it is a close)."""
        day = market_day(after)
        while self.morning(day) <= until or day <= market_day(until):
            session = session_on(day)
            for at, is_close in ((self.morning(day), False), (session.closes if session else None, True)):
                if at is not None and after < at <= until:
                    yield at, day, is_close
            day += _ONE_DAY

    def next_at(self, state: State) -> dt.datetime | None:
        """The next morning or close that may change this account, None when none can."""
        if state.lived is None:
            return None
        has_options = any(is_option(name) for name in state.positions)
        has_morning = bool(state.decided) or self._has_carry(state)
        for at, _, is_close in self.instants(state.lived, state.lived + 10 * _ONE_DAY):
            if (is_close and has_options) or (not is_close and (has_morning or has_options)):
                return at
        return None

    def decide(self, state: State, at: dt.datetime, now: dt.datetime, quotes: QuoteSource) -> list[Decided]:
        """What becomes of contracts whose last close is `at` or earlier and that wait for a price."""
        decided = {one.instrument for one in state.decided}
        found = []
        for name, held in sorted(state.positions.items()):
            if not is_option(name) or name in decided:
                continue
            contract = option_of(name)
            stopped_at = expiry_at(contract.expiration)
            price = self._closing_price(contract, stopped_at, now, quotes) if stopped_at <= at else None
            if price is not None:
                found.append(Decided(name, _kind(contract, held, price), abs(held), price))
        return found

    def told_late_at(self, decided: Decided, quotes: QuoteSource) -> dt.datetime:
        """When an outcome is told whose price came to be known after the close."""
        morning = self.morning(market_day(expiry_at(option_of(decided.instrument).expiration)) + _ONE_DAY)
        quote = quotes.stock(option_of(decided.instrument).underlying)
        return morning if quote is None else max(morning, quote.at)

    def early(self, state: State, day: dt.date, quotes: QuoteSource) -> list[Decided]:
        """Shorts that are assigned in the night after `day`'s close, though they have longer to live."""
        found = []
        for name, held in sorted(state.positions.items()):
            if held > 0 or not is_option(name):
                continue
            contract = option_of(name)
            if contract.underlying in INDEX_CLASSES or market_day(expiry_at(contract.expiration)) <= day:
                continue
            odds = self._early_odds(contract, day, quotes)
            if odds is not None:
                chance, price = odds
                hit = sum(happens(chance, self.seed, "early", name, day, number) for number in range(-held))
                if hit:
                    found.append(Decided(name, ActivityKind.ASSIGNED, hit, price))
        return found

    def outcome(self, state: State, decided: Decided, at: dt.datetime) -> BrokerActivity:
        """The statement line of a decided end. A fee is taken for each line of shares."""
        shares, cash = settlement(decided, state.positions[decided.instrument])
        fees = self.costs.assignment_fee if shares else 0
        name, count = decided.instrument, decided.quantity
        number = len(state.lines) + 1
        return BrokerActivity(number, decided.kind, at, name, count, shares, cash, fees, decided.price)

    def carry(self, state: State, day: dt.date, at: dt.datetime, quotes: QuoteSource) -> Iterator[BrokerActivity]:
        """Dividends of an ex-dividend day, interest and borrow of a calendar day, one line after the other."""
        for name, shares in sorted(state.positions.items()):
            for ex_day, amount in self.dividends.get(name, ()):
                if ex_day == day:
                    yield _line(state, ActivityKind.DIVIDEND, at, name, shares, shares * amount, amount)
        interest = max(0, state.cash) * self.cash_rate_bps // _YEAR_BPS // CENT * CENT
        if interest > 0:
            yield _line(state, ActivityKind.INTEREST, at, CASH_ID, 0, interest)
        for name, shares in sorted(state.positions.items()):
            price = share_price(name, quotes) if shares < 0 and not is_option(name) and self.borrow_rate_bps else None
            if price is not None:
                cost = -(-price * -shares * self.borrow_rate_bps // (_YEAR_BPS * CENT)) * CENT
                yield _line(state, ActivityKind.BORROW, at, name, shares, -cost, price)

    def _has_carry(self, state: State) -> bool:
        shares = [(name, count) for name, count in state.positions.items() if not is_option(name)]
        return (
            bool(self.cash_rate_bps and state.cash > 0)
            or any(name in self.dividends for name, _ in shares)
            or bool(self.borrow_rate_bps and any(count < 0 for _, count in shares))
        )

    def _closing_price(
        self, contract: OptionContract, stopped_at: dt.datetime, now: dt.datetime, quotes: QuoteSource
    ) -> Money | None:
        quote = quotes.stock(contract.underlying)
        mid = share_price(contract.underlying, quotes)
        if quote is None or mid is None or quote.at > now:
            return None
        day = market_day(stopped_at)
        is_the_last = now >= self.morning(day + _ONE_DAY) and market_day(quote.at) == day
        if quote.at < stopped_at - CLOSING_WINDOW and not is_the_last:
            return None
        return _to_cent(mid)

    def _early_odds(self, contract: OptionContract, day: dt.date, quotes: QuoteSource) -> tuple[int, Money] | None:
        """Chance in percent that one short is assigned tonight and the price it goes by; None when there is none."""
        stock, quote = quotes.stock(contract.underlying), quotes.quote(contract)
        mid = share_price(contract.underlying, quotes)
        if stock is None or quote is None or mid is None or quote.mid is None:
            return None
        if market_day(stock.at) != day or market_day(quote.at) != day:
            return None
        spot = _to_cent(mid)
        inside = contract.inside(spot)
        beyond = quote.mid - inside
        if contract.right is Right.CALL:
            until = next_session(quote.at).day
            paid = sum(
                amount for ex_day, amount in self.dividends.get(contract.underlying, ()) if day < ex_day <= until
            )
            return (EARLY_CALL_PCT, spot) if inside >= EXERCISED_FROM and beyond < paid and paid > 0 else None
        is_deep = inside * 100 >= contract.strike * EARLY_PUT_DEPTH_PCT
        return (EARLY_PUT_PCT, spot) if is_deep and beyond <= EARLY_PUT_EXTRINSIC else None


def _kind(contract: OptionContract, held: int, price: Money) -> ActivityKind:
    if contract.inside(price) < EXERCISED_FROM:
        return ActivityKind.EXPIRED
    if contract.underlying in INDEX_CLASSES:
        return ActivityKind.CASH_SETTLED
    return ActivityKind.EXERCISED if held > 0 else ActivityKind.ASSIGNED


def _to_cent(price: Money) -> Money:
    return (price + CENT // 2) // CENT * CENT


def _line(
    state: State, kind: ActivityKind, at: dt.datetime, name: str, quantity: int, cash: Money, price: Money = 0
) -> BrokerActivity:
    return BrokerActivity(len(state.lines) + 1, kind, at, name, quantity, 0, cash, 0, price)
