"""A ballot keeps the rule of its opening: from how much on a grade is suggested, and the cap."""

import sqlalchemy as sa
from alembic import op


revision = '0015'
down_revision = '0014'


def upgrade() -> None:
    op.add_column('ballot', sa.Column('rule', sa.Text(), server_default='', nullable=False))
