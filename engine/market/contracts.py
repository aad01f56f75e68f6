"""The master of recorded contracts: which there were of an underlying, and when each was quoted."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.domain.chain import Ints
from engine.domain.contract_keys import contract_keys
from engine.market.duck import connect, failing_as, literal
from engine.market.history_files import HistoryFault, checked_path, read_manifest

_CONTRACTS = """
    select (expiration - date '1970-01-01')::bigint + 719163 as expiration_day, "right" = 'P' as is_put, strike,
           min(quoted_at) as first_us, max(quoted_at) as last_us, count(*) as quotes
    from read_parquet(?, hive_partitioning = false)
    group by all
"""


@dataclass(frozen=True, slots=True, eq=False)
class Contracts:
    """Arrays (n,), sorted by `key` (see `contract_keys`): first and last quote (microseconds UTC), and how many."""

    key: Ints
    first_us: Ints
    last_us: Ints
    quotes: Ints


def read_contracts(root: Path, symbol: str) -> Contracts:
    """Every contract of a symbol recorded below `root`. Raises HistoryFault where a file is damaged."""
    paths = [literal(checked_path(root, file)) for file in read_manifest(root).files if file.symbol == symbol]
    if not paths:
        none = np.empty(0, dtype=np.int64)
        return Contracts(none, none, none, none)
    with failing_as(HistoryFault, f"the recorded chains of {symbol} cannot be read"), connect() as connection:
        columns = connection.execute(_CONTRACTS, [paths]).fetchnumpy()
    days, strike, first, last, quotes = (
        columns[name].astype(np.int64) for name in ("expiration_day", "strike", "first_us", "last_us", "quotes")
    )
    key = contract_keys(days, columns["is_put"].astype(np.bool_), strike)
    order = np.argsort(key)
    return Contracts(key[order], first[order], last[order], quotes[order])
