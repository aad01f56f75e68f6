"""The gate as a whole: nothing is hidden, nothing gets past a broken check, no junk passes, limits are monotone."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.core.errors import GATE_CODES, DenialCode
from engine.core.money import dollars
from engine.domain.evidence import Evidence
from engine.domain.happening import Happening, HappeningKind
from engine.domain.limits import GateLimits, ModuleLimits
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus, Waivers
from engine.domain.quote import Quote
from engine.risk import account_rules, checks_evidence, checks_market, checks_money, checks_state, checks_trade
from engine.risk.facts import Stake, TradeFacts
from engine.risk.gate import CHECKS, checklist, run_gate, waived, warnings

Change = Callable[[TradeFacts, Any], TradeFacts]


def field(name: str) -> Change:
    def change(facts: TradeFacts, value: Any) -> TradeFacts:
        return replace(facts, **{name: value})

    return change


def inner(outer: str, name: str) -> Change:
    def change(facts: TradeFacts, value: Any) -> TradeFacts:
        return replace(facts, **{outer: replace(getattr(facts, outer), **{name: value})})

    return change


def limit(name: str) -> Change:
    def change(facts: TradeFacts, value: Any) -> TradeFacts:
        return replace(facts, module=replace(facts.module, limits=replace(facts.module.limits, **{name: value})))

    return change


def quotes(name: str) -> Change:
    """One attribute of the third leg's quote."""

    def change(facts: TradeFacts, value: Any) -> TradeFacts:
        third = facts.quotes[2]
        assert third is not None
        return replace(facts, quotes=(*facts.quotes[:2], replace(third, **{name: value}), facts.quotes[3]))

    return change


SINGLE_FAULTS: dict[DenialCode, tuple[Change, Any]] = {
    DenialCode.STOPPED: (field("is_latched"), True),
    DenialCode.MODULE_STATUS: (field("module_status"), ModuleStatus.PAUSED),
    DenialCode.MARKET_CLOSED: (field("market_open"), False),
    DenialCode.DATA_STALE: (inner("gate", "max_quote_age"), timedelta(seconds=1)),
    DenialCode.DATA_BAD: (quotes("bid"), 0),
    DenialCode.LEG_SKEW: (inner("gate", "max_leg_skew"), timedelta(seconds=-1)),
    DenialCode.LIQUIDITY: (quotes("open_interest"), 9),
    DenialCode.STRUCTURE: (inner("module", "structures"), ()),
    DenialCode.TICK: (field("price"), dollars("-2.505")),
    DenialCode.MAX_RISK: (limit("max_risk_per_trade"), dollars(500)),
    DenialCode.BUDGET: (field("available"), dollars(500)),
    DenialCode.DAILY_LOSS: (field("day_pnl"), dollars(-1000)),
    DenialCode.ACCOUNT_BUYING_POWER: (field("broker_available"), dollars(500)),
    DenialCode.ACCOUNT_RULES: (field("equity"), dollars(1999)),
    DenialCode.CONFLICT: (field("stakes"), (Stake("TSLA260417P00250000", 1, "puts"),)),
    DenialCode.DUPLICATE: (field("duplicate_of"), "position 3"),
    DenialCode.SYMBOL_CAP: (field("symbol_positions"), 3),
    DenialCode.EVENT: (field("happenings"), (Happening(HappeningKind.EARNINGS, date(2026, 4, 17)),)),
    DenialCode.ORDER_RATE: (field("openings_last_minute"), 30),
    DenialCode.EVIDENCE: (field("evidence"), None),
    DenialCode.KERNEL_HEALTH: (field("kernel"), None),
    DenialCode.SYMBOL_HALTED: (field("symbol_halts"), ("order O000007 is UNKNOWN",)),
    DenialCode.BROKER_UNREACHABLE: (field("broker_reachable"), False),
}

