"""After a ballot is closed nothing on the disk may tell in which order, or with which others, votes were cast.

Its box goes: former states of it there are none (box.py). A ballot that an earlier version opened had its counters in
the database's tables; there the former states go, SQLite's free pages and its write-ahead log, PostgreSQL's dead rows.
What lies outside (a PostgreSQL server's WAL archive, copies made during the vote) cannot be reached from here:
docs/ballots.md says so.
"""

import time
from typing import Any

from sqlalchemy import insert
from sqlalchemy.exc import OperationalError

from logbook.ballots import box, queries
from logbook.ballots.models import Ballot, BallotClass, BallotCode, BallotStep, Count
from logbook.db import db

TABLES = (BallotClass, Count, BallotCode, BallotStep)  # in the order in which they name one another
TRIES, PAUSE = 50, 0.1  # a reader with an old snapshot keeps SQLite's log; they last for milliseconds


def erase(ballot: Ballot) -> bool:
    """Leave nothing of a closed ballot but its sums; False where somebody held former states for too long: try again.

    The caller has committed the closing.
    """
    if ballot.has_box:
        box.destroy(ballot.id)
        return True
    db.session.close()
    return _sqlite() if db.engine.dialect.name == "sqlite" else _postgres()


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


def _postgres() -> bool:  # pragma: no cover - run on PostgreSQL
    """VACUUM keeps what an older snapshot anywhere in the database might still see; TRUNCATE begins a new file."""
    try:
        with db.engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
            rows = {table: queries.everything(connection, table) for table in TABLES}
            connection.exec_driver_sql("TRUNCATE " + ", ".join(table.__tablename__ for table in TABLES))
            for table in TABLES:
                if rows[table]:
                    connection.execute(insert(table), rows[table])
    except OperationalError:
        return False
    return True
