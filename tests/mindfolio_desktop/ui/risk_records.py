"""Records of risk and of the day for the window's tests: a book of three names in two modules."""

import datetime as dt
from dataclasses import replace
from typing import Any

from engine.core.money import dollars
from engine.domain.account import CASH_ID, ActivityKind, Difference
from engine.domain.concentration import Comovement, Concentration, NameBeta, PairCorrelation
from engine.domain.day_sheet import (
    DaySheets,
    EndSheet,
    ExpiryLine,
    FillLine,
    HappeningLine,
    ModuleDay,
    OrderLine,
    OvernightLine,
    ScanCount,
    StandingLine,
    StartSheet,
    WaitingLine,
)
from engine.domain.expiration import Ending, OpenExpiry
from engine.domain.explained import ExplainedDay, ExplainedModule, PnlParts
from engine.domain.greeks import Greeks, WeightedGreeks
from engine.domain.happening import HappeningKind
from engine.domain.instrument import OptionContract, Right
from engine.domain.limit_use import AccountLimit, LimitUse, ModuleLimitUse, StandingLimits
from engine.domain.mindfolio import AccountRules, Environment
from engine.domain.snapshot import MindfolioSnapshot
from engine.domain.statement import EndedPosition
from engine.domain.worst_case import Scenario, ScenarioTime, StressGrid, WorstCaseView, WorstPrice, WorstShare
from tests.mindfolio_desktop.ui.snapshots import APRIL, AUTO, MANUAL, NOW, aggressive_growth, condor, position_view

DAY = NOW.date()


def share(name: str, alone: int | None, part: int | None, naked: int = 0) -> WorstShare:
    """A part of the worst case, in dollars."""
    alone_usd, part_usd = (None if each is None else dollars(each) for each in (alone, part))
    return WorstShare(name, alone_usd, part_usd, naked, None if alone is None else dollars(alone - 20))


def worst(**changes: Any) -> WorstCaseView:
    """$4,200 if all fall 30 %, of which netting saves $600."""
    view = WorstCaseView(
        now=NOW,
        loss=dollars(4_200),
        stressed=dollars(4_200),
        at_expiry=dollars(3_900),
        from_cost=dollars(4_000),
        naked=0,
        scenario=Scenario("", -30, 50, ScenarioTime.NOW),
        prices=(WorstPrice("TSLA", APRIL, dollars(240)), WorstPrice("KO", None, 0)),
        modules=(share(AUTO, 3_000, 2_900), share(MANUAL, 1_800, 1_300)),
        symbols=(share("SPY", 2_500, 2_500), share("TSLA", 2_000, 1_900), share("KO", 300, -200)),
        sum_alone=dollars(4_800),
        diversification=dollars(600),
    )
    return replace(view, **changes)


def comovement(**changes: Any) -> Comovement:
    """Three names; nobody knows how KO moves with TSLA."""
    moving = Comovement(
        day=DAY,
        index="SPY",
        betas=(NameBeta("KO", 0.55, 0.04, 252), NameBeta("SPY", 1.0, 0.0, 252), NameBeta("TSLA", None, None, 12)),
        pairs=(
            PairCorrelation("KO", "SPY", 0.42, 0.51, 60),
            PairCorrelation("KO", "TSLA", None, None, 12),
            PairCorrelation("SPY", "TSLA", -0.31, -0.4, 60),
        ),
    )
    return replace(moving, **changes)


def risky(**changes: Any) -> MindfolioSnapshot:
    """The ordinary day with everything that the risk page shows."""
    snapshot = aggressive_growth(
        worst=worst(),
        comovement=comovement(),
        weighted=WeightedGreeks(
            dollar_delta=dollars(14_230), dollar_gamma=dollars(-310), vega_30d=-88.5, beta_delta=21.4,
            without_beta=("TSLA",),
        ),
        concentrations=(
            Concentration("TSLA", dollars(9_000), 17.66, dollars(-4_200), -8.24, 1),
            Concentration("SPY", dollars(5_690), 11.17, dollars(18_430), 36.17),
        ),
        sectors=(Concentration("", dollars(9_000), None, dollars(100), None),),
    )  # fmt: skip
    return replace(snapshot, **changes)


NOTHING = {
    "worst": None,
    "comovement": None,
    "concentrations": (),
    "sectors": (),
    "greeks": Greeks(),
    "weighted": WeightedGreeks(),
    "positions": 0,
}
"""Of a mindfolio that holds nothing."""


