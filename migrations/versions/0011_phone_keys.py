"""The key of a person's phones has generations."""

import sqlalchemy as sa
from alembic import op


revision = '0011'
down_revision = '0010'


def upgrade() -> None:
    op.create_table(
        'phone_key',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('generation', sa.Integer(), nullable=False),
        sa.Column('key', sa.Text(), nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_phone_key_person_id_person')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_phone_key')),
        sa.UniqueConstraint('person_id', 'generation', name=op.f('uq_phone_key_person_id_generation')),
    )
