"""What tables and tickets say alike about structures and about what an environment waived."""

from collections.abc import Iterable

from engine.domain.structure import Structure
from mindfolio_desktop.ui import format as fmt

_WAIVED = {"evidence": "evidence waived", "iv_rank": "IV rank waived", "events": "event calendar waived"}


def structure_words(structure: Structure) -> str:
    """A structure beside its symbol: `17 Apr 240/250/270/280 iron condor`."""
    return fmt.structure(structure).removeprefix(f"{structure.symbol} ")


def quantity_words(quantity: int, words: str) -> str:
    """How many of a structure: `2`, a multiplication sign, `17 Apr 240/250/270/280 iron condor`."""
    return f"{quantity} \N{MULTIPLICATION SIGN} {words}"


def waived_words(waived: Iterable[str]) -> str:
    """`evidence waived, IV rank waived`; "" when nothing was."""
    return ", ".join(_WAIVED.get(name, f"{name} waived") for name in waived)
