"""The names of the simulated market: enough of each kind, and shocks that hang together as the table says."""

from collections import Counter

import numpy as np

from engine.domain.tick import CENTS_EVERYWHERE
from engine.market.simulated.universe import (
    BETA,
    COUNT,
    HAS_DAILIES,
    IS_FUND,
    LOADINGS,
    MARKET,
    SYMBOLS,
    UNDERLYINGS,
    column,
)


def test_there_are_forty_names_of_ten_sectors_sorted_and_once_each() -> None:
    assert COUNT >= 40
    assert list(SYMBOLS) == sorted(set(SYMBOLS))
    companies = [underlying for underlying in UNDERLYINGS if not underlying.is_fund]
    assert len(Counter(company.sector for company in companies)) >= 10
    assert {"SPY", "QQQ", "IWM", "XLK", "XLF", "XLE", "XLV"} <= {SYMBOLS[row] for row in np.flatnonzero(IS_FUND)}
    assert {SYMBOLS[row] for row in np.flatnonzero(HAS_DAILIES)} == CENTS_EVERYWHERE


def test_every_company_belongs_to_a_fund_of_its_sector() -> None:
    sectors = {underlying.symbol: underlying.sector for underlying in UNDERLYINGS if underlying.is_fund}
    for underlying in UNDERLYINGS:
        if not underlying.is_fund:
            assert sectors[underlying.fund] == underlying.sector


def test_every_shock_has_one_unit_of_variance_and_some_of_its_own() -> None:
    np.testing.assert_allclose((LOADINGS**2).sum(axis=1), 1.0)
    own = np.diag(LOADINGS)
    assert (own > 0.1).all()
    assert LOADINGS[MARKET, MARKET] == 1


def test_correlations_and_betas_to_the_market_are_the_stated_ones() -> None:
    correlation = LOADINGS @ LOADINGS.T
    np.testing.assert_allclose(correlation[MARKET], column("market"))
    np.testing.assert_allclose(BETA, column("market") * column("volatility") / column("volatility")[MARKET])
    assert np.linalg.eigvalsh(correlation).min() > 0


def test_companies_move_more_with_their_own_sector_than_the_market_alone_explains() -> None:
    correlation = LOADINGS @ LOADINGS.T
    by_market = np.outer(column("market"), column("market"))
    for row, underlying in enumerate(UNDERLYINGS):
        if underlying.fund:
            assert correlation[row, SYMBOLS.index(underlying.fund)] > by_market[row, SYMBOLS.index(underlying.fund)]
    xom, cvx, ko = (SYMBOLS.index(symbol) for symbol in ("XOM", "CVX", "KO"))
    assert correlation[xom, cvx] > 0.6 > correlation[xom, ko]
