"""Comparing our books with the broker's account: per contract and in cash. Pure."""

from collections.abc import Mapping

from engine.core.money import Money
from engine.domain.account import CASH_ID, BrokerAccount, Difference
from engine.domain.instrument import OptionContract, parse_instrument


def compare(
    held: Mapping[str, int], cash: Money, account: BrokerAccount, ignored: Mapping[str, int]
) -> dict[str, Difference]:
    """Everything that differs, by instrument. `held` and `cash` are all that our books say the broker has.

    `ignored` is how much more of an instrument the broker may have without it being a difference.
    """
    found: dict[str, Difference] = {}
    for name in sorted(held.keys() | account.positions.keys() | (ignored.keys() - {CASH_ID})):
        ours, theirs = held.get(name, 0), account.positions.get(name, 0) - ignored.get(name, 0)
        if ours != theirs:
            found[name] = Difference(name, symbol_of(name), ours, theirs)
    theirs = account.cash - ignored.get(CASH_ID, 0)
    if cash != theirs:
        found[CASH_ID] = Difference(CASH_ID, CASH_ID, cash, theirs)
    return found


def symbol_of(instrument: str) -> str:
    """The underlying of an OCC symbol, or the ticker itself; what we cannot read stands for itself."""
    try:
        parsed = parse_instrument(instrument)
    except ValueError:
        return instrument
    return parsed.underlying if isinstance(parsed, OptionContract) else parsed
