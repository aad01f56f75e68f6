"""The tables of the risk page: Greeks by module, shares of the worst case, concentration, betas and limits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject

from engine.core.money import Money, to_float
from engine.domain.concentration import Concentration, NameBeta
from engine.domain.greeks import Greeks, WeightedGreeks
from engine.domain.limit_use import AccountLimit, LimitUse, ModuleLimitUse
from engine.domain.snapshot import MindfolioSnapshot
from engine.domain.worst_case import WorstShare
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.models.keyed_table import Cell, Column, KeyedTableModel, gain_tone


def _money(amount: Money | None, tip: str = "") -> Cell:
    return Cell(fmt.money(amount), None if amount is None else to_float(amount), tip)


def _signed(amount: Money | None, tip: str = "") -> Cell:
    return Cell(fmt.signed_money(amount), None if amount is None else to_float(amount), tip)


# --- Greeks -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class GreeksRow:
    """The Greeks of a module, or of everything (`module_id` "")."""

    module_id: str
    name: str
    positions: int
    greeks: Greeks
    weighted: WeightedGreeks
    missing: int


def greeks_rows(snapshot: MindfolioSnapshot) -> list[GreeksRow]:
    """A row for each module, and what the engine says of all of them."""
    rows = [
        GreeksRow(
            view.spec.module_id, view.spec.name, len(view.open_positions), view.greeks, view.weighted,
            view.greeks_missing,
        )
        for view in snapshot.modules
    ]  # fmt: skip
    missing = sum(row.missing for row in rows)
    return [*rows, GreeksRow("", "All modules", snapshot.positions, snapshot.greeks, snapshot.weighted, missing)]


class GreeksModel(KeyedTableModel[GreeksRow]):
    """Greeks by module, the sum at the end."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_GREEKS, lambda row: row.module_id, parent)


def _greek(read: Callable[[Greeks], float], digits: int, row: GreeksRow) -> Cell:
    value = read(row.greeks)
    return Cell(fmt.greek(value, digits), value)


def _dollars(read: Callable[[WeightedGreeks], Money], row: GreeksRow) -> Cell:
    return _signed(read(row.weighted))


def _vega_30d(row: GreeksRow) -> Cell:
    return Cell(fmt.greek(row.weighted.vega_30d, 2), row.weighted.vega_30d)


def _beta_delta(row: GreeksRow) -> Cell:
    value, lacking = row.weighted.beta_delta, row.weighted.without_beta
    tip = f"without {', '.join(lacking)}, whose beta is not known" if lacking else ""
    return Cell(f"{fmt.greek(value)}{' *' if lacking and value is not None else ''}", value, tip)


def _missing(row: GreeksRow) -> Cell:
    tip = "their volatility is not known: they are in no sum here" if row.missing else ""
    words = f"{fmt.number(row.missing, 0)} of {fmt.number(row.positions, 0)}"
    return Cell(words, float(row.missing), tip, "warning" if row.missing else "")


_GREEKS: tuple[Column[GreeksRow], ...] = (
    Column("Module", lambda row: Cell(row.name, row.name, row.name)),
    Column("Delta", partial(_greek, lambda each: each.delta, 1), is_numeric=True, tip="Share equivalents"),
    Column("Gamma", partial(_greek, lambda each: each.gamma, 2), is_numeric=True, tip="Shares per $1"),
    Column("Theta", partial(_greek, lambda each: each.theta, 2), is_numeric=True, tip="Dollars per calendar day"),
    Column("Vega", partial(_greek, lambda each: each.vega, 2), is_numeric=True, tip="Dollars per point of volatility"),
    Column("$ delta", partial(_dollars, lambda each: each.dollar_delta), is_numeric=True, tip="Delta times the price"),
    Column(
        "$ gamma",
        partial(_dollars, lambda each: each.dollar_gamma),
        is_numeric=True,
        tip="By how much the dollar delta changes when every price rises by 1%",
    ),
    Column("Beta delta", _beta_delta, is_numeric=True, tip="Delta weighted by beta, in shares of the index (SPY)"),
    Column(
        "30-d vega",
        _vega_30d,
        is_numeric=True,
        tip="Dollars when volatility of 30 days moves by a point, and that of others by sqrt(30 / days) as much",
    ),
    Column("Missing", _missing, is_numeric=True, tip="Positions whose Greeks are not known"),
)


