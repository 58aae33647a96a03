"""first tables."""

import sqlalchemy as sa
from alembic import op


revision = '0001'
down_revision = None


def upgrade() -> None:
    op.create_table('branch',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('pinyin', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('general_branch', 'branch', name='branchkind', native_enum=False, length=40), nullable=False),
    sa.Column('host_unit', sa.Text(), nullable=False),
    sa.Column('host_kind', sa.Enum('bureau', 'subordinate', name='hostkind', native_enum=False, length=40), nullable=False),
    sa.Column('reports_to_group', sa.Boolean(), nullable=False),
    sa.Column('official_order', sa.Integer(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=True),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_branch')),
    sa.UniqueConstraint('name', name=op.f('uq_branch_name'))
    )
    op.create_table('number_series',
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('year', name=op.f('pk_number_series'))
    )
    op.create_table('person',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('pinyin', sa.Text(), nullable=False),
    sa.Column('post', sa.Text(), nullable=False),
    sa.Column('official_order', sa.Integer(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('sign_in_name', sa.Text(), nullable=True),
    sa.Column('password_hash', sa.Text(), nullable=True),
    sa.Column('grants_seen', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('sign_in_name', name=op.f('uq_person_sign_in_name'))
    )
    op.create_table('setting',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_setting'))
    )
    op.create_table('sign_in_failure',
    sa.Column('name_hash', sa.Text(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name_hash', name=op.f('pk_sign_in_failure'))
    )
    op.create_table('book',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('issued_by_id', sa.Integer(), nullable=True),
    sa.Column('lines', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['issued_by_id'], ['person.id'], name=op.f('fk_book_issued_by_id_person')),
    sa.ForeignKeyConstraint(['member_id'], ['person.id'], name=op.f('fk_book_member_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_book')),
    sa.UniqueConstraint('member_id', 'year', name=op.f('uq_book_member_id_year'))
    )
    op.create_table('directive',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('asks_visits', sa.Boolean(), nullable=False),
    sa.Column('entered_by_id', sa.Integer(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['entered_by_id'], ['person.id'], name=op.f('fk_directive_entered_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_directive'))
    )
    op.create_table('draft',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('fields', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_draft_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draft')),
    sa.UniqueConstraint('person_id', 'key', name=op.f('uq_draft_person_id_key'))
    )
    op.create_table('former_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('branch_id', sa.Integer(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('host_unit', sa.Text(), nullable=False),
    sa.Column('host_kind', sa.Enum('bureau', 'subordinate', name='hostkind', native_enum=False, length=40), nullable=False),
    sa.Column('reports_to_group', sa.Boolean(), nullable=False),
    sa.Column('void', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], name=op.f('fk_former_entry_branch_id_branch')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_former_entry'))
    )
    op.create_index(op.f('ix_former_entry_branch_id'), 'former_entry', ['branch_id'], unique=False)
    op.create_table('liaison',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('branch_id', sa.Integer(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=False),
    sa.Column('target', sa.Integer(), nullable=False),
    sa.Column('period', sa.Enum('year', 'half', 'quarter', name='period', native_enum=False, length=40), nullable=False),
    sa.Column('own_confirmed', sa.Boolean(), nullable=False),
    sa.Column('void', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], name=op.f('fk_liaison_branch_id_branch')),
    sa.ForeignKeyConstraint(['member_id'], ['person.id'], name=op.f('fk_liaison_member_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_liaison'))
    )
    op.create_index(op.f('ix_liaison_branch_id'), 'liaison', ['branch_id'], unique=False)
    op.create_index(op.f('ix_liaison_member_id'), 'liaison', ['member_id'], unique=False)
    op.create_index(op.f('ix_liaison_year_member_id'), 'liaison', ['year', 'member_id'], unique=False)
    op.create_table('liaison_lock',
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('locked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('locked_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['locked_by_id'], ['person.id'], name=op.f('fk_liaison_lock_locked_by_id_person')),
    sa.PrimaryKeyConstraint('year', name=op.f('pk_liaison_lock'))
    )
    op.create_table('locked_year',
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('locked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('locked_by_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['locked_by_id'], ['person.id'], name=op.f('fk_locked_year_locked_by_id_person')),
    sa.PrimaryKeyConstraint('year', name=op.f('pk_locked_year'))
    )
    op.create_table('meeting',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=True),
    sa.Column('place', sa.Text(), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('year_was_closed', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_meeting_created_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting')),
    sa.UniqueConstraint('year', name=op.f('uq_meeting_year'))
    )
    op.create_table('membership',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('branch_id', sa.Integer(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('void', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], name=op.f('fk_membership_branch_id_branch')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_membership_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_membership'))
    )
    op.create_index(op.f('ix_membership_branch_id'), 'membership', ['branch_id'], unique=False)
    op.create_index(op.f('ix_membership_person_id'), 'membership', ['person_id'], unique=False)
    op.create_table('one_time_code',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('code_hash', sa.Text(), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('issued_by_id', sa.Integer(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['issued_by_id'], ['person.id'], name=op.f('fk_one_time_code_issued_by_id_person')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_one_time_code_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_one_time_code')),
    sa.UniqueConstraint('code_hash', name=op.f('uq_one_time_code_code_hash'))
    )
    op.create_index(op.f('ix_one_time_code_person_id_used_at'), 'one_time_code', ['person_id', 'used_at'], unique=False)
    op.create_table('placement',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('branch_id', sa.Integer(), nullable=False),
    sa.Column('general_branch_id', sa.Integer(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('void', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], name=op.f('fk_placement_branch_id_branch')),
    sa.ForeignKeyConstraint(['general_branch_id'], ['branch.id'], name=op.f('fk_placement_general_branch_id_branch')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_placement'))
    )
    op.create_index(op.f('ix_placement_branch_id'), 'placement', ['branch_id'], unique=False)
    op.create_table('problem',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('source_kind', sa.Enum('visit', 'meeting', 'instruction', 'directive', name='sourcekind', native_enum=False, length=40), nullable=False),
    sa.Column('source_id', sa.Integer(), nullable=False),
    sa.Column('source_label', sa.Text(), nullable=False),
    sa.Column('source_line', sa.Integer(), nullable=False),
    sa.Column('dropped', sa.Boolean(), nullable=False),
    sa.Column('detached', sa.Boolean(), nullable=False),
    sa.Column('branch_id', sa.Integer(), nullable=True),
    sa.Column('raised_by_id', sa.Integer(), nullable=True),
    sa.Column('raised_on', sa.Date(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('category', sa.Enum('party', 'facilities', 'safety', 'service', 'ecology', 'staff', 'team', 'other', name='category', native_enum=False, length=40), nullable=False),
    sa.Column('side', sa.Enum('branch', 'bureau', 'member', name='side', native_enum=False, length=40), nullable=False),
    sa.Column('handling', sa.Enum('on_site', 'coordinate', 'group', 'explain', 'report_up', name='handling', native_enum=False, length=40), nullable=False),
    sa.Column('owner_unit', sa.Text(), nullable=False),
    sa.Column('owner_person_id', sa.Integer(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('measures', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('open', 'underway', 'done', 'partly', 'long_term', name='state', native_enum=False, length=40), nullable=False),
    sa.Column('result', sa.Text(), nullable=False),
    sa.Column('told_whom', sa.Text(), nullable=False),
    sa.Column('told_on', sa.Date(), nullable=True),
    sa.Column('answer', sa.Enum('solved', 'partly', 'not', name='answer', native_enum=False, length=40), nullable=True),
    sa.Column('closed_by_id', sa.Integer(), nullable=True),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], name=op.f('fk_problem_branch_id_branch')),
    sa.ForeignKeyConstraint(['closed_by_id'], ['person.id'], name=op.f('fk_problem_closed_by_id_person')),
    sa.ForeignKeyConstraint(['owner_person_id'], ['person.id'], name=op.f('fk_problem_owner_person_id_person')),
    sa.ForeignKeyConstraint(['raised_by_id'], ['person.id'], name=op.f('fk_problem_raised_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_problem'))
    )
    op.create_index(op.f('ix_problem_branch_id_state'), 'problem', ['branch_id', 'state'], unique=False)
    op.create_index(op.f('ix_problem_source_kind_source_id'), 'problem', ['source_kind', 'source_id'], unique=False)
    op.create_index(op.f('ix_problem_state_due_on'), 'problem', ['state', 'due_on'], unique=False)
    op.create_table('role_grant',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.Enum('member', 'leader', 'office', 'sysadmin', name='role', native_enum=False, length=40), nullable=False),
    sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('granted_by_id', sa.Integer(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['granted_by_id'], ['person.id'], name=op.f('fk_role_grant_granted_by_id_person')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_role_grant_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_grant'))
    )
    op.create_index(op.f('ix_role_grant_person_id'), 'role_grant', ['person_id'], unique=False)
    op.create_table('secretary_term',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('branch_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('void', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], name=op.f('fk_secretary_term_branch_id_branch')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_secretary_term_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_secretary_term'))
    )
    op.create_index(op.f('ix_secretary_term_branch_id'), 'secretary_term', ['branch_id'], unique=False)
    op.create_index(op.f('ix_secretary_term_person_id'), 'secretary_term', ['person_id'], unique=False)
    op.create_table('sign_in_session',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('device', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_sign_in_session_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_session')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_sign_in_session_token_hash'))
    )
    op.create_index(op.f('ix_sign_in_session_person_id'), 'sign_in_session', ['person_id'], unique=False)
    op.create_table('summary_text',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('figures', sa.Text(), nullable=False),
    sa.Column('edited_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('edited_by_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['edited_by_id'], ['person.id'], name=op.f('fk_summary_text_edited_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_summary_text')),
    sa.UniqueConstraint('from_on', 'to_on', name=op.f('uq_summary_text_from_on_to_on'))
    )
    op.create_table('undertaking',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('source_kind', sa.Enum('visit', 'meeting', 'instruction', 'directive', name='sourcekind', native_enum=False, length=40), nullable=False),
    sa.Column('source_id', sa.Integer(), nullable=False),
    sa.Column('source_label', sa.Text(), nullable=False),
    sa.Column('source_line', sa.Integer(), nullable=False),
    sa.Column('dropped', sa.Boolean(), nullable=False),
    sa.Column('detached', sa.Boolean(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('branch_id', sa.Integer(), nullable=True),
    sa.Column('raised_on', sa.Date(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('state', sa.Enum('underway', 'done', 'explained', name='undertakingstate', native_enum=False, length=40), nullable=False),
    sa.Column('result', sa.Text(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], name=op.f('fk_undertaking_branch_id_branch')),
    sa.ForeignKeyConstraint(['member_id'], ['person.id'], name=op.f('fk_undertaking_member_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_undertaking'))
    )
    op.create_index(op.f('ix_undertaking_member_id_state'), 'undertaking', ['member_id', 'state'], unique=False)
    op.create_index(op.f('ix_undertaking_source_kind_source_id'), 'undertaking', ['source_kind', 'source_id'], unique=False)
    op.create_table('visit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('book_line', sa.Integer(), nullable=True),
    sa.Column('visited_on', sa.Date(), nullable=False),
    sa.Column('branch_id', sa.Integer(), nullable=True),
    sa.Column('place', sa.Text(), nullable=False),
    sa.Column('findings', sa.Text(), nullable=False),
    sa.Column('half_days', sa.Integer(), nullable=True),
    sa.Column('people_met', sa.Text(), nullable=False),
    sa.Column('headcount', sa.Integer(), nullable=True),
    sa.Column('companions_note', sa.Text(), nullable=False),
    sa.Column('thinking', sa.Text(), nullable=False),
    sa.Column('thinking_widened', sa.Boolean(), nullable=False),
    sa.Column('solved_on_site', sa.Text(), nullable=False),
    sa.Column('guidance', sa.Text(), nullable=False),
    sa.Column('observation', sa.Text(), nullable=False),
    sa.Column('observation_widened', sa.Boolean(), nullable=False),
    sa.Column('level', sa.Enum('self', 'leader', 'office', 'group', name='level', native_enum=False, length=40), nullable=False),
    sa.Column('paper_on', sa.Date(), nullable=True),
    sa.Column('own_organization', sa.Boolean(), nullable=False),
    sa.Column('is_liaison', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('entered_by_id', sa.Integer(), nullable=False),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('late_reason', sa.Text(), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('joint_of_id', sa.Integer(), nullable=True),
    sa.Column('declined_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('received_version', sa.Integer(), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('received_by_id', sa.Integer(), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_by_id', sa.Integer(), nullable=True),
    sa.Column('withdraw_reason', sa.Text(), nullable=False),
    sa.Column('counts', sa.Boolean(), nullable=False),
    sa.Column('client_key', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], name=op.f('fk_visit_branch_id_branch')),
    sa.ForeignKeyConstraint(['entered_by_id'], ['person.id'], name=op.f('fk_visit_entered_by_id_person')),
    sa.ForeignKeyConstraint(['joint_of_id'], ['visit.id'], name=op.f('fk_visit_joint_of_id_visit')),
    sa.ForeignKeyConstraint(['member_id'], ['person.id'], name=op.f('fk_visit_member_id_person')),
    sa.ForeignKeyConstraint(['received_by_id'], ['person.id'], name=op.f('fk_visit_received_by_id_person')),
    sa.ForeignKeyConstraint(['withdrawn_by_id'], ['person.id'], name=op.f('fk_visit_withdrawn_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit')),
    sa.UniqueConstraint('client_key', name=op.f('uq_visit_client_key')),
    sa.UniqueConstraint('year', 'seq', name=op.f('uq_visit_year_seq'))
    )
    op.create_index(op.f('ix_visit_branch_id_visited_on'), 'visit', ['branch_id', 'visited_on'], unique=False)
    op.create_index(op.f('ix_visit_joint_of_id'), 'visit', ['joint_of_id'], unique=False)
    op.create_index(op.f('ix_visit_member_id_year_seq'), 'visit', ['member_id', 'year', 'seq'], unique=False)
    op.create_index('ix_visit_new', 'visit', ['year', 'seq'], unique=False, sqlite_where=sa.text('received_version IS NULL OR received_version != version'), postgresql_where=sa.text('received_version IS NULL OR received_version != version'))
    op.create_index('ix_visit_unconfirmed', 'visit', ['member_id'], unique=False, sqlite_where=sa.text('confirmed_at IS NULL AND withdrawn_at IS NULL AND declined_at IS NULL'), postgresql_where=sa.text('confirmed_at IS NULL AND withdrawn_at IS NULL AND declined_at IS NULL'))
    op.create_index(op.f('ix_visit_year_visited_on'), 'visit', ['year', 'visited_on'], unique=False)
    op.create_table('year_closing',
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_by_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['closed_by_id'], ['person.id'], name=op.f('fk_year_closing_closed_by_id_person')),
    sa.PrimaryKeyConstraint('year', name=op.f('pk_year_closing'))
    )
    op.create_table('addendum',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_addendum_by_id_person')),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_addendum_visit_id_visit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_addendum'))
    )
    op.create_index(op.f('ix_addendum_visit_id'), 'addendum', ['visit_id'], unique=False)
    op.create_index(op.f('ix_addendum_year'), 'addendum', ['year'], unique=False)
    op.create_table('attachment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('added_by_id', sa.Integer(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('client_key', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['added_by_id'], ['person.id'], name=op.f('fk_attachment_added_by_id_person')),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_attachment_visit_id_visit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment')),
    sa.UniqueConstraint('visit_id', 'client_key', name=op.f('uq_attachment_visit_id_client_key'))
    )
    op.create_index(op.f('ix_attachment_visit_id'), 'attachment', ['visit_id'], unique=False)
    op.create_table('companion',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('record_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_companion_person_id_person')),
    sa.ForeignKeyConstraint(['record_id'], ['visit.id'], name=op.f('fk_companion_record_id_visit')),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_companion_visit_id_visit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_companion'))
    )
    op.create_index(op.f('ix_companion_visit_id'), 'companion', ['visit_id'], unique=False)
    op.create_table('instruction',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_instruction_by_id_person')),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_instruction_visit_id_visit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_instruction'))
    )
    op.create_index(op.f('ix_instruction_visit_id'), 'instruction', ['visit_id'], unique=False)
    op.create_table('progress',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('problem_id', sa.Integer(), nullable=True),
    sa.Column('undertaking_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('source_label', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_progress_by_id_person')),
    sa.ForeignKeyConstraint(['problem_id'], ['problem.id'], name=op.f('fk_progress_problem_id_problem')),
    sa.ForeignKeyConstraint(['undertaking_id'], ['undertaking.id'], name=op.f('fk_progress_undertaking_id_undertaking')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_progress'))
    )
    op.create_index(op.f('ix_progress_problem_id'), 'progress', ['problem_id'], unique=False)
    op.create_index(op.f('ix_progress_undertaking_id'), 'progress', ['undertaking_id'], unique=False)
    op.create_table('report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('branch_id', sa.Integer(), nullable=False),
    sa.Column('commentator_id', sa.Integer(), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('in_writing', sa.Boolean(), nullable=False),
    sa.Column('fed_back_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], name=op.f('fk_report_branch_id_branch')),
    sa.ForeignKeyConstraint(['commentator_id'], ['person.id'], name=op.f('fk_report_commentator_id_person')),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_report_meeting_id_meeting')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_report_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report')),
    sa.UniqueConstraint('meeting_id', 'person_id', 'branch_id', name=op.f('uq_report_meeting_id_person_id_branch_id'))
    )
    op.create_index(op.f('ix_report_meeting_id'), 'report', ['meeting_id'], unique=False)
    op.create_table('visit_content',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('content', sa.Enum('guide_party_work', 'learn_thinking', 'solve_difficulties', 'plan_together', 'political', 'ideological', 'organizational', 'style', 'discipline', 'institutions', 'integrity', name='content', native_enum=False, length=40), nullable=False),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_visit_content_visit_id_visit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_content'))
    )
    op.create_index(op.f('ix_visit_content_visit_id'), 'visit_content', ['visit_id'], unique=False)
    op.create_table('visit_kind',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('research', 'forum', 'talk', 'lecture', 'organization_life', 'on_site_office', 'care', 'inspection', 'sit_in', 'other', name='kind', native_enum=False, length=40), nullable=False),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_visit_kind_visit_id_visit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_kind'))
    )
    op.create_index(op.f('ix_visit_kind_visit_id'), 'visit_kind', ['visit_id'], unique=False)
    op.create_table('visit_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_visit_version_by_id_person')),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_visit_version_visit_id_visit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_version')),
    sa.UniqueConstraint('visit_id', 'n', name=op.f('uq_visit_version_visit_id_n'))
    )
    op.create_table('voice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('category', sa.Enum('party', 'facilities', 'safety', 'service', 'ecology', 'staff', 'team', 'other', name='category', native_enum=False, length=40), nullable=False),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_voice_visit_id_visit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_voice'))
    )
    op.create_index(op.f('ix_voice_visit_id'), 'voice', ['visit_id'], unique=False)
    op.create_table('decision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.Column('grade', sa.Enum('good', 'fairly_good', 'average', 'poor', name='grade', native_enum=False, length=40), nullable=True),
    sa.Column('decided_on', sa.Date(), nullable=True),
    sa.Column('ground', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_decision_by_id_person')),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], name=op.f('fk_decision_report_id_report')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decision'))
    )
    op.create_index(op.f('ix_decision_report_id'), 'decision', ['report_id'], unique=False)
    op.create_table('printed_brief',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.Column('reader_id', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('printed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['reader_id'], ['person.id'], name=op.f('fk_printed_brief_reader_id_person')),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], name=op.f('fk_printed_brief_report_id_report')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_printed_brief'))
    )
    op.create_index(op.f('ix_printed_brief_report_id'), 'printed_brief', ['report_id'], unique=False)
