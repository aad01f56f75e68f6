"""The worst case from the marks of now: how much, when, what netting saves, and whose it is."""

from collections.abc import Sequence

from engine.domain.snapshot import MindfolioSnapshot
from engine.domain.worst_case import WorstCaseView, WorstPrice, WorstShare
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.models.keyed_table import SORT_ROLE
from mindfolio_desktop.ui.models.risk import ShareRow, SharesModel
from mindfolio_desktop.ui.widgets.data_table import DataTable
from mindfolio_desktop.ui.widgets.figure import Figure
from mindfolio_desktop.ui.widgets.panel import Facts, Panel
from mindfolio_desktop.ui.widgets.reflow import Beside, stacked
from mindfolio_desktop.ui.widgets.text import Text
from mindfolio_desktop.ui.words import scenario_words

_NOTHING = "Nothing is held: there is nothing to lose."
_FIGURES_WIDTH, _TABLES_WIDTH = 280, 400


class WorstPanel(Panel):
    """Figures at the left, the shares of modules and underlyings beside them."""

    def __init__(self) -> None:
        super().__init__("Worst case from here", "worst_panel", "netted over all modules")
        self._shown: object = None
        self._loss = Figure("Largest loss", "worst_loss", 24)
        self._words = Text("", "muted", wraps=True, name="worst_words")
        self._facts = Facts("worst")
        for key, caption, tip in (
            ("stressed", "In the grid of moves", "Price, volatility and time, assignment, and a crash by the betas"),
            ("at_expiry", "At expiry, from the marks", "The exact bound over all prices at the expirations"),
            ("from_cost", "At expiry, from cost", "The same against what was paid or received"),
            ("sum_alone", "Modules alone, added up", "As if each held nothing but its own"),
            ("saved", "Diversification credit", "What netting saves: modules alone less the largest loss"),
        ):
            self._facts.add(key, caption, tip)
        self._bounds = Text("", "muted", 12, wraps=True, name="worst_bounds")
        self._lacking = Text("", "warning", 12, wraps=True, name="worst_lacking")
        self._modules, self._symbols = SharesModel("Module", self), SharesModel("Underlying", self)
        self._tables = tuple(
            DataTable(model, f"worst_{key}", title, sort_role=SORT_ROLE, stretch=0)
            for key, title, model in (
                ("modules", "Worst case by module", self._modules),
                ("symbols", "Worst case by underlying", self._symbols),
            )
        )
        across = Beside(3 * theme.SPACE)
        figures = stacked(self._loss, self._words, self._facts, self._bounds, self._lacking)
        across.add(figures, 4, _FIGURES_WIDTH)
        across.add(stacked(*self._tables, gap=2 * theme.SPACE), 5, _TABLES_WIDTH)
        self.body.addLayout(across)

    @property
    def models(self) -> tuple[SharesModel, SharesModel]:
        """For a change of colours."""
        return self._modules, self._symbols

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show the newest worst case."""
        names = {view.spec.module_id: view.spec.name for view in snapshot.modules}
        of = snapshot.worst, snapshot.worst_loss_pct_of_capital, snapshot.worst_loss_pct_of_nav, names
        if of == self._shown:
            return
        self._shown = of
        worst = snapshot.worst
        is_held = worst is not None and bool(worst.symbols)
        for part in (self._facts, *self._tables):
            part.setVisible(is_held)
        if worst is None or not is_held:
            self._show_nothing()
            return
        is_known = len(worst.without_price) < len(worst.symbols)
        self._show_loss(worst, snapshot, is_known=is_known)
        unpriced = frozenset(worst.without_price)
        self._modules.show_rows(_rows(worst.modules, names, frozenset() if is_known else frozenset(names)))
        self._symbols.show_rows(_rows(worst.symbols, {}, unpriced))
        self._lacking.show_or_hide(lacking_words(worst))

    def _show_nothing(self) -> None:
        self._loss.show_value(fmt.money(0), "muted")
        self._words.show_text(_NOTHING)
        for model in self.models:
            model.show_rows([])
        for text in (self._bounds, self._lacking):
            text.show_or_hide("")

    def _show_loss(self, worst: WorstCaseView, snapshot: MindfolioSnapshot, *, is_known: bool) -> None:
        if not is_known:
            self._loss.show_value(fmt.UNKNOWN, "muted")
            self._words.show_text("No price of anything that is held is known: what it may lose is not known either.")
            for key in ("stressed", "at_expiry", "from_cost", "sum_alone", "saved"):
                self._facts.show_fact(key, fmt.UNKNOWN)
            self._bounds.show_or_hide("")
            return
        shares = (
            f"{fmt.percent(snapshot.worst_loss_pct_of_capital)} of capital, "
            f"{fmt.percent(snapshot.worst_loss_pct_of_nav)} of NAV"
        )
        if worst.loss is None:
            self._loss.show_value(fmt.UNBOUNDED, "warning", f"{fmt.counted(worst.naked, 'share')} owed without a bound")
        else:
            self._loss.show_value(fmt.money(worst.loss), "", shares)
        self._words.show_text(case_words(worst))
        self._facts.show_fact("stressed", fmt.money(worst.stressed))
        for key, amount in (("at_expiry", worst.at_expiry), ("from_cost", worst.from_cost)):
            self._facts.show_fact(key, fmt.UNBOUNDED if amount is None else fmt.money(amount))
        self._facts.show_fact("sum_alone", fmt.UNBOUNDED if worst.sum_alone is None else fmt.money(worst.sum_alone))
        self._facts.show_fact("saved", fmt.money(worst.diversification))
        self._bounds.show_or_hide(bound_words(worst.prices))


def case_words(worst: WorstCaseView) -> str:
    """In which case: `If TSLA falls 30%, volatility 50% higher`."""
    if worst.loss is None:
        return "No price limits what may be lost."
    if worst.loss == 0:
        return "No move that is looked at loses anything."
    is_stress = worst.scenario is not None and worst.stressed >= (worst.at_expiry or 0)
    if is_stress and worst.scenario is not None:
        return f"If {scenario_words(worst.scenario)}."
    return "At expiry, if every underlying is at its worst price."


def bound_words(prices: Sequence[WorstPrice]) -> str:
    """Where it costs most at expiry: `Worst prices at expiry: TSLA $240.00 on 17 Apr; KO $0.00`."""
    found = [f"{each.symbol} {fmt.price(each.price)}{_on(each)}" for each in prices]
    return f"Worst prices at expiry: {'; '.join(found)}" if found else ""


def _on(price: WorstPrice) -> str:
    return "" if price.expiration is None else f" on {fmt.short_date(price.expiration)}"


def lacking_words(worst: WorstCaseView) -> str:
    """What is left out of the grid, and why; "" for nothing."""
    parts = []
    if worst.without_price:
        parts.append(f"no price of {', '.join(worst.without_price)}: in the bound at expiry only")
    if worst.without_volatility:
        parts.append(f"{fmt.counted(worst.without_volatility, 'option')} without volatility, taken to expiry")
    if worst.without_beta:
        parts.append(f"no beta of {', '.join(worst.without_beta)}: falls as the index does in a crash")
    words = "; ".join(parts)
    return words[:1].upper() + words[1:]


def _rows(shares: Sequence[WorstShare], names: dict[str, str], unknown: frozenset[str]) -> list[ShareRow]:
    return [ShareRow(names.get(each.name, each.name), each, each.name not in unknown) for each in shares]
