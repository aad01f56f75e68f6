"""Margin of everything held in one underlying, by the strategy rules of a Regulation T account.

Shorts are paired with longs (and shares) so that the sum of the pairs is least, with calls and puts each covered where
they can be, where that is cheaper, or not at all, and the cheapest outcome counts; a long covers a short only if it
expires no earlier. What stays alone is naked: premium + 20 % of the underlying less the amount out of the money, at
least premium + 10 % (of the strike for puts), at least $100 a contract more than the premium. What is covered needs the
worst loss of all covered pairs of one expiration together, premiums aside: a vertical its width, an iron condor its
wider wing, never both and never the narrower one. A pair that would need more than its short alone is not made (the
lesser-of rule).
Longs need nothing beyond their price, which is paid in full.

Sources: TradeStation's and Interactive Brokers' published tables; Cboe margin manual's formulas for shares with options
(covered, protective, collar, conversion) as those brokers quote them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import product

from engine.analytics.pairing import cheapest_cover
from engine.analytics.payoff import PayoffLeg, expiry_extremes
from engine.core.money import UNIT, Money
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.structure import Leg
from engine.domain.structure_shapes import identify, netted


@dataclass(frozen=True, slots=True)
class MarginRates:
    """A broker's percentages. Of the underlying unless said; stock rates of the market value."""

    naked_pct: int = 20
    naked_floor_pct: int = 10
    """Of the underlying for calls, of the strike for puts."""
    naked_least: Money = 100 * UNIT
    """A contract, above its premium."""
    long_stock_initial_pct: int = 50
    long_stock_pct: int = 25
    short_stock_initial_pct: int = 50
    """Beyond the proceeds: Regulation T's 150 %."""
    short_stock_pct: int = 30
    short_stock_least: Money = 5 * UNIT
    """A share."""
    protected_pct: int = 10
    """Of the strike of the option that protects shares."""


BROAD_INDEX = MarginRates(naked_pct=15)
"""Broad-based index options: 15 % in place of 20 %."""


@dataclass(frozen=True, slots=True)
class MarginGroup:
    """Legs that are margined together, and what they need, >= 0. `rule` names what applied, as a ticket shows it."""

    rule: str
    legs: tuple[Leg, ...]
    shares: int
    initial: Money
    maintenance: Money


@dataclass(frozen=True, slots=True)
class Margin:
    """What a set of legs needs. `premium` is their market value: what the longs cost less what the shorts bring.

    `deposit` is what must be there to open it now: the requirement and the premium paid, or less the proceeds.
    """

    groups: tuple[MarginGroup, ...]
    premium: Money

    @property
    def initial(self) -> Money:
        """Requirement to open."""
        return sum(group.initial for group in self.groups)

    @property
    def maintenance(self) -> Money:
        """Requirement to keep."""
        return sum(group.maintenance for group in self.groups)

    @property
    def deposit(self) -> Money:
        """Cash that opening takes, shares bought apart."""
        return max(0, self.initial + self.premium)


def margin(
    legs: Sequence[Leg],
    spot: Money | None,
    prices: Mapping[OptionContract, Money | None],
    shares: int = 0,
    rates: MarginRates = MarginRates(),
) -> Margin | None:
    """Requirement of all `legs` (ratios are contracts) and `shares` of one underlying.

    `spot` and `prices` (market value of each contract) a share. None when a price is missing: nothing is guessed.
    Raises ValueError for several underlyings.
    """
    held = {leg.contract: leg.ratio for leg in netted(legs)}
    if len({contract.underlying for contract in held}) > 1:
        raise ValueError("margin is of one underlying at a time")
    marks: dict[OptionContract, Money] = {}
    for contract in held:
        price = prices.get(contract)
        if price is None or price < 0:
            return None
        marks[contract] = price
    if spot is None or spot <= 0:
        return None
    premium = sum(count * MULTIPLIER * marks[contract] for contract, count in held.items())
    return Margin(_Account(held, marks, spot, shares, rates).groups(), premium)


def naked_requirement(contract: OptionContract, price: Money, spot: Money, rates: MarginRates) -> Money:
    """Requirement of one short contract alone, premium (its market value) included."""
    is_call = contract.right is Right.CALL
    out = max(0, contract.strike - spot if is_call else spot - contract.strike)
    base = _pct(spot, rates.naked_pct) - out
    floor = _pct(spot if is_call else contract.strike, rates.naked_floor_pct)
    needed = max(price + max(base, floor), 0) * MULTIPLIER
    needed = max(needed, price * MULTIPLIER + rates.naked_least)
    # No put can lose more than its strike.
    return needed if is_call else min(needed, contract.strike * MULTIPLIER)


def cash_secured_requirement(contract: OptionContract) -> Money:
    """A short put held against cash: its strike in full."""
    if contract.right is not Right.PUT:
        raise ValueError("only puts are cash-secured")
    return contract.strike * MULTIPLIER