NUMBERS: dict[str, Change] = {
    "quantity": inner("candidate", "quantity"),
    **{
        name: field(name)
        for name in (
            "price", "buying_power", "max_risk", "costs", "available", "account_available", "broker_available",
            "day_pnl", "equity", "account_day_pnl", "drawdown_bp", "symbol_positions", "symbol_used", "budget",
            "openings_last_minute", "orders_today",
        )
    },
    "max_risk_per_trade": limit("max_risk_per_trade"),
    "daily_loss_limit": limit("daily_loss_limit"),
    **{
        name: inner("gate", name)
        for name in (
            "max_quote_age", "max_leg_spread_pct", "spread_floor", "min_open_interest", "min_backtest_trades",
            "min_win_rate", "max_leg_skew", "max_positions_per_symbol", "max_symbol_share_pct", "max_orders_per_minute",
            "max_orders_per_day", "max_ticks_past_natural",
        )
    },
    "option_level": inner("account_rules", "option_level"),
    "margin_minimum": inner("account_rules", "margin_minimum"),
    **{name: inner("evidence", name) for name in ("trades", "win_rate", "expectancy")},
    **{name: quotes(name) for name in ("bid", "ask", "open_interest")},
}  # fmt: skip
"""Every number that a check looks at."""

NO_NUMBERS: tuple[Any, ...] = (float("nan"), float("inf"), float("-inf"), True, False, None)


def codes(facts: TradeFacts) -> list[DenialCode]:
    return [denial.code for denial in run_gate(facts)]


def test_a_good_trade_passes(good: TradeFacts) -> None:
    assert run_gate(good) == ()


def test_the_order_is_that_of_the_products_list() -> None:
    every = list(DenialCode)
    beyond = [DenialCode.SYMBOL_HALTED, DenialCode.BROKER_UNREACHABLE]
    assert [check.code for check in CHECKS] == every[: every.index(DenialCode.STALE_VERSION)] + beyond
    assert tuple(check.code for check in CHECKS) == GATE_CODES


def test_every_rule_that_is_written_is_run() -> None:
    files = (account_rules, checks_evidence, checks_market, checks_money, checks_state, checks_trade)
    written = {rule for file in files for name, rule in vars(file).items() if name.startswith("check_")}
    assert {check.rule for check in CHECKS} == written


def test_the_checklist_has_every_condition_and_marks_what_was_not_met(good: TradeFacts) -> None:
    latched = run_gate(replace(good, is_latched=True, duplicate_of="order 7"))
    listed = checklist(latched)
    assert tuple(code for code, _ in listed) == GATE_CODES
    assert {code: denial for code, denial in listed if denial is not None} == {each.code: each for each in latched}
    assert checklist(()) == tuple((code, None) for code in GATE_CODES)


@pytest.mark.parametrize("code", SINGLE_FAULTS)
def test_one_fault_gives_one_denial_with_its_code(good: TradeFacts, code: DenialCode) -> None:
    change, value = SINGLE_FAULTS[code]
    faulty = change(good, value)
    # Without a quote there is neither a spread nor a natural price.
    bad = [DenialCode.DATA_BAD, DenialCode.LIQUIDITY, DenialCode.TICK]
    expected = bad if code is DenialCode.DATA_BAD else [code]
    assert codes(faulty) == expected


def test_all_faults_at_once_are_all_reported(good: TradeFacts) -> None:
    faulty = good
    for change, value in SINGLE_FAULTS.values():
        faulty = change(faulty, value)
    assert codes(faulty) == list(SINGLE_FAULTS)


class Broken:
    """Something that raises whatever is asked of it."""

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError(name)


NOT_ASKED = {
    *("covering_shares", "adds_to", "settled_cash", "day_trades", "is_by_hand", "is_managing"),
    *("position_used", "position_risk", "realised_loss"),
}
"""What matters to other trades than a module's new condor in a margin account."""


@pytest.mark.parametrize("name", sorted({each.name for each in fields(TradeFacts)} - NOT_ASKED))
def test_a_broken_fact_denies_and_never_escapes(good: TradeFacts, name: str) -> None:
    broken: dict[str, Any] = {name: Broken()}
    assert run_gate(replace(good, **broken))


