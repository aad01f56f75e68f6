"""A backtest: one symbol walked day by day under a module's own rules, one contract a trade.

The program is the one that trades live: its scan, the rules of the house and its own rules about positions. Each day's
chain is one instant at which it looks at what it holds and at what it might open, as the kernel does; orders are filled
at that day's quotes by the fill model, or not at all, and what a leg without a quote cannot do waits for another day.
The budget is ample. After the orders come the night's assignments and, on their last day, the contracts' ends.

A trade is a lineage: from its opening, through rolls, assignment and whatever is sold on top, until nothing is held.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from engine.backtest.filling import AMPLE, DayQuotes, Terms, filled, order_of
from engine.backtest.managing import Holding, manage, morning, night, trade
from engine.backtest.result import Backtest, TracedTrade
from engine.backtest.source import MarketDay
from engine.core.money import Money
from engine.domain.candidate import Candidate, Finding
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
    book = _Walk(strategy, replace(module, universe=(days[0].chain.symbol,)), terms)
    equity = [(day.day, book.step(day)) for day in days]
    still = book.holdings
    return Backtest(
        symbol=days[0].chain.symbol,
        structure=structure or ", ".join(kind.value for kind in module.structures),
        first=days[0].day,
        last=days[-1].day,
        source=source,
        trades=tuple(book.ended),
        equity=tuple(equity),
        skips=tuple((reason, count) for reason, count in book.skips.most_common()),
        open_at_end=len(still),
        open_result=sum(held.worth for held in still),
    )


@dataclass(slots=True)
class _Walk:
    """The state of a walk: what is held, what ended, and why nothing was opened."""

    strategy: Strategy
    module: ModuleSpec
    terms: Terms
    holdings: list[Holding] = field(default_factory=list)
    ended: list[TracedTrade] = field(default_factory=list)
    skips: Counter[str] = field(default_factory=Counter)
    result: Money = 0
    opened: int = 0

    def step(self, day: MarketDay) -> Money:
        """Live through one session; the result so far at its end, what is open at mid."""
        quotes = DayQuotes(day)
        self._keep([morning(held, day, self.terms) for held in self.holdings], day)
        seen = tuple(held.position for held in self.holdings)
        # Scan and exits look at the same instant: what is closed now makes room for the next look only.
        self._keep([manage(held, self.strategy, self.module, quotes, self.terms) for held in self.holdings], day)
        self._scan(quotes, seen)
        self._keep(self.holdings, day)
        self._keep([night(held, quotes, self.terms) for held in self.holdings], day)
        return self.result + sum(held.worth for held in self.holdings)

    def _keep(self, holdings: list[Holding], day: MarketDay) -> None:
        """Go on with what is still held, and count what is not."""
        self.holdings = [held for held in holdings if held.position.lots]
        for held in holdings:
            if not held.position.lots:
                self.result += held.position.net_pnl
                self.ended.append(held.traced(day.day))

    def _scan(self, quotes: DayQuotes, seen: tuple[Position, ...]) -> None:
        """Let the module scan, and trade what it proposes, in its order; the same contracts are not opened twice."""
        findings = self.strategy.scan(self._context(quotes.day, seen))
        reasons = [self._try(finding, finding.candidate, quotes) for finding in findings]
        self.skips.update({_general(reason): 1 for reason in reasons if reason})

    def _try(self, finding: Finding, candidate: Candidate | None, quotes: DayQuotes) -> str:
        """Open one unit of a candidate, or add it to what is held; why not, "" when it was done."""
        if candidate is None:
            return finding.reason
        structure, day = candidate.structure, quotes.day
        if candidate.position_id:
            return self._add(candidate, quotes)
        if candidate.purpose is not OrderPurpose.OPEN:
            return "what exchanges or ends contracts names the position that holds them"
        if any(held.position.structure.legs == structure.legs for held in self.holdings):
            return "the same contracts are held already"
        position_id = f"P{self.opened + 1:06d}"
        order = order_of(position_id, self.module.module_id, structure, 1, OrderPurpose.OPEN, day.now, finding.reason)
        done = filled(order, quotes, self.terms.fill)
        if done is None:
            return "the structure cannot be traded at the day's quotes"
        self.opened += 1
        empty = Position(position_id, self.module.module_id, structure, 0, 0, 0, day.now, lineage=position_id)
        self.holdings.append(Holding(empty, day.day).after_order(order, done, quotes, self.terms))
        return ""

    def _add(self, candidate: Candidate, quotes: DayQuotes) -> str:
        """Trade in a position that a scan names: a call on shares, a roll. Why not, "" when it was done."""
        for place, held in enumerate(self.holdings):
            if held.position.position_id == candidate.position_id:
                after = trade(held, candidate, quotes, self.terms)
                if after is None:
                    return "the structure cannot be traded at the day's quotes"
                self.holdings[place] = after
                return ""
        return "the position that it names is not held any more"

    def _context(self, day: MarketDay, seen: tuple[Position, ...]) -> ScanContext:
        symbol = day.chain.symbol
        return ScanContext(
            now=day.now,
            generation=day.chain.generation,
            module=self.module,
            chains={symbol: day.chain},
            iv_ranks={symbol: day.iv_rank},
            available=AMPLE,
            open_positions=seen,
            busy_symbols=frozenset(),
            costs=self.terms.costs,
            waivers=self.terms.waivers,
            rate=self.terms.rate,
            outlooks={symbol: day.outlook},
            pasts={symbol: day.past},
            is_shown=False,
        )


def _general(reason: str) -> str:
    """A reason without its numbers, so that the same one of many days is one."""
    return _NUMBER.sub("…", reason)
