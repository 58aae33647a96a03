"""Who reports for a branch, whom the leader named to stand in, and the names people had before."""

import sqlalchemy as sa
from alembic import op


revision = '0012'
down_revision = '0011'


def upgrade() -> None:
    op.create_table('reporter',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('branch_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], name=op.f('fk_reporter_branch_id_branch')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_reporter_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reporter')),
    sa.UniqueConstraint('year', 'branch_id', 'person_id', name=op.f('uq_reporter_year_branch_id_person_id'))
    )
    op.create_index(op.f('ix_reporter_person_id'), 'reporter', ['person_id'], unique=False)
    op.execute(
        'INSERT INTO reporter (year, branch_id, person_id) '
        'SELECT meeting.year, report.branch_id, report.person_id FROM report '
        'JOIN meeting ON meeting.id = report.meeting_id'
    )
    op.create_table('stand_in',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('named_by_id', sa.Integer(), nullable=False),
    sa.Column('named_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['named_by_id'], ['person.id'], name=op.f('fk_stand_in_named_by_id_person')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_stand_in_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stand_in'))
    )
    op.add_column('made_paper', sa.Column('private', sa.Boolean(), server_default=sa.false(), nullable=False))
    _keep_to_their_makers()
    op.add_column('person', sa.Column('former_names', sa.Text(), server_default='[]', nullable=False))
    op.add_column('person', sa.Column('names_told', sa.Integer(), server_default='0', nullable=False))


def _keep_to_their_makers() -> None:
    """Sheets of single records that the office may not read, printed by others than the office's own."""
    bind = op.get_bind()
    kept = bind.execute(sa.text("SELECT year, seq FROM visit WHERE level IN ('self', 'leader')")).all()
    paper = sa.table('made_paper', sa.column('name', sa.Text()), sa.column('private', sa.Boolean()))
    for year, seq in kept:
        name = f'下基层记录{year}-{seq:03d}.pdf'
        bind.execute(sa.update(paper).where(paper.c.name == name).values(private=True))
