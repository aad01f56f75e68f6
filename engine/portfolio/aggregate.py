"""The aggregated view: (book, chains, market) -> MindfolioSnapshot. Pure, and made anew only where something moved."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TypeAlias

from engine.analytics.concentration import Measures, concentrations
from engine.core.calendar import market_day, session_day
from engine.core.money import Money, from_float, percent
from engine.domain.account import EXTERNAL
from engine.domain.chain import Chain
from engine.domain.concentration import Comovement, Concentration
from engine.domain.greeks import Greeks
from engine.domain.scan import Past
from engine.domain.snapshot import MarketView, MindfolioSnapshot, ModuleView, PositionView
from engine.ledger.book import Book
from engine.portfolio.booked import Booked, BookedAll, LedgerFigures
from engine.portfolio.comovement import INDEX, comovement_of, known_betas
from engine.portfolio.greeks import Columns, summed_greeks
from engine.portfolio.valuation import Valuer
from engine.portfolio.worst_case import WorstCases


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the modules, as the owner's acceptance cases define them."""

    nav: Money
    pnl: Money
    pnl_pct: float | None
    allocated: Money
    allocated_pct: float | None
    used: Money
    used_pct: float | None
    held: Money
    positions: int
    greeks: Greeks
    best_by_dollars: tuple[str, Money] | None
    worst_by_dollars: tuple[str, Money] | None
    best_by_percent: tuple[str, float] | None
    worst_by_percent: tuple[str, float] | None


def totals(capital: Money, modules: Sequence["ModuleFigures"]) -> Totals:
    """Sum module figures. NAV is capital plus the P&L that is not swept or settled; percentages are of capital."""
    pnl = sum(module.pnl for module in modules)
    allocated = sum(module.budget for module in modules)
    used = sum(module.used for module in modules)
    by_dollars = [(module.module_id, module.pnl) for module in modules]
    by_percent = [(module.module_id, module.pnl_pct) for module in modules if module.pnl_pct is not None]
    has_ranking = len({amount for _, amount in by_dollars}) > 1
    has_percent_ranking = len({share for _, share in by_percent}) > 1
    return Totals(
        nav=capital + pnl,
        pnl=pnl,
        pnl_pct=percent(pnl, capital),
        allocated=allocated,
        allocated_pct=percent(allocated, capital),
        used=used,
        used_pct=percent(used, capital),
        held=sum(module.held for module in modules),
        positions=sum(module.positions for module in modules),
        greeks=sum((module.greeks for module in modules), Greeks()).rounded(),
        best_by_dollars=max(by_dollars, key=lambda pair: pair[1]) if has_ranking else None,
        worst_by_dollars=min(by_dollars, key=lambda pair: pair[1]) if has_ranking else None,
        best_by_percent=max(by_percent, key=lambda pair: pair[1]) if has_percent_ranking else None,
        worst_by_percent=min(by_percent, key=lambda pair: pair[1]) if has_percent_ranking else None,
    )


@dataclass(frozen=True, slots=True)
class ModuleFigures:
    """What `totals` needs of one module. `pnl_pct` is of its budget, None for a budget of zero."""

    module_id: str
    budget: Money
    used: Money
    held: Money
    positions: int
    pnl: Money
    pnl_pct: float | None
    greeks: Greeks


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """What is known beside the quotes: daily closes of each underlying before today, and the sector of each symbol."""

    pasts: Mapping[str, Past] = field(default_factory=dict)
    sectors: Mapping[str, str] = field(default_factory=dict)


_NO_BACKGROUND = Background()


def aggregate(
    book: Book,
    chains: Mapping[str, Chain],
    market: MarketView,
    rate: float,
    background: Background = _NO_BACKGROUND,
) -> MindfolioSnapshot:
    """The snapshot of a book at `market.now`. The mindfolio must have been created."""
    return Aggregator().snapshot(book, chains, market, rate, background)


@dataclass(frozen=True, slots=True)
class _Context:
    """What a module's figures rest on beside its book and its positions' views."""

    month: str
    betas: Mapping[str, float]
    index_spot: Money | None


@dataclass(frozen=True, slots=True)
class _KeptModule:
    """A module's newest view and what it was made of."""

    view: ModuleView
    booked: Booked
    context: _Context

    def is_of(self, booked: Booked, held: tuple[PositionView, ...], context: _Context) -> bool:
        """Whether it would be made the same again."""
        return self.booked is booked and self.context == context and self.view.open_positions == held


_Weights: TypeAlias = tuple[tuple[Concentration, ...], tuple[Concentration, ...]]


