"""The ticket of a trade that waits for a decision: everything a person should weigh, and the two buttons."""

from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from engine.core.money import Money
from engine.domain.candidate import Approval, Candidate
from engine.domain.denial import Denial
from engine.domain.order import OrderPurpose
from engine.domain.preview import TradePreview
from engine.domain.snapshot import ModuleView
from engine.domain.structure import StructureKind
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import refusals, theme
from mindfolio_desktop.ui.widgets.decision_bar import DecisionBar
from mindfolio_desktop.ui.widgets.evidence_panel import EvidencePanel
from mindfolio_desktop.ui.widgets.figure import Figure
from mindfolio_desktop.ui.widgets.panel import Facts
from mindfolio_desktop.ui.widgets.preview_panel import PreviewPanel
from mindfolio_desktop.ui.widgets.text import ElidedText, Text
from mindfolio_desktop.ui.widgets.ticket_legs import TicketLegs

_WAIVED = {
    "evidence": "Evidence waived: no backtest stands behind this trade, so it is one contract at most",
    "iv_rank": "IV rank waived: it is unknown here",
}

_VERBS = {OrderPurpose.OPEN: "", OrderPurpose.ROLL: "Roll: ", OrderPurpose.CLOSE: "Close "}

_GREEKS = ("delta", "gamma", "theta", "vega")

_MARGIN = 20
_WIDEST = 1000
"""Pixels beyond which a figure would stand too far from its caption."""
_SIDE_BY_SIDE = 520
"""From so many pixels on four figures stand in a row, and two columns of facts side by side."""
_LEAST = 250
"""Pixels of height below which the ticket would be no more than its buttons."""
_SETTLE_MS = 600
"""How long the buttons rest when another trade takes the ticket's place: no click meant for one hits the next."""