def test_a_check_that_raises_denies_with_its_own_code_and_hides_no_other(
    good: TradeFacts, caplog: pytest.LogCaptureFixture
) -> None:
    broken: dict[str, Any] = {"evidence": Broken(), "module": Broken(), "is_latched": True}
    denials = {denial.code: denial for denial in run_gate(replace(good, **broken))}
    assert denials.keys() == {
        DenialCode.STOPPED,
        DenialCode.MODULE_STATUS,
        DenialCode.STRUCTURE,
        DenialCode.MAX_RISK,
        DenialCode.DAILY_LOSS,
        DenialCode.SYMBOL_CAP,
        DenialCode.EVIDENCE,
    }
    assert denials[DenialCode.MAX_RISK].facts == {"error": "ZeroDivisionError"}
    traces = {record.getMessage(): record.exc_info for record in caplog.records}
    assert traces["check MAX_RISK failed"] is not None, "the log tells where it broke"
    assert len(traces) == len(denials) - 1, "the latch is a denial and no failure"
    assert denials[DenialCode.STOPPED].facts == {"latch": "set"}


@pytest.mark.parametrize("value", NO_NUMBERS)
@pytest.mark.parametrize("name", NUMBERS)
def test_no_number_at_all_denies(good: TradeFacts, name: str, value: Any) -> None:
    assert run_gate(NUMBERS[name](good, value))


@settings(deadline=None)
@given(junk=st.dictionaries(st.sampled_from(sorted(NUMBERS)), st.sampled_from(NO_NUMBERS), min_size=1))
def test_no_combination_of_junk_passes(good: TradeFacts, junk: dict[str, Any]) -> None:
    facts = good
    for name, value in junk.items():
        facts = NUMBERS[name](facts, value)
    assert run_gate(facts)


small = st.integers(0, 12)
some = st.one_of(small, st.sampled_from(NO_NUMBERS))


