"""rectification."""

import sqlalchemy as sa
from alembic import op


revision = '0006'
down_revision = '0005'


def upgrade() -> None:
    op.create_table('rectification_item',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('said', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('measures', sa.Text(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('removed', sa.Boolean(), nullable=False),
    sa.Column('problem_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_rectification_item_meeting_id_meeting')),
    sa.ForeignKeyConstraint(['problem_id'], ['problem.id'], name=op.f('fk_rectification_item_problem_id_problem')),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], name=op.f('fk_rectification_item_report_id_report')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_item')),
    sa.UniqueConstraint('meeting_id', 'n', name=op.f('uq_rectification_item_meeting_id_n'))
    )
    op.create_index(op.f('ix_rectification_item_report_id'), 'rectification_item', ['report_id'], unique=False)
    op.add_column('progress', sa.Column('of_terms', sa.Boolean(), server_default=sa.false(), nullable=False))
