"""What a waiting trade would change: the gate rehearsed, the books before and after, and nothing done by it."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain import questions as ask
from engine.domain.account import EXTERNAL
from engine.domain.candidate import Approval
from engine.domain.instrument import Right
from engine.domain.preview import TradePreview
from engine.domain.structure import Structure, StructureKind
from engine.ledger.checkpoint import dump
from engine.runtime import answers
from tests.engine.runtime import test_scanning_suggestions as suggestions
from tests.engine.runtime.scenes import MODULE, give, hear
from tests.engine.runtime.test_openings import APPROVER, rig_for_several
from tests.fakes import Rig, chain_update, filled, new_york


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """One approval for several condors waits in a module of 45,000."""
    return rig_for_several(tmp_path)


def waits(rig: Rig) -> Approval:
    (approval,) = rig.desk.book.approvals.values()
    return approval


def previewed(rig: Rig, quantity: int | None = None) -> TradePreview:
    """What the kernel hands back for the trade that waits, worked out."""
    approval = waits(rig)
    wanted = approval.candidate.quantity if quantity is None else quantity
    found = answers.answer(rig.desk, ask.PreviewTrade(approval.approval_id, wanted)).work()
    assert isinstance(found, TradePreview)
    return found


class TestAnOpening:
    def test_what_the_gate_would_say_is_what_the_click_hears(self, rig: Rig) -> None:
        assert previewed(rig).denials == ()
        assert [each.code for each in previewed(rig, 5000).denials][:2] == ["MAX_RISK", "BUDGET"]
        assert give(rig, cmd.ApproveTrade(waits(rig).approval_id, "user")) == []

    def test_the_books_after_are_those_that_the_trade_leaves_once_it_is_filled(self, rig: Rig) -> None:
        candidate = waits(rig).candidate
        told = previewed(rig)
        assert told.after is not None
        assert give(rig, cmd.ApproveTrade(waits(rig).approval_id, "user")) == []
        order = rig.broker.submitted[-1]
        hear(rig, filled(order, candidate.worst_price))
        module = rig.kernel.snapshot().module(APPROVER)
        assert module is not None
        assert (told.after.used, told.after.held) == (module.used, module.held) == (told.buying_power, 0)
        assert told.after.greeks == module.greeks
        assert told.after.dollar_delta == module.weighted.dollar_delta
        assert told.after.module_worst == told.after.worst
        # Fees are reckoned at their dearest before, and as they were afterwards.
        assert 0 <= module.available - told.after.available < dollars(1)

    def test_before_is_the_module_as_it_is(self, rig: Rig) -> None:
        before = previewed(rig).before
        module = rig.kernel.snapshot().module(APPROVER)
        assert module is not None
        assert (before.budget, before.used, before.available) == (module.budget, module.used, module.available)
        assert (before.worst, before.module_worst, before.symbol) == (0, 0, None)

    def test_half_of_it_takes_half_of_the_buying_power(self, rig: Rig) -> None:
        whole, one = previewed(rig), previewed(rig, 1)
        assert whole.quantity > 1
        assert (one.quantity, one.buying_power) == (1, (whole.buying_power or 0) // whole.quantity)

    def test_the_quote_is_that_of_the_package_with_both_its_sides(self, rig: Rig) -> None:
        told = previewed(rig)
        assert told.bid is not None
        assert told.mid is not None
        assert told.ask is not None
        assert told.bid < told.mid < told.ask < 0
        assert told.quoted_at == new_york(10)

    def test_a_price_that_ran_away_is_told_with_what_the_gate_says(self, rig: Rig) -> None:
        rig.desk.market.apply(chain_update(new_york(10, 0, 4), 100.0, volatility=0.15))
        told = previewed(rig)
        assert told.denials[0].code == "APPROVAL_EXPIRED"
        assert told.after is not None

    def test_looking_on_does_not_use_up_what_a_broker_allows_and_the_click_asks_anew(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[int] = []

        def preview(_structure: Structure, _price: int, quantity: int, _shares: int) -> int:
            asked.append(quantity)
            return 0

        monkeypatch.setattr(rig.broker, "preview", preview)
        looks = [previewed(rig) for _ in range(5)]
        assert len({look.buying_power for look in looks}) == len(asked) == 1
        previewed(rig, 1)
        assert asked[1:] == [1], "another quantity is another question"
        assert give(rig, cmd.ApproveTrade(waits(rig).approval_id, "user")) == []
        assert len(asked) == 3

    def test_nothing_is_done_and_nobody_is_told(self, rig: Rig) -> None:
        state, seq = dump(rig.desk.book), rig.desk.book.seq
        notices, calls = len(rig.publisher.notices), list(rig.broker.calls)
        previewed(rig)
        previewed(rig, 5000)
        assert (dump(rig.desk.book), rig.desk.book.seq) == (state, seq)
        assert not rig.desk.ledger.has_staged
        assert (len(rig.publisher.notices), rig.broker.calls) == (notices, calls)

    def test_a_structure_that_cannot_be_booked_says_why_there_is_no_after(self, rig: Rig) -> None:
        approval = waits(rig)
        unquoted = replace(approval.candidate.structure.legs[0].contract, right=Right.PUT, strike=dollars("7.77"))
        legs = (replace(approval.candidate.structure.legs[0], contract=unquoted),)
        naked = replace(approval.candidate.structure, kind=StructureKind.CUSTOM, legs=legs)
        strange = replace(approval, candidate=replace(approval.candidate, structure=naked, worst_price=-dollars(1)))
        rig.desk.book.approvals[approval.approval_id] = strange
        told = previewed(rig)
        assert (told.bid, told.mid, told.ask, told.quoted_at) == (None, None, None, None)
        assert {"DATA_BAD"} <= {each.code for each in told.denials}

    def test_what_does_not_wait_any_more_has_no_preview(self, rig: Rig) -> None:
        assert answers.answer(rig.desk, ask.PreviewTrade("A000099", 1)).work() is None


class TestASuggestedClosing:
    def test_it_tells_what_of_whose_books_and_of_the_concentration_it_would_change(self, tmp_path: Path) -> None:
        rig = suggestions.scene(tmp_path)
        suggestions.scan(rig)
        told = previewed(rig)
        assert (told.is_closing, told.module_id, told.denials) == (True, MODULE, ())
        assert (told.buying_power, told.max_risk) == (None, None)
        assert told.after is not None
        assert told.before.symbol is not None
        assert told.after.symbol is not None
        assert (told.before.used, told.after.used) == (dollars(8000), dollars(4400))
        assert told.before.symbol.power == dollars(8000)
        assert told.after.symbol.power == dollars(4400)
        assert (told.after.worst or 0) < (told.before.worst or 0)

    def test_one_that_cannot_be_ordered_now_says_so_and_leaves_after_unknown(self, tmp_path: Path) -> None:
        rig = suggestions.scene(tmp_path)
        suggestions.scan(rig)
        rig.desk.latch.set("test", "test")
        told = previewed(rig)
        assert told.after is None
        assert told.why_not == "it cannot be ordered now"
        assert [each.code for each in told.denials] == ["MODULE_STATUS"]


def test_a_copy_of_the_book_goes_its_own_way(rig: Rig) -> None:
    book = rig.desk.book
    state = dump(book)
    copied = book.copied()
    assert dump(copied) == state
    copied.apply(copied.seq + 1, rig.desk.now, ev.CashDeposited(dollars(500), 500, "user", "test"))
    copied.apply(copied.seq + 1, rig.desk.now, ev.NoteWritten("x", "", "", "", "user"))
    assert dump(book) == state
    assert copied.capital == book.capital + dollars(500)
    assert EXTERNAL not in copied.modules
