"""comments."""

import sqlalchemy as sa
from alembic import op


revision = '0004'
down_revision = '0003'


def upgrade() -> None:
    op.create_table('comment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.Column('commentator_id', sa.Integer(), nullable=False),
    sa.Column('drafted_by_id', sa.Integer(), nullable=False),
    sa.Column('drafted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['commentator_id'], ['person.id'], name=op.f('fk_comment_commentator_id_person')),
    sa.ForeignKeyConstraint(['drafted_by_id'], ['person.id'], name=op.f('fk_comment_drafted_by_id_person')),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], name=op.f('fk_comment_report_id_report')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comment')),
    sa.UniqueConstraint('report_id', 'commentator_id', name=op.f('uq_comment_report_id_commentator_id'))
    )
    op.create_index(op.f('ix_comment_commentator_id'), 'comment', ['commentator_id'], unique=False)
    op.create_index(op.f('ix_comment_report_id'), 'comment', ['report_id'], unique=False)
    op.create_table('comment_clause',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('comment_id', sa.Integer(), nullable=False),
    sa.Column('part', sa.Enum('praise', 'shortcoming', 'advice', name='part', native_enum=False, length=40), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('source_kind', sa.Text(), nullable=False),
    sa.Column('source_id', sa.Integer(), nullable=True),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('rests_on', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_comment_clause_comment_id_comment')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comment_clause'))
    )
    op.create_index(op.f('ix_comment_clause_comment_id'), 'comment_clause', ['comment_id'], unique=False)
