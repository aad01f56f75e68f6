"""Revision 4: P&L at the boundaries of sessions and splits, which the history of splits is told by. Drops nothing."""

import sqlalchemy as sa
from alembic.operations import Operations


def upgrade(op: Operations) -> None:
    """From revision 3; the new table is empty until it is rebuilt from the journal."""
    op.create_table(
        "boundaries",
        sa.Column("seq", sa.Integer, sa.ForeignKey("journal.seq"), nullable=False),
        sa.Column("at_us", sa.Integer, nullable=False),
        sa.Column("module_id", sa.String, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("pnl_before", "pnl_after", "budget", "used", "nav")),
    )
    op.create_index("ix_boundaries_seq", "boundaries", ["seq"])
