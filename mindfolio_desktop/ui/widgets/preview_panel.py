"""What a waiting trade costs now, whether it would pass, and what it would change if it were done."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.core.errors import GATE_CODES
from engine.core.money import Money
from engine.domain.candidate import Candidate
from engine.domain.concentration import Concentration
from engine.domain.order import OrderPurpose
from engine.domain.preview import Standing, TradePreview
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import refusals
from mindfolio_desktop.ui.widgets.comparison import Comparison
from mindfolio_desktop.ui.widgets.panel import Facts
from mindfolio_desktop.ui.widgets.text import Text
from mindfolio_desktop.ui.words import scenario_words

_WAITING = "Asking for prices and checks of now…"

_CHANGES = (
    ("used", "Used", "Buying power of the module's open positions"),
    ("held", "Held", "Buying power reserved by the module's working orders"),
    ("available", "Available", "What the module may still put at work"),
    ("delta", "Delta", "Share equivalents of the module's positions; shares of different names do not add"),
    ("theta", "Theta", "Dollars a calendar day"),
    ("vega", "Vega", "Dollars per volatility point"),
    ("dollar_delta", "Dollar delta", "Delta times price, of all the module's positions"),
    ("module_worst", "Worst case, module", "Its largest loss from the marks of now, as if nothing else were held"),
    ("worst", "Worst case, account", "The largest loss of everything together, netted, from the marks of now"),
    ("power", "Weight", "Buying power of its options and market value of its shares, of NAV"),
    ("weight_delta", "Dollar delta of NAV", "Dollar delta of everything held in it, of NAV"),
    ("sector", "Sector", "Buying power of options and market value of shares of the whole sector, of NAV"),
)


class PreviewPanel(QWidget):
    """Shows a `TradePreview` beside the candidate as it was found; says so while there is none yet."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("preview")
        self._asof = Text(_WAITING, "muted", 12, wraps=True, name="preview_asof")
        self._checks = Text("", wraps=True, name="preview_checks")
        self._quote = Facts("preview_quote")
        tip = "A credit is sold at the bid at once, a debit bought at the ask; orders start at the middle"
        self._quote.add("sides", "Bid / mid / ask", f"Net prices a share of the whole. {tip}")
        self._prices = Comparison("preview_prices", "When found", "Now")
        for key, caption, tip in (
            ("mid", "Mid a share", "Where the order starts"),
            ("risk", "Max risk", "By the rule of its structure, at the worst price"),
            ("power", "Buying power", "What it takes of the budget, at the worst price"),
        ):
            self._prices.add(key, caption, tip)
        self._whose = Text("", "caption", 12, wraps=True, name="preview_whose")
        self._changes = Comparison("preview_changes", "Now", "After")
        for key, caption, tip in _CHANGES:
            self._changes.add(key, caption, tip)
        self._unknown = Text("", "warning", wraps=True, name="preview_unknown")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._figures = (self._checks, self._quote, self._prices, self._whose, self._changes)
        for widget in (self._asof, *self._figures, self._unknown):
            column.addWidget(widget)
        self.show_nothing()

    def show_nothing(self, why: str = _WAITING) -> None:
        """No preview yet, or none to be had."""
        self._asof.show_text(why)
        self._unknown.show_or_hide("")
        for widget in self._figures:
            widget.hide()

    def show_preview(self, preview: TradePreview, candidate: Candidate, module: str) -> None:
        """Show what came back; `module` is the name of the module whose books it changes."""
        age = "no quotes" if preview.quoted_at is None else f"quotes {fmt.age(preview.at - preview.quoted_at)} old"
        self._asof.show_text(f"As of {fmt.clock(preview.at)}, {age}")
        self._show_checks(preview, candidate)
        self._show_prices(preview, candidate)
        self._whose.show_text(f"{module}, if it is done at its worst price")
        for widget in self._figures:
            widget.show()
        self._changes.setVisible(preview.after is not None)
        missing = preview.before.greeks_missing if preview.after is None else preview.after.greeks_missing
        why = f"What it would leave cannot be told: {preview.why_not}." if preview.after is None else ""
        if missing and not why:
            why = f"Without the Greeks of {fmt.counted(missing, 'position')} that no fresh quote tells."
        self._unknown.show_or_hide(why)
        if preview.after is not None:
            self._show_changes(preview.before, preview.after, candidate)

    def _show_checks(self, preview: TradePreview, candidate: Candidate) -> None:
        if preview.denials:
            self._checks.show_text(f"Approve would be refused now.\n{refusals.denials(preview.denials)}", "warning")
        elif preview.is_closing:
            self._checks.show_text("It can be ordered now.", "muted")
        else:
            passed, expected = f"All {len(GATE_CODES)} checks pass now.", candidate.expected_profit
            if expected is not None and expected < 0:  # the checks do not judge it, so a person must
                loses = f"On average it loses {fmt.money(-expected, cents=True)}, by the market's own probabilities."
                self._checks.show_text(f"{passed}\n{loses}", "warning")
            else:
                self._checks.show_text(passed, "muted")

    def _show_prices(self, preview: TradePreview, candidate: Candidate) -> None:
        self._quote.show_fact("sides", _sides(preview))
        self._compare("mid", candidate.net_price, preview.mid, per_share=True)
        rows = (
            ("risk", candidate.max_risk, preview.max_risk),
            ("power", candidate.buying_power, preview.buying_power),
        )
        for key, found, now in rows:
            if preview.is_closing:
                self._prices.hide_row(key)
            else:
                # A roll's own figures are those of the package; the gate judges what it leaves.
                was = None if candidate.purpose is OrderPurpose.ROLL else found
                self._compare(key, _of(was, candidate.quantity, preview.quantity), now)

    def _compare(self, key: str, found: Money | None, now: Money | None, *, per_share: bool = False) -> None:
        words = fmt.net_price if per_share else _exact
        is_worse = found is not None and now is not None and now > found
        mark = f"{fmt.UP} " if is_worse else ""
        self._prices.show_row(key, words(found), f"{mark}{words(now)}", "warning" if is_worse else "")

    def _show_changes(self, before: Standing, after: Standing, candidate: Candidate) -> None:
        show = self._changes.show_row
        for key, was, will in (
            ("used", before.used, after.used),
            ("held", before.held, after.held),
            ("available", before.available, after.available),
        ):
            is_short = key == "available" and will < 0
            show(key, _exact(was), _exact(will), "warning" if is_short else "")
        for key, had, has in (
            ("delta", before.greeks.delta, after.greeks.delta),
            ("theta", before.greeks.theta, after.greeks.theta),
            ("vega", before.greeks.vega, after.greeks.vega),
        ):
            show(key, fmt.greek(had), fmt.greek(has))
        show("dollar_delta", fmt.signed_money(before.dollar_delta), fmt.signed_money(after.dollar_delta))
        show("module_worst", _worst(before.module_worst), _worst(after.module_worst))
        show("worst", _worst(before.worst), _worst(after.worst))
        self._changes.setToolTip(
            "" if after.scenario is None else f"After it, the account's worst case is: {scenario_words(after.scenario)}"
        )
        symbol = candidate.structure.symbol
        show("power", _weight(before.symbol), _weight(after.symbol), caption=f"{symbol} of NAV")
        show("weight_delta", _delta(before.symbol), _delta(after.symbol), caption=f"{symbol} dollar delta of NAV")
        sector = after.sector or before.sector
        if sector is None:
            self._changes.hide_row("sector")
        else:
            show("sector", _weight(before.sector), _weight(after.sector), caption=f"{sector.name} of NAV")


def _of(amount: Money | None, found: int, wanted: int) -> Money | None:
    """A figure of the whole trade as it was found, for another quantity."""
    return None if amount is None else amount * wanted // found


def _exact(amount: Money | None) -> str:
    return fmt.money(amount, cents=True)


def _worst(loss: Money | None) -> str:
    return fmt.UNBOUNDED if loss is None else fmt.money(loss)


def _weight(held: Concentration | None) -> str:
    return fmt.percent(0.0 if held is None else held.power_pct)


def _delta(held: Concentration | None) -> str:
    return fmt.signed_percent(0.0 if held is None else held.delta_pct)


def _sides(preview: TradePreview) -> str:
    """`$2.20 / $2.40 / $2.60 credit`: the lower price first, as a market is quoted, whichever side we are on."""
    sides = (preview.bid, preview.mid, preview.ask)
    known = [side for side in sides if side is not None]
    if not known:
        return "no price for it now"
    if len(known) < len(sides) or not (max(known) < 0 or min(known) >= 0):
        return " / ".join(map(fmt.net_price, sides))
    prices = " / ".join(fmt.price(abs(side)) for side in sorted(known, key=abs))
    return f"{prices} {'credit' if known[0] < 0 else 'debit'}"
