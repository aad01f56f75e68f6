"""On a module's page: the form that changes its settings, and the panel that removes it."""

from dataclasses import replace

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QVBoxLayout, QWidget

from engine.domain.account import EXTERNAL
from engine.domain.commands import ChangeModule, Command, RemoveModule
from engine.domain.denial import Denial
from engine.domain.module_offer import ModuleOffer, Offers
from engine.domain.questions import ModuleOffers, Question
from engine.domain.snapshot import MindfolioSnapshot, ModuleView
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import refusals, theme
from mindfolio_desktop.ui.asker import Asker
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.settings_form import SettingsForm, chain
from mindfolio_desktop.ui.widgets.text import Text

_WHO = "user"
_LAST_WIDTH = 200
_NOTE = "Saving cancels its working openings and voids what waits: they were found under the old settings."


class ModuleSetup(QWidget):
    """Two panels, closed until `edit` and `remove` are pressed; buttons for a heading to place."""

    closed = Signal()
    removed = Signal()

    def __init__(self, bridge: EngineBridge) -> None:
        super().__init__()
        self.setObjectName("module_setup")
        self._asker = Asker(bridge, parent=self)
        self._view: ModuleView | None = None
        self._snapshot: MindfolioSnapshot | None = None
        self._form: SettingsForm | None = None
        self.edit, self.remove = Button("Edit", "detail_edit"), Button("Remove", "detail_remove")
        self._editor = Panel("Change Settings", "editor_panel")
        self._remover = Panel("Remove This Module", "remover_panel")
        self._place = QWidget()
        self._save, self._cancel = Button("Save", "save_settings", "primary"), Button("Cancel", "cancel_settings")
        self._saying = Text("", wraps=True, name="editor_answer")
        self._to = QComboBox()
        self._why = QLineEdit()
        self._removing = Button("Remove for good", "confirm_remove", "primary")
        self._keep = Button("Keep it", "cancel_remove")
        self._fate, self._answer = Text("", wraps=True, name="remove_fate"), Text("", wraps=True, name="remove_answer")
        self._targets: tuple[str, ...] = ()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * theme.SPACE)
        self._editor.body.addWidget(Text(_NOTE, "muted", wraps=True))
        self._editor.body.addWidget(self._place)
        self._editor.body.addLayout(_row(self._save, self._cancel, last=self._saying))
        self._to.setObjectName("remove_to")
        self._to.setAccessibleName("Where its positions go")
        self._why.setObjectName("remove_why")
        self._why.setPlaceholderText("Reason, kept in the journal")
        self._why.setAccessibleName("Reason for removing")
        self._why.setMaxLength(200)
        self._remover.body.addWidget(self._fate)
        self._remover.body.addLayout(_row(self._to, self._removing, self._keep, last=self._why))
        self._remover.body.addWidget(self._answer)
        for panel in (self._editor, self._remover):
            column.addWidget(panel)
        self.close_panels()

    def _connect(self) -> None:
        self.edit.clicked.connect(self._on_edit)
        self.remove.clicked.connect(self._on_remove)
        self._save.clicked.connect(self._on_save)
        self._cancel.clicked.connect(self.close_panels)
        self._keep.clicked.connect(self.close_panels)
        self._removing.clicked.connect(self._on_confirm)
        self._asker.listen(self._on_answer, self._on_no_answer, self._on_accepted, self._on_denied)

    # --- what is shown --------------------------------------------------------------------------------------------
    def show_view(self, view: ModuleView | None, snapshot: MindfolioSnapshot) -> None:
        """Follow the module; a form that is open keeps what was typed."""
        is_other = self._view is None or view is None or view.spec.module_id != self._view.spec.module_id
        self._view, self._snapshot = view, snapshot
        self.edit.setEnabled(view is not None)
        self.remove.setEnabled(view is not None)
        if is_other:
            self.close_panels()
        elif self._remover.isVisibleTo(self):
            self._show_fate()

    @Slot()
    def close_panels(self) -> None:
        """Neither is open."""
        self._asker.forget()
        was_open = not self.isHidden()
        focused: object = QApplication.focusWidget()
        if isinstance(focused, QWidget) and self.isAncestorOf(focused):
            self.edit.setFocus()  # before it is hidden: the focus would go on to anywhere
        self._editor.hide()
        self._remover.hide()
        self.hide()
        if was_open:
            self.closed.emit()

    def _open(self, panel: Panel) -> None:
        self.close_panels()
        panel.show()
        self.show()

    # --- settings -------------------------------------------------------------------------------------------------
    @Slot()
    def _on_edit(self) -> None:
        self._open(self._editor)
        self._take_form(None)
        self._saying.show_or_hide("Asking what can be set\N{HORIZONTAL ELLIPSIS}", "muted")
        self._asker.ask(ModuleOffers())

    def _take_form(self, form: SettingsForm | None) -> None:
        widget = QWidget() if form is None else form
        self._editor.body.replaceWidget(self._place, widget)
        self._place.hide()
        self._place.deleteLater()
        self._place, self._form = widget, form
        self._save.setEnabled(False)

    @Slot(object, object)
    def _on_answer(self, _question: Question, answer: Offers) -> None:
        view, snapshot = self._view, self._snapshot
        if self._form is not None or view is None or snapshot is None:
            return
        offer = _offer_for(view, answer)
        if offer is None:
            self._saying.show_or_hide("Its program is not enabled any more, so nothing of it can be set.", "warning")
            return
        form = SettingsForm(offer, view.spec, answer.symbols, snapshot.capital)
        form.changed.connect(self._on_changed)
        self._take_form(form)
        chain(*form.focus_order, self._save, self._cancel)
        form.focus_order[0].setFocus()
        self._on_changed()

    @Slot(object, str)
    def _on_no_answer(self, _question: Question, why: str) -> None:
        if self._form is None:
            self._saying.show_or_hide(f"What can be set cannot be told: {why}", "warning")

    @Slot()
    def _on_changed(self) -> None:
        form, view = self._form, self._view
        if form is None or view is None or self._asker.waits():
            return
        spec = form.spec
        self._save.setEnabled(spec is not None and spec != view.spec)
        words = form.problem or ("Nothing is changed yet." if spec == view.spec else "")
        self._saying.show_or_hide(words, "warning" if form.problem else "muted")

    @Slot()
    def _on_save(self) -> None:
        spec = None if self._form is None else self._form.spec
        if spec is None or self._view is None or self._asker.waits():
            return
        self._saying.show_or_hide("Asked\N{HORIZONTAL ELLIPSIS}", "muted")
        self._asker.send(ChangeModule(self._view.spec.module_id, spec, _WHO, "changed on the module's page"))

    # --- removing -------------------------------------------------------------------------------------------------
    @Slot()
    def _on_remove(self) -> None:
        self._open(self._remover)
        self._why.clear()
        self._answer.show_or_hide("")
        self._targets = ()
        self._show_fate()
        self._keep.setFocus()

    def _show_fate(self) -> None:
        view, snapshot = self._view, self._snapshot
        if view is None or snapshot is None:
            return
        others = tuple(each.spec.module_id for each in snapshot.modules if each.spec.module_id != view.spec.module_id)
        targets = ("", *others, EXTERNAL) if view.open_positions else ("",)
        if targets != self._targets:
            self._targets = targets
            self._to.clear()
            self._to.addItems([self._target_words(each) for each in targets])
        budget = f"Its budget of {fmt.exact_money(view.budget)} goes to the reserve; what it earned stays in the books."
        held = "It is flat."
        if view.open_positions:
            held = f"It holds {fmt.kinds(one.position.structure for one in view.open_positions)}: say where they go."
        orders = f" {fmt.counted(len(view.orders), 'order')} of it must end first." if view.orders else ""
        self._fate.show_text(f"{held}{orders} {budget}")
        self._to.setVisible(bool(view.open_positions))

    def _target_words(self, target: str) -> str:
        if not target:
            return "Close them first"
        if target == EXTERNAL:
            return "Nobody here (EXTERNAL)"
        view = self._snapshot.module(target) if self._snapshot is not None else None
        return f"To {target if view is None else view.spec.name}"

    @Slot()
    def _on_confirm(self) -> None:
        if self._view is None or self._asker.waits():
            return
        why = self._why.text().strip()
        if not why:
            self._answer.show_or_hide("Type a reason first, it is recorded.", "warning")
            self._why.setFocus()
            return
        target = self._targets[max(0, self._to.currentIndex())]
        self._answer.show_or_hide("Asked\N{HORIZONTAL ELLIPSIS}", "muted")
        self._asker.send(RemoveModule(self._view.spec.module_id, target, _WHO, why))

    # --- answers --------------------------------------------------------------------------------------------------
    @Slot(object)
    def _on_accepted(self, command: Command) -> None:
        self.close_panels()
        if isinstance(command, RemoveModule):
            self.removed.emit()

    @Slot(object, object)
    def _on_denied(self, command: Command, denials: tuple[Denial, ...]) -> None:
        words = refusals.denials(denials)
        if isinstance(command, ChangeModule):
            self._saying.show_or_hide(f"Not saved. {words}", "warning")
        else:
            self._answer.show_or_hide(f"Not removed. {words}", "warning")


def _offer_for(view: ModuleView, offers: Offers) -> ModuleOffer | None:
    """What can be set of a module: the offer of its own program, with the module's own structures in it."""
    spec = view.spec
    for each in offers.modules:
        if (each.spec.kind, each.spec.program) == (spec.kind, spec.program):
            own = tuple(kind for kind in spec.structures if kind not in each.structures)
            return replace(each, structures=(*each.structures, *own))
    return None


def _row(*widgets: QWidget, last: QWidget) -> Flow:
    across = Flow()
    for widget in widgets:
        across.add(widget)
    across.add(last, least=_LAST_WIDTH)
    return across
