"""The split of capital being drafted: it always adds up, and only the two sides of a move change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import DenialCode
from engine.core.money import UNIT, dollars
from mindfolio_desktop.ui.widgets.allocation_draft import (
    AllocationDraft,
    Change,
    Portion,
    parse_amount,
    snapped,
)


def portion(name: str, applied: int, used: int = 0, held: int = 0, lost: int = 0) -> Portion:
    return Portion(name.upper(), name, applied, used, held, applied - used - held - lost)


def draft_of(*portions: Portion, reserve: int = 0, version: int = 3) -> AllocationDraft:
    amounts = (*(one.applied for one in portions), reserve)
    return AllocationDraft(sum(amounts), portions, amounts, version, version)


@pytest.fixture
def growth() -> AllocationDraft:
    """The owner's example: 15,000 + 20,000 + 10,000 and a reserve of 5,000."""
    return draft_of(
        portion("IV Service", dollars(15_000), dollars(8_500)),
        portion("Sell Puts", dollars(20_000), dollars(12_000), dollars(1_000)),
        portion("Rebalancer", dollars(10_000), dollars(3_200)),
        reserve=dollars(5_000),
    )


def amounts_of(draft: AllocationDraft) -> list[int]:
    return [draft.dollars(index) for index in range(len(draft.amounts))]


# --- moving money -------------------------------------------------------------------------------------------------
def test_a_divider_moves_money_between_its_two_neighbours(growth: AllocationDraft) -> None:
    assert amounts_of(growth.with_divider(1, 25_000)) == [15_000, 25_000, 5_000, 5_000]


def test_the_last_divider_trades_with_the_reserve(growth: AllocationDraft) -> None:
    assert amounts_of(growth.with_divider(2, 12_000)) == [15_000, 20_000, 12_000, 3_000]


def test_a_divider_stops_at_the_ends_of_its_pair(growth: AllocationDraft) -> None:
    assert amounts_of(growth.with_divider(0, 99_000)) == [35_000, 0, 10_000, 5_000]
    assert amounts_of(growth.with_divider(0, -1)) == [0, 35_000, 10_000, 5_000]


def test_a_typed_budget_trades_with_the_reserve_and_stops_where_it_ends(growth: AllocationDraft) -> None:
    assert amounts_of(growth.with_budget(1, 24_500)) == [15_000, 24_500, 10_000, 500]
    assert amounts_of(growth.with_budget(1, 40_000)) == [15_000, 25_000, 10_000, 0]
    assert amounts_of(growth.with_budget(0, -5)) == [0, 20_000, 10_000, 20_000]


def test_what_a_change_does_is_listed_with_the_reserve_last(growth: AllocationDraft) -> None:
    changes = growth.with_budget(1, 24_500).changes
    assert changes == (
        Change("SELL PUTS", "Sell Puts", dollars(20_000), dollars(24_500)),
        Change(None, "Reserve", dollars(5_000), dollars(500)),
    )


def test_the_plan_is_exactly_what_is_shown(growth: AllocationDraft) -> None:
    plan = growth.with_divider(1, 25_000).plan
    assert plan.budgets == {"IV SERVICE": dollars(15_000), "SELL PUTS": dollars(25_000), "REBALANCER": dollars(5_000)}
    assert plan.reserve == dollars(5_000)
    assert plan.check(growth.capital, frozenset(plan.budgets)) == ()


def test_going_back_to_the_applied_amounts_leaves_nothing_to_apply(growth: AllocationDraft) -> None:
    moved = growth.with_divider(1, 25_000)
    assert moved.is_changed
    assert not moved.with_divider(1, 20_000).is_changed


# --- over budget --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("budget", "over"), [(12_999, 1), (13_000, 0), (13_001, 0)])
def test_over_by_begins_one_dollar_below_used_and_held(growth: AllocationDraft, budget: int, over: int) -> None:
    assert growth.with_budget(1, budget).over_by(1) == dollars(over)


def test_a_realised_loss_counts_towards_what_is_committed() -> None:
    burnt = portion("Burnt", dollars(1_000), used=dollars(300), lost=dollars(200))
    assert burnt.committed == dollars(500)
    assert burnt.over_by(dollars(400)) == dollars(100)


# --- rests below a dollar -----------------------------------------------------------------------------------------
def test_a_rest_of_capital_below_a_dollar_stays_in_the_reserve() -> None:
    draft = draft_of(portion("A", dollars(100)), reserve=dollars("50.75"))
    moved = draft.with_budget(0, 150)
    assert moved.amounts == (dollars(150), dollars("0.75"))
    assert draft.with_budget(0, 151).amounts == moved.amounts


