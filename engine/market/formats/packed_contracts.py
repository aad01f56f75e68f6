"""Files of one contract each, packed together: one table, so that parity finds the price of their underlying."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import ImportRefused
from engine.market.duck import check_text, read_cells, shown_path
from engine.market.formats.containers import Archive, joined
from engine.market.formats.filenames import named_contract
from engine.market.formats.layout import Format, Table, missing_columns
from engine.market.formats.vendors import THETA_V2

if TYPE_CHECKING:
    import duckdb

_CONTRACTS = replace(
    THETA_V2,
    source="ThetaData v2, many contracts",
    required={**THETA_V2.required, "member": ("member",)},
    facts=None,
    cells="""
        select source_rows.* replace (of_contract as contract)
        from source_rows join contract_members using (member)
    """,
    note="the contracts are the members' names; quotes are those of the session's close",
)
_MEMBERS = """
    create or replace temp table contract_members as
    select unnest(?::varchar[]) as member, unnest(?::varchar[]) as of_contract
"""


def contract_members(names: Sequence[str]) -> dict[str, str]:
    """The contract that each member's name tells; empty unless there are several, and all of them tell one."""
    try:
        contracts = {name: named_contract(name, name)["contract"] for name in names}
    except ImportRefused:
        return {}
    return contracts if len(contracts) > 1 else {}


def contracts_table(
    connection: duckdb.DuckDBPyConnection, archive: Archive, members: dict[str, str], folder: Path
) -> tuple[Format, Table] | None:
    """The lines of all members as one table; None when they are of another format.

    Raises ImportRefused when some have other columns than the first.
    """
    first = archive.read(next(iter(members))).removeprefix(codecs.BOM_UTF8).strip().split(b"\n", 1)[0].strip()
    try:
        names = tuple(next(csv.reader([first.decode()], strict=True), ()))
    except (UnicodeDecodeError, csv.Error):
        return None
    if missing_columns(THETA_V2, names):
        return None
    target = folder / "contracts.csv"
    joined(archive, tuple(members), target, first)
    connection.execute(_MEMBERS, [[str(place) for place in range(len(members))], list(members.values())])
    check_text(target, shown_path(archive.path))
    columns = ("member", *names)
    rows = read_cells(connection, target, len(columns))
    return _CONTRACTS, Table(archive.path.name, shown_path(archive.path), columns, rows)