class _Cover(Enum):
    """What the longs of one right are used for."""

    CHEAPER = auto()
    ALL = auto()
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class _Paired:
    """One right's shorts and longs: pairs (short, long, contracts), shorts written on shares, naked ones, and the rest.

    All in the order of the contracts.
    """

    pairs: list[tuple[OptionContract, OptionContract, int]]
    written: dict[OptionContract, int]
    naked: dict[OptionContract, int]
    spare: dict[OptionContract, int]


@dataclass(frozen=True, slots=True)
class _Account:
    """One underlying's holdings while they are being paired."""

    held: Mapping[OptionContract, int]
    marks: Mapping[OptionContract, Money]
    spot: Money
    shares: int
    rates: MarginRates

    def groups(self) -> tuple[MarginGroup, ...]:
        """The cheapest of nine: for calls and for puts each, cover what can be, what is cheaper covered, or nothing.

        None always wins, because what ends together needs its worst loss once, not the sum of its pairs, and of naked
        calls and puts the greater side counts. Calls never cover puts, so each right is paired by itself.
        """
        return min(
            (self._groups(calls, puts) for calls, puts in product(self._ways(Right.CALL), self._ways(Right.PUT))),
            key=lambda groups: (sum(g.initial for g in groups), sum(g.maintenance for g in groups)),
        )

    def _ways(self, right: Right) -> list["_Paired"]:
        """One right's pairings that may be the cheapest."""
        cheaper = self._paired(right, _Cover.CHEAPER)
        if not cheaper.pairs and not cheaper.written and not cheaper.naked:
            return [cheaper]
        # Where the cheaper way covers all of them, it is the cheapest way to cover all.
        others = (_Cover.ALL, _Cover.NOTHING) if cheaper.naked else (_Cover.NOTHING,)
        return [cheaper, *(self._paired(right, cover) for cover in others)]

    def _groups(self, calls: "_Paired", puts: "_Paired") -> tuple[MarginGroup, ...]:
        pairs = sorted([*calls.pairs, *puts.pairs])
        spare = dict(sorted([*calls.spare.items(), *puts.spare.items()]))
        groups = self._covered(pairs)
        groups += self._naked(dict(sorted([*calls.naked.items(), *puts.naked.items()])))
        groups += self._stock({**calls.written, **puts.written}, spare)
        groups += [
            MarginGroup("long, paid in full", (Leg(long, count),), 0, 0, 0) for long, count in spare.items() if count
        ]
        return tuple(groups)

    def _paired(self, right: Right, cover: _Cover) -> "_Paired":
        """The cheapest pairing of one right's shorts with its longs and the shares."""
        shorts = [(c, -count) for c, count in self.held.items() if count < 0 and c.right is right]
        longs = [(c, count) for c, count in self.held.items() if count > 0 and c.right is right]
        cost: list[list[Money | None]] = [
            [
                *(None if cover is _Cover.NOTHING else self._pair(short, long) for long, _ in longs),
                self._share_cover(short),
            ]
            for short, _ in shorts
        ]
        alone = [naked_requirement(short, self.marks[short], self.spot, self.rates) for short, _ in shorts]
        if cover is _Cover.ALL:
            # Dearer alone than any cover: whoever can be covered is.
            dearest = max(alone, default=0) + sum(each or 0 for row in cost for each in row)
            alone = [dearest] * len(shorts)
        lots = abs(self.shares) // MULTIPLIER
        flow = cheapest_cover(cost, alone, [n for _, n in shorts], [*(n for _, n in longs), lots]).tolist()
        left = {long: count - sum(row[j] for row in flow) for j, (long, count) in enumerate(longs)}
        naked = {short: count - sum(row) for (short, count), row in zip(shorts, flow, strict=True)}
        return _Paired(
            pairs=[
                (short, long, count)
                for (short, _), row in zip(shorts, flow, strict=True)
                for (long, _), count in zip(longs, row[:-1], strict=True)
                if count
            ],
            written={short: row[-1] for (short, _), row in zip(shorts, flow, strict=True) if row[-1]},
            naked={short: count for short, count in naked.items() if count},
            spare={long: count for long, count in left.items() if count},
        )

    def _pair(self, short: OptionContract, long: OptionContract) -> Money | None:
        """What one short covered by one long needs, None when it does not cover."""
        if long.right is not short.right or long.expiration < short.expiration:
            return None
        gap = long.strike - short.strike if short.right is Right.CALL else short.strike - long.strike
        return max(0, gap) * MULTIPLIER

    def _share_cover(self, short: OptionContract) -> Money | None:
        """What one short covered by a lot of shares adds to the shares' own requirement."""
        if (short.right is Right.CALL) != (self.shares > 0) or not self.shares:
            return None
        return self._in_the_money(short) * MULTIPLIER

    def _in_the_money(self, contract: OptionContract) -> Money:
        gap = self.spot - contract.strike
        return max(0, gap if contract.right is Right.CALL else -gap)

    def _covered(self, pairs: list[tuple[OptionContract, OptionContract, int]]) -> list[MarginGroup]:
        """Pairs that end together are one group: their worst loss together, premiums aside."""
        by_end: dict[object, dict[OptionContract, int]] = {}
        for short, long, count in pairs:
            legs = by_end.setdefault(short.expiration, {})
            legs[short] = legs.get(short, 0) - count
            legs[long] = legs.get(long, 0) + count
        groups = []
        for legs in by_end.values():
            payoff: list[PayoffLeg] = [(c.right, c.strike, count) for c, count in legs.items()]
            worst = expiry_extremes(payoff, 0).worst
            if worst is None:
                raise AssertionError("what is covered has a worst loss")
            needed = max(0, -worst)
            found = identify(members := _legs(legs))
            groups.append(MarginGroup(_named("spread", found and found.kind), members, 0, needed, needed))
        return groups

    def _naked(self, naked: Mapping[OptionContract, int]) -> list[MarginGroup]:
        """Short calls and puts together (straddle rule): the greater side, and the other side's premium."""
        sides: dict[Right, Money] = {}
        premium: dict[Right, Money] = {}
        for contract, count in naked.items():
            one = naked_requirement(contract, self.marks[contract], self.spot, self.rates)
            sides[contract.right] = sides.get(contract.right, 0) + one * count
            value = self.marks[contract] * MULTIPLIER * count
            premium[contract.right] = premium.get(contract.right, 0) + value
        if not sides:
            return []
        greater = max(sides, key=lambda right: sides[right])
        needed = sides[greater] + sum(value for right, value in premium.items() if right is not greater)
        short = {contract: -count for contract, count in naked.items()}
        return [MarginGroup("naked", _legs(short), 0, needed, needed)]

    def _stock(self, written: Mapping[OptionContract, int], spare: dict[OptionContract, int]) -> list[MarginGroup]:
        """Shares, lot by lot with the option written against each and the spare one that protects it most."""
        sign, left = (1, self.shares) if self.shares > 0 else (-1, -self.shares)
        groups = []
        queue = list(written.items())
        while left:
            lots, lot = max(1, left // MULTIPLIER), min(MULTIPLIER, left)
            short = guard = None
            if lot == MULTIPLIER and queue:
                short, count = queue.pop(0)
                lots = min(lots, count)
            keep = self._share_requirement(lot, short, initial=False)
            if lot == MULTIPLIER and (guard := self._best_guard(spare, keep, short)) is not None:
                lots = min(lots, spare[guard])
                spare[guard] -= lots
                keep = min(keep, self._protected(guard, short))
            if short is not None and lots < count:
                queue.insert(0, (short, count - lots))
            members: dict[OptionContract, int] = {} if short is None else {short: -lots}
            if guard is not None:
                members[guard] = members.get(guard, 0) + lots
            initial = self._share_requirement(lot, short, initial=True)
            found = identify(legs := _legs(members), sign * lot * lots)
            rule = _named("shares", found and found.kind)
            groups.append(MarginGroup(rule, legs, sign * lot * lots, initial * lots, keep * lots))
            left -= lot * lots
        return groups

    def _share_requirement(self, lot: int, short: OptionContract | None, *, initial: bool) -> Money:
        """Shares alone, or with a covered option: at the lower of price and strike, and what it is in the money."""
        rates = self.rates
        inside = 0 if short is None else self._in_the_money(short) * lot
        if self.shares > 0:
            at = self.spot if short is None else min(self.spot, short.strike)
            return _pct(at, rates.long_stock_initial_pct if initial else rates.long_stock_pct) * lot + inside
        share = _pct(self.spot, rates.short_stock_initial_pct if initial else rates.short_stock_pct)
        return max(share, rates.short_stock_least) * lot + inside

    def _protected(self, guard: OptionContract, short: OptionContract | None) -> Money:
        """Maintenance of a lot under a long option: 10 % of its strike and how far it is out of the money."""
        gap = self.spot - guard.strike
        out = max(0, gap if guard.right is Right.PUT else -gap)
        if short is not None and short.strike == guard.strike and short.expiration == guard.expiration:
            out = 0  # conversion: nothing is left open
        return (_pct(guard.strike, self.rates.protected_pct) + out) * MULTIPLIER

    def _best_guard(
        self, spare: Mapping[OptionContract, int], keep: Money, short: OptionContract | None
    ) -> OptionContract | None:
        wanted = Right.PUT if self.shares > 0 else Right.CALL
        able = [
            c
            for c, count in spare.items()
            if count and c.right is wanted and (short is None or c.expiration >= short.expiration)
        ]
        best = min(able, key=lambda c: self._protected(c, short), default=None)
        return best if best is not None and self._protected(best, short) < keep else None


def _legs(counts: Mapping[OptionContract, int]) -> tuple[Leg, ...]:
    return tuple(Leg(contract, count) for contract, count in sorted(counts.items()) if count)


def _named(rule: str, kind: object) -> str:
    return rule if kind is None else f"{rule}: {kind}"


def _pct(amount: Money, percent: int) -> Money:
    """A percentage of an amount, rounded up."""
    return -(-amount * percent // 100)
