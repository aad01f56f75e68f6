"""The field in which a symbol is chosen: typed, or walked through with the arrows."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.picker import Picker

_WIDTH = 128


class SymbolBox(Picker):
    """`symbol_chosen` with a symbol. Typing narrows the list down; what names no one symbol is taken back."""

    symbol_chosen = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__(name, "Symbol")
        self.setToolTip("Type to find a symbol; up and down for the next")
        self.setEditable(True)
        self.setInsertPolicy(Picker.InsertPolicy.NoInsert)
        self.setFixedWidth(theme.px(_WIDTH))
        self._line = QLineEdit()
        self._line.setMaxLength(16)
        self.setLineEdit(self._line)
        self._symbols: tuple[str, ...] = ()
        self._chosen = ""
        finder = QCompleter(self.model(), self)
        finder.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        finder.setFilterMode(Qt.MatchFlag.MatchContains)
        finder.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self._found = QListView()
        theme.set_role(self._found, "completions")
        finder.setPopup(self._found)
        self.setCompleter(finder)
        self.currentIndexChanged.connect(self._on_index)
        self._line.editingFinished.connect(self._on_typed)

    @property
    def symbol(self) -> str:
        """The symbol that is chosen, "" for none."""
        return self._chosen

    def show_symbols(self, symbols: Sequence[str]) -> None:
        """Offer other symbols, in their order. The first is chosen where none was."""
        if tuple(symbols) == self._symbols:
            return
        self._symbols = tuple(symbols)
        blocked = self.blockSignals(True)
        typed = self._line.text() if self._line.isModified() else ""
        self.clear()
        self.addItems(list(symbols))
        self.setCurrentIndex(self.findText(self._chosen))
        if typed:
            self._line.setText(typed)
        self.blockSignals(blocked)
        if self._chosen not in self._symbols and symbols:
            self.setCurrentIndex(0)

    @Slot(int)
    def _on_index(self, index: int) -> None:
        if 0 <= index < len(self._symbols) and self._symbols[index] != self._chosen:
            self._chosen = self._symbols[index]
            self.symbol_chosen.emit(self._chosen)

    @Slot()
    def _on_typed(self) -> None:
        typed = self._line.text().strip().upper()
        found = [symbol for symbol in self._symbols if typed and typed in symbol]
        if typed in self._symbols or len(found) == 1:
            self.setCurrentIndex(self._symbols.index(typed if typed in self._symbols else found[0]))
        self._line.setText(self._chosen)
        self._found.hide()
