"""The master of recorded contracts."""

import datetime as dt
from pathlib import Path

import pytest

from engine.core.clock import epoch_us
from engine.domain.instrument import contract_of
from engine.market.contracts import read_contracts
from engine.market.history import HistoryStore
from engine.market.history_files import HistoryFault

Instants = tuple[dt.datetime, dt.datetime, dt.datetime]


def test_each_contract_has_its_first_and_last_quote(recorded: HistoryStore, instants: Instants) -> None:
    found = read_contracts(recorded.root, "SPY")
    first, second, third = (epoch_us(at) for at in instants)
    shown = {
        contract_of("SPY", key).occ: row
        for key, *row in zip(
            *(c.tolist() for c in (found.key, found.first_us, found.last_us, found.quotes)), strict=True
        )
    }
    assert shown == {
        "SPY260417P00600000": [first, third, 3],
        "SPY260417P00590000": [first, second, 2],
        "SPY260417C00700000": [first, first, 1],
    }
    assert found.key.tolist() == sorted(found.key.tolist())


def test_a_symbol_never_recorded_has_none(recorded: HistoryStore, tmp_path: Path) -> None:
    assert read_contracts(recorded.root, "TSLA").key.size == 0
    assert read_contracts(tmp_path / "nowhere", "SPY").key.size == 0


def test_a_damaged_file_is_a_fault(recorded: HistoryStore) -> None:
    for path in recorded.root.glob("SPY*.parquet"):
        path.write_bytes(b"PAR1 no more")
    with pytest.raises(HistoryFault, match="is damaged"):
        read_contracts(recorded.root, "SPY")
