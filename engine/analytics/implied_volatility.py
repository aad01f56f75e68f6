"""Implied volatility of European options: bracketed, vectorised, every impossible price flagged with its reason."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analytics import kernel
from engine.analytics.columns import columns, side_of
from engine.analytics.kernel import FlagLike, Flags, FloatLike, IvStatus
from engine.domain.chain import Floats


@dataclass(frozen=True, slots=True, eq=False)
class ImpliedVolatility:
    """Arrays in the common shape of the inputs: volatility a year (0.25 = 25 %, NaN unless OK), `IvStatus` as int8."""

    volatility: Floats
    status: NDArray[np.int8]

    @property
    def valid(self) -> Flags:
        """Rows with a volatility."""
        valid: Flags = self.status == IvStatus.OK
        return valid


def implied_volatility(
    price: FloatLike,
    forward: FloatLike,
    strike: FloatLike,
    years: FloatLike,
    rate: FloatLike,
    is_put: FlagLike,
) -> ImpliedVolatility:
    """Volatility at which a European option has this price; inputs broadcast against each other.

    price, forward, strike in $ a share; years to expiry; rate continuously compounded a year. Nothing raises and
    nothing warns on bad rows: see `IvStatus`. Raises ValueError when the shapes do not broadcast.
    """
    inputs = columns(price, forward, strike, years, rate, side_of(is_put))
    volatility, status = kernel.implied_volatility(*inputs.flat)
    return ImpliedVolatility(volatility.reshape(inputs.shape), status.reshape(inputs.shape))


def quote_status(bid: Floats, ask: Floats) -> NDArray[np.int8]:
    """Whether a quote has a mid worth asking about, `IvStatus` as int8 in the shape of the inputs ($ a share).

    OK is 0 <= bid <= ask with an ask above zero; a bid of zero is a worthless wing. Otherwise NOT_FINITE (a side is
    missing), NO_PRICE (an ask of nothing, or a side below zero) or CROSSED.
    """
    status = np.zeros(np.broadcast(bid, ask).shape, dtype=np.int8)
    with np.errstate(invalid="ignore"):
        status[bid > ask] = IvStatus.CROSSED
        status[(bid < 0) | (ask <= 0)] = IvStatus.NO_PRICE
        status[~np.isfinite(bid + ask)] = IvStatus.NOT_FINITE
    return status
