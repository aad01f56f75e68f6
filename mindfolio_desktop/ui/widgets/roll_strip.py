"""The strip that rolls legs of a position to another expiration or other strikes, with its net price before."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QWidget

from engine.core.money import Money
from engine.domain.instrument import OptionContract, Right
from engine.domain.position import Position
from engine.domain.position_sheet import RollExpiration, RollQuote
from engine.domain.structure import Leg
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import refusals, theme
from mindfolio_desktop.ui.widgets.action_strip import ActionStrip
from mindfolio_desktop.ui.widgets.choice import Choice
from mindfolio_desktop.ui.widgets.close_strip import a_share, cost_words
from mindfolio_desktop.ui.widgets.price_choice import PriceChoice
from mindfolio_desktop.ui.widgets.text import Text

MOST_LEGS = 4
"""Of an order: a roll closes and opens at most so many together."""

_EXPIRATION_WIDTH = 208


class RollStrip(ActionStrip):
    """`asked` (legs closed, legs opened) comes with every other choice, and must be answered by `show_quote`."""

    asked = Signal(object, object)

    def __init__(self) -> None:
        super().__init__("roll_strip", "Roll", "Roll")
        self._rows: list[_LegRow] = []
        self._terms: tuple[RollExpiration, ...] = ()
        self._quote: RollQuote | None = None
        self._asked: tuple[tuple[Leg, ...], tuple[Leg, ...]] = ((), ())
        self._expiration = Choice("roll_expiration", "New expiration")
        self._expiration.setMinimumWidth(theme.px(_EXPIRATION_WIDTH))
        self._price = PriceChoice("roll_price")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(2 * theme.SPACE)
        self._grid.setVerticalSpacing(theme.SPACE // 2)
        self._grid.setColumnStretch(2, 1)
        across = QHBoxLayout()
        across.setSpacing(theme.SPACE)
        across.addWidget(Text("To", "muted"))
        across.addWidget(self._expiration)
        across.addStretch(1)
        self.controls.addLayout(self._grid)
        self.controls.addLayout(across)
        self.controls.addWidget(self._price)
        self._expiration.currentIndexChanged.connect(self._on_expiration)
        self._price.changed.connect(self._show)

    @property
    def legs(self) -> tuple[tuple[Leg, ...], tuple[Leg, ...]]:
        """The legs that are closed, as they are held, and those that are opened."""
        return self._asked

    @property
    def limit(self) -> Money | None:
        """A limit, None to walk from mid towards natural."""
        return self._price.limit

    def open_for(self, position: Position, words: str) -> None:
        """Ask about rolling a position; where it could go comes with `show_terms`."""
        self._quote, self._terms, self._asked = None, (), ((), ())
        self._price.begin()
        self._fill(position.structure.legs)
        blocked = self._expiration.blockSignals(True)
        self._expiration.clear()
        self._expiration.blockSignals(blocked)
        self.open(f"Roll {words}")
        self.show_cost("Reading the chain…")
        self._expiration.setFocus()

    def show_terms(self, terms: tuple[RollExpiration, ...]) -> None:
        """Expirations and strikes that there are; one of them is chosen to begin with.

        What goes in one order is rolled to the next expiration. Of more legs a side is, within its own expiration,
        because sides of two expirations are no structure that has a name.
        """
        if self.isHidden() or self._terms or not self._rows:
            return
        self._terms = terms
        if not terms:
            self.show_cost("")
            self.show_refused("The chain shows no expiration to roll to.")
            return
        blocked = self._expiration.blockSignals(True)
        for term in terms:
            self._expiration.addItem(f"{fmt.date(term.day)}  ({fmt.counted(term.dte, 'day')})", term.day)
        held = max(row.leg.contract.expiration for row in self._rows)
        is_whole = 2 * len(self._rows) <= MOST_LEGS
        after = [at for at, term in enumerate(terms) if term.day > held or (term.day == held and not is_whole)]
        self._expiration.setCurrentIndex(after[0] if after else len(terms) - 1)
        self._expiration.blockSignals(blocked)
        self._on_expiration()

    def show_quote(self, closes: tuple[Leg, ...], opens: tuple[Leg, ...], quote: RollQuote) -> None:
        """What it would bring now; ignored when it is about other legs."""
        if (closes, opens) != self._asked or self.isHidden():
            return
        self._quote = quote
        self._price.show_mid(quote.mid)
        self._show()

    # --- legs -----------------------------------------------------------------------------------------------------
    def _fill(self, legs: tuple[Leg, ...]) -> None:
        for row in self._rows:
            row.remove_from(self._grid)
        # More legs than one order takes: the puts go first, which are one side of a condor.
        chosen = legs if 2 * len(legs) <= MOST_LEGS else [leg for leg in legs if leg.contract.right is Right.PUT]
        self._rows = [_LegRow(at, leg, is_chosen=leg in chosen[: MOST_LEGS // 2]) for at, leg in enumerate(legs)]
        for at, row in enumerate(self._rows):
            row.add_to(self._grid, at)
            row.box.toggled.connect(self._on_choice)
            row.strike.currentIndexChanged.connect(self._on_choice)

    @Slot()
    def _on_expiration(self) -> None:
        term = self._term()
        if term is not None:
            for row in self._rows:
                row.offer(term)
        self._on_choice()

    def _term(self) -> RollExpiration | None:
        at = self._expiration.currentIndex()
        return self._terms[at] if 0 <= at < len(self._terms) else None

    @Slot()
    def _on_choice(self) -> None:
        term = self._term()
        if term is None:
            return
        rolled = [row for row in self._rows if row.box.isChecked()]
        for row in self._rows:
            row.strike.setEnabled(row.box.isChecked())
        closes = tuple(row.leg for row in rolled)
        opens = tuple(leg for row in rolled if (leg := row.opened(term)) is not None)
        self._quote = None
        self.show_possible(is_possible=False)
        self._asked = closes, opens
        refused = ""
        if not closes:
            refused = "Choose what is rolled."
        elif len(closes) + len(opens) > MOST_LEGS:
            refused = f"One order takes at most {MOST_LEGS} legs: roll two legs at a time."
        elif len(opens) < len(closes):
            refused = "The chain shows no strike there for a leg."
        elif set(closes) & set(opens):
            refused = "A leg would be rolled to where it is: choose another strike or expiration."
        self.show_cost("")
        self.show_refused(refused)
        if refused:
            self._asked = ((), ())
            return
        self.show_cost("Asking for prices…")
        self.asked.emit(closes, opens)

    @Slot()
    def _show(self) -> None:
        quote = self._quote
        if quote is None or self.is_waiting:
            return
        lines = []
        if quote.mid is not None:
            lines = [
                f"At mid: {cost_words(quote.at_mid)}{a_share([quote.mid])}",
                f"At worst, the furthest it walks: {cost_words(quote.at_worst)}{a_share([quote.worst])}",
            ]
        refused = refusals.denials(quote.denials)
        if not refused and not self._price.is_ready:
            refused = "Type a price a share, such as 1.25."
        self.show_cost("\n".join(lines))
        self.show_refused(refused)
        self.show_possible(is_possible=not refused)


class _LegRow:
    """A leg that may be rolled: whether it is, and to which strike."""

    def __init__(self, at: int, leg: Leg, *, is_chosen: bool) -> None:
        self.leg = leg
        side = "Long" if leg.ratio > 0 else "Short"
        words = f"{side} {abs(leg.ratio)} {fmt.contract(leg.contract)}"
        self.box = QCheckBox(words)
        self.box.setObjectName(f"roll_leg_{at}")
        self.box.setChecked(is_chosen)
        self.strike = Choice(f"roll_strike_{at}", f"New strike of {words}")
        self.strike.setMinimumWidth(theme.px(104))
        self._parts: tuple[QWidget, ...] = (self.box, self.strike)

    def add_to(self, grid: QGridLayout, row: int) -> None:
        for column, part in enumerate(self._parts):
            grid.addWidget(part, row, column, Qt.AlignmentFlag.AlignLeft)

    def remove_from(self, grid: QGridLayout) -> None:
        for part in self._parts:
            grid.removeWidget(part)
            part.hide()
            part.deleteLater()

    def offer(self, term: RollExpiration) -> None:
        """The strikes of an expiration; the one chosen, or the leg's own, or the nearest to it stays."""
        wanted = self.strike.currentData()
        wanted = wanted if isinstance(wanted, int) else self.leg.contract.strike
        strikes = term.calls if self.leg.contract.right is Right.CALL else term.puts
        blocked = self.strike.blockSignals(True)
        self.strike.clear()
        for strike in strikes:
            self.strike.addItem(fmt.strike(strike), strike)
        if strikes:
            self.strike.setCurrentIndex(min(range(len(strikes)), key=lambda at: abs(strikes[at] - wanted)))
        self.strike.blockSignals(blocked)

    def opened(self, term: RollExpiration) -> Leg | None:
        """The leg in its new place, None where the chain shows no strike."""
        strike = self.strike.currentData()
        if not isinstance(strike, int):
            return None
        contract = self.leg.contract
        return Leg(OptionContract(contract.underlying, term.day, strike, contract.right), self.leg.ratio)