class Aggregator:
    """Makes one snapshot after another of a book that changes by events only, and makes anew only what has moved.

    A snapshot is the same as the one that `aggregate` would make. What is kept is what the newest one was made of.
    """

    def __init__(self) -> None:
        self._valuer = Valuer()
        self._columns = Columns()
        self._ledger = LedgerFigures()
        self._worst = WorstCases()
        self._modules: dict[str, _KeptModule] = {}
        self._moving: Comovement | None = None
        self._betas: Mapping[str, float] = {}
        self._moving_of: tuple[tuple[str, ...], dt.date, Mapping[str, Past]] | None = None
        self._weights: _Weights = ((), ())
        self._weights_of: tuple[Mapping[str, PositionView], Money, Mapping[str, str]] | None = None

    def snapshot(
        self,
        book: Book,
        chains: Mapping[str, Chain],
        market: MarketView,
        rate: float,
        background: Background = _NO_BACKGROUND,
    ) -> MindfolioSnapshot:
        """The snapshot at `market.now`. Raises ValueError before the mindfolio was created."""
        ledger = self._ledger.of(book)
        views = self._valuer.views(book, chains, market.now, rate)
        day = market_day(market.now)
        self._move(ledger.symbols, background.pasts, day)
        index_spot = from_float(chains[INDEX].spot) if INDEX in chains else None
        self._columns.follow(views, tuple(book.modules))
        context = _Context(f"{session_day(market.now):%Y-%m}", self._betas, index_spot)
        modules = self._all_modules(ledger, views, context)
        sums = totals(book.capital, [_figures(module) for module in modules])
        by_symbol, by_sector = self._weigh(ledger.account["nav"], views, background.sectors)
        ours = [view for view in views.values() if view.position.module_id != EXTERNAL]
        return MindfolioSnapshot(
            **ledger.account,
            market=market,
            liquidation=_liquidation(ledger.account["cash"], ours),
            allocated=sums.allocated,
            allocated_pct=sums.allocated_pct,
            used=sums.used,
            used_pct=sums.used_pct,
            held=sums.held,
            positions=sums.positions,
            greeks=sums.greeks,
            weighted=summed_greeks((module.weighted for module in modules), index_spot),
            best_by_dollars=sums.best_by_dollars,
            worst_by_dollars=sums.worst_by_dollars,
            best_by_percent=sums.best_by_percent,
            worst_by_percent=sums.worst_by_percent,
            modules=modules,
            concentrations=by_symbol,
            sectors=by_sector,
            comovement=self._moving,
            external=tuple(view for view in views.values() if view.position.module_id == EXTERNAL),
            worst=self._worst.view([view.position for view in ours], chains, market.now, rate, self._betas),
        )

    def _all_modules(
        self, ledger: BookedAll, views: Mapping[str, PositionView], context: _Context
    ) -> tuple[ModuleView, ...]:
        """The views of the modules, those from before where nothing moved."""
        columns = self._columns
        greeks, missing = columns.greeks(), columns.without_greeks()
        weighted = columns.weighted(context.betas, context.index_spot)
        kept, self._modules = self._modules, {}
        for place, booked in enumerate(ledger.modules):
            known = kept.get(booked.module_id)
            held = _picked(views, booked.ids)
            if known is None or not known.is_of(booked, held, context):
                view = ModuleView(
                    **booked.figures,
                    open_positions=held,
                    greeks=greeks[place].rounded(),
                    greeks_missing=missing[place],
                    weighted=weighted[place],
                    trades_this_month=booked.opened.get(context.month, 0),
                )
                known = _KeptModule(view, booked, context)
            self._modules[booked.module_id] = known
        return tuple(each.view for each in self._modules.values())

    def _move(self, symbols: tuple[str, ...], pasts: Mapping[str, Past], day: dt.date) -> None:
        """Betas and correlations: worked out once for a day's closes and what is held."""
        of = self._moving_of
        if of is not None and of[:2] == (symbols, day) and of[2] is pasts:
            return
        self._moving_of = (symbols, day, pasts)
        self._moving = comovement_of(symbols, pasts, day) if symbols else None
        self._betas = {} if self._moving is None else known_betas(self._moving.betas)

    def _weigh(self, nav: Money, views: Mapping[str, PositionView], sectors: Mapping[str, str]) -> _Weights:
        """By symbol and by sector."""
        of = self._weights_of
        if of is None or of[0] is not views or of[1] != nav or of[2] is not sectors:
            columns = self._columns
            measures = Measures(
                nav,
                columns.power,
                columns.delta,
                columns.has_delta,
                columns.symbol,
                columns.symbols,
                tuple(sectors.get(symbol, "") for symbol in columns.symbols),
            )
            self._weights = concentrations(measures)
            self._weights_of = (views, nav, sectors)
        return self._weights


def _picked(views: Mapping[str, PositionView], ids: tuple[str, ...]) -> tuple[PositionView, ...]:
    return itemgetter(*ids)(views) if len(ids) > 1 else tuple(views[each] for each in ids)


def _figures(module: ModuleView) -> ModuleFigures:
    return ModuleFigures(
        module.spec.module_id,
        module.budget,
        module.used,
        module.held,
        len(module.open_positions),
        module.pnl,
        module.pnl_pct,
        module.greeks,
    )


def _liquidation(cash: Money, views: Iterable[PositionView]) -> Money | None:
    """Cash after closing everything at natural; None while some position cannot be priced that way."""
    total = cash
    for view in views:
        if view.closing_cost is None:
            return None
        total -= view.closing_cost
    return total
