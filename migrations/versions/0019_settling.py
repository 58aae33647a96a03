"""A clause keeps what its source said; who settled a comment and took that back; papers overtaken by that."""

import sqlalchemy as sa
from alembic import op


revision = '0019'
down_revision = '0015'


def upgrade() -> None:
    op.add_column('comment_clause', sa.Column('said', sa.Text(), server_default='', nullable=False))
    op.add_column('made_paper', sa.Column('overtaken_at', sa.DateTime(timezone=True), nullable=True))
    op.create_table('settling',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('comment_id', sa.Integer(), nullable=False),
    sa.Column('taken_back', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_settling_by_id_person')),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_settling_comment_id_comment')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_settling'))
    )
    op.create_index(op.f('ix_settling_comment_id'), 'settling', ['comment_id'], unique=False)