# --- worst case -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ShareRow:
    """A module's or an underlying's part of the worst case, under the name that is shown."""

    name: str
    share: WorstShare
    is_known: bool


class SharesModel(KeyedTableModel[ShareRow]):
    """Who brings how much of the worst case."""

    def __init__(self, title: str, parent: QObject | None = None) -> None:
        columns: tuple[Column[ShareRow], ...] = (
            Column(title, lambda row: Cell(row.name, row.name, row.name)),
            *_SHARES,
        )
        super().__init__(columns, lambda row: row.share.name, parent)


def _loss(read: Callable[[WorstShare], Money | None], row: ShareRow) -> Cell:
    amount = read(row.share)
    if not row.is_known:
        return Cell(fmt.UNKNOWN, None, "no price is known")
    if amount is None:
        owed = f"{fmt.counted(row.share.naked, 'share')} owed without a bound" if row.share.naked else ""
        return Cell(fmt.UNBOUNDED, float("inf"), owed, "warning")
    return _money(amount)


def _part(row: ShareRow) -> Cell:
    share = row.share.share
    if not row.is_known or share is None:
        why = "the whole has no bound" if row.is_known else "no price is known"
        return Cell(fmt.UNKNOWN, None, why)
    tip = "it gains in the worst case of all: it protects" if share < 0 else ""
    return Cell(fmt.money(share), to_float(share), tip, "gain" if share < 0 else "")


_SHARES: tuple[Column[ShareRow], ...] = (
    Column(
        "Alone",
        partial(_loss, lambda each: each.alone),
        is_numeric=True,
        tip="Its worst case if it were all that is held",
    ),
    Column("Share", _part, is_numeric=True, tip="What is lost here in the worst case of all; the shares add up to it"),
    Column(
        "From cost",
        partial(_loss, lambda each: each.alone_from_cost),
        is_numeric=True,
        tip="Alone, at expiry, against what was paid or received",
    ),
)


# --- concentration ----------------------------------------------------------------------------------------------------
class ConcentrationModel(KeyedTableModel[Concentration]):
    """What a symbol, or a sector, weighs."""

    def __init__(self, title: str, parent: QObject | None = None) -> None:
        columns = (Column(title, _name), *_CONCENTRATION)
        super().__init__(columns, lambda row: row.name, parent)


def _name(row: Concentration) -> Cell:
    return Cell(row.name, row.name, row.name) if row.name else Cell("No sector known", "~", "no table names its sector")


def _delta(row: Concentration) -> Cell:
    if not row.unknown_deltas:
        return _signed(row.delta)
    words = f"without {fmt.counted(row.unknown_deltas, 'position')} whose delta is not known"
    return Cell(f"{fmt.signed_money(row.delta)} *", to_float(row.delta), words, "warning")


def _share(read: Callable[[Concentration], float | None], row: Concentration) -> Cell:
    value = read(row)
    return Cell(fmt.percent(value, 2), value, "" if value is not None else "NAV is not above zero")


_CONCENTRATION: tuple[Column[Concentration], ...] = (
    Column(
        "Power",
        lambda row: _money(row.power),
        is_numeric=True,
        tip="Buying power of option structures, and the market value of stock",
    ),
    Column("Power / NAV", partial(_share, lambda row: row.power_pct), is_numeric=True),
    Column("$ delta", _delta, is_numeric=True, tip="Moves like this much of the stock"),
    Column("Delta / NAV", partial(_share, lambda row: row.delta_pct), is_numeric=True),
)