class TradeTicket(QFrame):
    """Shows one approval, and tells what a person decides about it.

    `approved` (id, quantity), `refused` (id, typed reason), `snoozed` (id, market minutes); `quantity_changed`
    (id, quantity) is what they want to look at first, at `strikes`. `strikes_asked` (id): they want to choose others.
    """

    approved = Signal(str, int)
    refused = Signal(str, str)
    snoozed = Signal(str, int)
    quantity_changed = Signal(str, int)
    strikes_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("trade_ticket")
        theme.set_role(self, "card")
        self.setMinimumHeight(theme.px(_LEAST))
        self._approval: Approval | None = None
        self._is_waiting = False
        self._settling = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settling.timeout.connect(self._show_buttons)
        self._title = Text(pixels=18, weight=theme.BOLD, wraps=True, name="ticket_title")
        self._module = ElidedText(role="muted", name="ticket_module")
        self._left = Figure("Time left", "ticket_left", tooltip="Market time until the request expires")
        self._figures = {
            "credit": Figure("Net credit", "ticket_credit", tooltip="At mid, where the order starts"),
            "worst": Figure(
                "Worst credit", "ticket_worst_credit", tooltip="The order is repriced no further than this"
            ),
            "risk": Figure("Max risk", "ticket_max_risk", tooltip="By the rule of its structure, at the worst price"),
            "profit": Figure("Probability of profit", "ticket_probability", tooltip="At expiry, if left alone"),
        }
        self._figure_grid, self._facts = QGridLayout(), QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._is_wide: bool | None = None
        self.legs = TicketLegs()
        self._worst: Money | None = None
        self._money, self._odds = Facts("ticket_money"), Facts("ticket_odds")
        self._evidence = EvidencePanel()
        self._person = Text(role="warning", wraps=True, name="ticket_person")
        self._short = Text(role="warning", wraps=True, name="ticket_short")
        self._waived = Text(role="warning", wraps=True, name="ticket_waived")
        self._why = Text("Why", "caption", 12)
        self._reasons = Text(role="muted", wraps=True, name="ticket_reasons")
        self._answer = Text(role="warning", wraps=True, name="ticket_answer")
        self._preview = PreviewPanel()
        self._bar = DecisionBar()
        self._set_up()
        self._lay_out()
        self._arrange(is_wide=True)

    def _set_up(self) -> None:
        for key, caption, tip in (
            ("buying_power", "Buying power", "What the position will use of the budget"),
            ("available", "Budget available now", "It is checked again when you approve"),
            ("costs", "Costs", "Commissions and fees of the order"),
            ("expected", "Expected profit", "Mean over the probabilities at expiry, after costs"),
            ("breakevens", "Break-evens", "Prices of the underlying at expiry"),
        ):
            self._money.add(key, caption, tip)
        for key, caption, tip in (
            ("iv_rank", "IV rank", "Where 30-day volatility stands in its range of the last year"),
            ("delta", "Delta", "Share equivalents"),
            ("gamma", "Gamma", "Shares per $1"),
            ("theta", "Theta", "Dollars a calendar day; short premium earns it"),
            ("vega", "Vega", "Dollars per volatility point"),
        ):
            self._odds.add(key, caption, tip)
        self.legs.asked.connect(self._on_strikes_asked)
        self.legs.changed.connect(self._on_strikes)
        self._bar.approved.connect(self._on_approve)
        self._bar.refused.connect(self._on_refuse)
        self._bar.snoozed.connect(self._on_snooze)
        self._bar.quantity_changed.connect(self._on_quantity)

    def _lay_out(self) -> None:
        """Everything to weigh scrolls; the answer and the buttons are always in sight."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 16)
        column.setSpacing(12)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self._page())
        column.addWidget(scroll, 1)
        column.addWidget(_line())
        self._answer.setContentsMargins(_MARGIN, 0, _MARGIN, 0)
        column.addWidget(self._answer)
        self._bar.setContentsMargins(_MARGIN, 0, _MARGIN, 0)
        column.addWidget(self._bar)

    def _page(self) -> QWidget:
        page = QWidget()
        theme.set_role(page, "page")
        page.setMaximumWidth(theme.px(_WIDEST))
        column = QVBoxLayout(page)
        column.setContentsMargins(_MARGIN, 12, _MARGIN, 4)
        column.setSpacing(14)
        heading = QHBoxLayout()
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(self._title)
        names.addWidget(self._module)
        heading.addLayout(names, 1)
        heading.addWidget(self._left, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(heading)
        column.addWidget(self._person)
        column.addWidget(self._waived)
        self._figure_grid.setVerticalSpacing(theme.SPACE)
        column.addLayout(self._figure_grid)
        column.addWidget(_line())
        column.addWidget(self.legs)
        column.addWidget(self._why)
        column.addWidget(self._reasons)
        column.addWidget(_line())
        self._facts.addWidget(self._money, 1, Qt.AlignmentFlag.AlignTop)
        self._facts.addWidget(self._odds, 1, Qt.AlignmentFlag.AlignTop)
        column.addLayout(self._facts)
        column.addWidget(self._short)
        column.addWidget(_line())
        column.addWidget(Text("Now, and if it is done", "caption", 12))
        column.addWidget(self._preview)
        column.addWidget(_line())
        column.addWidget(Text("Backtest of the last 365 days", "caption", 12))
        column.addWidget(self._evidence)
        column.addStretch(1)
        return page

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow, what stands side by side stands one below the other."""
        super().resizeEvent(event)
        self._arrange(is_wide=self.width() >= theme.px(_SIDE_BY_SIDE))

    def _arrange(self, *, is_wide: bool) -> None:
        if is_wide == self._is_wide:
            return
        self._is_wide = is_wide
        across = len(self._figures) if is_wide else 2
        for at, figure in enumerate(self._figures.values()):
            self._figure_grid.addWidget(figure, at // across, at % across)
        for column in range(len(self._figures)):
            self._figure_grid.setColumnStretch(column, 1 if column < across else 0)
        self._facts.setDirection(QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom)
        self._facts.setSpacing(4 * theme.SPACE if is_wide else 6)

    # --- what is shown --------------------------------------------------------------------------------------------
    @property
    def approval_id(self) -> str:
        """The approval on the ticket, "" for none."""
        return self._approval.approval_id if self._approval is not None else ""

    def show_approval(self, approval: Approval, module: ModuleView) -> None:
        """Show an approval and what its module has available now."""
        candidate = approval.candidate
        if approval.approval_id != self.approval_id:
            self._bar.show_trade(candidate.quantity, may_edit=candidate.purpose is OrderPurpose.OPEN)
            self._preview.show_nothing()
            self._answer.show_or_hide("")
            self._settling.start()
            self._show_buttons()
        if self._approval is None or candidate != self._approval.candidate:
            self._show_candidate(candidate)
            self.legs.show_candidate(candidate)
            self._worst = None
        self._approval = approval
        quantity = fmt.counted(candidate.quantity, "contract")
        self._module.show_text(f"{quantity} · {module.spec.name} · asked {fmt.clock(approval.requested_at)}")
        is_closing = candidate.purpose is OrderPurpose.CLOSE  # which takes nothing of a budget
        is_own = bool(self.legs.strikes)  # whose buying power the checks of now tell
        short = 0 if is_closing or is_own else candidate.buying_power - module.available
        if is_closing:
            self._money.hide_fact("available")
        else:
            self._money.show_fact("available", fmt.money(module.available, cents=True), "warning" if short > 0 else "")
        words = f"The budget is short by {fmt.money(short, cents=True)} now: as it stands, Approve is refused."
        self._short.show_or_hide(words if short > 0 else "")

    @property
    def quantity(self) -> int:
        """How many a person means to approve."""
        return self._bar.quantity

    @property
    def strikes(self) -> tuple[Money, ...]:
        """The strikes that a person means to approve, () for those that were asked for."""
        return self.legs.strikes

    @property
    def worst(self) -> Money | None:
        """The furthest price of a person's strikes that was shown, None where they are those that were asked for."""
        return self._worst if self.legs.strikes else None

    def show_preview(self, preview: TradePreview | None, module: str) -> None:
        """Show prices, checks and changes as they are now; `module` is the name of the one whose books change."""
        if preview is None or self._approval is None:
            self._preview.show_nothing("It does not wait any more.")
            return
        self._preview.show_preview(preview, self._approval.candidate, module)
        if self.legs.strikes:
            self._worst = preview.worst
            self._show_own(preview)
            self._show_buttons()

    def show_no_preview(self, why: str) -> None:
        """Say why there are no figures of now."""
        self._preview.show_nothing(f"There are no figures of now: {why}")

    def show_time_left(self, seconds: float, words: str, *, is_urgent: bool) -> None:
        """Show the countdown, in market time."""
        self._left.show_value(words, "warning" if is_urgent else "", "market time")
        self._bar.show_time_left(seconds)

    def show_waiting(self, *, is_waiting: bool) -> None:
        """While a decision was sent and not answered, no second one can be."""
        self._is_waiting = is_waiting
        self._show_buttons()

    @Slot()
    def _show_buttons(self) -> None:
        # What nobody has seen a price of, nobody can approve.
        is_unseen = bool(self.legs.strikes) and self._worst is None
        is_settling = self._settling.isActive()
        self._bar.show_state(is_waiting=self._is_waiting, is_settling=is_settling, is_unseen=is_unseen)

    def show_denied(self, denials: tuple[Denial, ...]) -> None:
        """Say what the check at the click found."""
        self._answer.show_or_hide(f"Not done.\n{refusals.denials(denials) or 'No reason was given.'}")

    def _show_candidate(self, candidate: Candidate) -> None:
        self._title.show_text(f"{_VERBS[candidate.purpose]}{fmt.structure(candidate.structure)}")
        self._evidence.show_evidence(candidate.evidence)
        person = candidate.needs_person
        self._person.show_or_hide(f"Only you can let this pass: {person}" if person else "")
        side = "debit" if candidate.net_price > 0 else "credit"
        self._figures["credit"].show_caption(f"Net {side}")
        self._figures["worst"].show_caption(f"Worst {side}")
        for key, price in (("credit", candidate.net_price), ("worst", candidate.worst_price)):
            self._figures[key].show_value(
                fmt.money(abs(_total(price, candidate)), cents=True), detail=f"{fmt.net_price(price)} a share"
            )
        is_closing = candidate.purpose is OrderPurpose.CLOSE
        for key in ("risk", "profit"):
            self._figures[key].setVisible(not is_closing)
        self._figures["risk"].show_value(fmt.money(candidate.max_risk, cents=True), detail=risk_words(candidate))
        self._figures["profit"].show_value(fmt.fraction(candidate.probability_of_profit), detail="after costs")
        self._money.show_fact("buying_power", fmt.money(candidate.buying_power, cents=True))
        self._money.show_fact("costs", fmt.money(candidate.costs, cents=True))
        expected = candidate.expected_profit
        self._money.show_fact("expected", fmt.signed_money(expected, cents=True), theme.gain_role(expected))
        self._money.show_fact("breakevens", " and ".join(map(fmt.price, candidate.breakevens)) or fmt.UNKNOWN)
        self._odds.show_fact("iv_rank", *iv_rank_words(candidate))
        greeks = candidate.greeks
        for key, value in zip(_GREEKS, (greeks.delta, greeks.gamma, greeks.theta, greeks.vega), strict=True):
            self._odds.show_fact(key, fmt.greek(value, 2 if key == "gamma" else 1))
        if is_closing:
            self._leave_out_what_is_of_openings()
        self._waived.show_or_hide("\n".join(_WAIVED.get(one, f"Waived: {one}") for one in candidate.waived))
        self._reasons.show_or_hide("\n".join(f"• {fmt.told(reason)}" for reason in candidate.reasons))
        self._why.setVisible(bool(candidate.reasons))

    def _leave_out_what_is_of_openings(self) -> None:
        """A closing takes nothing of a budget, risks nothing new, and has no odds of its own."""
        for key in ("buying_power", "expected", "breakevens"):
            self._money.hide_fact(key)
        self._odds.hide_fact("iv_rank")

    def _show_own(self, preview: TradePreview | None) -> None:
        """A person's strikes make another trade: its figures of now, and none of what was asked for."""
        structure, approval = self.legs.structure, self._approval
        if approval is None:
            return
        own = replace(approval.candidate, structure=structure or approval.candidate.structure)
        self._title.show_text(f"{fmt.structure(own.structure)}, strikes changed" if structure else "Strikes changed")
        prices = (None, None) if preview is None else (preview.mid, preview.worst)
        for key, price in zip(("credit", "worst"), prices, strict=True):
            total = None if price is None or preview is None else _total(price, replace(own, quantity=preview.quantity))
            words = fmt.UNKNOWN if price is None else f"{fmt.net_price(price)} a share"
            self._figures[key].show_value(fmt.money(None if total is None else abs(total), cents=True), detail=words)
        risk, power = (None, None) if preview is None else (preview.max_risk, preview.buying_power)
        self._figures["risk"].show_value(fmt.money(risk, cents=True), detail=risk_words(own))
        self._figures["profit"].show_value(fmt.UNKNOWN, detail="not told of these strikes")
        self._money.show_fact("buying_power", fmt.money(power, cents=True))
        for facts, keys in ((self._money, ("costs", "expected", "breakevens")), (self._odds, _GREEKS)):
            for key in keys:
                facts.show_fact(key, fmt.UNKNOWN)

    # --- decisions ------------------------------------------------------------------------------------------------
    @Slot(int)
    def _on_approve(self, quantity: int) -> None:
        if self._approval is not None:
            self._answer.show_or_hide("")
            self.approved.emit(self._approval.approval_id, quantity)

    @Slot(str)
    def _on_refuse(self, why: str) -> None:
        if self._approval is not None:
            self._answer.show_or_hide("")
            self.refused.emit(self._approval.approval_id, why)

    @Slot(int)
    def _on_snooze(self, minutes: int) -> None:
        if self._approval is not None:
            self.snoozed.emit(self._approval.approval_id, minutes)

    @Slot()
    def _on_strikes(self) -> None:
        """Other strikes: no figure of those before stays, and nothing is approved before their price was shown."""
        if self._approval is None:
            return
        self._worst = None
        self._answer.show_or_hide("")
        self._show_candidate(self._approval.candidate)
        if self.legs.strikes:
            self._show_own(None)
        self._preview.show_nothing()
        self._show_buttons()
        self.quantity_changed.emit(self._approval.approval_id, self.quantity)

    @Slot()
    def _on_strikes_asked(self) -> None:
        if self._approval is not None:
            self.strikes_asked.emit(self._approval.approval_id)

    @Slot(int)
    def _on_quantity(self, quantity: int) -> None:
        if self._approval is not None:
            self._answer.show_or_hide("")
            self.quantity_changed.emit(self._approval.approval_id, quantity)


def risk_words(candidate: Candidate) -> str:
    """What the max risk is measured by: puts sold by a fall to 10 % below the strike, all else by its worst end."""
    return "10% below the strike" if candidate.structure.kind is StructureKind.SHORT_PUT else "at expiry"


def iv_rank_words(candidate: Candidate) -> tuple[str, str]:
    """The rank with the sessions behind it and its role; an unknown one is never shown as a number."""
    sessions = fmt.counted(candidate.iv_rank_sessions, "session")
    if candidate.iv_rank is None:
        waived = ", waived" if "iv_rank" in candidate.waived else ""
        return f"unknown{waived} ({sessions})", "warning"
    return f"{fmt.percent(candidate.iv_rank, 0)} ({sessions})", ""


def _total(price: Money, candidate: Candidate) -> Money:
    """Dollars of the whole trade at a net price a share: exact, an integer times integers."""
    return price * candidate.structure.multiplier * candidate.quantity


def _line() -> QWidget:
    line = QFrame()
    theme.set_role(line, "line")
    line.setFixedHeight(1)
    return line
