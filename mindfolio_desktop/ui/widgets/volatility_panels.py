"""A symbol's volatility as charts: the smile of one expiration, and the term structure over all of them."""

from engine.core.money import to_float
from engine.domain.chain_view import ChainView
from engine.domain.instrument import Right
from engine.domain.quote_flags import UNTRADABLE
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.reflow import Beside
from mindfolio_desktop.ui.widgets.volatility_plot import Series, VolatilityPlot

_PLOT_WIDTH = 360
_MARKS = (("calls", "accent", "o", Right.CALL), ("puts", "warning", "t", Right.PUT))


class VolatilityPanels(Beside):
    """Two panels, beside or above each other."""

    def __init__(self) -> None:
        super().__init__()
        self._smile = VolatilityPlot("market_smile", "Smile", strike_words)
        self._term = VolatilityPlot("market_term", "Term structure", day_words)
        for plot, name, title, note in (
            (self._smile, "market_smile_panel", "Smile", "calls round, puts triangles, in the money faint"),
            (self._term, "market_term_panel", "Term structure", "volatility at the money by days to expiry"),
        ):
            panel = Panel(title, name, note)
            panel.body.addWidget(plot)
            self.add(panel, least=_PLOT_WIDTH)

    def explain(self, why: str) -> None:
        """Say why there is nothing to draw."""
        for plot in (self._smile, self._term):
            plot.show_series((), why)

    def show_view(self, view: ChainView, why_empty: str) -> None:
        """Draw a chain's volatilities; `why_empty` says why it has none at all, "" where it may have some."""
        inside = tuple(
            Series(f"{name} in the money", "faint", mark, own_points(view, right, is_inside=True), aside=True)
            for name, _, mark, right in _MARKS
        )
        quoted = tuple(
            Series(name, token, mark, own_points(view, right, is_inside=False)) for name, token, mark, right in _MARKS
        )
        fitted = (Series("the fitted smile", "text", "", view.smile),) if view.smile else ()
        no_smile = f"No smile: {view.no_smile or 'no quote tells a volatility'}."
        self._smile.show_series((*inside, *quoted, *fitted), why_empty or no_smile)
        known = [(float(each.days), each.at_the_money) for each in view.expirations]
        points = tuple((days, iv) for days, iv in known if iv is not None)
        term = Series("the term structure", "accent", "o", points, has_line=True)
        self._term.show_series((term,), why_empty or "No expiration's quotes tell its volatility at the money.")


def own_points(view: ChainView, right: Right, *, is_inside: bool) -> tuple[tuple[float, float], ...]:
    """Strikes and volatilities that one right's own faultless quotes tell, in or out of the money.

    In the money most of a price is exercise, and a cent of it is much volatility: the smile is not fitted to those.
    """
    quotes = [row.call if right is Right.CALL else row.put for row in view.rows]
    return tuple(
        (to_float(quote.contract.strike), quote.iv)
        for quote in quotes
        if quote is not None
        and quote.iv is not None
        and not quote.is_iv_borrowed
        and not quote.faults & UNTRADABLE
        and (view.spot is not None and quote.contract.inside(view.spot) > 0) is is_inside
    )


def strike_words(place: float) -> str:
    """A strike on the axis."""
    return fmt.number(place, 0 if place.is_integer() else 1)


def day_words(place: float) -> str:
    """Days on the axis."""
    return f"{fmt.number(place, 0)} d"
