"""The real recording of SPY in 2021 (252 sessions, 20 contracts each), brought into a history store."""

from pathlib import Path

import duckdb

from engine.market.history import HistoryStore
from engine.market.importer import import_files

_AS_YAHOO = """
    copy (
        select quotedate || case when quotedate between '2021-03-14' and '2021-11-06'
                                 then ' 15:59:00-04:00' else ' 15:59:00-05:00' end as snapshot_et,
               underlying as ticker, expiration, type, strike, bid, ask, volume, openinterest as "openInterest",
               underlying_last as spot_price
        from read_csv(?, all_varchar = true)
    ) to '{target}' (header)
"""


def import_spy_2021(shared_dir: Path, folder: Path) -> HistoryStore:
    """Import the file as if each day's rows had been saved a minute before the close; halves included."""
    source, target = shared_dir / "data" / "chains" / "spy_2021_252_sessions.csv", folder / "spy_2021.csv"
    with duckdb.connect() as connection:
        connection.execute(_AS_YAHOO.format(target=target), [str(source)])
    history = HistoryStore(folder / "history")
    import_files([target], history, lambda _: None)
    return history
