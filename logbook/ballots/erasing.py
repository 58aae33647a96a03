"""After a ballot is closed nothing on the disk may tell in which order, or with which others, votes were cast.

Closing has deleted the codes and written every counter anew in one transaction; here the former states go:
SQLite's free pages and its write-ahead log, PostgreSQL's dead rows. What lies outside (a PostgreSQL server's WAL
archive, backups taken during the vote) cannot be reached from here: docs/ballots.md says so.
"""

import time
from typing import Any

from sqlalchemy import text

from logbook.db import db, reading

TRIES, PAUSE = 50, 0.1  # a reader with an old snapshot keeps SQLite's log; they last for milliseconds
TABLES = ("ballot_code", "ballot_count", "ballot_class")


def erase() -> bool:
    """Rewrite the file and empty the log; False where readers held it for too long: try again.

    Outside any transaction: the caller has committed.
    """
    db.session.close()
    if db.engine.dialect.name == "sqlite":
        return _sqlite()
    with reading(), db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in TABLES:
            connection.execute(text(f"VACUUM (FULL) {table}"))
    return True


def _sqlite() -> bool:
    pooled = db.engine.raw_connection()  # without the BEGIN that db.py says
    try:
        connection: Any = pooled.driver_connection
        connection.execute("VACUUM")
        for _try in range(TRIES):
            busy, left, _moved = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy and not left:
                return True
            time.sleep(PAUSE)
        return False
    finally:
        pooled.close()
