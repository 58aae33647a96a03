"""All sequences of up to three acts by one account end with nobody signed in as somebody else, and no new power."""

import pytest
from argon2 import PasswordHasher

from logbook.access import Act, Role
from logbook.accounts import actions, codes, queries, requests, roles
from logbook.accounts.models import Person, RoleGrant
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import now
from tests import factories

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x")


class Walk:
    """One account at work, in a transaction that is rolled back; `slips` are the codes it saw."""

    def __init__(self, by, victim, slips=()):
        self.actor, self.victim, self.slips = by, victim, list(slips)

    def may(self, act):
        if not self.actor.may(act):
            raise NotAllowed(act.value)

    def ask(self):
        codes.ask(self.victim, by=self.actor, at=now())

    def agree(self):
        self.may(Act.AGREE)
        for one in queries.open_requests(now()):
            requests.agree(one.id, by=self.actor, at=now())

    def print(self):
        for one in queries.open_requests(now()):
            self.slips.append(codes.print_agreed(one.id, by=self.actor, at=now())[1])

    def issue(self):
        self.slips.append(codes.issue_first(self.victim, by=self.actor, at=now()))

    def give_roles(self):
        self.may(Act.KEEP_ACCOUNTS)
        roles.set_roles(self.victim, frozenset(Role), by=self.actor.person_id, at=now())

    def take_roles(self):
        self.may(Act.KEEP_ACCOUNTS)
        roles.set_roles(self.actor.person_id, frozenset(Role), by=self.actor.person_id, at=now())

    def switch_off(self):
        self.may(Act.KEEP_ACCOUNTS)
        roles.change_account(self.victim, "v", active=False, by=self.actor.person_id, at=now())

    def rename(self):
        self.may(Act.KEEP_ACCOUNTS)
        roles.change_account(self.victim, "victim2", active=True, by=self.actor.person_id, at=now())

    def use(self):
        name = db.session.get(Person, self.victim).sign_in_name
        actions.use_code(name, self.slips[-1] if self.slips else "", HASH, at=now())


ACTS = ("ask", "agree", "print", "issue", "give_roles", "take_roles", "switch_off", "rename", "use")


def powers():
    return {one.id for one in db.session.query(RoleGrant.id)}


def taken_over(walk, *, left=3, done=(), before=None):
    """The sequences that gave this account another's slip or a power nobody else agreed to.

    What is refused changes nothing: a sequence goes on from what was carried out.
    """
    found, before = [], before or powers()
    for act in ACTS if left else ():
        tried = Walk(walk.actor, walk.victim, list(walk.slips))
        begun = db.session.begin_nested()
        try:
            getattr(tried, act)()
        except (NotAllowed, NotThere, RuleBroken):
            begun.rollback()
            continue
        if tried.slips or powers() - before:
            found.append((*done, act))
        found += taken_over(tried, left=left - 1, done=(*done, act), before=before)
        begun.rollback()
    return found


@pytest.fixture
def house(app):
    """Somebody with every set of roles, each signed in before; some things are under way already."""
    people = {name: factories.person(*held) for name, held in {
        "leader": [Role.LEADER], "office": [Role.OFFICE], "second": [Role.OFFICE], "sysadmin": [Role.SYSADMIN],
        "keeper": [Role.SYSADMIN], "both": [Role.OFFICE, Role.SYSADMIN], "member": [Role.MEMBER],
    }.items()}  # fmt: skip
    requests.name_second(people["member"], by=factories.actor(people["leader"]), at=factories.AT)
    db.session.commit()
    return people


@pytest.mark.parametrize("by", ["leader", "office", "sysadmin", "both", "member"])
def test_nobody_alone_becomes_somebody_else(house, by):
    victim = "keeper" if by == "leader" else "leader"
    assert taken_over(Walk(factories.actor(house[by]), house[victim])) == []


def test_nobody_gives_a_power_to_an_account_they_opened_first(house):
    """A first code is one person's; what the account may do is not."""
    twin = factories.person(name="新人", sign_in_name="twin")
    found = taken_over(Walk(factories.actor(house["both"]), twin))
    assert found
    assert all(
        "issue" in sequence for sequence in found
    )  # the slip of an account that nobody used and that may nothing
    assert queries.roles_of(twin) == frozenset()


def test_the_walk_finds_a_fault_that_was_planted(house, monkeypatch):
    """F2 anew: whoever asks may agree."""
    monkeypatch.setattr(requests, "may_agree", lambda *_: True)
    assert ("ask", "agree", "print") in taken_over(Walk(factories.actor(house["office"]), house["leader"]))


def test_the_walk_finds_a_grant_that_counts_alone(house, monkeypatch):
    monkeypatch.setattr(roles, "counts_alone", lambda *_: True)
    assert ("give_roles",) in taken_over(Walk(factories.actor(house["sysadmin"]), house["member"]))
