"""The first start: a calm page that asks what the mindfolio shall be, or makes a demo with some days of history."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLineEdit, QProgressBar, QWidget

from engine.core.money import UNIT, Money, dollars
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import Beginning, Environment, ModuleKind
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.later import later
from mindfolio_desktop.ui.widgets.allocation_draft import AllocationDraft, Portion
from mindfolio_desktop.ui.widgets.allocation_rows import AllocationRows
from mindfolio_desktop.ui.widgets.amount_box import AmountBox
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.page import Page
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.segments import Segments
from mindfolio_desktop.ui.widgets.text import Text

MOST_CASH = dollars(100_000_000)
_NAME, _CASH = "My Mindfolio", dollars(50_000)
_MARKETS = {Environment.SIMULATED: "Simulated", Environment.REPLAY: "Replay of my recordings"}
_FOOT = 56
_ABOUT = {
    Environment.SIMULATED: "An invented market that moves like a real one, with a broker on paper. No account needed.",
    Environment.REPLAY: "The option chains that you imported, with a broker on paper.",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A module that a new mindfolio may have, and the part of the cash (percent) that it is offered with."""

    kind: ModuleKind
    name: str
    about: str
    percent: int


LimitsOf = Callable[[ModuleKind, Money], ModuleLimits]


class FirstRun(Page):
    """Asks, and says what was decided; nothing is begun here."""

    begun = Signal(object, object)
    """Beginning, Environment."""
    demo_wanted = Signal()
    demo_ended = Signal()
    """Enough history: go on with what is there."""
    given_up = Signal()
    """Back to the mindfolio that is open."""

    def __init__(
        self,
        offers: Sequence[Offer],
        limits_of: LimitsOf,
        markets: Sequence[Environment],
        taken: Sequence[str] | None = None,
    ) -> None:
        """`markets`: those that can be begun in, the one to begin with first.

        `taken`: names of the mindfolios that there are, where one is open already and there is a way back to it.
        """
        super().__init__("first_run")
        self._taken, self._is_another = {name.casefold() for name in taken or ()}, taken is not None
        self._offers, self._limits_of = tuple(offers), limits_of
        self._market, self._has_choice = markets[0], len(markets) > 1
        self._cash: Money = _CASH
        self._amounts = {offer.kind: _part(_CASH, offer.percent) for offer in offers}
        self._name, self._cash_box, self._rows = QLineEdit(_NAME), AmountBox(), AllocationRows(is_new=True)
        self._markets = Segments("market", "Market", [(one.value, _MARKETS[one]) for one in markets])
        self._market_about = Text("", "muted", 12, wraps=True, name="market_about")
        self._wanted = {offer.kind: QCheckBox(offer.name) for offer in offers}
        self._sum = Text("", weight=theme.MEDIUM, wraps=True, name="first_run_sum")
        self._limits = Text("", "muted", 12, wraps=True, name="first_run_limits")
        self._said = Text("", "warning", wraps=True, name="first_run_said")
        self._way_back = Button("Back", "first_run_back")
        self._create = Button("Create the mindfolio", "first_run_create", "primary")
        self._demo = Button("Demo with history", "first_run_demo")
        self._progress, self._enough = QProgressBar(), Button("That is enough", "demo_enough")
        self._progress_words = Text("", "muted", wraps=True, name="demo_progress")
        words = "There is no mindfolio here yet. Look around in a demo first, or say what yours shall be."
        if self._is_another:
            words = "Beside those that you have: a demo, or one of your own. The one that is open goes on until then."
        self._words = Text(words, "muted", wraps=True)
        self._asking = (self._demo_panel(), self._asking_panel())
        self._making = self._making_panel()
        self._foot = QWidget(self)
        self._lay_out()
        self._lay_out_foot()
        self._connect()
        self._show_market()
        self._show_split()

    def show_waiting(self, words: str) -> None:
        """What was chosen is being opened: nothing can be chosen meanwhile."""
        for part in (*self._asking, self._foot):
            part.setEnabled(False)
        self._words.show_text(words, "muted")

    def show_refused(self, why: str) -> None:
        """It could not be begun: let the person choose again."""
        for part in (*self._asking, self._foot):
            part.setEnabled(True)
        self._words.show_text(why, "warning")
        self._show_split()

    def show_progress(self, done: int, of: int, words: str) -> None:
        """History is being made: so many days of so many."""
        for part in (self._words, self._way_back, self._foot, *self._asking):
            part.hide()
        self._place_foot()
        self._making.show()
        self._progress.setRange(0, of)
        self._progress.setValue(done)
        self._progress_words.show_text(words)

    # --- set-up ---------------------------------------------------------------------------------------------------
    def _lay_out(self) -> None:
        self.add_heading("Another mindfolio" if self._is_another else "Welcome to Mindfolio", self._way_back)
        self._way_back.setVisible(self._is_another)
        self.column.addWidget(self._words)
        for panel in (*self._asking, self._making):
            self.column.addWidget(panel)
        self.column.addStretch(1)
        self._making.hide()

    def _demo_panel(self) -> Panel:
        panel = Panel("Look around first", "demo_panel")
        words = (
            "Makes the $50,000 “Aggressive Growth” mindfolio in a simulated market and trades some days of it at full "
            "speed, so that every page has something to show. Trades that would ask you are approved meanwhile."
        )
        panel.body.addWidget(Text(words, "muted", wraps=True))
        across = QHBoxLayout()
        across.addWidget(self._demo)
        across.addStretch(1)
        panel.body.addLayout(across)
        return panel

    def _asking_panel(self) -> Panel:
        panel = Panel("A mindfolio of your own", "asking_panel")
        self._name.setObjectName("first_run_name")
        self._name.setAccessibleName("Name of the mindfolio")
        self._name.setMaxLength(60)
        self._name.setFixedWidth(theme.px(360))
        self._cash_box.setObjectName("first_run_cash")
        self._cash_box.setAccessibleName("Starting cash in dollars")
        self._cash_box.setFixedWidth(theme.px(160))
        self._cash_box.show_amount(self._cash, MOST_CASH // UNIT, self._cash)
        self._cash_box.setMinimum(1)
        who = QGridLayout()
        who.setHorizontalSpacing(2 * theme.SPACE)
        for row, (caption, widget) in enumerate(
            (("Name", self._name), ("Starting cash", self._cash_box), ("Market", self._markets))
        ):
            who.addWidget(Text(caption, "muted"), row, 0)
            who.addWidget(widget, row, 1, Qt.AlignmentFlag.AlignLeft)
        self._markets.setVisible(self._has_choice)
        who.addWidget(self._market_about, 3 if self._has_choice else 2, 1, 1, 2)
        who.setColumnStretch(2, 1)
        panel.body.addLayout(who)
        panel.body.addWidget(Text("Modules", "muted"))
        modules = QGridLayout()
        modules.setHorizontalSpacing(2 * theme.SPACE)
        modules.setColumnStretch(1, 1)
        for row, offer in enumerate(self._offers):
            box = self._wanted[offer.kind]
            box.setObjectName(f"want_{offer.kind.value}")
            box.setFont(theme.font(13, theme.MEDIUM))
            box.setChecked(offer.percent > 0)
            modules.addWidget(box, row, 0)
            modules.addWidget(Text(offer.about, "muted", 12, wraps=True), row, 1)
        panel.body.addLayout(modules)
        panel.body.addWidget(Text("Budgets", "muted"))
        for part in (self._rows, self._sum, self._limits):
            panel.body.addWidget(part)
        return panel

    def _lay_out_foot(self) -> None:
        """What begins it, and what stands in its way: in sight wherever the page is scrolled to."""
        theme.set_role(self._foot, "page")
        across = QHBoxLayout(self._foot)
        across.setContentsMargins(2 * theme.SPACE, theme.SPACE, 2 * theme.SPACE, theme.SPACE)
        across.setSpacing(2 * theme.SPACE)
        across.addWidget(self._create)
        across.addWidget(self._said, 8)
        across.addStretch(1)
        self._foot.show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The foot keeps its place below the part that scrolls."""
        super().resizeEvent(event)
        self._place_foot()

    def _place_foot(self) -> None:
        height = 0 if self._foot.isHidden() else max(theme.px(_FOOT), self._foot.heightForWidth(self.width()))
        self.setViewportMargins(0, 0, 0, height)
        self._foot.setGeometry(0, self.height() - height, self.width(), height)

    def _making_panel(self) -> Panel:
        panel = Panel("Making some history", "making_panel")
        self._progress.setObjectName("demo_bar")
        self._progress.setAccessibleName("Days of history")
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(theme.px(12))
        across = QHBoxLayout()
        across.addWidget(self._enough)
        across.addStretch(1)
        panel.body.addWidget(self._progress)
        panel.body.addWidget(self._progress_words)
        panel.body.addLayout(across)
        return panel

    def _connect(self) -> None:
        self._demo.clicked.connect(self.demo_wanted)
        self._enough.clicked.connect(self._end_demo)
        self._create.clicked.connect(self._begin)
        self._way_back.clicked.connect(self.given_up)
        self._name.textChanged.connect(self._show_split)
        self._cash_box.valueChanged.connect(self._on_cash)
        self._cash_box.misread.connect(self._on_misread)
        self._cash_box.limited.connect(self._on_limited)
        self._markets.chosen.connect(self._on_market)
        self._rows.budget_moved.connect(self._on_budget)
        self._rows.said.connect(self._said.show_text)
        for box in self._wanted.values():
            box.toggled.connect(self._show_split)

    # --- what is asked --------------------------------------------------------------------------------------------
    @property
    def _chosen(self) -> list[Offer]:
        return [offer for offer in self._offers if self._wanted[offer.kind].isChecked()]

    def _draft(self) -> AllocationDraft:
        """The split as it stands. What was just wanted and does not fit gets what is left."""
        left, budgets = self._cash, []
        for offer in self._chosen:
            budgets.append(min(self._amounts[offer.kind], left))
            left -= budgets[-1]
        portions = tuple(
            Portion(offer.kind.value, offer.name, budget, 0, 0, budget)
            for offer, budget in zip(self._chosen, budgets, strict=True)
        )
        return AllocationDraft(self._cash, portions, (*budgets, left), 0, 0)

    @Slot()
    def _show_split(self) -> None:
        draft = self._draft()
        self._rows.show_split(draft)
        self._rows.set_open(is_open=True)
        budgets = sum(draft.amounts[:-1])
        words = f"Budgets {fmt.money(budgets)} + reserve {fmt.money(draft.reserve)} = cash {fmt.money(self._cash)}"
        self._sum.show_text(words)
        self._limits.show_text("\n".join(map(self._limit_words, self._chosen, draft.amounts)))
        self._said.show_or_hide(self._problem(draft))
        self._create.setEnabled(not self._problem(draft))

    def _limit_words(self, offer: Offer, budget: Money) -> str:
        limits = self._limits_of(offer.kind, budget)
        risk, loss = limits.max_risk_per_trade or 0, limits.daily_loss_limit or 0
        return f"{offer.name}: risks at most {fmt.money(risk)} a trade, pauses at a day's loss of {fmt.money(loss)}"

    def _problem(self, draft: AllocationDraft) -> str:
        if not self._name.text().strip():
            return "Give it a name."
        if self._name.text().strip().casefold() in self._taken:
            return "One of your mindfolios has that name already: give it another."
        if not draft.portions:
            return "Choose at least one module."
        empty = [portion.name for portion, budget in zip(draft.portions, draft.amounts, strict=False) if not budget]
        return f"{empty[0]} has no budget: give it one, or leave it out." if empty else ""

    @Slot(int)
    def _on_cash(self, whole: int) -> None:
        """Other cash, the same parts of it."""
        before, self._cash = self._cash, max(dollars(1), whole * UNIT)
        if any(self._amounts.values()):
            parts = {kind: amount * self._cash // before // UNIT * UNIT for kind, amount in self._amounts.items()}
        else:  # so little cash before that nothing was left of them
            parts = {offer.kind: _part(self._cash, offer.percent) for offer in self._offers}
        self._amounts = parts
        self._show_split()

    @Slot(str)
    def _on_misread(self, text: str) -> None:
        self._said.show_or_hide(self._cash_box.misread_words(text))

    @Slot(int)
    def _on_limited(self, asked: int) -> None:
        least, most = fmt.money(self._cash_box.minimum() * UNIT), fmt.money(MOST_CASH)
        words = f"Cash is {least} to {most}, not {fmt.money(asked * UNIT)}."
        # What holds then is shown first, and says nothing of this.
        later(self, 0, partial(self._said.show_or_hide, words))

    @Slot(int, int)
    def _on_budget(self, index: int, whole: int) -> None:
        draft = self._draft().with_budget(index, whole)
        for offer, budget in zip(self._chosen, draft.amounts, strict=False):
            self._amounts[offer.kind] = budget
        self._show_split()

    @Slot(str)
    def _on_market(self, key: str) -> None:
        self._market = Environment(key)
        self._show_market()

    def _show_market(self) -> None:
        self._markets.show_chosen(self._market.value)
        self._market_about.show_text(_ABOUT[self._market])

    @Slot()
    def _begin(self) -> None:
        draft = self._draft()
        if self._problem(draft):
            return
        budgets = {offer.kind: budget for offer, budget in zip(self._chosen, draft.amounts, strict=False)}
        self._create.setEnabled(False)
        self.begun.emit(Beginning(self._name.text().strip(), self._cash, budgets), self._market)

    @Slot()
    def _end_demo(self) -> None:
        self._enough.setEnabled(False)
        self._progress_words.show_text("Ending the step that is going on…")
        self.demo_ended.emit()


def _part(cash: Money, percent: int) -> Money:
    return cash * percent // 100 // UNIT * UNIT
