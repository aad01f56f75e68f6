"""Names of the simulated market: funds, which are its factors, and companies, each with its sector and its character.

The shock of a name is the market's, its fund's beyond the market, and its own: loadings on independent shocks, so that
betas and correlations between any two names follow from one table.
"""

from dataclasses import dataclass

import numpy as np

from engine.domain.chain import Floats

DAILY_EXPIRATIONS = frozenset({"IWM", "QQQ", "SPY"})
"""Classes with an expiration on every session of the next two weeks."""


@dataclass(frozen=True, slots=True)
class Underlying:
    """One name of the market; each figure is a typical one of its kind, not a forecast."""

    symbol: str
    sector: str
    spot: float
    """Dollars a share at the open of the first session that is quoted."""
    volatility: float
    """Root of its mean variance a year, jumps and earnings apart."""
    market: float
    """Correlation of its shocks with the market's."""
    fund: str
    """The fund whose shocks beyond the market's it shares, "" for none."""
    loading: float
    """Loading on those."""
    leverage: float
    """Correlation of its volatility's shocks with its returns."""
    skew: float
    """Tilt of its smile, rho of `surface.smile`."""
    premium: float
    """Implied over expected volatility: what sellers of its options are paid for bearing the risk."""
    spread: float
    """Spread in dollars of an option at the money that is worth one dollar."""
    open_interest: int
    """Open interest of a contract at the money."""
    volume: float
    """Shares traded on a typical day."""
    dividend_yield: float
    """Paid in four parts a year, as a part of the price."""
    earnings_move: float
    """Standard deviation of the log price's move on earnings; funds have none."""

    @property
    def is_fund(self) -> bool:
        """Whether it is a fund: it has no earnings, no news of its own, and no splits."""
        return self.earnings_move == 0


def _fund(
    symbol: str, sector: str, spot: float, volatility: float, market: float, *, fund: str = "", loading: float = 0.0,
    liquidity: float = 0.2, dividends: float = 0.01, leverage: float = -0.6, skew: float = -0.55,
) -> Underlying:  # fmt: skip
    return Underlying(
        symbol, sector, spot, volatility, market, fund, loading, leverage, skew, 1.14,
        0.010 / liquidity**0.45, round(25_000 * liquidity), 70e6 * liquidity, dividends, 0.0,
    )  # fmt: skip


def _company(
    symbol: str, sector: str, spot: float, volatility: float, market: float, fund: str, loading: float,
    *, liquidity: float = 0.15, dividends: float = 0.0, earnings: float = 0.05, skew: float = -0.38,
) -> Underlying:  # fmt: skip
    return Underlying(
        symbol, sector, spot, volatility, market, fund, loading, -0.5, skew, 1.07,
        0.014 / liquidity**0.4, round(20_000 * liquidity), 6e9 * liquidity**1.2 / spot, dividends, earnings,
    )  # fmt: skip


_TECH, _CHIPS, _MEDIA, _SHOPS, _BANKS = "Technology", "Semiconductors", "Communication", "Consumer", "Financials"
_OIL, _HEALTH, _INDUSTRY, _STAPLES, _POWER = "Energy", "Health care", "Industrials", "Staples", "Utilities"

