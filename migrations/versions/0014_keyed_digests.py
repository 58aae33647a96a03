"""Which digests of made papers are under the installation's key; those of earlier versions are not."""

import sqlalchemy as sa
from alembic import op


revision = '0014'
down_revision = '0013'


def upgrade() -> None:
    op.add_column('made_paper', sa.Column('keyed', sa.Boolean(), server_default=sa.false(), nullable=False))
