"""What calendars and diagonals of the IV Service share: the term structure, and what becomes of two expirations.

The rule of product terms, section 3, "front IV (earnings removed) at least 1.05 x back IV by forward volatility", is
read like this. The front's volatility at the money is compared with the forward one, which the market expects between
the two expirations: with total variances w = iv^2 x years, forward^2 = (w back - w front) / (years back - years front).
The back's own volatility would not do: it holds the front's days in it, so that a dear front makes the back dear too.
Earnings are removed by refusing every back expiration with an announcement before it, as the gate does: then neither
volatility has one in it. To subtract one instead would need more expirations than these two, which explain any
announcement between them, or before both, in full.
"""

import datetime as dt
import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.analytics.chain_smile import chain_smile
from engine.analytics.month_volatility import volatility_at_the_money
from engine.analytics.probability import chance_above_zero, expectation
from engine.analytics.smile import Smile
from engine.analytics.structure_value import structure_columns, value_curves
from engine.analytics.term_structure import forward_volatility
from engine.core.calendar import market_day, years_to_expiry
from engine.core.errors import Fact
from engine.core.money import UNIT, Money, from_float
from engine.domain.chain import Chain, Floats
from engine.domain.instrument import MULTIPLIER, contract_of
from engine.domain.scan import ScanContext
from engine.domain.structure import Leg, StructureKind
from engine.modules.board import Board, board_of, days_listed
from engine.modules.iv_rules import IvRules
from engine.modules.proposal import Package, PickedLeg, Skip, plain, priced, right_word
from engine.modules.screening import event_before

_DEVIATIONS = 6.0
"""How far on both sides of the forward the value at the front expiry is looked at; beyond, less than 1e-8 is missed."""

_PRICES = 121

_DAYS_PER_YEAR = 365

_SHIFTS = np.array([-0.3, 0.0, 0.3])
"""Of the forward volatility: between them lies the one that today's price of the later option is fair at."""


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One of the two expirations: its ordinal, days and years to it, and its volatility at the money, decimal.

    `board` has its values: they are worked out when they are first asked for, and kept with the chain.
    """

    chain: Chain
    now: dt.datetime
    rate: float
    ordinal: int
    days: int
    years: float
    iv: float

    @property
    def board(self) -> Board:
        """The expiration's values."""
        return board_of(self.chain, self.ordinal, self.now, self.rate)

    @property
    def day(self) -> dt.date:
        """The expiration."""
        return dt.date.fromordinal(self.ordinal)


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """The expiration that is sold and the one that is bought, and the volatility between them, decimal (NaN: none)."""

    front: Term
    back: Term
    forward_iv: float

    @property
    def ratio(self) -> float:
        """Front volatility over the forward one, above 1 where the front is dear; NaN where there is none."""
        return round(self.front.iv / self.forward_iv, 6) if self.forward_iv > 0 else math.nan

    @property
    def text(self) -> str:
        """The comparison in words with its numbers."""
        front, back = self.front, self.back
        if math.isnan(self.ratio):
            return f"{front.iv:.1%} at {front.days} days and {back.iv:.1%} at {back.days} leave nothing between them"
        return f"front IV {front.iv:.1%} is {self.ratio:.3f} x the {self.forward_iv:.1%} from {front.day} to {back.day}"

    def refusal(self, rules: IvRules) -> str:
        """Why the front is not dear enough, "" when it is; the ratio asked for counts as enough."""
        if math.isnan(self.ratio):
            return f"IV {self.text}: these quotes cannot be right"
        return "" if self.ratio >= rules.min_term_ratio else f"{self.text}, below {rules.min_term_ratio:g}"

    @property
    def numbers(self) -> dict[str, Fact]:
        """The figures behind it for the scan record; volatilities in percent."""
        is_known = not math.isnan(self.ratio)
        return {
            "front_expiration": self.front.day.isoformat(),
            "front_dte": self.front.days,
            "front_iv_pct": round(self.front.iv * 100, 2),
            "back_expiration": self.back.day.isoformat(),
            "back_dte": self.back.days,
            "back_iv_pct": round(self.back.iv * 100, 2),
            "forward_iv_pct": round(self.forward_iv * 100, 2) if is_known else None,
            "term_ratio": round(self.ratio, 4) if is_known else None,
        }


