"""Price grids: which prices an option, or a package of several, may be quoted and ordered at.

Rounding here is the passive side's: a buyer's price goes down and a seller's up, so that the order asks for no worse a
price than was meant. Rounding against us, where a worst case is reckoned, is `package.to_tick`.
"""

from enum import Enum

import numpy as np

from engine.core.expiries import INDEX_ROOTS
from engine.core.money import CENT, UNIT, Money
from engine.domain.chain import Ints

PACKAGE_TICK: Money = CENT
"""Several legs sent as one package trade in whole cents (net)."""

_BREAK: Money = 3 * UNIT
"""Where most grids become coarser."""


class Grid(Enum):
    """Price steps below and from $3."""

    CENTS = (CENT, CENT)
    PENNY = (CENT, 5 * CENT)
    NICKEL = (5 * CENT, 10 * CENT)
    INDEX = (5 * CENT, 5 * CENT)

    @property
    def below(self) -> Money:
        """Step of prices under $3."""
        return self.value[0]

    @property
    def above(self) -> Money:
        """Step of prices of $3 and more."""
        return self.value[1]


CENTS_EVERYWHERE = frozenset({"SPY", "QQQ", "IWM"})
"""Classes that quote in cents at every price."""

INDEX_CLASSES = INDEX_ROOTS

EUROPEAN_CLASSES = INDEX_CLASSES - {"OEX"}
"""Classes that cannot be exercised before expiry. Source: Cboe's and Nasdaq's contract specifications."""

PENNY_CLASSES = frozenset(
    {
        *("AAPL", "ABBV", "AMAT", "AMD", "AMZN", "AVGO", "BA", "BABA", "BAC", "C", "CAT", "CMCSA", "COIN", "COST"),
        *("CRM", "CSCO", "CVX", "DAL", "DIA", "DIS", "EEM", "EFA", "F", "FCX", "FXI", "GDX", "GE", "GLD", "GM"),
        *("GOOG", "GOOGL", "GS", "HD", "HYG", "IBM", "INTC", "JNJ", "JPM", "KO", "KRE", "LLY", "LQD", "MA", "MCD"),
        *("META", "MRK", "MS", "MSFT", "MU", "NFLX", "NKE", "NVDA", "ORCL", "PEP", "PFE", "PG", "PYPL", "QCOM"),
        *("SBUX", "SLV", "SMH", "T", "TGT", "TLT", "TSLA", "TXN", "UBER", "UNH", "UPS", "USO", "V", "VZ", "WFC"),
        *("WMT", "XBI", "XLE", "XLF", "XLI", "XLK", "XLP", "XLU", "XLV", "XLY", "XOM"),
    }
)
"""Well-known classes of the penny programme; the programme has more. A class that is not named here gets the coarse
grid, whose prices are on every finer one."""


def grid_of(underlying: str) -> Grid:
    """The grid of an underlying's options; the coarsest where it is not known."""
    if underlying in CENTS_EVERYWHERE:
        return Grid.CENTS
    if underlying in INDEX_CLASSES:
        return Grid.INDEX
    return Grid.PENNY if underlying in PENNY_CLASSES else Grid.NICKEL


def tick_size(underlying: str, price: Money) -> Money:
    """Smallest price step of one option at `price`, either sign."""
    grid = grid_of(underlying)
    return grid.below if abs(price) < _BREAK else grid.above


def is_on_grid(underlying: str, price: Money) -> bool:
    """Whether one option may be ordered at `price`."""
    return price % tick_size(underlying, price) == 0


def buy_price(underlying: str, price: Money) -> Money:
    """The highest price on the grid that is not above `price` (>= 0)."""
    return price - price % tick_size(underlying, price)


def sell_price(underlying: str, price: Money) -> Money:
    """The lowest price on the grid that is not below `price` (>= 0)."""
    tick = tick_size(underlying, price)
    return -(-price // tick) * tick


def buy_prices(grid: Grid, prices: Ints) -> Ints:
    """As `buy_price`, for an array of money (n,)."""
    return prices - prices % np.where(prices < _BREAK, grid.below, grid.above)


def sell_prices(grid: Grid, prices: Ints) -> Ints:
    """As `sell_price`, for an array of money (n,)."""
    return prices + -prices % np.where(prices < _BREAK, grid.below, grid.above)


def package_price(price: Money, *, is_buy: bool) -> Money:
    """A net price of several legs on the package's grid: a buyer's down, a seller's up. Debits are positive."""
    return price - price % PACKAGE_TICK if is_buy else -(-price // PACKAGE_TICK) * PACKAGE_TICK
