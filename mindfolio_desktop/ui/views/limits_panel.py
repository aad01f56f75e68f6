"""Limits of the account and of the modules, where they stand, and what is left of them."""

from collections.abc import Mapping

from engine.domain.limit_use import StandingLimits
from engine.domain.mindfolio import AccountType
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.models.keyed_table import SORT_ROLE
from mindfolio_desktop.ui.models.risk import AccountLimitsModel, ModuleLimitRow, ModuleLimitsModel
from mindfolio_desktop.ui.widgets.data_table import DataTable
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.text import Text

_ASKING = "Asking for the limits…"


class LimitsPanel(Panel):
    """Two tables, and what the account may trade."""

    def __init__(self) -> None:
        super().__init__("Limits", "limits_panel", "what is left of them")
        self.account, self.modules = AccountLimitsModel(self), ModuleLimitsModel(self)
        self._tables = (
            DataTable(self.account, "account_limits", "Limits of the account", sort_role=SORT_ROLE, stretch=0),
            DataTable(self.modules, "module_limits", "Limits of the modules", sort_role=SORT_ROLE, stretch=0),
        )
        self._rules = Text("", "muted", wraps=True, name="limits_rules")
        self._first = Text("", "warning", wraps=True, name="limits_first")
        for table in self._tables:
            table.explain_empty(_ASKING)
            self.body.addWidget(table)
        self.body.addWidget(self._rules)
        self.body.addWidget(self._first)
        self._first.hide()

    def show_limits(self, found: StandingLimits, names: Mapping[str, str]) -> None:
        """Show where the limits stand; `names` of modules by id."""
        self.account.show_rows(found.account)
        self.modules.show_rows([ModuleLimitRow(names.get(use.module_id, use.module_id), use) for use in found.modules])
        self._tables[1].explain_empty("This mindfolio has no modules.")
        self._rules.show_text(rules_words(found))
        day_loss = next((use.limit for use in found.account), None)
        words = (
            f"The modules may lose {fmt.money(found.module_losses)} a day together, the account {fmt.money(day_loss)}: "
            "the account's limit binds first."
        )
        self._first.show_or_hide(words if found.binds_first else "")

    def show_trouble(self, why: str) -> None:
        """Say why there are no newer figures."""
        for table in self._tables:
            table.explain_empty(f"The limits are not known: {why}")


def rules_words(found: StandingLimits) -> str:
    """What it may trade, and what it has: `Margin account, option level 3. $29,500 of its own cash...`."""
    rules = found.rules
    kind = "Margin account" if rules.account_type is AccountType.MARGIN else "Cash account"
    level = "option level not known" if rules.option_level is None else f"option level {rules.option_level}"
    trades = ""
    if rules.day_trade_limit is not None:
        trades = f", a warning at {fmt.counted(rules.day_trade_limit, 'day trade')} in five sessions"
    return f"{kind}, {level}{trades}. {fmt.money(found.free)} of its own cash has no claim on it."
