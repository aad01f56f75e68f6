"""What the simulated market expects: variance until each expiration, and a smile around it without arbitrage.

Total variance at the money is what is expected until then, sessions, nights, jumps and earnings included, times the
sellers' premium. It only grows with time, and the smile is a surface SVI, so there is nothing to be had from two
strikes or two expirations at their mids.
"""

import numpy as np

from engine.domain.chain import Floats, Ints
from engine.market.simulated.events import EARNINGS_VARIANCE
from engine.market.simulated.paths import JUMP_VARIANCE, LOG_VOL_SPREAD, MEAN_REVERSION, MEAN_VARIANCE
from engine.market.simulated.universe import column

STEEPNESS = 0.85
"""eta of the smile."""

FAIR_STEEPNESS = 0.4
"""eta of the smile that is fair at every strike: what steepens it beyond that is paid for insurance against falls."""

SKEW = column("skew")
_PREMIUM = column("premium")
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)


def expected_variance(name: Ints, log_volatility: Floats, clock: Floats) -> Floats:
    """Variance of the log price that is to be expected over `clock` > 0, in all and with jumps, earnings apart, (n,).

    `name` is the row of the universe, `log_volatility` that name's now, over its mean. The log volatility x after t is
    normal with mean x exp(-kappa t) and the variance of its process; with u = exp(-kappa t) the expected variance is
    the mean times exp(2 x u - 2 s^2 u^2), integrated here over u by Gauss and Legendre.
    """
    end = np.exp(-MEAN_REVERSION * clock)
    half = -np.expm1(-MEAN_REVERSION * clock) / 2
    u = (end + half)[:, np.newaxis] + half[:, np.newaxis] * _NODES
    beyond_mean = np.expm1(2 * u * (log_volatility[:, np.newaxis] - LOG_VOL_SPREAD**2 * u)) / (MEAN_REVERSION * u)
    moving = clock + half * (beyond_mean @ _WEIGHTS)
    expected: Floats = MEAN_VARIANCE[name] * moving + JUMP_VARIANCE[name] * clock
    return expected


def at_the_money(name: Ints, log_volatility: Floats, clock: Floats, earnings: Floats, *, fair: bool) -> Floats:
    """Total implied variance at the forward, (n,); `earnings` is how many announcements lie before the expiration.

    `fair`: with `FAIR_STEEPNESS` the whole smile costs what is expected, as a variance swap replicated from it does,
    and over a month so does every strike; else a premium more, and puts more than calls.
    """
    expected = expected_variance(name, log_volatility, clock) + EARNINGS_VARIANCE[name] * earnings
    premium = np.ones(name.size) if fair else _PREMIUM[name] ** 2
    implied: Floats = expected * premium / (FAIR_SWAP_OVER_MONEY if fair else SWAP_OVER_MONEY)[name]
    return implied


def smile(total_variance: Floats, log_moneyness: Floats, rho: Floats, steepness: float = STEEPNESS) -> Floats:
    """Total implied variance at log(strike / forward) from that at the money, arrays of one shape.

    Gatheral and Jacquier (2014), "Arbitrage-free SVI volatility surfaces", SSVI with phi = eta / sqrt(theta (1 +
    theta)): free of butterfly arbitrage for eta (1 + |rho|) <= 2, and of calendar arbitrage as long as the variance
    at the money grows with time, which an expected variance does.
    """
    phi = steepness / np.sqrt(total_variance * (1 + total_variance))
    tilted = phi * log_moneyness + rho
    wings: Floats = total_variance / 2 * (1 - rho**2 + rho * tilted + np.sqrt(tilted**2 + (1 - rho**2)))
    return wings


def _swap_over_money(steepness: float) -> Floats:
    """Fair variance of a swap over the variance at the money, (COUNT,), of the weeks that are traded most.

    The fair variance is the mean of w(k) where z = -k / sqrt(w) - sqrt(w) / 2 is normal (Gatheral, The Volatility
    Surface, chapter 11). Of other dates within a year it is that to two hundredths, more the further away.
    """
    theta = 0.002
    k = np.broadcast_to(np.linspace(-30.0, 30.0, 4_001)[:, np.newaxis] * np.sqrt(theta), (4_001, SKEW.size))
    variance = smile(np.full(k.shape, theta), k, np.broadcast_to(SKEW, k.shape), steepness)
    z = -k / np.sqrt(variance) - np.sqrt(variance) / 2
    middle = (variance[1:] + variance[:-1]) / 2
    density = np.exp(-(((z[1:] + z[:-1]) / 2) ** 2) / 2) / np.sqrt(2 * np.pi)
    found: Floats = (middle * density * -np.diff(z, axis=0)).sum(axis=0) / theta
    return found


SWAP_OVER_MONEY = _swap_over_money(STEEPNESS)
FAIR_SWAP_OVER_MONEY = _swap_over_money(FAIR_STEEPNESS)
