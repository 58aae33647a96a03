"""Who is in a demonstration comes from its seed; what opens it is drawn anew each time."""

from random import Random

from logbook.sample.people import cast


def test_names_are_seeded_and_passwords_never_the_same():
    first, second = (cast(Random(1), 3) for _twice in range(2))  # noqa: S311 - the seed is what is tried
    assert [one.name for one in first] == [one.name for one in second]
    passwords = [one.password for one in (*first, *second) if one.roles]
    assert len(set(passwords)) == len(passwords) == 20
