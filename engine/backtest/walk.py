"""A backtest: one symbol walked day by day under a module's own rules, one contract a trade.

The program is the one that trades live: its scan, the rules of the house and its own rules about positions. Each day's
chain is one instant at which it looks, as the kernel does; orders are filled at that day's quotes by the fill model, or
not at all, and what a leg without a quote cannot do waits for another day. The budget is ample. After the orders come
the night's assignments and, on their last day, the contracts' ends.

A trade is a lineage: from its opening, through rolls, assignment and whatever is sold on top, until nothing is held.
Each session the module is asked what it would open if it held nothing, and each of its candidates begins a lineage that
goes its way alone. So trades overlap, and the same contracts on two days are two trades: `statistics` tells how many
independent ones they stand for. Because none knows of another, a walk may be gone on with on another day, and its
trades from some day on are exactly those of a walk that begins on that day.
"""

import datetime as dt
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from engine.backtest.filling import AMPLE, DayQuotes, Terms, filled, order_of
from engine.backtest.managing import Holding, manage, morning, night, trade
from engine.backtest.result import Backtest, TracedTrade
from engine.backtest.source import MarketDay
from engine.domain.candidate import Candidate
from engine.domain.mindfolio import ModuleSpec
from engine.domain.order import OrderPurpose
from engine.domain.ports import Strategy
from engine.domain.position import Position
from engine.domain.scan import ScanContext

_NUMBER = re.compile(r"-?\d[\d.,:-]*")


def walk(
    strategy: Strategy, module: ModuleSpec, days: Sequence[MarketDay], terms: Terms, structure: str = "",
    source: str = "",
) -> Backtest:  # fmt: skip
    """Walk a symbol's sessions, oldest first. `structure` and `source` name in the result what was tested, on what.

    Decisions of a day rest on that day and those before it. Raises ValueError for no days at all, and whatever the
    strategy raises for parameters that cannot be.
    """
    if not days:
        raise ValueError("a backtest needs at least one session with a chain")
    made = Walk(replace(module, universe=(days[0].chain.symbol,)), terms)
    made.go_on(strategy, days)
    name = structure or ", ".join(kind.value for kind in module.structures)
    return made.between(days[0].day, days[-1].day, name, source)


@dataclass(slots=True, eq=False)
class _Lineage:
    """A trade under way or ended: where it stands, and its result so far at the end of each of its sessions.

    Of one that ended only that and its result is kept: a walk is kept for long.
    """

    place: int
    """Of the session on which it was opened."""
    held: Holding | None = None
    path: "array[int]" = field(default_factory=lambda: array("q"))
    ended: TracedTrade | None = None