@dataclass(frozen=True, slots=True)
class FrontResult:
    """What one unit may come to at the front expiry, after the costs of opening and closing.

    Chance of a profit, 0 to 1; expected and most profit; prices at which it is zero. None and () where unknown. What is
    assumed of the later option: whatever the price does, it then has one volatility, the one at which its price today
    is fair. That is about its forward volatility, what today's quotes leave for the days after the front. With the
    volatility that it has today, the dear front in it, every trade of this module would look better than it is.
    """

    chance: float | None = None
    expected: Money | None = None
    most: Money | None = None
    breakevens: tuple[Money, ...] = ()


def terms_of(symbol: str, chain: Chain, context: ScanContext, rules: IvRules) -> Terms | Skip:
    """The two expirations nearest the middles of their bands that tell a volatility, or why there are none.

    A back expiration after an earnings or ex-dividend day is none.
    """
    today = market_day(context.now).toordinal()
    backs = days_listed(chain, context.now, rules.back_min_days, rules.back_max_days)
    if not backs:
        return Skip(f"no back expiry in {rules.back_min_days}-{rules.back_max_days} days")
    refusals = {days: event_before(symbol, today + days, context) for days in backs}
    clear = [days for days in backs if refusals[days] is None]
    refused = refusals[backs[0]]
    if not clear and refused is not None:
        return refused
    fronts = days_listed(chain, context.now, rules.front_min_days, rules.front_max_days)
    if not fronts:
        return Skip(f"no front expiry in {rules.front_min_days}-{rules.front_max_days} days")
    front = _first_known(chain, fronts, context)
    back = _first_known(chain, clear, context)
    if front is None or back is None:
        which, days = ("front", fronts[0]) if front is None else ("back", clear[0])
        on = dt.date.fromordinal(today + days)
        return Skip(f"no volatility at the money on {on}, the {which} expiry: too few quotes around the price")
    between = forward_volatility(front.iv, front.years, back.iv, back.years)
    return Terms(front, back, float(between[0]))


def two_legs(
    short: tuple[Term, int], long: tuple[Term, int], kind: StructureKind, context: ScanContext
) -> Package | Skip:
    """One contract sold at a row of one term's board and one bought at a row of the other's, priced, for a debit."""
    legs = (PickedLeg(short[0].board, short[1], -1), PickedLeg(long[0].board, long[1], 1))
    # In order of strike; of one strike the earlier expiration first.
    package = priced(sorted(legs, key=lambda leg: leg.strike), kind, context)
    if isinstance(package, Package) and package.net_price <= 0:
        paid = f"{plain(package.net_price)} a share"
        return Skip(f"the later expiry costs no more than the earlier brings ({paid}): these quotes cannot be right")
    return package


def target_refusal(package: Package, rules: IvRules) -> str:
    """Why the profit that a debit is closed at would not pay for trading it, "" when it would."""
    target, costs = package.net_price * MULTIPLIER * rules.debit_target_pct // 100, 2 * package.unit_costs
    if target > costs:
        return ""
    share = f"{rules.debit_target_pct} % of the {plain(package.net_price)} debit"
    return f"target too small after costs: {share} is {plain(target)}, {plain(costs)} to open and close"


def front_result(package: Package, terms: Terms) -> FrontResult:
    """What becomes of one unit when the front expires, by the distribution that the front's fitted smile says."""
    front, back = terms.front, terms.back
    short = next(leg for leg in package.picked if leg.board.values is front.board.values)
    long = next(leg for leg in package.picked if leg.board.values is back.board.values)
    smile = chain_smile(front.board.chain, front.board.values, front.ordinal)
    prices = _prices(package, terms, smile.forward)
    later = _later_values(long, prices, terms, smile)
    if later is None:
        return FrontResult()
    side = -1.0 if short.board.is_put[short.row] else 1.0
    owed = np.maximum(side * (prices - short.strike / UNIT), 0.0)
    results = (later - owed - package.net_price / UNIT) * MULTIPLIER - 2 * package.unit_costs / UNIT
    # As many options are held as are sold of the one right: beyond the last price nothing changes.
    chance, expected = (of(prices, results, 0.0, smile) for of in (chance_above_zero, expectation))
    return FrontResult(
        chance=None if math.isnan(chance) else chance,
        expected=from_float(round(expected, 2)),
        most=from_float(round(float(results.max()), 2)),
        breakevens=_zeros(prices, results),
    )


