"""Their names for what is traded: `AAPL`, `$SPX.X`, `SPY 251219C420`, `TSLA 240510C167.5`.

Source: TradeStation's page on option symbology; captured orders.
"""

import datetime as dt
import re

from engine.core.expiries import INDEX_ROOTS
from engine.core.money import UNIT, Money, dollars
from engine.domain.instrument import OptionContract, Right, parse_instrument

_OPTION = re.compile(r"(?P<root>[A-Z][A-Z0-9.]{0,5}) (?P<day>\d{6})(?P<right>[CP])(?P<strike>\d{1,6}(\.\d{1,3})?)")
_INDEX = re.compile(r"\$(?P<root>[A-Z0-9]{1,6})\.X")


def symbol_of(contract: OptionContract) -> str:
    """An option's name: a space after the root, the strike without padding."""
    return f"{contract.underlying} {contract.expiration:%y%m%d}{contract.right.value}{_plain(contract.strike)}"


def underlying_symbol(root: str) -> str:
    """The name under which an underlying is quoted: shares by their ticker, indices as `$SPX.X`."""
    return f"${root}.X" if root in INDEX_ROOTS else root


def instrument_of(text: str) -> OptionContract | str | None:
    """What a name stands for, an option or a ticker, in any case; None for what we cannot read."""
    name = text.strip().upper()
    found = _OPTION.fullmatch(name)
    try:
        if found is not None:
            day = dt.datetime.strptime(found["day"], "%y%m%d").replace(tzinfo=dt.UTC).date()
            return OptionContract(found["root"], day, dollars(found["strike"]), Right(found["right"]))
        index = _INDEX.fullmatch(name)
        if index is not None:
            return index["root"]
        plain = parse_instrument(name)
    except ValueError:
        return None
    return plain if isinstance(plain, str) else None  # an OCC symbol is none of their names


def _plain(price: Money) -> str:
    """A strike as they write it: `420`, `167.5`."""
    whole, rest = divmod(price, UNIT)
    return f"{whole}.{rest:04d}".rstrip("0") if rest else str(whole)