# --- betas ------------------------------------------------------------------------------------------------------------
class BetasModel(KeyedTableModel[NameBeta]):
    """Beta of each held name to the index."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_BETAS, lambda row: row.symbol, parent)


def _beta(row: NameBeta) -> Cell:
    return Cell(fmt.number(row.beta, 2), row.beta, "" if row.beta is not None else "too few days are known")


def _error(row: NameBeta) -> Cell:
    words = fmt.number(row.error, 2)
    return Cell(words if row.error is None else f"\N{PLUS-MINUS SIGN} {words}", row.error)


_BETAS: tuple[Column[NameBeta], ...] = (
    Column("Symbol", lambda row: Cell(row.symbol, row.symbol)),
    Column("Beta", _beta, is_numeric=True, tip="Of daily returns to those of the index"),
    Column("Error", _error, is_numeric=True, tip="Standard error of the beta"),
    Column(
        "Days", lambda row: Cell(fmt.number(row.sessions, 0), float(row.sessions)), is_numeric=True,
        tip="Daily returns behind it",
    ),
)  # fmt: skip


# --- limits -----------------------------------------------------------------------------------------------------------
class AccountLimitsModel(KeyedTableModel[LimitUse]):
    """Limits of the account and what is left of them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_ACCOUNT, lambda row: row.which, parent)


@dataclass(frozen=True, slots=True)
class _Unit:
    name: str
    used: str
    words: Callable[[int | None], str]
    missing: str


def _basis_points(value: int | None) -> str:
    return fmt.percent(None if value is None else value / 100, 2)


def _count(value: int | None) -> str:
    return fmt.number(value, 0)


_UNITS: Mapping[AccountLimit, _Unit] = {
    AccountLimit.DAY_LOSS: _Unit("Day loss", "lost today", fmt.money, "no limit: nothing trips"),
    AccountLimit.DRAWDOWN: _Unit("Drawdown", "below the highest NAV", _basis_points, "no limit: nothing trips"),
    AccountLimit.MARGIN_MINIMUM: _Unit("Least equity for spreads", "NAV", fmt.money, "none is demanded"),
    AccountLimit.ORDERS: _Unit("Orders in a session", "sent today", _count, "no limit"),
}


def _used(row: LimitUse) -> Cell:
    unit = _UNITS[row.which]
    return Cell(f"{unit.words(row.used)} {unit.used}" if row.used is not None else fmt.UNKNOWN, None)


def _limit(row: LimitUse) -> Cell:
    unit = _UNITS[row.which]
    return Cell(unit.words(row.limit) if row.limit is not None else unit.missing, None)


def _left(row: LimitUse) -> Cell:
    return Cell(_UNITS[row.which].words(row.left), None, tone="warning" if row.left == 0 else "")


_ACCOUNT: tuple[Column[LimitUse], ...] = (
    Column("Limit of the account", lambda row: Cell(_UNITS[row.which].name, _UNITS[row.which].name)),
    Column("Now", _used, is_numeric=True),
    Column("Limit", _limit, is_numeric=True),
    Column("Left", _left, is_numeric=True, tip="What lies between; at zero the limit is reached"),
)


@dataclass(frozen=True, slots=True)
class ModuleLimitRow:
    """A module's limits under its name."""

    name: str
    use: ModuleLimitUse


class ModuleLimitsModel(KeyedTableModel[ModuleLimitRow]):
    """Limits of the modules and what is left of them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_MODULES, lambda row: row.use.module_id, parent)


def _own(read: Callable[[ModuleLimitUse], Money | None], row: ModuleLimitRow) -> Cell:
    amount = read(row.use)
    return _money(amount) if amount is not None else Cell("not set", None, "without it nothing is opened", "warning")


def _lost(row: ModuleLimitRow) -> Cell:
    lost = row.use.lost
    return Cell(fmt.money(lost), to_float(lost), tone=gain_tone(-lost))


def _left_today(row: ModuleLimitRow) -> Cell:
    left = row.use.left
    return Cell(fmt.money(left), None if left is None else to_float(left), tone="warning" if left == 0 else "")


_MODULES: tuple[Column[ModuleLimitRow], ...] = (
    Column("Module", lambda row: Cell(row.name, row.name, row.name)),
    Column(
        "Risk of one trade",
        partial(_own, lambda use: use.max_risk_per_trade),
        is_numeric=True,
        tip="The most that one trade may lose",
    ),
    Column("Lost today", _lost, is_numeric=True, tip="Day P&L, where it is a loss"),
    Column("Loss of a day", partial(_own, lambda use: use.daily_loss_limit), is_numeric=True, tip="Then it is paused"),
    Column("Left", _left_today, is_numeric=True),
)
