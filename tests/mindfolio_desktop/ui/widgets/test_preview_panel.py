"""What a waiting trade would change, as a person reads it."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.core.errors import GATE_CODES, DenialCode
from engine.core.money import dollars
from engine.domain.denial import Denial
from engine.domain.order import OrderPurpose
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.widgets.preview_panel import PreviewPanel
from tests.mindfolio_desktop.ui.previews import AFTER, BEFORE, preview
from tests.mindfolio_desktop.ui.snapshots import candidate


@pytest.fixture
def panel(qtbot: QtBot) -> PreviewPanel:
    made = PreviewPanel()
    qtbot.addWidget(made)
    made.resize(560, 600)
    made.show_preview(preview(), candidate(), "IV Service, ask first")
    made.show()
    return made


def text(panel: QWidget, name: str) -> str:
    found = panel.findChild(QLabel, f"preview_{name}")
    assert found is not None
    return found.text().replace(fmt.MINUS, "-") if found.isVisible() else ""


def pair(panel: QWidget, name: str) -> tuple[str, str]:
    return text(panel, f"{name}_before"), text(panel, f"{name}_after")


def role(panel: QWidget, name: str) -> str:
    found = panel.findChild(QLabel, f"preview_{name}")
    assert found is not None
    return str(found.property("role") or "")


def test_prices_of_now_stand_beside_those_it_was_found_at(panel: PreviewPanel) -> None:
    assert text(panel, "asof") == "As of 15:55:00 ET, quotes 4 s old"
    assert text(panel, "quote_sides") == "$2.20 / $2.40 / $2.60 credit"
    assert pair(panel, "prices_mid") == ("$2.50 credit", "▲ $2.40 credit")
    assert role(panel, "prices_mid_after") == "warning", "less is taken in than when it was found"
    assert pair(panel, "prices_risk") == ("$765.00", "$765.00")
    assert role(panel, "prices_risk_after") == ""


@pytest.mark.parametrize(
    ("sides", "words"),
    [
        (("3.10", "3.20", "3.30"), "$3.10 / $3.20 / $3.30 debit"),
        (("-0.05", "0.05", "0.15"), "$0.05 credit / $0.05 debit / $0.15 debit"),
        ((None, "-2.40", "-2.20"), f"{fmt.UNKNOWN} / $2.40 credit / $2.20 credit"),
    ],
)
def test_a_market_is_quoted_with_the_lower_price_first(
    panel: PreviewPanel, sides: tuple[str | None, ...], words: str
) -> None:
    bid, mid, ask = (None if side is None else dollars(side) for side in sides)
    panel.show_preview(preview(bid=bid, mid=mid, ask=ask), candidate(), "x")
    assert text(panel, "quote_sides") == words


def test_a_trade_that_loses_on_average_is_not_simply_fine(panel: PreviewPanel) -> None:
    panel.show_preview(preview(), replace(candidate(), expected_profit=dollars("-4.20")), "x")
    assert text(panel, "checks").endswith("On average it loses $4.20, by the market's own probabilities.")
    assert role(panel, "checks") == "warning"


def test_what_got_better_is_not_marked(panel: PreviewPanel) -> None:
    panel.show_preview(preview(mid=dollars("-2.55"), max_risk=dollars(760)), candidate(), "x")
    assert pair(panel, "prices_mid") == ("$2.50 credit", "$2.55 credit")
    assert role(panel, "prices_mid_after") == ""


def test_every_check_is_told_to_pass_or_why_it_would_not(panel: PreviewPanel) -> None:
    assert text(panel, "checks") == f"All {len(GATE_CODES)} checks pass now."
    short = Denial(DenialCode.BUDGET, dollars(765), dollars(500), "usd")
    panel.show_preview(preview(denials=(short,)), candidate(), "x")
    assert text(panel, "checks") == (
        "Approve would be refused now.\nBudget: needs $765.00, available $500.00, short by $265.00"
    )
    assert role(panel, "checks") == "warning"


def test_before_and_after_of_budget_greeks_worst_case_and_weight(panel: PreviewPanel) -> None:
    assert text(panel, "whose") == "IV Service, ask first, if it is done at its worst price"
    assert pair(panel, "changes_used") == ("$12,000.00", "$12,765.00")
    assert pair(panel, "changes_held") == ("$0.00", "$0.00")
    assert pair(panel, "changes_available") == ("$8,000.00", "$7,232.60")
    assert pair(panel, "changes_delta") == ("-12.4", "-14.5")
    assert pair(panel, "changes_theta") == ("+22.6", "+30.5")
    assert pair(panel, "changes_vega") == ("-51.2", "-70.7")
    assert pair(panel, "changes_dollar_delta") == ("-$3,100", "-$3,650")
    assert pair(panel, "changes_module_worst") == ("$11,640", "$12,405")
    assert pair(panel, "changes_worst") == ("$17,900", "$18,400")
    assert pair(panel, "changes_power") == ("15.0%", "16.5%")
    assert pair(panel, "changes_weight_delta") == ("-2.4%", "-3.4%")
    assert pair(panel, "changes_sector") == ("17.7%", "19.2%")
    changes = panel.findChild(QWidget, "preview_changes")
    assert changes is not None
    assert "TSLA falls 30%, volatility 50% higher" in changes.toolTip()


def test_a_budget_that_it_would_overdraw_is_marked(panel: PreviewPanel) -> None:
    panel.show_preview(preview(after=replace(AFTER, available=dollars(-10))), candidate(), "x")
    assert pair(panel, "changes_available")[1] == "-$10.00"
    assert role(panel, "changes_available_after") == "warning"


def test_what_is_unbounded_unknown_or_not_held_is_said_as_that(panel: PreviewPanel) -> None:
    before = replace(BEFORE, symbol=None, sector=None, module_worst=0)
    after = replace(AFTER, module_worst=None, worst=None, sector=None, greeks_missing=2, scenario=None)
    panel.show_preview(
        preview(before=before, after=after, bid=None, mid=None, ask=None, quoted_at=None), candidate(), "x"
    )
    assert text(panel, "asof").endswith("no quotes")
    assert text(panel, "quote_sides") == "no price for it now"
    assert pair(panel, "prices_mid") == ("$2.50 credit", fmt.UNKNOWN)
    assert pair(panel, "changes_worst") == ("$17,900", "unbounded")
    assert pair(panel, "changes_power") == ("0.0%", "16.5%")
    assert pair(panel, "changes_sector") == ("", "")
    assert text(panel, "unknown") == "Without the Greeks of 2 positions that no fresh quote tells."


def test_a_trade_that_cannot_be_worked_out_says_why(panel: PreviewPanel) -> None:
    panel.show_preview(preview(after=None, why_not="the buying power cannot be told"), candidate(), "x")
    assert text(panel, "unknown") == "What it would leave cannot be told: the buying power cannot be told."
    assert pair(panel, "changes_used") == ("", "")


def test_figures_when_found_are_for_the_quantity_that_is_looked_at(panel: PreviewPanel) -> None:
    two = candidate(quantity=2, max_risk=dollars(1530), buying_power=dollars(1530), costs=dollars("4.80"))
    panel.show_preview(preview(quantity=1), two, "x")
    assert pair(panel, "prices_power") == ("$765.00", "$765.00")


def test_a_closing_asks_for_no_gate_and_no_buying_power(panel: PreviewPanel) -> None:
    closing = candidate(purpose=OrderPurpose.CLOSE, position_id="p-1")
    panel.show_preview(preview(is_closing=True, buying_power=None, max_risk=None), closing, "IV Service")
    assert text(panel, "checks") == "It can be ordered now."
    assert pair(panel, "prices_power") == ("", "")
    assert pair(panel, "changes_power") == ("15.0%", "16.5%")


def test_until_there_is_one_it_says_that_it_was_asked_for(panel: PreviewPanel) -> None:
    panel.show_nothing()
    assert text(panel, "asof") == "Asking for prices and checks of now…"
    assert text(panel, "checks") == text(panel, "whose") == ""
