"""Revision 3: what performance is measured by, in read tables of rows that are only ever added. Drops nothing."""

import sqlalchemy as sa
from alembic.operations import Operations

_TEXT = frozenset({"module_id", "position_id", "lineage", "symbol", "kind"})

_TABLES = {
    "closes": ("at_us", "day", "module_id", "value", "budget", "realised", "open_pnl", "used", "units"),
    "results": ("day", "position_id", "pnl"),
    "flows": ("at_us", "module_id", "amount", "value", "units"),
    "openings": ("at_us", "lineage", "module_id", "symbol", "kind"),
    "power": ("at_us", "position_id", "module_id", "used"),
}


def upgrade(op: Operations) -> None:
    """From revision 2; the new tables are empty until they are rebuilt from the journal."""
    for name, columns in _TABLES.items():
        op.create_table(
            name,
            sa.Column("seq", sa.Integer, sa.ForeignKey("journal.seq"), nullable=False),
            *(sa.Column(each, sa.String if each in _TEXT else sa.Integer, nullable=False) for each in columns),
        )
        op.create_index(f"ix_{name}_seq", name, ["seq"])
    op.create_index("ix_results_day", "results", ["day"])