UNDERLYINGS = tuple(
    sorted(
        (
            _fund("SPY", "Market", 688.0, 0.145, 1.0, liquidity=1.0, dividends=0.012, leverage=-0.78, skew=-0.65),
            _fund("QQQ", "Growth", 618.0, 0.19, 0.93, fund="XLK", loading=0.25, liquidity=0.8, dividends=0.006,
                  leverage=-0.72, skew=-0.60),
            _fund("IWM", "Small companies", 248.0, 0.20, 0.85, liquidity=0.5, leverage=-0.65, skew=-0.55),
            _fund("XLK", _TECH, 146.0, 0.20, 0.90, dividends=0.006),
            _fund("SMH", _CHIPS, 362.0, 0.28, 0.78, fund="XLK", loading=0.35, dividends=0.004, skew=-0.45),
            _fund("XLC", _MEDIA, 117.0, 0.18, 0.85, liquidity=0.06),
            _fund("XLY", _SHOPS, 120.0, 0.19, 0.87, liquidity=0.08, dividends=0.008),
            _fund("XLF", _BANKS, 54.5, 0.16, 0.80, dividends=0.014),
            _fund("XLE", _OIL, 45.5, 0.22, 0.50, dividends=0.032, skew=-0.40),
            _fund("XLV", _HEALTH, 155.0, 0.14, 0.62, liquidity=0.1, dividends=0.015),
            _fund("XLI", _INDUSTRY, 156.0, 0.16, 0.86, liquidity=0.08, dividends=0.013),
            _fund("XLP", _STAPLES, 78.0, 0.12, 0.48, liquidity=0.1, dividends=0.026, skew=-0.45),
            _fund("XLU", _POWER, 43.0, 0.15, 0.38, liquidity=0.12, dividends=0.028, skew=-0.40),
            _fund("GLD", "Gold", 398.0, 0.16, 0.08, liquidity=0.5, dividends=0.0, leverage=0.15, skew=0.10),
            _fund("TLT", "Bonds", 87.0, 0.14, -0.12, liquidity=0.4, dividends=0.043, leverage=-0.05, skew=-0.05),
            _company("AAPL", _TECH, 268.0, 0.24, 0.66, "XLK", 0.30, liquidity=0.6, dividends=0.004, earnings=0.036),
            _company("MSFT", _TECH, 478.0, 0.22, 0.68, "XLK", 0.38, liquidity=0.35, dividends=0.007, earnings=0.04),
            _company("ORCL", _TECH, 195.0, 0.38, 0.52, "XLK", 0.36, dividends=0.01, earnings=0.09),
            _company("CRM", _TECH, 260.0, 0.32, 0.55, "XLK", 0.32, dividends=0.006, earnings=0.08),
            _company("NVDA", _CHIPS, 188.0, 0.40, 0.62, "SMH", 0.52, liquidity=0.9, earnings=0.065, skew=-0.40),
            _company("AMD", _CHIPS, 223.0, 0.46, 0.55, "SMH", 0.50, liquidity=0.4, earnings=0.08),
            _company("AVGO", _CHIPS, 347.0, 0.40, 0.57, "SMH", 0.52, liquidity=0.3, dividends=0.007, earnings=0.075),
            _company("MU", _CHIPS, 315.0, 0.48, 0.50, "SMH", 0.48, liquidity=0.25, dividends=0.002, earnings=0.075),
            _company("INTC", _CHIPS, 39.4, 0.46, 0.45, "SMH", 0.42, liquidity=0.35, earnings=0.09),
            _company("GOOGL", _MEDIA, 315.0, 0.27, 0.62, "XLC", 0.42, liquidity=0.45, dividends=0.003, earnings=0.055),
            _company("META", _MEDIA, 658.0, 0.31, 0.60, "XLC", 0.48, liquidity=0.4, dividends=0.003, earnings=0.085),
            _company("NFLX", _MEDIA, 91.0, 0.32, 0.48, "XLC", 0.30, liquidity=0.25, earnings=0.075),
            _company("DIS", _MEDIA, 112.0, 0.25, 0.55, "XLC", 0.25, dividends=0.013, earnings=0.065),
            _company("AMZN", _SHOPS, 226.0, 0.29, 0.64, "XLY", 0.42, liquidity=0.5, earnings=0.06),
            _company("TSLA", _SHOPS, 440.0, 0.50, 0.52, "XLY", 0.38, liquidity=0.85, earnings=0.085, skew=-0.32),
            _company("HD", _SHOPS, 345.0, 0.21, 0.56, "XLY", 0.32, dividends=0.027, earnings=0.035),
            _company("MCD", _SHOPS, 304.0, 0.17, 0.40, "XLY", 0.15, liquidity=0.1, dividends=0.024, earnings=0.03),
            _company("NKE", _SHOPS, 63.0, 0.31, 0.44, "XLY", 0.26, dividends=0.026, earnings=0.08),
            _company("JPM", _BANKS, 325.0, 0.21, 0.60, "XLF", 0.55, liquidity=0.2, dividends=0.018, earnings=0.03),
            _company("BAC", _BANKS, 55.9, 0.23, 0.58, "XLF", 0.58, liquidity=0.25, dividends=0.02, earnings=0.035),
            _company("GS", _BANKS, 914.0, 0.24, 0.62, "XLF", 0.50, liquidity=0.1, dividends=0.018, earnings=0.035),
            _company("XOM", _OIL, 122.0, 0.22, 0.36, "XLE", 0.75, liquidity=0.2, dividends=0.033, earnings=0.025),
            _company("CVX", _OIL, 156.0, 0.21, 0.38, "XLE", 0.74, dividends=0.044, earnings=0.025),
            _company("UNH", _HEALTH, 336.0, 0.30, 0.30, "XLV", 0.42, liquidity=0.2, dividends=0.026, earnings=0.06),
            _company("LLY", _HEALTH, 1075.0, 0.29, 0.34, "XLV", 0.44, dividends=0.006, earnings=0.065),
            _company("PFE", _HEALTH, 25.2, 0.21, 0.36, "XLV", 0.46, liquidity=0.2, dividends=0.068, earnings=0.035),
            _company("CAT", _INDUSTRY, 598.0, 0.28, 0.60, "XLI", 0.42, dividends=0.01, earnings=0.055),
            _company("BA", _INDUSTRY, 227.0, 0.31, 0.52, "XLI", 0.28, liquidity=0.2, earnings=0.05),
            _company("WMT", _STAPLES, 113.0, 0.19, 0.42, "XLP", 0.42, liquidity=0.2, dividends=0.008, earnings=0.045),
            _company("KO", _STAPLES, 69.0, 0.14, 0.38, "XLP", 0.58, dividends=0.029, earnings=0.025),
            _company("NEE", _POWER, 80.0, 0.23, 0.34, "XLU", 0.66, liquidity=0.06, dividends=0.028, earnings=0.03),
        ),
        key=lambda underlying: underlying.symbol,
    )
)  # fmt: skip
"""All names, sorted by symbol: column i of every array belongs to UNDERLYINGS[i]."""

