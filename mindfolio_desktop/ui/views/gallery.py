"""The gallery of modules: every kind there is, a form to set one up, a backtest before funding, and its beginning."""

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QElapsedTimer, QTimer, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from engine.core.money import Money
from engine.domain.commands import AddModule
from engine.domain.denial import Denial
from engine.domain.evidence import Awaited, Evidence
from engine.domain.module_offer import ModuleOffer, Offers
from engine.domain.questions import ModuleOffers, Question, TrialOf
from engine.domain.snapshot import MindfolioSnapshot
from engine.domain.structure import StructureKind
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import refusals, theme
from mindfolio_desktop.ui.asker import Asker
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.later import later
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.card_grid import fill_grid
from mindfolio_desktop.ui.widgets.navigation import DASHBOARD
from mindfolio_desktop.ui.widgets.offer_card import OfferCard
from mindfolio_desktop.ui.widgets.page import Page
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.setting_field import ReadField, read_money
from mindfolio_desktop.ui.widgets.settings_form import SettingsForm, chain
from mindfolio_desktop.ui.widgets.text import Text
from mindfolio_desktop.ui.widgets.trial_panel import TrialPanel

_WHO, _WHY = "user", "added in the gallery"
_CARD_WIDTH, _ANSWER_WIDTH = 300, 240
_MOST_COLUMNS = 4
_AGAIN_MS = 1000


