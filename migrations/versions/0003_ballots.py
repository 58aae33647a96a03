"""ballots."""

import sqlalchemy as sa
from alembic import op


revision = '0003'
down_revision = '0002'


def upgrade() -> None:
    op.create_table('ballot',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('sheet', sa.Enum('grades', 'scores', 'both', name='sheet', native_enum=False, length=40), nullable=False),
    sa.Column('items', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_by_id', sa.Integer(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_ballot_meeting_id_meeting')),
    sa.ForeignKeyConstraint(['opened_by_id'], ['person.id'], name=op.f('fk_ballot_opened_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ballot'))
    )
    op.create_index(op.f('ix_ballot_meeting_id'), 'ballot', ['meeting_id'], unique=False)
    op.create_table('ballot_class',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ballot_id', sa.Integer(), nullable=False),
    sa.Column('voters', sa.Enum('a', 'b', 'c', name='voterclass', native_enum=False, length=40), nullable=False),
    sa.Column('handed_out', sa.Integer(), nullable=False),
    sa.Column('cast', sa.Integer(), nullable=False),
    sa.Column('first', sa.Integer(), nullable=False),
    sa.Column('second', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['ballot_id'], ['ballot.id'], name=op.f('fk_ballot_class_ballot_id_ballot')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ballot_class')),
    sa.UniqueConstraint('ballot_id', 'voters', name=op.f('uq_ballot_class_ballot_id_voters'))
    )
    op.create_index(op.f('ix_ballot_class_ballot_id'), 'ballot_class', ['ballot_id'], unique=False)
    op.create_table('ballot_code',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('class_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['class_id'], ['ballot_class.id'], name=op.f('fk_ballot_code_class_id_ballot_class')),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_ballot_code'))
    )
    op.create_index(op.f('ix_ballot_code_class_id'), 'ballot_code', ['class_id'], unique=False)
    op.create_table('ballot_count',
    sa.Column('class_id', sa.Integer(), nullable=False),
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.Column('item', sa.Integer(), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('cast', sa.Integer(), nullable=False),
    sa.Column('first', sa.Integer(), nullable=False),
    sa.Column('second', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['class_id'], ['ballot_class.id'], name=op.f('fk_ballot_count_class_id_ballot_class')),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], name=op.f('fk_ballot_count_report_id_report')),
    sa.PrimaryKeyConstraint('class_id', 'report_id', 'item', 'value', name=op.f('pk_ballot_count'))
    )
