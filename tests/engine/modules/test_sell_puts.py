"""Sell Puts Engine: which symbols it looks at and in which order, and what it does about what it holds."""

import datetime as dt
from dataclasses import replace

import pytest

from engine.core.money import dollars
from engine.domain.candidate import Finding
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.instrument import Right
from engine.domain.mindfolio import Waivers
from engine.domain.position import Position, PositionStatus
from engine.domain.quote import Quote
from engine.domain.scan import Action, Exit, ExitCode, IvRank, ManageContext, ScanContext, Score, Trade
from engine.domain.structure import StructureKind
from engine.modules.sell_puts import SellPuts
from tests.fakes import new_york
from tests.wheel import APRIL, DAY, MAY, chain_of, held, manage_context, module_of, option, scan_context

ENGINE = SellPuts()
KO = chain_of()
PUT60, CALL60 = option(60, Right.PUT), option(60, Right.CALL)
SHORT_PUT = held((PUT60, -1, "-100"), used=dollars(6000))
COVERED = held((None, 100, "5900"), (CALL60, -1, "-100"), used=dollars(5900))


# --- scan ------------------------------------------------------------------------------------------------------------
def scan(context: ScanContext, symbol: str = "KO") -> Finding:
    return next(finding for finding in ENGINE.scan(context) if finding.symbol == symbol)


@pytest.mark.parametrize(
    ("rank", "reason"),
    [
        (IvRank(30.0, 252), ""),
        (IvRank(29.9, 252), "IV rank 29.9 below 30"),
        (IvRank(None, 59), "IV rank unknown (59 sessions)"),
    ],
)
def test_iv_rank_is_thirty_at_least(rank: IvRank, reason: str) -> None:
    found = scan(scan_context(KO, iv_ranks={"KO": rank}))
    assert (found.candidate is None) == bool(reason)
    assert not reason or found.reason == reason
    assert scan(scan_context(KO, iv_ranks={"KO": IvRank(None, 5)}, waivers=Waivers(iv_rank=True))).candidate is not None


def test_a_score_of_seventy_is_enough_and_less_is_not() -> None:
    def of(score: float) -> Finding:
        return scan(scan_context(KO, scores={"KO": Score(score, dt.date(2026, 1, 15), "desk")}))

    assert of(70.0).candidate is not None
    assert of(69.9).reason == "score 69.9 of 2026-01-15 (desk) below 70"
    assert of(69.9).numbers["score"] == 69.9


@pytest.mark.parametrize(
    ("as_of", "needs_person"),
    [
        (DAY - dt.timedelta(days=400), ""),
        (DAY - dt.timedelta(days=401), "score 80 of 2025-02-08 (desk) is 401 days old and counts as none"),
        (DAY + dt.timedelta(days=1), "no fundamentals score"),  # nothing that is known later
        (None, "no fundamentals score"),
    ],
)
def test_without_a_score_only_a_person_may_decide(as_of: dt.date | None, needs_person: str) -> None:
    scores = {} if as_of is None else {"KO": Score(80.0, as_of, "desk")}
    found = scan(scan_context(KO, scores=scores)).candidate
    assert found is not None
    assert found.needs_person == needs_person


def test_scored_companies_come_first_and_symbols_behind_the_room_are_not_valued() -> None:
    chains = (KO, chain_of("PFE"), chain_of("BAC"))
    ranks = {"KO": IvRank(40.0, 252), "PFE": IvRank(50.0, 252), "BAC": IvRank(90.0, 252)}
    scores = {symbol: Score(80.0, DAY, "desk") for symbol in ("KO", "PFE")}
    context = scan_context(*chains, iv_ranks=ranks, scores=scores)
    assert [each.symbol for each in ENGINE.scan(context)] == ["PFE", "KO", "BAC"]
    one = replace(context, module=module_of("KO", "PFE", "BAC", max_open_positions=1))
    found = ENGINE.scan(one)
    assert [(each.symbol, each.candidate is not None) for each in found] == [
        ("PFE", True),
        ("KO", False),
        ("BAC", False),
    ]
    assert found[1].reason == "not looked at: symbols ranked before it take the room for 1 position"
    refused = replace(one, turned_down=frozenset({("PFE", StructureKind.SHORT_PUT)}))
    assert [each.candidate is not None for each in ENGINE.scan(refused)] == [True, True, False]


def test_one_position_a_symbol_and_at_most_so_many() -> None:
    pfe = held((option(20, Right.PUT, symbol="PFE"), -1, "-40"), used=dollars(2000))
    full = scan_context(KO, open_positions=(pfe,), module=module_of("KO", max_open_positions=1))
    assert scan(full).reason == "1 positions open or working, at most 1"
    assert scan(scan_context(KO, open_positions=(SHORT_PUT,))).reason == "position already open"
    assert scan(scan_context(KO, busy_symbols=frozenset({"KO"}))).candidate is None