def grids() -> tuple[StressGrid, ...]:
    """Two small grids of the whole book and of both modules."""
    net = ((dollars(-400), dollars(-500)), (dollars(100), 0), (dollars(80), dollars(90)))
    half = tuple(tuple(amount // 2 for amount in row) for row in net)
    modules = {AUTO: half, MANUAL: half}
    return StressGrid(0, (-10, 0, 10), (-30, 0), net, modules), StressGrid(10, (-10, 0, 10), (-30, 0), half, modules)


def limits(**changes: Any) -> StandingLimits:
    """$1,200 of the account's $2,000 a day is left; the second module is at its limit."""
    found = StandingLimits(
        account=(
            LimitUse(AccountLimit.DAY_LOSS, dollars(2_000), dollars(800), dollars(1_200)),
            LimitUse(AccountLimit.DRAWDOWN, 1_500, 240, 1_260),
            LimitUse(AccountLimit.MARGIN_MINIMUM, None, dollars(50_950), None),
            LimitUse(AccountLimit.ORDERS, 390, 12, 378),
        ),
        modules=(
            ModuleLimitUse(AUTO, dollars(500), dollars(1_000), dollars(40), dollars(960)),
            ModuleLimitUse(MANUAL, None, dollars(1_500), dollars(1_500), 0),
        ),
        rules=AccountRules(),
        free=dollars(29_500),
        module_losses=dollars(2_500),
        binds_first=True,
    )
    return replace(found, **changes)


def expiry(position_id: str = "p-1", **changes: Any) -> OpenExpiry:
    """A condor of TSLA with 32 days left that its module can pay for."""
    found = OpenExpiry(
        position_id=position_id,
        module_id=AUTO,
        structure=condor("TSLA", (240, 250, 270, 280)),
        quantity=1,
        expires=APRIL,
        ends=APRIL,
        days=32,
        is_last_day=False,
        spot=dollars("261.35"),
        nearest=OptionContract("TSLA", APRIL, dollars(270), Right.CALL),
        distance=dollars("8.65"),
        distance_pct=3.3,
        inside=(),
        cash=dollars(40_500),
        shares=-100,
        means=dollars(50_000),
        ex_day=None,
        dividend=None,
        is_ex_known=True,
        ending=Ending.IS_KEPT,
    )
    return replace(found, **changes)


def in_the_money(position_id: str = "p-2", **changes: Any) -> OpenExpiry:
    """A put of KO that ends today in the money and cannot be paid for, the day before an ex-dividend day."""
    put = OptionContract("KO", DAY, dollars(60), Right.PUT)
    found = expiry(
        position_id,
        module_id=MANUAL,
        structure=condor("KO", (55, 60, 70, 75), DAY),
        expires=DAY,
        ends=DAY,
        days=0,
        is_last_day=True,
        spot=dollars(59),
        nearest=put,
        distance=dollars(-1),
        distance_pct=-1.7,
        inside=(put,),
        cash=dollars(6_000),
        shares=100,
        means=dollars(500),
        ex_day=DAY + dt.timedelta(days=1),
        dividend=dollars("0.51"),
        ending=Ending.CLOSES,
        why="last day: 60 put could leave +100 shares",
    )
    return replace(found, **changes)


PUT = OptionContract("KO", dt.date(2026, 3, 20), dollars(60), Right.PUT)


def start_sheet(**changes: Any) -> StartSheet:
    """Before a session in which something of everything stands."""
    line = ExpiryLine("p-9", "Beta", PUT, -1, dollars("59.25"), dollars(-6_000))
    sheet = StartSheet(
        name="Sample",
        environment=Environment.REPLAY,
        day=DAY,
        nav=dollars("50950.25"),
        stopped_why="",
        overnight=(OvernightLine(NOW, "Beta", PUT, 1, ActivityKind.ASSIGNED, 100, dollars(-6_000)),),
        today=(line,),
        this_week=(replace(line, spot=None),),
        happenings=(HappeningLine("KO", HappeningKind.EX_DIVIDEND, DAY), HappeningLine("SPY", None, None)),
        orders=(OrderLine("O1", "Beta", "open KO short put", 2, 1, dollars("-0.71"), "WORKING"),),
        waiting=(WaitingLine("A1", "Beta", "open KO short put", 2, NOW),),
        standing=(StandingLine("Alpha", "by hand", 0), StandingLine("Beta", None, dollars(1_200))),
        differences=(Difference("KO", "KO", 100, 0), Difference(CASH_ID, "", dollars(5), dollars(4))),
    )
    return replace(sheet, **changes)


def end_sheet(**changes: Any) -> EndSheet:
    """A session that came to +$120 with a deposit of $500."""
    position = position_view().position
    sheet = EndSheet(
        name="Sample",
        environment=Environment.REPLAY,
        day=DAY,
        nav_before=dollars(50_000),
        nav=dollars(50_620),
        flows=dollars(500),
        drawdown_bp=125,
        compared_at=NOW,
        differences=(),
        modules=(ModuleDay("Alpha", dollars(150), dollars(-30)),),
        explained=(),
        fills=(FillLine(NOW, "Alpha", "open TSLA iron condor", 2, dollars("-2.50"), dollars("4.80")),),
        ended=(
            EndedPosition(
                replace(position, realised=dollars(150), closed_why="target", quantity=0), "L1", (), 2, dollars(145)
            ),
        ),
        scans=(ScanCount("Alpha", 26, 104, 1, 2, 101),),
        tomorrow=(ExpiryLine("p-9", "Beta", PUT, -1, None, dollars(-6_000)),),
    )
    return replace(sheet, **changes)


def sheets(day: dt.date = DAY, **changes: Any) -> DaySheets:
    """Of a day that is over, with others before and after it."""
    found = DaySheets(
        day=day,
        earlier=day - dt.timedelta(days=3),
        later=day + dt.timedelta(days=1),
        start=start_sheet(day=day),
        end=end_sheet(day=day),
        is_over=True,
    )
    return replace(found, **changes)


def explained(session: dt.date = DAY, scale: int = 1) -> ExplainedDay:
    """Two modules and the account; parts with fractions of a cent."""
    parts = PnlParts(
        delta=dollars("12.3456") * scale, gamma=dollars("-3.0033") * scale, theta=dollars("4.1077") * scale,
        costs=dollars("-2.40"), residual=dollars("0.05"),
    )  # fmt: skip
    return ExplainedDay(
        session,
        (
            ExplainedModule(AUTO, parts),
            ExplainedModule(MANUAL, PnlParts(vega=dollars(-20))),
            ExplainedModule("", PnlParts(carry=dollars("0.30"))),
        ),
    )
