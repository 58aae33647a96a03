"""The digests of papers made by earlier versions are under the installation's key as well.

A plain one lets who may see it try through what the paper says of them. The same figures and words go on giving the
same digest, made before or after.
"""

import hashlib
import hmac

import sqlalchemy as sa
from alembic import op
from flask import current_app


revision = '0014'
down_revision = '0013'


def upgrade() -> None:
    connection, key = op.get_bind(), current_app.config['SECRET_KEY'].encode()
    for paper_id, digest in connection.execute(sa.text('SELECT id, digest FROM made_paper')).all():
        keyed = hmac.new(key, b'paper\0' + digest.encode(), hashlib.sha256).hexdigest()
        connection.execute(sa.text('UPDATE made_paper SET digest = :new WHERE id = :id'), {'new': keyed, 'id': paper_id})