def test_what_the_backtest_has_refused_today_is_not_looked_at_again() -> None:
    refused = {("KO", StructureKind.SHORT_PUT): "today's backtest refused it: win rate 0.55, limit 0.6"}
    assert scan(scan_context(KO, refused=refused)).reason == refused["KO", StructureKind.SHORT_PUT]


def test_structures_that_are_not_enabled_are_said_so() -> None:
    module = replace(module_of("KO"), structures=(StructureKind.COVERED_CALL,))
    assert scan(scan_context(KO, module=module)).reason == "cash-secured puts are not enabled in this module"


def test_over_the_budget_no_put_is_sold_and_a_call_on_its_shares_still_is() -> None:
    shares = held((None, 100, "5900"), used=dollars(5900))
    pfe = chain_of("PFE")
    context = scan_context(KO, pfe, available=-dollars(900), open_positions=(shares,))
    found = ENGINE.scan(context)
    assert [(each.symbol, each.structure) for each in found if each.candidate is not None] == [("KO", "Covered Call")]
    assert scan(context, "PFE").reason == "over the budget by $900: no new put"
    level = replace(context, available=0)
    assert "$5,900 against $0 available" in scan(level, "PFE").reason


def test_a_symbol_without_quotes_and_a_module_with_wrong_settings() -> None:
    assert scan(scan_context(KO, chains={})).reason == "no option quotes yet"
    with pytest.raises(ValueError, match="no such parameter"):
        ENGINE.scan(scan_context(KO, module=module_of("KO", wing=5)))


# --- manage: puts ----------------------------------------------------------------------------------------------------
def quoted(position: Position, mid: str, spot: float = 61.5, **changes: object) -> ManageContext:
    """The position's only leg at a mid, the spread four cents."""
    price = dollars(mid)
    quote = Quote(price - dollars("0.02"), price + dollars("0.02"), changes.get("now", new_york(14, day=DAY)))  # type: ignore[arg-type]
    context = manage_context(position, chain_of(spot=spot), **changes)  # type: ignore[arg-type]
    return replace(context, quotes={position.structure.legs[0]: quote})


@pytest.mark.parametrize(("mid", "why"), [("0.50", "profit target: 50 % of the credit"), ("0.51", "")])
def test_half_of_the_credit_is_the_target_of_puts_and_calls(mid: str, why: str) -> None:
    put, call = (ENGINE.manage(each, quoted(each, mid)) for each in (SHORT_PUT, COVERED))
    if not why:
        assert put == call == ()
        return
    assert put == (Exit("P000001", why, ExitCode.TARGET),)
    # The shares stay: only the call is bought back.
    assert call == (Exit("P000001", why, ExitCode.TARGET, COVERED.structure.legs),)


def test_a_stop_is_off_unless_it_is_set() -> None:
    loss = quoted(SHORT_PUT, "3.00")
    assert ENGINE.manage(SHORT_PUT, loss) == ()
    stop = replace(loss, module=module_of("KO", stop_loss_pct=200))
    assert ENGINE.manage(SHORT_PUT, stop) == (Exit("P000001", "stop: loss 2.0 x the credit", ExitCode.STOP),)
    above = replace(quoted(SHORT_PUT, "2.99"), module=stop.module)
    assert ENGINE.manage(SHORT_PUT, above) == ()


def test_days_close_a_put_only_where_they_are_set() -> None:
    module = module_of("KO", exit_days=14)
    for day, is_closed in ((APRIL - dt.timedelta(days=14), True), (APRIL - dt.timedelta(days=15), False)):
        context = replace(quoted(SHORT_PUT, "0.90", now=new_york(14, day=day)), module=module)
        expected: tuple[Action, ...] = (Exit("P000001", "14 days to expiry", ExitCode.DAYS),) if is_closed else ()
        assert ENGINE.manage(SHORT_PUT, context) == expected
        assert ENGINE.manage(SHORT_PUT, replace(context, module=module_of("KO"))) == ()


def test_without_a_mark_no_target_and_no_stop() -> None:
    blind = replace(quoted(SHORT_PUT, "0.10"), mark=None)
    assert ENGINE.manage(SHORT_PUT, blind) == ()
    assert ENGINE.manage(SHORT_PUT, replace(blind, mark=0, quotes={})) == ()


LATE = APRIL - dt.timedelta(days=7)