def test_a_budget_with_cents_gets_them_back_at_its_applied_dollars() -> None:
    draft = draft_of(portion("A", dollars("100.40")), portion("B", dollars("50.30")), reserve=dollars(10))
    moved = draft.with_divider(0, 80)
    assert moved.amounts == (dollars(80), dollars(70), dollars("10.70"))
    assert moved.with_divider(0, 100) == draft


def test_cents_are_left_out_when_the_reserve_no_longer_has_them() -> None:
    draft = draft_of(portion("A", dollars("100.60")), portion("B", dollars("50.60")), portion("C", dollars(5)))
    moved = draft.with_divider(0, 80)
    assert moved.reserve == dollars("1.20")
    drained = moved.with_budget(2, 6)
    assert drained.with_divider(0, 100).amounts == (dollars(100), dollars(50), dollars(6), dollars("0.20"))


# --- a newer applied split under the draft ------------------------------------------------------------------------
def test_a_draft_outlives_a_newer_split_and_knows_that_it_is_stale(growth: AllocationDraft) -> None:
    newer = AllocationDraft(growth.capital, growth.portions, growth.amounts, 4, 4)
    kept = growth.with_divider(1, 25_000).on_top_of(newer)
    assert kept is not None
    assert amounts_of(kept) == [15_000, 25_000, 5_000, 5_000]
    assert (kept.version, kept.applied_version, [each.code for each in kept.denials]) == (
        3,
        4,
        [DenialCode.STALE_VERSION],
    )


def test_a_draft_is_given_up_when_capital_changes_under_it(growth: AllocationDraft) -> None:
    richer = draft_of(*growth.portions, reserve=dollars(7_000), version=4)
    assert growth.with_divider(1, 25_000).on_top_of(richer) is None


def test_a_draft_over_other_modules_is_given_up(growth: AllocationDraft) -> None:
    assert growth.with_budget(1, 24_500).on_top_of(draft_of(*growth.portions[:2], reserve=growth.capital)) is None


def test_a_split_that_does_not_add_up_cannot_be_built(growth: AllocationDraft) -> None:
    with pytest.raises(ValueError, match="no split"):
        growth.with_amounts((1, 2, 3, 4))
    with pytest.raises(ValueError, match="no split"):
        growth.with_amounts((-1, growth.capital + 1, 0, 0))
    with pytest.raises(ValueError, match="3 modules"):
        growth.with_amounts((growth.capital,))


# --- snapping and typing ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("at", "rests"), [(8_230, 8_000), (8_250, 8_500), (12_940, 12_977), (13_010, 12_977), (13_060, 13_000), (-40, 0)]
)
def test_a_dragged_amount_snaps_to_a_magnet_or_to_the_nearest_500(at: int, rests: int) -> None:
    assert snapped(at, (12_977,), reach=40) == rests


def test_a_divider_has_magnets_at_used_committed_and_applied_of_both_sides(growth: AllocationDraft) -> None:
    moved = growth.with_divider(1, 25_000)
    assert moved.divider_magnets(1) == (12_000, 13_000, 20_000, 26_800)
    assert moved.divider_magnets(2) == (3_200, 5_000, 10_000)
    assert moved.budget_magnets(1) == (12_000, 13_000, 20_000)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12,500", 12_500),
        (" $12,500 ", 12_500),
        ("12.5k", 12_500),
        ("25%", 12_500),
        ("33.333 %", 16_666),
        ("+2k", 22_000),
        ("-500", 19_500),
        ("\N{MINUS SIGN}500", 19_500),
        ("0", 0),
        ("12.00", 12),
        ("12.50", None),
        ("101%", None),
        ("k", None),
        ("1kk", None),
        ("1e5", None),
        ("nan", None),
        ("--5", None),
        ("1.2.3", None),
        ("\N{SUPERSCRIPT TWO}", None),
        ("", None),
    ],
)
def test_amounts_as_people_type_them(text: str, amount: int | None) -> None:
    assert parse_amount(text, current=20_000, capital=dollars(50_000)) == amount


@pytest.mark.parametrize("text", ["-500", "+2k", "\N{MINUS SIGN}500", "+25%"])
def test_a_sign_is_no_amount_where_nothing_stands_that_it_could_change(text: str) -> None:
    assert parse_amount(text, current=None, capital=dollars(50_000)) is None
    assert parse_amount(text[1:], current=None, capital=dollars(50_000)) is not None


# --- invariants ---------------------------------------------------------------------------------------------------
money = st.integers(0, 10**9)