class Gallery(Page):
    """Asks what there is whenever it is turned to; sends `AddModule`; asks for backtests until they are there."""

    def __init__(self, bridge: EngineBridge, parent: QWidget | None = None) -> None:
        super().__init__("gallery", parent)
        self._asker = Asker(bridge, parent=self)
        self._snapshot: MindfolioSnapshot | None = None
        self._offers = Offers((), ())
        self._offer: ModuleOffer | None = None
        self._cards: list[OfferCard] = []
        self._columns = 0
        self._form: SettingsForm | None = None
        self._budget: ReadField[Money] | None = None
        self._trial: TrialPanel | None = None
        self._testing: TrialOf | None = None
        self._added = ""
        self._since = QElapsedTimer()
        self._ask_again = QTimer(self, singleShot=True, interval=_AGAIN_MS)
        self._ask_again.timeout.connect(self._test_again)
        back = Button("← Back", "gallery_back")
        back.clicked.connect(self._go_back)
        self.add_heading("Add New Module", back)
        self._state = Text("Asking what there is\N{HORIZONTAL ELLIPSIS}", "muted", wraps=True, name="gallery_state")
        self.column.addWidget(self._state)
        self._grid = QGridLayout()
        self._grid.setSpacing(2 * theme.SPACE)
        self.column.addLayout(self._grid)
        self._panel = Panel("Set Up", "gallery_form_panel")
        self._panel.hide()
        self._add = Button("Add module", "add_module", "primary")
        self._open = Button("Open its page", "open_added")
        self._answer = Text("", wraps=True, name="gallery_answer")
        self._trial_place, self._form_place = QWidget(), QWidget()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self._title = Text("", weight=theme.MEDIUM, name="gallery_form_title")
        self._panel.body.addWidget(self._title)
        self._panel.body.addWidget(self._form_place)
        foot = Flow()
        for widget in (self._add, self._open):
            foot.add(widget)
        foot.add(self._answer, least=_ANSWER_WIDTH)
        self.column.addWidget(self._panel)
        self.column.addWidget(self._trial_place)
        self._foot = QWidget()
        self._foot.setLayout(foot)
        self._panel.body.addWidget(self._foot)
        self._open.hide()
        self._answer.show_or_hide("")
        self.column.addStretch(1)

    def _connect(self) -> None:
        self._add.clicked.connect(self._on_add)
        self._open.clicked.connect(self._on_open)
        self._asker.listen(self._on_answer, self._on_no_answer, self._on_accepted, self._on_denied)

    # --- what there is --------------------------------------------------------------------------------------------
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self._asker.ask(ModuleOffers())

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Follow the reserve."""
        before, self._snapshot = self._snapshot, snapshot
        if before is None or before.reserve != snapshot.reserve:
            self._show_budget()

    def _show_offers(self, offers: Offers) -> None:
        self._offers = offers
        for card in self._cards:
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = [OfferCard(each) for each in offers.modules]
        for card in self._cards:
            card.chosen.connect(self._choose)
        if offers.trouble:
            self._state.show_text(f"Your own modules cannot be listed: {offers.trouble}", "warning")
        else:
            words = "A module begins paused, with its budget out of the reserve; resume it when you are ready. "
            own = "Your own appear here once enabled: mindfolio module enable NAME."
            has_own = any(each.is_users for each in offers.modules)
            self._state.show_text(words + ("" if has_own else own), "muted")
        self._columns = 0
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        columns = max(1, min(_MOST_COLUMNS, len(self._cards), self.viewport().width() // theme.px(_CARD_WIDTH)))
        if columns == self._columns or not self._cards:
            return
        self._columns = columns
        fill_grid(self._grid, self._cards, columns)

    # --- setting one up -------------------------------------------------------------------------------------------
    @Slot(object)
    def _choose(self, offer: ModuleOffer) -> None:
        """Open the form of an offer; what was in it before is gone."""
        snapshot = self._snapshot
        if snapshot is None:
            return
        self._offer, self._testing, self._added = offer, None, ""
        self._asker.drop(TrialOf)
        self._ask_again.stop()
        self._budget = ReadField("form_budget", "Budget, out of the reserve", self._read_budget)
        self._budget.show_text(fmt.exact_money(min(offer.budget, snapshot.reserve)))
        self._form = SettingsForm(offer, offer.spec, self._offers.symbols, snapshot.capital, self._budget)
        self._form.changed.connect(self._on_changed)
        self._trial = TrialPanel(offer, self._offers.symbols)
        self._trial.asked.connect(self._on_test)
        self._form_place = _put(self._panel.body, self._form_place, self._form)
        self._trial_place = _put(self.column, self._trial_place, self._trial)
        self._title.show_text(offer.spec.name)
        chain(*self._form.focus_order, self._add, self._open)
        self._answer.show_or_hide("")
        self._open.hide()
        self._add.show()
        self._panel.show()
        self._show_budget()
        self._on_changed()
        later(self, 0, self._show_form)

    @Slot()
    def _show_form(self) -> None:
        self.verticalScrollBar().setValue(self._panel.y() - 2 * theme.SPACE)
        if self._budget is not None:
            self._budget.line.setFocus()

    def _read_budget(self, text: str) -> Money:
        snapshot = self._snapshot
        if snapshot is None:
            raise ValueError("the reserve is not known yet")
        return read_money(text, 0, snapshot.reserve, snapshot.capital)

    def _show_budget(self) -> None:
        if self._snapshot is not None and self._budget is not None:
            self._budget.show_allowed(f"the reserve holds {fmt.exact_money(self._snapshot.reserve)}")
            self._show_add()

    @Slot()
    def _on_changed(self) -> None:
        self._show_add()
        if self._trial is not None:
            self._trial.show_outdated()

    def _show_add(self) -> None:
        if self._form is None or self._added:
            return
        is_right = not self._form.problem
        if not self._asker.waits():
            self._add.setEnabled(is_right)
            self._answer.show_or_hide(self._form.problem, "warning")

    @Slot()
    def _on_add(self) -> None:
        form = self._form
        spec = None if form is None else form.spec
        budget = None if self._budget is None else self._budget.value
        if spec is None or budget is None or self._asker.waits() or self._added:
            return
        self._answer.show_or_hide("Asked\N{HORIZONTAL ELLIPSIS}", "muted")
        self._asker.send(AddModule(spec, budget, _WHO, _WHY))

    @Slot(object)
    def _on_accepted(self, command: AddModule) -> None:
        spec, budget = command.spec, command.budget
        self._added = spec.module_id
        words = f"{spec.name} is added with {fmt.exact_money(budget)}. It is paused until you resume it."
        self._answer.show_or_hide(words, "muted")
        self._open.show()
        self._open.setFocus()
        for part in (self._form, self._trial, self._add):
            if part is not None:
                part.hide()
        self._asker.ask(ModuleOffers())

    @Slot(object, object)
    def _on_denied(self, _command: AddModule, denials: tuple[Denial, ...]) -> None:
        self._answer.show_or_hide(f"Not added. {refusals.denials(denials)}", "warning")

    @Slot()
    def _on_open(self) -> None:
        self.module_opened.emit(self._added)

    @Slot()
    def _go_back(self) -> None:
        self.page_requested.emit(DASHBOARD)

    # --- backtests ------------------------------------------------------------------------------------------------
    @Slot(str, object)
    def _on_test(self, symbol: str, kind: StructureKind) -> None:
        form, trial = self._form, self._trial
        spec = None if form is None else form.spec
        if trial is None or spec is None:
            if form is not None and trial is not None:
                trial.show_failed(form.problem)
            return
        self._testing = TrialOf(spec, symbol, kind)
        self._since.start()
        trial.show_waiting(0)
        self._asker.ask(self._testing)

    @Slot()
    def _test_again(self) -> None:
        if self._testing is not None and self._trial is not None:
            # Another one of the same content: the bridge knows a question by itself.
            self._testing = replace(self._testing)
            self._asker.ask(self._testing)

    @Slot(object, object)
    def _on_answer(self, question: Question, answer: Any) -> None:
        if isinstance(question, ModuleOffers):
            self._show_offers(answer)
        elif isinstance(answer, Awaited) and self._trial is not None:
            self._trial.show_waiting(self._since.elapsed() // 1000)
            self._ask_again.start()
        elif isinstance(answer, Evidence) and self._trial is not None:
            self._testing = None
            self._trial.show_evidence(answer)

    @Slot(object, str)
    def _on_no_answer(self, question: Question, why: str) -> None:
        if isinstance(question, ModuleOffers):
            self._state.show_text(f"What there is cannot be told: {why}", "warning")
        elif self._trial is not None:
            self._testing = None
            self._trial.show_failed(why)


def _put(column: Any, before: QWidget, widget: QWidget) -> QWidget:
    """Let a widget take another's place in a layout."""
    column.replaceWidget(before, widget)
    before.hide()
    before.deleteLater()
    return widget
