"""Realistic snapshots for the window's tests: an aggressive growth mindfolio in its many conditions.

Every builder takes keyword changes (`used=...`), so a test names only what it is about.
"""

import datetime as dt
from dataclasses import replace
from typing import Any

from engine.core.money import Money, dollars, percent
from engine.domain.candidate import Approval, Candidate
from engine.domain.greeks import Greeks, WeightedGreeks
from engine.domain.instrument import OptionContract, Right
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import Environment, MindfolioStatus, ModuleKind, ModuleSpec, ModuleStatus, PnlPolicy
from engine.domain.position import Position
from engine.domain.snapshot import MarketView, MindfolioSnapshot, ModuleView, PositionView
from engine.domain.structure import Leg, Structure, StructureKind

NOW = dt.datetime(2026, 3, 16, 19, 55, tzinfo=dt.UTC)
"""Monday 16 March 2026, 15:55 in New York."""

APRIL = dt.date(2026, 4, 17)
AUTO, MANUAL, PAUSED = "iv_service", "iv_service_manual", "iv_service_paused"


def condor(symbol: str, strikes: tuple[int, int, int, int], expiration: dt.date = APRIL) -> Structure:
    """An iron condor with strikes in dollars: long put, short put, short call, long call."""
    rights = (Right.PUT, Right.PUT, Right.CALL, Right.CALL)
    return Structure(
        StructureKind.IRON_CONDOR,
        tuple(
            Leg(OptionContract(symbol, expiration, dollars(strike), right), ratio)
            for strike, right, ratio in zip(strikes, rights, (1, -1, -1, 1), strict=True)
        ),
    )


def position_view(
    position_id: str = "p-1",
    module_id: str = AUTO,
    structure: Structure | None = None,
    credit: Money = dollars(250),
    pnl: Money = dollars("42.50"),
    quantity: int = 1,
    **changes: Any,
) -> PositionView:
    """An open condor sold for `credit` in all, now showing `pnl`."""
    position = Position(
        position_id=position_id,
        module_id=module_id,
        structure=structure or condor("TSLA", (240, 250, 270, 280)),
        quantity=quantity,
        opened_quantity=quantity,
        cost=-credit,
        opened_at=NOW - dt.timedelta(days=3, hours=4),
        commissions=dollars("2.40") * quantity,
        opening_cost=-credit,
    )
    view = PositionView(
        position=position,
        mark=pnl - credit,
        marked_at=NOW - dt.timedelta(seconds=4),
        pnl=pnl,
        pnl_of_max_pct=percent(pnl, credit),
        dte=32,
        greeks=Greeks(-3.2, -0.41, 8.6, -21.4),
        iv=0.523,
        closing_cost=credit - pnl + dollars(12),
    )
    return replace(view, **changes)


def candidate(module_id: str = MANUAL, structure: Structure | None = None, **changes: Any) -> Candidate:
    """A condor that a scan proposes: TSLA 240/250/270/280 for 2.50 credit."""
    found = Candidate(
        module_id=module_id,
        structure=structure or condor("TSLA", (240, 250, 270, 280)),
        quantity=1,
        net_price=dollars("-2.50"),
        worst_price=dollars("-2.35"),
        buying_power=dollars(765),
        max_risk=dollars(765),
        costs=dollars("2.40"),
        generation=7,
        greeks=Greeks(-2.1, -0.38, 7.9, -19.5),
        breakevens=(dollars("247.50"), dollars("272.50")),
        probability_of_profit=0.68,
        expected_profit=dollars("21.40"),
        iv_rank=72.0,
        iv_rank_sessions=252,
        reasons=("IV rank 72 >= 50", "short strikes at 18 delta", "32 days to expiry"),
        waived=("evidence",),
    )
    return replace(found, **changes)


def approval(approval_id: str = "a-1", **changes: Any) -> Approval:
    """A candidate that has waited four minutes and has six left."""
    waiting = Approval(
        approval_id=approval_id,
        candidate=candidate(),
        requested_at=NOW - dt.timedelta(minutes=4),
        expires_at=NOW + dt.timedelta(minutes=6),
    )
    return replace(waiting, **changes)


