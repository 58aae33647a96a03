"""The database knows its folder and key again."""

import sqlalchemy as sa
from alembic import op


revision = '0013'
down_revision = '0012'


def upgrade() -> None:
    op.create_table('installation',
    sa.Column('mark', sa.Text(), nullable=False),
    sa.Column('key_digest', sa.Text(), nullable=False),
    sa.Column('noted_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('mark', name=op.f('pk_installation'))
    )
