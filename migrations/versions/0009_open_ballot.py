"""An open ballot has a box, two who are answerable for it, and its numbers by class."""

import sqlalchemy as sa
from alembic import op


revision = '0009'
down_revision = '0008'


def upgrade() -> None:
    for name in ('clerk_id', 'witness_id'):  # alembic adds no foreign key to a table of SQLite
        op.execute(f'ALTER TABLE ballot ADD COLUMN {name} INTEGER CONSTRAINT fk_ballot_{name}_person REFERENCES person (id)')
    op.add_column('ballot', sa.Column('witness_code', sa.Text(), nullable=True))
    for name in ('witness_code_until', 'confirmed_at'):
        op.add_column('ballot', sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in ('witness_name', 'sealed_by', 'void_reason', 'weights'):
        op.add_column('ballot', sa.Column(name, sa.Text(), server_default='', nullable=False))
    op.add_column('ballot', sa.Column('witness_code_own', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('ballot', sa.Column('witness_codes', sa.Integer(), server_default='0', nullable=False))
    for name in ('due', 'present', 'printed', 'codes', 'codes_made', 'codes_void', 'spoiled'):
        op.add_column('ballot_class', sa.Column(name, sa.Integer(), nullable=True))
    op.add_column('ballot_class', sa.Column('typed_by', sa.Text(), server_default='', nullable=False))
    op.create_table('ballot_step',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ballot_id', sa.Integer(), nullable=False),
    sa.Column('class_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.Enum('correct', 'replace', 'close', 'void', 'witness', name='stepkind', native_enum=False, length=40), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('agreed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('declined_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['ballot_id'], ['ballot.id'], name=op.f('fk_ballot_step_ballot_id_ballot')),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_ballot_step_by_id_person')),
    sa.ForeignKeyConstraint(['class_id'], ['ballot_class.id'], name=op.f('fk_ballot_step_class_id_ballot_class')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ballot_step'))
    )
    op.create_index(op.f('ix_ballot_step_ballot_id'), 'ballot_step', ['ballot_id'], unique=False)
    op.create_table('ballot_box',
    sa.Column('ballot_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['ballot_id'], ['ballot.id'], name=op.f('fk_ballot_box_ballot_id_ballot')),
    sa.PrimaryKeyConstraint('ballot_id', name=op.f('pk_ballot_box'))
    )