def module_spec(module_id: str = AUTO, name: str = "IV Service", **changes: Any) -> ModuleSpec:
    """An IV Service on four symbols with autotrade."""
    spec = ModuleSpec(
        module_id=module_id,
        kind=ModuleKind.IV_SERVICE,
        name=name,
        limits=ModuleLimits(max_risk_per_trade=dollars(500), daily_loss_limit=dollars(1000)),
        autotrade=True,
        universe=("SPY", "QQQ", "TSLA", "NVDA"),
        structures=(StructureKind.IRON_CONDOR,),
        parameters={"min_iv_rank": 50, "short_delta": 0.18, "min_dte": 30, "max_dte": 45},
    )
    return replace(spec, **changes)


def module_view(spec: ModuleSpec | None = None, **changes: Any) -> ModuleView:
    """An IV Service with a budget of $15,000, $8,500 used and a gain of $1,250."""
    spec = spec or module_spec()
    view = ModuleView(
        spec=spec,
        status=ModuleStatus.ACTIVE,
        status_why="",
        budget=dollars(15_000),
        used=dollars(8_500),
        held=0,
        available=dollars(6_500),
        utilisation_pct=56.7,
        realised=dollars(980),
        unrealised=dollars(270),
        pnl=dollars(1_250),
        pnl_pct=8.3,
        day_pnl=dollars(145),
        open_positions=(
            position_view("p-1", spec.module_id),
            position_view("p-2", spec.module_id, condor("SPY", (560, 575, 640, 655)), dollars(310), dollars("-18.20")),
            position_view("p-3", spec.module_id, condor("NVDA", (95, 100, 130, 135)), dollars(120), dollars(61)),
        ),
        greeks=Greeks(60.5, -4.2, 31.8, -64.0),
        greeks_missing=0,
        wins=17,
        closed_trades=25,
        win_rate=0.68,
        average_win=dollars(185),
        average_loss=dollars(-320),
        best_trade=dollars(240),
        worst_trade=dollars(-510),
        trades_this_month=9,
        scans_today=26,
        executed_today=2,
        worst_case=dollars(8_120),
    )
    return replace(view, **changes)


def empty_module(spec: ModuleSpec, budget: Money, **changes: Any) -> ModuleView:
    """A module that has not done anything yet."""
    view = module_view(
        spec,
        budget=budget,
        used=0,
        available=budget,
        utilisation_pct=0.0 if budget else None,
        realised=0,
        unrealised=0,
        pnl=0,
        pnl_pct=0.0 if budget else None,
        day_pnl=0,
        open_positions=(),
        greeks=Greeks(),
        wins=0,
        closed_trades=0,
        win_rate=None,
        average_win=None,
        average_loss=None,
        best_trade=None,
        worst_trade=None,
        trades_this_month=0,
        scans_today=0,
        executed_today=0,
        worst_case=0,
    )
    return replace(view, **changes)


def market(**changes: Any) -> MarketView:
    """The market five minutes before the close, at ten times its pace."""
    view = MarketView(
        now=NOW,
        session=NOW.date(),
        is_open=True,
        next_open=dt.datetime(2026, 3, 17, 13, 30, tzinfo=dt.UTC),
        speed=10.0,
        spots={"SPY": dollars("606.10"), "QQQ": dollars("512.44"), "TSLA": dollars("261.35")},
    )
    return replace(view, **changes)


def manual_module(**changes: Any) -> ModuleView:
    """The module that asks before it trades: $20,000, one approval waiting."""
    spec = module_spec(
        MANUAL, "IV Service, ask first", autotrade=False, limits=ModuleLimits(dollars(1000), dollars(1500))
    )
    view = module_view(
        spec,
        budget=dollars(20_000),
        used=dollars(12_000),
        available=dollars(8_000),
        utilisation_pct=60.0,
        realised=dollars(-300),
        unrealised=0,
        pnl=dollars(-300),
        pnl_pct=-1.5,
        day_pnl=dollars(-85),
        open_positions=(
            position_view("p-4", MANUAL),
            position_view("p-5", MANUAL, condor("QQQ", (470, 480, 540, 550))),
        ),
        greeks=Greeks(-12.4, -3.1, 22.6, -51.2),
        wins=4,
        closed_trades=9,
        win_rate=4 / 9,
        worst_case=dollars(11_640),
        executed_today=1,
        approvals=(approval(),),
    )
    return replace(view, **changes)


def paused_module(**changes: Any) -> ModuleView:
    """The module that is paused and flat: $10,000."""
    view = empty_module(
        module_spec(PAUSED, "IV Service, paused", status=ModuleStatus.PAUSED),
        dollars(10_000),
        status=ModuleStatus.PAUSED,
        status_why="paused in the set-up",
    )
    return replace(view, **changes)