def trades(numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Changes of a good trade, with numbers so near to each other that every boundary is often met."""
    seconds = st.builds(timedelta, seconds=st.integers(-2, 12))
    quote = st.builds(lambda bid, ask, age, oi: (bid, ask, age, oi), numbers, numbers, seconds, numbers)
    return st.fixed_dictionaries(
        {},
        optional={
            "is_latched": st.booleans(),
            "mindfolio_status": st.sampled_from(MindfolioStatus),
            "module_status": st.sampled_from(ModuleStatus),
            "market_open": st.sampled_from([True, False, None]),
            "price": st.one_of(numbers, st.just(-25_000)),
            **dict.fromkeys(("buying_power", "max_risk", "costs", "available", "account_available"), numbers),
            **dict.fromkeys(("broker_available", "day_pnl"), numbers),
            "duplicate_of": st.sampled_from([None, "order 1"]),
            "waivers": st.builds(Waivers, evidence=st.booleans()),
            "evidence": st.none() | st.builds(Evidence, numbers, st.floats(0, 1), numbers, st.just("recorded")),
            "gate": st.none()
            | st.builds(
                GateLimits,
                max_quote_age=st.none() | seconds,
                max_leg_spread_pct=st.none() | st.floats(0, 200),
                spread_floor=numbers,
                min_open_interest=numbers,
                min_backtest_trades=numbers,
                min_win_rate=st.floats(0, 1),
            ),
            "limits": st.builds(ModuleLimits, numbers, numbers),
            "quantity": numbers,
            "quotes": st.lists(st.none() | quote, min_size=3, max_size=4),
        },
    )


def made(good: TradeFacts, changes: dict[str, Any]) -> TradeFacts:
    changes = dict(changes)
    if "limits" in changes:
        changes["module"] = replace(good.module, limits=changes.pop("limits"))
    if "quantity" in changes:
        changes["candidate"] = replace(good.candidate, quantity=changes.pop("quantity"))
    if "quotes" in changes:
        changes["quotes"] = tuple(
            None if each is None else Quote(each[0], each[1], good.now - each[2], open_interest=each[3])
            for each in changes["quotes"]
        )
    return replace(good, **changes)


@settings(deadline=None)
@given(changes=trades(some))
def test_what_any_check_denies_the_gate_denies(good: TradeFacts, changes: dict[str, Any]) -> None:
    facts = made(good, changes)
    denied = codes(facts)
    for check in CHECKS:
        alone = check.rule(facts)
        assert check.rule.__name__ == f"check_{check.code.value.lower()}"
        assert (check.code in denied) is (alone is not None)
        assert alone is None or alone.code is check.code


def raised(facts: TradeFacts, name: str, by: int) -> TradeFacts:
    """The facts with one limit relaxed by `by` >= 0 in its own unit, unless that limit is missing."""
    now = limits_of(facts)[name]
    if now is None:
        return facts
    if isinstance(now, timedelta):
        return NUMBERS[name](facts, now + timedelta(seconds=by))
    return NUMBERS[name](facts, now - by if name.startswith("min_") else now + by)


def limits_of(facts: TradeFacts) -> dict[str, Any]:
    gate = facts.gate
    return {
        **{name: getattr(facts, name) for name in ("available", "account_available", "broker_available")},
        **{name: getattr(facts.module.limits, name) for name in ("max_risk_per_trade", "daily_loss_limit")},
        **{
            name: None if gate is None else getattr(gate, name)
            for name in ("max_quote_age", "max_leg_spread_pct", "spread_floor", "min_open_interest", "min_win_rate")
        },
    }


@settings(deadline=None, max_examples=300)
@given(changes=trades(small), data=st.data(), by=small)
def test_raising_a_limit_never_turns_yes_into_no(
    good: TradeFacts, changes: dict[str, Any], data: st.DataObject, by: int
) -> None:
    facts = made(good, changes)
    name = data.draw(st.sampled_from(sorted(limits_of(facts))))
    relaxed = raised(facts, name, by)
    assume(relaxed != facts)
    assert set(codes(relaxed)) <= set(codes(facts))


@pytest.mark.parametrize(
    ("limit", "so_far", "warns"),
    [(None, 9, False), (3, 2, False), (3, 3, True), (3, 4, True), (3, None, True), (3, True, True)],
)
def test_day_trades_warn_and_stop_nothing(good: TradeFacts, limit: int | None, so_far: Any, warns: bool) -> None:
    assert good.account_rules is not None
    facts = replace(good, account_rules=replace(good.account_rules, day_trade_limit=limit), day_trades=so_far)
    assert run_gate(facts) == ()
    assert bool(warnings(facts)) is warns
    assert all((each.code, each.limit) == (DenialCode.ACCOUNT_RULES, limit) for each in warnings(facts))


class TestWaived:
    @pytest.mark.parametrize(("happenings", "names"), [((), ()), (None, ("events",))])
    def test_unknown_events_are_named_where_they_may_be_unknown(
        self, good: TradeFacts, happenings: tuple[Happening, ...] | None, names: tuple[str, ...]
    ) -> None:
        facts = replace(good, happenings=happenings)
        assert waived(replace(facts, waivers=Waivers(events=True))) == names
        assert waived(facts) == ()

    def test_nothing_is_waived_by_default(self, good: TradeFacts) -> None:
        assert waived(good) == ()

    def test_evidence_is_named(self, good: TradeFacts) -> None:
        assert waived(replace(good, waivers=Waivers(evidence=True))) == ("evidence",)

    @pytest.mark.parametrize(("rank", "names"), [(72.0, ()), (None, ("iv_rank",)), (float("nan"), ("iv_rank",))])
    def test_an_unknown_rank_is_named_where_it_may_be_unknown(
        self, good: TradeFacts, rank: float | None, names: tuple[str, ...]
    ) -> None:
        facts = replace(good, candidate=replace(good.candidate, iv_rank=rank))
        assert waived(replace(facts, waivers=Waivers(iv_rank=True))) == names
        assert waived(facts) == ()
