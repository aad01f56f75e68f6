"""Revision 1: the tables of the first version."""

import sqlalchemy as sa
from alembic.operations import Operations


def upgrade(op: Operations) -> None:
    """From an empty file."""
    op.create_table(
        "journal",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at_us", sa.Integer, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("previous_hash", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
    )
    op.create_index("ix_journal_type", "journal", ["type"])
    op.create_table(
        "postings",
        sa.Column("seq", sa.Integer, sa.ForeignKey("journal.seq"), nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("module_id", sa.String, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
    )
    op.create_index("ix_postings_seq", "postings", ["seq"])
    op.create_table(
        "evidence",
        sa.Column("address", sa.String, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "closed_positions",
        sa.Column("position_id", sa.String, primary_key=True),
        sa.Column("module_id", sa.String, nullable=False),
        sa.Column("closed_us", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_closed_positions_module_id", "closed_positions", ["module_id"])