def aggressive_growth(**changes: Any) -> MindfolioSnapshot:
    """The ordinary day: three modules, $45,000 of $50,000 allocated, one approval waiting, replayed market."""
    snapshot = MindfolioSnapshot(
        seq=412,
        environment=Environment.REPLAY,
        name="Aggressive Growth",
        status=MindfolioStatus.ACTIVE,
        stop_why="",
        stopped_at=None,
        cancels_unconfirmed=0,
        pnl_policy=PnlPolicy.ISOLATE,
        waived=("evidence", "iv_rank"),
        market=market(),
        version=5,
        capital=dollars(50_000),
        reserve=dollars(5_000),
        cash=dollars("52310.40"),
        nav=dollars("50950.25"),
        liquidation=dollars("50780.10"),
        pnl=dollars("950.25"),
        pnl_pct=1.9,
        day_pnl=dollars(60),
        allocated=dollars(45_000),
        allocated_pct=90.0,
        used=dollars(20_500),
        used_pct=41.0,
        held=0,
        available=dollars(29_500),
        positions=5,
        greeks=Greeks(48.1, -7.3, 54.4, -115.2),
        weighted=WeightedGreeks(dollar_delta=dollars("14230")),
        worst_case=dollars(17_900),
        worst_case_by_symbol={
            "NVDA": dollars(1_880),
            "QQQ": dollars(3_750),
            "SPY": dollars(5_690),
            "TSLA": dollars(6_580),
        },
        worst_case_pct_of_capital=35.8,
        worst_case_pct_of_nav=35.1,
        best_by_dollars=(AUTO, dollars(1_250)),
        worst_by_dollars=(MANUAL, dollars(-300)),
        best_by_percent=(AUTO, 8.3),
        worst_by_percent=(MANUAL, -1.5),
        modules=(module_view(), manual_module(), paused_module()),
    )
    return replace(snapshot, **changes)


def with_module(snapshot: MindfolioSnapshot, module_id: str, **changes: Any) -> MindfolioSnapshot:
    """The snapshot after changing one module's figures; totals are not added up again."""
    return replace(
        snapshot,
        seq=snapshot.seq + 1,
        modules=tuple(
            replace(view, **changes) if view.spec.module_id == module_id else view for view in snapshot.modules
        ),
    )


def stopped(**changes: Any) -> MindfolioSnapshot:
    """After an emergency stop: everything paused, one cancel the broker has not confirmed."""
    ordinary = aggressive_growth()
    snapshot = replace(
        ordinary,
        status=MindfolioStatus.STOPPED,
        stop_why="Button pressed in the window",
        stopped_at=NOW - dt.timedelta(seconds=30),
        cancels_unconfirmed=1,
        modules=tuple(
            replace(view, status=ModuleStatus.PAUSED, status_why="emergency stop", approvals=())
            for view in ordinary.modules
        ),
    )
    return replace(snapshot, **changes)


def over_budget() -> MindfolioSnapshot:
    """The first module's budget was cut below what it uses."""
    return with_module(
        aggressive_growth(
            version=6, reserve=dollars(12_700), allocated=dollars(37_300), allocated_pct=74.6, available=dollars(29_500)
        ),
        AUTO,
        budget=dollars(7_300),
        available=dollars(-1_200),
        utilisation_pct=116.4,
    )


def fresh() -> MindfolioSnapshot:
    """A mindfolio that was just created: before the first session, nothing known yet."""
    return aggressive_growth(
        seq=1,
        environment=Environment.SIMULATED,
        market=market(
            is_open=False,
            session=None,
            speed=1.0,
            spots={},
            now=NOW - dt.timedelta(hours=8),
            next_open=NOW - dt.timedelta(hours=6, minutes=25),
        ),
        cash=dollars(50_000),
        nav=dollars(50_000),
        liquidation=None,
        pnl=0,
        pnl_pct=0.0,
        day_pnl=0,
        used=0,
        used_pct=0.0,
        available=dollars(50_000),
        positions=0,
        greeks=Greeks(),
        weighted=WeightedGreeks(),
        worst_case=0,
        worst_case_by_symbol={},
        worst_case_pct_of_capital=0.0,
        worst_case_pct_of_nav=0.0,
        best_by_dollars=None,
        worst_by_dollars=None,
        best_by_percent=None,
        worst_by_percent=None,
        modules=(
            empty_module(module_spec(), dollars(15_000)),
            empty_module(module_spec(MANUAL, "IV Service, ask first", autotrade=False), dollars(20_000)),
            paused_module(),
        ),
    )