def late(spot: float, day: dt.date = LATE, **how: object) -> ManageContext:
    """The 60 put a week before its end, May listed beside it."""
    now = new_york(14, day=day)
    chain = chain_of(spot=spot, at=now, expirations=(APRIL, MAY), **how)  # type: ignore[arg-type]
    return manage_context(SHORT_PUT, chain, now)


def test_a_tested_put_with_a_week_left_is_rolled_once_for_a_credit() -> None:
    (rolled,) = ENGINE.manage(SHORT_PUT, late(60.0))
    assert isinstance(rolled, Trade)
    assert rolled.candidate.reasons[0] == "the 60 put is tested with 7 days to expiry"
    # Out of the money, a day too early, or rolled before: nothing.
    assert ENGINE.manage(SHORT_PUT, late(60.01)) == ()
    assert ENGINE.manage(SHORT_PUT, late(60.0, LATE - dt.timedelta(days=1))) == ()
    assert ENGINE.manage(replace(SHORT_PUT, rolls=1), late(60.0)) == ()
    assert ENGINE.manage(SHORT_PUT, replace(late(60.0), module=module_of("KO", max_rolls=0))) == ()


def test_what_cannot_be_rolled_is_taken_to_assignment_only_where_the_shares_are_paid_for() -> None:
    context = replace(late(58.0), module=module_of("KO", max_rolls=0))
    assert ENGINE.manage(SHORT_PUT, context) == ()
    cut = replace(SHORT_PUT, used=dollars(5000))
    (out,) = ENGINE.manage(cut, context)
    why = "7 days to expiry, tested: the shares would take $6,000 of $5,000"
    assert out == Exit("P000001", why, ExitCode.DAYS)
    assert ENGINE.manage(cut, replace(context, available=dollars(1000))) == ()
    assert ENGINE.manage(cut, replace(context, available=dollars(999))) != ()
    # Where a roll can be had it comes first, and the exit behind it, should the gate refuse it.
    first, second = ENGINE.manage(cut, replace(late(60.0), available=0))
    assert isinstance(first, Trade)
    assert isinstance(second, Exit)


def test_shares_alone_and_what_has_ended_are_left() -> None:
    shares = held((None, 100, "5900"))
    assert ENGINE.manage(shares, manage_context(shares, KO)) == ()
    closed = replace(SHORT_PUT, status=PositionStatus.CLOSED)
    assert ENGINE.manage(closed, quoted(closed, "0.01")) == ()


# --- manage: calls ---------------------------------------------------------------------------------------------------
def covered(spot: float, day: dt.date = LATE, **changes: object) -> ManageContext:
    now = new_york(14, day=day)
    chain = chain_of(spot=spot, at=now, expirations=(APRIL, MAY), volatility=0.3)
    return replace(manage_context(COVERED, chain, now), **changes)  # type: ignore[arg-type]


def test_a_call_deep_in_the_money_is_rolled_up_and_out_in_its_last_week() -> None:
    (rolled,) = ENGINE.manage(COVERED, covered(61.8))
    assert isinstance(rolled, Trade)
    assert rolled.candidate.reasons[0] == "the 60 call is 3.0 % in the money with 7 days left"
    assert ENGINE.manage(COVERED, covered(61.79)) == ()
    assert ENGINE.manage(COVERED, covered(61.8, LATE - dt.timedelta(days=1))) == ()
    assert ENGINE.manage(replace(COVERED, rolls=3), covered(61.8)) != ()
    assert ENGINE.manage(replace(COVERED, rolls=4), covered(61.8)) == (), "one for the put and three for calls"


def test_before_an_ex_dividend_day_a_call_worth_less_beyond_exercise_is_rolled() -> None:
    eve = LATE - dt.timedelta(days=1)
    leg = COVERED.structure.legs[0]
    outlook = Outlook((Happening(HappeningKind.EX_DIVIDEND, LATE),), MAY)
    context = covered(60.5, eve, outlook=outlook)
    quote = context.quotes[leg]
    assert quote is not None
    assert quote.mid is not None
    extrinsic = quote.mid - dollars("0.50")
    (rolled,) = ENGINE.manage(COVERED, replace(context, dividend=extrinsic + 1))
    assert isinstance(rolled, Trade)
    assert rolled.candidate.reasons[0] == "ex-dividend on 2026-04-10: the 60 call may be exercised tonight"
    assert ENGINE.manage(COVERED, replace(context, dividend=extrinsic)) == ()
    assert ENGINE.manage(COVERED, replace(context, dividend=None)) != (), "unknown is not small"
    later = Outlook((Happening(HappeningKind.EX_DIVIDEND, LATE + dt.timedelta(days=3)),), MAY)
    assert ENGINE.manage(COVERED, replace(context, outlook=later, dividend=dollars(5))) == ()
