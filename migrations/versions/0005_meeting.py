"""The meeting's agenda and guest, its filed reports, who handles a case, and how extracts were sorted."""

import sqlalchemy as sa
from alembic import op


revision = '0005'
down_revision = '0004'


def upgrade() -> None:
    agenda = sa.Enum('each', 'together', name='agenda', native_enum=False, length=40)
    op.add_column('meeting', sa.Column('agenda', agenda, nullable=False, server_default='each'))
    op.add_column('meeting', sa.Column('guest', sa.Text(), nullable=False, server_default=''))
    op.add_column('report', sa.Column('written', sa.Text(), nullable=False, server_default=''))
    op.add_column('report', sa.Column('speech', sa.Text(), nullable=False, server_default=''))
    handler = sa.ForeignKey('person.id', name=op.f('fk_report_handler_id_person'))
    op.add_column('report', sa.Column('handler_id', sa.Integer(), handler, nullable=True), inline_references=True)
    op.create_table('sorted_extract',
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('reader_id', sa.Integer(), nullable=False),
    sa.Column('stance', sa.Enum('good', 'wanting', name='stance', native_enum=False, length=40), nullable=False),
    sa.ForeignKeyConstraint(['reader_id'], ['person.id'], name=op.f('fk_sorted_extract_reader_id_person')),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], name=op.f('fk_sorted_extract_report_id_report')),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_sorted_extract_visit_id_visit')),
    sa.PrimaryKeyConstraint('report_id', 'visit_id', 'reader_id', name=op.f('pk_sorted_extract'))
    )