@st.composite
def splits(pick: st.DrawFn) -> AllocationDraft:
    portions = [
        Portion(
            f"M{index}", f"Module {index}", pick(money), pick(money), pick(money), pick(st.integers(-(10**9), 10**9))
        )
        for index in range(pick(st.integers(1, 6)))
    ]
    return draft_of(*portions, reserve=pick(money))


moves = st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(-10, 10**6)), max_size=12)


@given(splits(), moves)
def test_whatever_is_moved_nothing_is_lost_or_negative(
    draft: AllocationDraft, steps: list[tuple[bool, int, int]]
) -> None:
    ids = frozenset(one.module_id for one in draft.portions)
    for is_divider, index, amount in steps:
        at = index % len(draft.portions)
        draft = draft.with_divider(at, amount) if is_divider else draft.with_budget(at, amount)
        assert draft.plan.check(draft.capital, ids) == ()


@given(splits(), st.integers(0, 5), st.integers(-10, 10**6))
def test_a_divider_leaves_everybody_but_its_neighbours_alone(draft: AllocationDraft, index: int, amount: int) -> None:
    at = index % len(draft.portions)
    moved = draft.with_divider(at, amount)
    for other in range(len(draft.portions)):
        if other not in (at, at + 1):
            assert moved.amounts[other] == draft.amounts[other]
    if at + 1 < len(draft.portions):
        assert 0 <= moved.reserve - draft.reserve < 2 * UNIT, "only rests below a dollar may reach the reserve"


@given(splits(), st.integers(0, 5), st.integers(-10, 10**6))
def test_a_budget_trades_with_the_reserve_alone(draft: AllocationDraft, index: int, amount: int) -> None:
    at = index % len(draft.portions)
    moved = draft.with_budget(at, amount)
    changed = [i for i in range(len(draft.portions)) if moved.amounts[i] != draft.amounts[i]]
    assert changed in ([], [at])


@given(splits(), st.integers(0, 5), st.integers(0, 10**6))
def test_every_move_of_a_divider_can_be_taken_back(draft: AllocationDraft, index: int, amount: int) -> None:
    at = index % len(draft.portions)
    assert draft.with_divider(at, amount).with_divider(at, draft.dollars(at)) == draft


@given(splits(), st.integers(0, 5), st.integers(0, 10**6))
def test_over_by_is_what_the_available_falls_short(draft: AllocationDraft, index: int, amount: int) -> None:
    at = index % len(draft.portions)
    moved = draft.with_budget(at, amount)
    one = moved.portions[at]
    available = one.available + moved.amounts[at] - one.applied
    assert moved.over_by(at) == max(0, -available)
    assert one.over_by(one.committed) == 0


# --- transfers and what may be lost -------------------------------------------------------------------------------
@given(st.integers(0, 3), st.integers(0, 3), st.integers(-10, 60_000))
def test_a_transfer_changes_its_two_ends_alone_and_never_more_than_there_is(
    source: int, target: int, wanted: int
) -> None:
    draft = draft_of(
        portion("A", dollars("15000.50")), portion("B", dollars(20_000)), portion("C", 0), reserve=dollars("5000.25")
    )
    if source == target:
        return
    moved = draft.with_transfer(source, target, wanted)
    before, after = amounts_of(draft), amounts_of(moved)
    assert sum(moved.amounts) == draft.capital
    assert before[source] - after[source] <= min(max(0, wanted), before[source]) + 1
    others = set(range(3)) - {source, target}
    assert all(draft.amounts[at] == moved.amounts[at] for at in others)


def test_a_transfer_moves_exactly_what_was_asked(growth: AllocationDraft) -> None:
    assert amounts_of(growth.with_transfer(0, 2, 2_500)) == [12_500, 20_000, 12_500, 5_000]
    assert amounts_of(growth.with_transfer(1, 3, 500)) == [15_000, 19_500, 10_000, 5_500]
    assert amounts_of(growth.with_transfer(3, 1, 9_000)) == [15_000, 25_000, 10_000, 0]


def test_worst_cases_add_up_and_one_that_is_unknown_makes_all_unknown() -> None:
    def risky(name: str, applied: int, worst: int | None) -> Portion:
        return Portion(name, name, dollars(applied), 0, 0, dollars(applied), None if worst is None else dollars(worst))

    draft = draft_of(risky("A", 10_000, 900), risky("B", 20_000, 400), reserve=dollars(5_000))
    assert draft.worst_cases == (dollars(1_300), dollars(1_300))
    assert draft.with_transfer(1, 0, 10_000).worst_cases == (dollars(1_300), dollars(2_000))
    unbounded = draft_of(risky("A", 10_000, None), risky("B", 20_000, 400))
    assert unbounded.worst_cases == (None, None)
