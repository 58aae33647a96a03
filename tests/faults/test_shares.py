"""A network share that syncs no folder (EINVAL): what is written on it is taken like anywhere else."""

import errno
import os
import stat

import pytest

from logbook.ballots import sealed
from logbook.visits import attachments
from logbook.visits.uploads import Piece, Upload
from tests import factories


@pytest.fixture
def share(tmp_path, monkeypatch):
    """A folder of such a share."""
    synced = os.fsync

    def refusing(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        synced(descriptor)

    monkeypatch.setattr(os, "fsync", refusing)
    return tmp_path


def test_a_ballots_box_is_written_and_taken_away(share):
    sealed.write(share / "logbook.db-ballot-1", "一")
    sealed.write(share / "logbook.db-ballot-1", "二")
    assert sealed.read(share / "logbook.db-ballot-1") == "二"
    sealed.destroy(share / "logbook.db-ballot-1")
    assert list(share.iterdir()) == []


def test_a_piece_of_a_file_is_kept(share):
    upload = Upload(share / "uploads", 1, 1, "photo-00001")
    assert upload.add(Piece(0, 4, b"ab"), factories.AT) == (2, b"")
    assert upload.add(Piece(2, 4, b"cd"), factories.AT) == (4, b"abcd")


def test_an_attachment_is_stored(share):
    path = share / "attachments" / "ab" / "abcd"
    attachments._store(path, b"content")
    assert path.read_bytes() == b"content"


def test_a_disk_that_fails_is_still_told(share, monkeypatch):
    def failing(_descriptor):
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError, match="no"):
        attachments._store(share / "attachments" / "ab" / "abcd", b"content")
