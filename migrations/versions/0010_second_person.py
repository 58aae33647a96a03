"""Codes and roles that a second person agrees to; codes are keyed, and their use is acknowledged."""

import unicodedata

import sqlalchemy as sa
from alembic import op


revision = '0010'
down_revision = '0009'


def upgrade() -> None:
    op.create_table('access_request',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.Enum('member', 'leader', 'office', 'sysadmin', name='role', native_enum=False, length=40), nullable=True),
    sa.Column('asked_by_id', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('agreed_by_id', sa.Integer(), nullable=True),
    sa.Column('agreed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('carried_out_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['agreed_by_id'], ['person.id'], name=op.f('fk_access_request_agreed_by_id_person')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['person.id'], name=op.f('fk_access_request_asked_by_id_person')),
    sa.ForeignKeyConstraint(['ended_by_id'], ['person.id'], name=op.f('fk_access_request_ended_by_id_person')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_access_request_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_access_request'))
    )
    op.create_index(op.f('ix_access_request_person_id'), 'access_request', ['person_id'], unique=False)
    op.create_table('named_second',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('named_by_id', sa.Integer(), nullable=False),
    sa.Column('named_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['named_by_id'], ['person.id'], name=op.f('fk_named_second_named_by_id_person')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_named_second_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_named_second'))
    )
    with op.batch_alter_table('role_grant') as batch:
        batch.add_column(sa.Column('agreed_by_id', sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f('fk_role_grant_agreed_by_id_person'), 'person', ['agreed_by_id'], ['id'])
    with op.batch_alter_table('one_time_code') as batch:
        batch.add_column(sa.Column('keyed', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column('request_id', sa.Integer(), nullable=True))
        batch.add_column(sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True))
        batch.create_foreign_key(op.f('fk_one_time_code_request_id_access_request'), 'access_request', ['request_id'], ['id'])
    op.add_column('person', sa.Column('code_to_acknowledge', sa.Boolean(), server_default=sa.false(), nullable=False))
    # Of what was used before nobody needs to be told: who asked and who agreed is not known.
    op.execute('UPDATE one_time_code SET acknowledged_at = used_at WHERE used_at IS NOT NULL')
    _fold_sign_in_names()


def _fold_sign_in_names() -> None:
    """Sign-in names are looked up folded; only a first account's could have been stored otherwise."""
    people = sa.table('person', sa.column('id', sa.Integer), sa.column('sign_in_name', sa.Text))
    bind = op.get_bind()
    named = bind.execute(sa.select(people.c.id, people.c.sign_in_name).where(people.c.sign_in_name.is_not(None))).all()
    taken = {name for _id, name in named}
    for person_id, name in named:
        folded = ' '.join(unicodedata.normalize('NFKC', name).lower().split())
        if folded != name and folded not in taken:
            bind.execute(people.update().where(people.c.id == person_id).values(sign_in_name=folded))
            taken.add(folded)
