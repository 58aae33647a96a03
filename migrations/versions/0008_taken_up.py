"""A problem that a review meeting took up goes on under the number of its list."""

import sqlalchemy as sa
from alembic import op


revision = '0008'
down_revision = '0007'


def upgrade() -> None:
    op.add_column('problem', sa.Column('taken_up_by', sa.Integer(), nullable=True))
    op.add_column('problem', sa.Column('taken_up_as', sa.Text(), server_default='', nullable=False))
    op.create_index(op.f('ix_problem_taken_up_by'), 'problem', ['taken_up_by'], unique=False)
    op.add_column('rectification_item', sa.Column('rests_on_id', sa.Integer(), nullable=True))
