"""The preview of a draft in words."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.mindfolio import MindfolioStatus
from mindfolio_desktop.ui.widgets.allocation_draft import AllocationDraft, applied_split
from mindfolio_desktop.ui.widgets.allocation_footer import AllocationFooter, preview, warnings_of
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth


@pytest.fixture
def split() -> AllocationDraft:
    return applied_split(aggressive_growth())


def test_every_change_is_listed_and_cannot_be_broken_across_lines(split: AllocationDraft) -> None:
    words = preview(split.with_budget(1, 24_500))
    assert words.replace("\N{NO-BREAK SPACE}", " ") == (
        "IV Service, ask first $20,000 → $24,500    Reserve $5,000 → $500"
    )
    assert "$20,000\N{NO-BREAK SPACE}→\N{NO-BREAK SPACE}$24,500" in words


def test_cents_are_shown_where_there_are_any(split: AllocationDraft) -> None:
    richer = replace(split, capital=dollars("50000.75"), amounts=(*split.amounts[:-1], dollars("5000.75")))
    assert "$5,000.75 → $4,000.75" in preview(richer.with_budget(0, 16_000)).replace("\N{NO-BREAK SPACE}", " ")


def test_modules_over_their_draft_are_named_with_the_consequence(split: AllocationDraft) -> None:
    assert warnings_of(split.with_budget(0, 8_500)) == ""
    assert warnings_of(split.with_budget(0, 8_499)) == (
        "IV Service over by $1: new trades wait, no position is closed."
    )


def test_a_split_that_moved_on_is_told_with_both_versions(split: AllocationDraft) -> None:
    stale = replace(split.with_budget(0, 16_000), applied_version=9)
    assert "version 5 is now 9" in warnings_of(stale)


def test_a_stop_is_told_before_apply_is_refused_for_it(split: AllocationDraft) -> None:
    snapshot = aggressive_growth()
    assert applied_split(snapshot).denials == ()
    stopped = applied_split(replace(snapshot, status=MindfolioStatus.STOPPED, stop_why="a bad print"))
    words = warnings_of(stopped.with_budget(0, 16_000))
    assert words == "Apply will be refused. Emergency stop: everything is stopped until a person re-arms: a bad print"


@pytest.mark.parametrize(
    ("is_draft", "is_applying", "badge", "can_apply"),
    [(False, False, None, None), (True, False, "DRAFT, not applied", True), (False, True, "applying…", False)],
)
def test_the_state_can_be_read(
    qtbot: QtBot,
    split: AllocationDraft,
    is_draft: bool,
    is_applying: bool,
    badge: str | None,
    can_apply: bool | None,
) -> None:
    footer = AllocationFooter()
    qtbot.addWidget(footer)
    footer.show_split(split.with_budget(0, 16_000), is_draft=is_draft, is_applying=is_applying)
    footer.show()
    chip, apply = footer.findChild(QLabel, "draft_badge"), footer.findChild(QPushButton, "apply_allocation")
    assert chip is not None
    assert apply is not None
    assert (chip.text() if chip.isVisible() else None) == badge
    assert (apply.isEnabled() if apply.isVisible() else None) == can_apply
