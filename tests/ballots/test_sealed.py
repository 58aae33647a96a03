"""A sealed text: replaced whole, one state readable at any moment, whatever becomes of the disk meanwhile."""

import errno
import os

import pytest

from logbook.ballots import sealed


@pytest.fixture
def place(tmp_path):
    place = tmp_path / "logbook.db-ballot-1"
    sealed.write(place, "一")
    return place


def test_it_is_replaced_and_taken_away(place):
    sealed.write(place, "二")
    assert sealed.read(place) == "二"
    assert len(list(sealed.files(place))) == 2
    sealed.destroy(place)
    assert sealed.read(place) is None
    assert not list(sealed.files(place))


def test_states_are_of_one_length(place):
    sealed.write(place, "三" * 2000)
    assert {one.stat().st_size for one in sealed.files(place)} == {sealed.SIZE, sealed.BLOCK + 16}


@pytest.mark.parametrize("step", range(1, 5))
def test_a_disk_that_fails_at_any_step_loses_nothing(place, monkeypatch, step):
    calls, synced = [], os.fsync

    def failing(descriptor):
        calls.append(descriptor)
        if len(calls) == step:
            raise OSError(errno.EIO, "no")
        synced(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError, match="no"):
        sealed.write(place, "二")
    monkeypatch.undo()
    assert sealed.read(place) in {"一", "二"}
    sealed.clean(place)
    assert sealed.read(place) in {"一", "二"}
    sealed.write(place, "三")
    assert sealed.read(place) == "三"


def test_what_no_key_opens_any_more_is_none(place):
    sealed.key_of(place).write_bytes(bytes(sealed.SIZE))
    assert sealed.read(place) is None
