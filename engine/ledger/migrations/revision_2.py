"""Revision 2: orders, fills and checkpoints, and the indices that pages of a long history need. Drops nothing."""

import sqlalchemy as sa
from alembic.operations import Operations


def upgrade(op: Operations) -> None:
    """From revision 1; the new tables are empty until they are rebuilt from the journal."""
    op.create_index(
        "ix_journal_scans",
        "journal",
        [sa.text("json_extract(CAST(body AS TEXT), '$.module_id')"), "at_us"],
        sqlite_where=sa.text("type = 'ScanCompleted'"),
    )
    op.create_index("ix_closed_positions_page", "closed_positions", ["module_id", "closed_us", "position_id"])
    op.create_table(
        "orders",
        sa.Column("order_id", sa.String, primary_key=True),
        sa.Column("module_id", sa.String, nullable=False),
        sa.Column("seq", sa.Integer, sa.ForeignKey("journal.seq"), nullable=False),
        sa.Column("at_us", sa.Integer, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "fills",
        sa.Column("seq", sa.Integer, sa.ForeignKey("journal.seq"), nullable=False),
        sa.Column("at_us", sa.Integer, nullable=False),
        sa.Column("order_id", sa.String, nullable=False),
        sa.Column("module_id", sa.String, nullable=False),
        sa.Column("position_id", sa.String, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("net_price", sa.Integer, nullable=False),
        sa.Column("commission", sa.Integer, nullable=False),
        sa.Column("fees", sa.Integer, nullable=False),
    )
    for table in ("orders", "fills"):
        op.create_index(f"ix_{table}_seq", table, ["seq"])
        op.create_index(f"ix_{table}_page", table, ["module_id", "seq"])
    op.create_table(
        "checkpoints",
        sa.Column("seq", sa.Integer, sa.ForeignKey("journal.seq"), primary_key=True, autoincrement=False),
        sa.Column("entry_hash", sa.String, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
    )