def term_reasons(package: Package, terms: Terms, result: FrontResult) -> tuple[str, ...]:
    """What speaks for a trade over two expirations, in words with numbers."""
    strikes = "/".join(dict.fromkeys(f"{strike / UNIT:g}" for strike in package.structure.strikes))
    kind = package.structure.kind.value.lower()
    reasons = [
        terms.text,
        f"{right_word(package)} {kind} {strikes}, {terms.front.days} and {terms.back.days} days",
        f"debit {plain(package.net_price)}, at most {plain(package.worst_price)}",
    ]
    if result.most is not None:
        reasons.append(f"may win {plain(result.most)} at the front expiry, the later option at its forward volatility")
    return tuple(reasons)


def term_numbers(package: Package, result: FrontResult) -> dict[str, Fact]:
    """The figures behind a trade; "_usd" is money, 1/10,000 USD: debits a share, the most profit a unit."""
    return {
        "right": right_word(package),
        "debit_usd": package.net_price,
        "worst_debit_usd": package.worst_price,
        "max_profit_usd": result.most,
    }


def _first_known(chain: Chain, days: list[int], context: ScanContext) -> Term | None:
    """The first of some expirations that has a volatility at the money."""
    today = market_day(context.now).toordinal()
    for each in days:
        ordinal = today + each
        iv = volatility_at_the_money(chain, ordinal, context.rate)
        if math.isfinite(iv):
            years = years_to_expiry(context.now, dt.date.fromordinal(ordinal))
            return Term(chain, context.now, context.rate, ordinal, each, years, iv)
    return None


def _later_values(long: PickedLeg, prices: Floats, terms: Terms, smile: Smile) -> Floats | None:
    """What the later option is worth a share at the front expiry, at prices (p,); None where it cannot be told.

    Its volatility then is the one that makes today's mid its expected value, discounted: about the forward volatility
    of its strike, from where it is looked for.
    """
    front, back = terms.front, terms.back
    until_front = smile.volatility_at(long.strike / UNIT)
    between = float(forward_volatility(until_front, front.years, long.iv, back.years)[0])
    if not (math.isfinite(between) and smile.valid and front.years > 0):
        return None
    # The carry from front to back, drawn out to today: what separates spot and front is behind the option by then.
    later = float(long.board.values.forward[long.row])
    forward = smile.forward * (later / smile.forward) ** (back.years / (back.years - front.years))
    leg = Leg(contract_of(long.board.chain.symbol, int(long.board.chain.key[long.row])), 1)
    columns = structure_columns(
        (leg,), smile.forward, np.array([forward]), np.array([back.years]), back.rate, np.array([between])
    )
    at_front = np.array([front.years * _DAYS_PER_YEAR])
    values: Floats = value_curves(columns, 0, prices, _SHIFTS, at_front).mark[:, :, 0] / MULTIPLIER
    if not np.isfinite(values).all():
        return None
    slope = 0.0 if long.board.is_put[long.row] else 1.0
    expected = np.array([expectation(prices, column, slope, smile) for column in values.T])
    due = float(long.board.values.mid[long.row]) * math.exp(back.rate * front.years)
    if not expected[0] <= due <= expected[-1]:
        return None
    right = int(np.clip(np.searchsorted(expected, due), 1, expected.size - 1))
    share = (due - expected[right - 1]) / (expected[right] - expected[right - 1])
    found: Floats = values[:, right - 1] + share * (values[:, right] - values[:, right - 1])
    return found


def _prices(package: Package, terms: Terms, forward: float) -> Floats:
    """Prices from zero up at which the value at the front expiry is worked out, the strikes among them."""
    front = terms.front
    reach = _DEVIATIONS * front.iv * math.sqrt(front.years)
    around = forward * np.exp(np.linspace(-reach, reach, _PRICES))
    strikes = np.array(package.structure.strikes) / UNIT
    return np.unique(np.concatenate([np.zeros(1), around, strikes]))


def _zeros(prices: Floats, results: Floats) -> tuple[Money, ...]:
    """Prices at which the broken line of results crosses zero, ascending."""
    found: list[Money | None] = []
    for (low, high), (left, right) in zip(pairwise(prices.tolist()), pairwise(results.tolist()), strict=True):
        if (left > 0) is not (right > 0):
            found.append(from_float(round(low + (high - low) * left / (left - right), 2)))
    return tuple(price for price in found if price is not None)