SYMBOLS = tuple(underlying.symbol for underlying in UNDERLYINGS)
COUNT = len(UNDERLYINGS)
MARKET = SYMBOLS.index("SPY")
"""The column of the market itself."""


def column(name: str) -> Floats:
    """One numeric field of all underlyings as an array (COUNT,)."""
    return np.array([getattr(underlying, name) for underlying in UNDERLYINGS], dtype=np.float64)


IS_FUND = np.array([underlying.is_fund for underlying in UNDERLYINGS])
HAS_DAILIES = np.array([symbol in DAILY_EXPIRATIONS for symbol in SYMBOLS])


def _loadings() -> Floats:
    """Loadings (COUNT, COUNT) of each name's shock on the independent shocks, whose rows have length one.

    A fund's own independent shock is the factor of its sector. Funds come before those who load on them.
    """
    loadings = np.zeros((COUNT, COUNT))
    loadings[MARKET, MARKET] = 1.0
    waiting = [row for row in range(COUNT) if row != MARKET]
    for row in sorted(waiting, key=lambda row: (not IS_FUND[row], UNDERLYINGS[row].fund != "", SYMBOLS[row])):
        underlying = UNDERLYINGS[row]
        loadings[row, MARKET] = underlying.market
        if underlying.fund:
            beyond = loadings[SYMBOLS.index(underlying.fund)].copy()
            beyond[MARKET] = 0.0
            loadings[row] += underlying.loading * beyond / np.sqrt((beyond**2).sum())
        loadings[row, row] = np.sqrt(1.0 - (loadings[row] ** 2).sum())
    return loadings


LOADINGS = _loadings()

BETA = column("market") * column("volatility") / column("volatility")[MARKET]
"""What a name moves for a move of the market."""
