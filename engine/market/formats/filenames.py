"""What only a file's name tells: the symbol, the contract, the page that was saved.

`shown` says where the file lies, for the refusal of one whose name does not tell; `given` is the symbol that a person
says, for files that tell none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.core.errors import ImportRefused

_SYMBOL = re.compile(r"(?P<symbol>[A-Za-z]{1,5})[_\- ](?=.*\d|eod|options?|quotes?|chains?)", re.IGNORECASE)
_NO_SYMBOLS = frozenset({"chain", "copy", "data", "daily", "eod", "file", "opt", "opts", "quote", "table", "test"})
_CONTRACT = re.compile(r"(?<![A-Z])(?P<contract>[A-Z]{1,6}\d{6}[CP]\d{8})(?!\d)", re.IGNORECASE)
_PAGE = re.compile(
    r"(?P<symbol>[a-z.]{1,6})-options-(?:exp-)?(?P<expiration>\d{4}-\d{2}-\d{2})-.*?(?P<date>\d{2}-\d{2}-\d{4})\.csv",
    re.IGNORECASE,
)
_LEAN = re.compile(
    r"(?:(?P<date>\d{8})_)?(?P<symbol>[a-z.]{1,6})_(?:(?P<minute>minute)_)?(?P<what>quote|openinterest|trade)_"
    r"(?P<style>american|european)_(?P<kind>call|put)_(?P<strike>\d{1,12})_(?P<expiration>\d{8})\.csv",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class LeanMember:
    """What the name of a member of a LEAN archive says; `date` is empty in daily ones, whose lines carry it."""

    symbol: str
    what: str
    kind: str
    strike: str
    expiration: str
    date: str


def named_symbol(name: str, shown: str, given: str | None = None) -> dict[str, str]:
    """The symbol that `spy_eod_202301.txt` begins with, else the one that was given. Raises ImportRefused without."""
    found = named_symbol_if_any(name, shown, given)
    if not found:
        raise ImportRefused(
            f"{shown}: its rows name no symbol; say --symbol, or rename the file so that it begins with one, like "
            "spy_eod_202301.txt"
        )
    return found


def named_symbol_if_any(name: str, _shown: str = "", given: str | None = None) -> dict[str, str]:
    """The symbol that a name begins with, else the one that was given, or nothing."""
    found = _SYMBOL.match(name)
    if found is not None and found["symbol"].lower() not in _NO_SYMBOLS:
        return {"symbol": found["symbol"]}
    return {} if given is None else {"symbol": given}


def named_contract(name: str, shown: str, _given: str | None = None) -> dict[str, str]:
    """The OCC symbol in a name. Raises ImportRefused when there is none."""
    found = _CONTRACT.search(name)
    if found is None:
        raise ImportRefused(
            f"{shown}: its rows name no contract; rename the file so that it holds the OCC symbol, like "
            "SPY230519C00390000.csv"
        )
    return {"contract": found["contract"].upper()}


def named_page(name: str, shown: str, _given: str | None = None) -> dict[str, str]:
    """Symbol, expiration and date of a saved page. Raises ImportRefused when the name has other parts."""
    found = _PAGE.match(name)
    if found is None:
        raise ImportRefused(
            f"{shown}: its rows name no symbol, expiration and date; keep the name it was saved under, like "
            "spy-options-exp-2024-01-19-weekly-show-all-stacked-01-12-2024.csv"
        )
    return {"symbol": found["symbol"], "expiration": found["expiration"], "quoted_at": found["date"]}


def lean_member(name: str) -> LeanMember | None:
    """What a LEAN archive's member holds, None for any other name."""
    found = _LEAN.fullmatch(name)
    if found is None:
        return None
    return LeanMember(
        symbol=found["symbol"].upper(),
        what=found["what"].lower(),
        kind=found["kind"].lower(),
        strike=found["strike"],
        expiration=found["expiration"],
        date=found["date"] or "",
    )
