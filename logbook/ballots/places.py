"""Where the boxes of open ballots lie beside SQLite's file: by its name, as other databases may lie in the folder.

Standard library only: a restore (door/restore.py) puts them aside. A place is a path without its ending; sealed.py
keeps two files there.
"""

import re
from collections.abc import Iterable
from pathlib import Path

ENDING = r"\.(?:key|[0-9a-f]{16})"
SQLITE = b"SQLite format 3\0"


def place_of(database: Path, ballot_id: int) -> Path:
    """Where a ballot's box lies."""
    return database.with_name(f"{database.name}-ballot-{ballot_id}")


def former_place_of(database: Path, ballot_id: int) -> Path:
    """Where earlier versions put it, whatever the database's name."""
    return database.with_name(f"ballot-{ballot_id}")


def places(database: Path) -> Iterable[Path]:
    """Where this database has boxes, of whatever ballots; former names count where no other database may own them."""
    found = _beginning(database.parent, f"{database.name}-")
    return sorted(found if _has_neighbours(database) else found | _beginning(database.parent, ""))


def files(place: Path) -> Iterable[Path]:
    """All that belongs to one box; what merely begins alike is another's."""
    wanted = re.compile(re.escape(place.name) + ENDING)
    return [one for one in place.parent.glob("*") if wanted.fullmatch(one.name)]


def _beginning(folder: Path, name: str) -> set[Path]:
    wanted = re.compile(rf"({re.escape(name)}ballot-\d+){ENDING}")
    matches = (wanted.fullmatch(one.name) for one in folder.glob("*"))
    return {folder / found[1] for found in matches if found}


def _has_neighbours(database: Path) -> bool:
    """Look into no file of the database itself: whoever closes one gives up all that the process has locked in it.

    A server that lost its lock on -shm is ended by the next program that opens the database, and that one by it.
    """
    own = {Path(f"{database.resolve()}{ending}") for ending in ("", "-wal", "-shm", "-journal")}
    return any(one.resolve() not in own and _is_database(one) for one in database.parent.glob("*"))


def _is_database(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return stream.read(len(SQLITE)) == SQLITE
    except OSError:  # a folder, or another's
        return False