class Walk:
    """A walk that can be gone on with: the sessions that were seen, and every lineage that was opened on them.

    After an exception out of `go_on` it is of no more use.
    """

    def __init__(self, module: ModuleSpec, terms: Terms) -> None:
        """`module` trades one symbol."""
        self._module = module
        self._terms = terms
        self._days: list[dt.date] = []
        self._open: list[_Lineage] = []
        self._all: list[_Lineage] = []
        self._skips: Counter[str] = Counter()

    @property
    def last(self) -> dt.date | None:
        """The last session that was seen, None before the first."""
        return self._days[-1] if self._days else None

    def go_on(self, strategy: Strategy, days: Iterable[MarketDay]) -> None:
        """Live through further sessions, oldest first."""
        for day in days:
            self._step(strategy, DayQuotes(day))

    def sessions(self, first: dt.date, last: dt.date) -> int:
        """How many sessions between two days, both included, were seen."""
        return sum(first <= day <= last for day in self._days)

    def forget_before(self, first: dt.date) -> None:
        """Let go of what was opened before a day; it cannot be asked for any more."""
        gone = sum(day < first for day in self._days)
        self._days = self._days[gone:]
        self._all = [each for each in self._all if each.place >= gone]
        self._open = [each for each in self._open if each.place >= gone]
        for each in self._all:
            each.place -= gone

    def between(self, first: dt.date, last: dt.date, structure: str, source: str) -> Backtest:
        """What a walk over the sessions from `first` to `last` alone would have come to, `skips` apart.

        Those are of all sessions that were seen.
        """
        start, end = (sum(day < bound for day in self._days) for bound in (first, last + dt.timedelta(days=1)))
        seen = self._days[start:end]
        chosen = [each for each in self._all if start <= each.place < end]
        gains = np.zeros(len(seen), dtype=np.int64)
        ended, still = [], []
        for each in chosen:
            path = np.frombuffer(each.path, dtype=np.int64)[: end - each.place]
            begin = each.place - start
            gains[begin] += path[0]
            gains[begin + 1 : begin + path.size] += np.diff(path)
            if each.ended is not None and each.ended.trade.closed <= last:
                ended.append(each.ended)
            else:
                still.append(int(path[-1]))
        ended.sort(key=lambda each: each.trade.closed)  # stable: those of one day in the order of their opening
        return Backtest(
            symbol=self._module.universe[0],
            structure=structure,
            first=first,
            last=last,
            source=source,
            trades=tuple(ended),
            equity=tuple(zip(seen, np.cumsum(gains).tolist(), strict=True)),
            skips=tuple(self._skips.most_common()),
            open_at_end=len(still),
            open_result=sum(still),
        )

    def _step(self, strategy: Strategy, quotes: DayQuotes) -> None:
        day = quotes.day
        place = len(self._days)
        self._days.append(day.day)
        held = [(each, self._managed(each.held, strategy, quotes)) for each in self._open if each.held is not None]
        opened = self._opened(strategy, quotes)
        held += [(_Lineage(place), one) for one in opened]
        self._all += [each for each, _ in held[len(held) - len(opened) :]]
        self._open = []
        for each, managed in held:
            after = night(managed, quotes, self._terms) if managed.position.lots else managed
            each.path.append(after.worth)
            if after.position.lots:
                each.held = after
                self._open.append(each)
            else:
                each.held, each.ended = None, after.traced(day.day)

    def _managed(self, held: Holding, strategy: Strategy, quotes: DayQuotes) -> Holding:
        """A trade after a day's orders."""
        held = morning(held, quotes.day, self._terms)
        if held.position.lots:
            seen = held.position  # scan and exits look at the same instant
            held = manage(held, strategy, self._module, quotes, self._terms)
            if seen.shares and held.position.lots:
                held = self._on_top(held, strategy, seen, quotes)
        return held

    def _opened(self, strategy: Strategy, quotes: DayQuotes) -> list[Holding]:
        """What begins on a day: all that the module would open if it held nothing."""
        found: list[Holding] = []
        for finding in strategy.scan(self._context(quotes.day, ())):
            reason = finding.reason
            if finding.candidate is not None:
                held = self._open_one(finding.candidate, finding.reason, quotes, len(found) + 1)
                if isinstance(held, Holding):
                    found.append(held)
                    continue
                reason = held
            self._skips[_general(reason)] += 1
        return found

    def _open_one(self, candidate: Candidate, why: str, quotes: DayQuotes, number: int) -> Holding | str:
        """One unit of a candidate, the `number`th of its day, or why it cannot be opened."""
        structure, day = candidate.structure, quotes.day
        if candidate.position_id:
            return "the position that it names is not held"
        if candidate.purpose is not OrderPurpose.OPEN:
            return "what exchanges or ends contracts names the position that holds them"
        # By its day, so that it is the same wherever a walk begins.
        position_id = f"P{day.day:%Y%m%d}{number:02d}"
        order = order_of(position_id, self._module.module_id, structure, 1, OrderPurpose.OPEN, day.now, why)
        done = filled(order, quotes, self._terms.fill)
        if done is None:
            return "the structure cannot be traded at the day's quotes"
        empty = Position(position_id, self._module.module_id, structure, 0, 0, 0, day.now, lineage=position_id)
        return Holding(empty, day.day).after_order(order, done, quotes, self._terms)

    def _on_top(self, held: Holding, strategy: Strategy, seen: Position, quotes: DayQuotes) -> Holding:
        """A trade that holds shares, after the scan: what is proposed for them by name, such as a call."""
        for finding in strategy.scan(self._context(quotes.day, (seen,))):
            candidate = finding.candidate
            if candidate is not None and candidate.position_id == seen.position_id:
                held = trade(held, candidate, quotes, self._terms) or held
                if not held.position.lots:
                    break
        return held

    def _context(self, day: MarketDay, held: tuple[Position, ...]) -> ScanContext:
        symbol = day.chain.symbol
        return ScanContext(
            now=day.now,
            generation=day.chain.generation,
            module=self._module,
            chains={symbol: day.chain},
            iv_ranks={symbol: day.iv_rank},
            available=AMPLE,
            open_positions=held,
            busy_symbols=frozenset(),
            costs=self._terms.costs,
            waivers=self._terms.waivers,
            rate=self._terms.rate,
            outlooks={symbol: day.outlook},
            pasts={symbol: day.past},
            is_shown=False,
        )


@lru_cache(maxsize=1024)
def _general(reason: str) -> str:
    """A reason without its numbers, so that the same one of many days is one."""
    return _NUMBER.sub("…", reason)
