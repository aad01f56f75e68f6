"""Journal entries in words: every type that is journaled has some, and every field is told."""

import typing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.mindfolio import ModuleStatus
from engine.domain.records import EntryRow
from engine.domain.structure import shares_of
from engine.ledger.codec import encode_document
from mindfolio_desktop.ui import entry_words as words
from mindfolio_desktop.ui import format as fmt
from tests.mindfolio_desktop.ui.journal import FILLED, INTENDED, SUBMITTED, entry
from tests.mindfolio_desktop.ui.snapshots import AUTO, NOW, approval

NAMES = {AUTO: "IV Service", "iv_service_manual": "Ask first"}


def told(event: ev.Event) -> str:
    return words.entry_words(entry(5, event), NAMES)


def test_every_type_of_event_has_words() -> None:
    assert set(words._WORDS) == {kind.__name__ for kind in typing.get_args(ev.Event)}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("OrderFilled", "Order filled"), ("PnlExplained", "P&L explained"), ("NoteWritten", "Note written")],
)
def test_a_type_is_read_as_words(kind: str, expected: str) -> None:
    assert words.kind_words(kind) == expected


def test_orders_and_fills_say_what_was_traded_and_at_what_price() -> None:
    assert words.entry_words(INTENDED, NAMES) == (
        f"O000001 to open 2 {fmt.TIMES} TSLA 17 Apr 240/250/270/280 iron condor at $2.50 credit: IV rank 72 >= 50"
    )
    assert words.entry_words(SUBMITTED, NAMES) == "O000001 left for the broker"
    assert words.entry_words(FILLED, NAMES) == "O000001: 2 units at $2.50 credit a share, costs $5.00"


def test_decisions_name_who_and_why() -> None:
    assert told(ev.ModuleStatusChanged(AUTO, ModuleStatus.PAUSED, "user", "the Fed")) == (
        "IV Service is paused, by user: the Fed"
    )
    assert told(ev.BudgetReallocated({AUTO: dollars(15_000)}, dollars(5000), 6, "user", "more")) == (
        "IV Service $15,000, reserve $5,000, by user: more"
    )
    assert told(ev.ApprovalRequested(approval("A000001"))) == (
        f"A000001: Ask first asks for 1 {fmt.TIMES} TSLA 17 Apr 240/250/270/280 iron condor"
    )
    assert told(ev.CashDeposited(dollars(-250), -250, "user", "rent")) == "$250.00 out, by user: rent"
    assert told(ev.NoteWritten("first line\nsecond", AUTO, "", "KO", "user")) == "IV Service, KO: first line"
    assert told(ev.ScanCompleted(AUTO, 7, 4, 0, 1, 3, "x")) == "IV Service looked at 4 symbols: 1 waiting, 3 skipped"


def test_what_cannot_be_put_into_words_has_its_fields() -> None:
    damaged = EntryRow(5, NOW, "OrderFilled", 1, '{"quantity":"two"}', ())
    assert words.entry_words(damaged, NAMES) == ""
    assert words.field_lines(damaged) == "quantity: two"
    assert words.field_lines(EntryRow(5, NOW, "OrderFilled", 1, "not json", ())) == "body: not json"
    assert words.entry_words(EntryRow(5, NOW, "FromTheFuture", 1, "{}", ()), NAMES) == ""


def test_fields_are_formatted_as_everywhere() -> None:
    lines = words.field_lines(INTENDED).splitlines()
    assert "order:" in lines
    assert "    limit: −$2.50".replace("−", fmt.MINUS) in lines  # noqa: RUF001 - a true minus
    assert "    created at: Mon 16 Mar 2026 15:55:00 ET" in lines
    assert "    is unsure: no" in lines
    assert "    legs done: none" in lines
    assert "                    strike: $240.00" in lines
    assert "                ratio: 1" in lines


def test_a_breaker_is_in_money_or_in_percent() -> None:
    loss = words.field_lines(entry(5, ev.BreakerTripped("ACCOUNT_LOSS", dollars(2100), dollars(2000), "x")))
    assert "measured: $2,100.00" in loss
    fallen = words.field_lines(entry(5, ev.BreakerTripped("DRAWDOWN", 1512, 1500, "x")))
    assert "measured: 15.12%" in fallen
    assert "limit: 15.00%" in fallen


def test_the_module_is_found_where_an_entry_names_it() -> None:
    assert words.module_of(INTENDED, NAMES) == "IV Service"
    assert words.module_of(FILLED, NAMES) == "IV Service", "by its postings"
    assert words.module_of(entry(5, ev.ApprovalRequested(approval())), NAMES) == "Ask first"
    assert words.module_of(SUBMITTED, NAMES) == ""


def test_shares_are_named_too() -> None:
    _, body = encode_document(shares_of("XLF", is_long=False))
    structure = words.structure_of(words.body_of(EntryRow(1, NOW, "x", 1, body.decode(), ())))
    assert fmt.structure(structure) == "XLF short stock"


@given(kind=st.sampled_from(typing.get_args(ev.Event)), data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_was_journaled_can_be_shown(kind: type[ev.Event], data: st.DataObject) -> None:
    made = data.draw(st.from_type(kind))
    _, body = encode_document(made)
    row = EntryRow(5, NOW, kind.__name__, 1, body.decode(), ())
    assert isinstance(words.entry_words(row, NAMES), str)
    assert isinstance(words.module_of(row, NAMES), str)
    assert words.field_lines(row)
