"""Who may do what: one table, one decorator. Which rows a person may see stands in each feature's queries."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import current_app
from flask_login import current_user

from logbook.db import N_, Word
from logbook.errors import NotAllowed

P = ParamSpec("P")
R = TypeVar("R")


class Role(Word):
    MEMBER = "member", N_("党组成员")
    LEADER = "leader", N_("党组书记")
    OFFICE = "office", N_("党办")
    SYSADMIN = "sysadmin", N_("系统管理员")


class Act(Word):
    MANAGE_SELF = "manage_self", N_("管理本人账号")
    RECORD = "record", N_("登记下基层")
    READ_RECORDS = "read_records", N_("阅看记录")
    CONFIRM = "confirm", N_("确认本人记录")
    RECEIVE = "receive", N_("收阅")
    INSTRUCT = "instruct", N_("批示")
    READ_CARD = "read_card", N_("看支部近况")
    READ_LEDGER = "read_ledger", N_("看问题和领办事项")
    FOLLOW_PROBLEM = "follow_problem", N_("登记进展、办结")
    IMPORT_RESCUE = "import_rescue", N_("导入救援文件")
    KEEP_LEDGER = "keep_ledger", N_("管理问题台账")
    CLOSE_MATTER = "close_matter", N_("办结提请党组研究事项")
    KEEP_LISTS = "keep_lists", N_("管理名册和挂点联系")
    STAND_IN = "stand_in", N_("办理涉及党办人员本人的事项")
    ISSUE_BOOKS = "issue_books", N_("发放记录本")
    READ_YEAR = "read_year", N_("看年度汇总")
    MAKE_YEAR = "make_year", N_("撰写汇总、生成材料")
    CLOSE_YEAR = "close_year", N_("年度归档和补充说明")
    READ_MEETING = "read_meeting", N_("看述职评议")
    RUN_MEETING = "run_meeting", N_("组织述职评议")
    RUN_BALLOT = "run_ballot", N_("组织民主测评")
    NAME_HANDLER = "name_handler", N_("指定经办人")
    READ_MINUTES = "read_minutes", N_("看会议记录")
    DECIDE_GRADE = "decide_grade", N_("登记确定的等次")
    COMMENT = "comment", N_("点评")
    KEEP_PEOPLE = "keep_people", N_("管理人员名单")
    KEEP_ACCOUNTS = "keep_accounts", N_("管理账号和角色")
    ISSUE_CODE = "issue_code", N_("发放一次性登录码")
    AGREE = "agree", N_("同意发放登录码、确认角色")
    READ_CODES = "read_codes", N_("看登录码办理情况")
    NAME_SECOND = "name_second", N_("指定可以同意发放登录码的成员")
    KEEP_SETTINGS = "keep_settings", N_("业务设置")
    KEEP_SECURITY = "keep_security", N_("安全设置")


_MEMBERS = frozenset({Role.MEMBER, Role.LEADER})
_OFFICE = frozenset({Role.OFFICE})
_LEADER = frozenset({Role.LEADER})
_ADMIN = frozenset({Role.SYSADMIN})
_BUSINESS = _MEMBERS | _OFFICE

ALLOWED: dict[Act, frozenset[Role]] = {
    Act.MANAGE_SELF: frozenset(Role),
    Act.RECORD: _BUSINESS,
    Act.READ_RECORDS: _BUSINESS,
    Act.CONFIRM: _MEMBERS,
    Act.RECEIVE: _OFFICE,
    Act.INSTRUCT: _LEADER,
    Act.READ_CARD: _BUSINESS,
    Act.READ_LEDGER: _BUSINESS,
    Act.FOLLOW_PROBLEM: _BUSINESS,
    Act.IMPORT_RESCUE: _OFFICE,
    Act.KEEP_LEDGER: _OFFICE,
    Act.CLOSE_MATTER: _LEADER | _OFFICE,
    Act.KEEP_LISTS: _OFFICE,
    Act.STAND_IN: _BUSINESS,  # what concerns the office itself; who really may: organization.bound
    Act.ISSUE_BOOKS: _OFFICE,
    Act.READ_YEAR: _OFFICE | _LEADER,
    Act.MAKE_YEAR: _OFFICE,
    Act.CLOSE_YEAR: _OFFICE,
    Act.READ_MEETING: _BUSINESS,
    Act.RUN_MEETING: _OFFICE,
    Act.RUN_BALLOT: _BUSINESS,  # the office, and whom the leader named: review.queries.runs_meeting
    Act.NAME_HANDLER: _LEADER,
    Act.READ_MINUTES: _LEADER | _OFFICE,
    Act.DECIDE_GRADE: _LEADER | _OFFICE,
    Act.COMMENT: _BUSINESS,
    Act.KEEP_PEOPLE: _ADMIN | _OFFICE,  # names and posts; what opens doors is KEEP_ACCOUNTS
    Act.KEEP_ACCOUNTS: _ADMIN,
    Act.ISSUE_CODE: _ADMIN | _OFFICE,
    Act.AGREE: frozenset(Role),  # a member only where accounts.requests.may_agree lets them
    Act.READ_CODES: _LEADER | _ADMIN,
    Act.NAME_SECOND: _LEADER,
    Act.KEEP_SETTINGS: _OFFICE,
    Act.KEEP_SECURITY: _ADMIN,
}

# Endpoints anyone may open without signing in; every other route names its act.
PUBLIC = frozenset(
    {
        "static", "accounts.sign_in", "accounts.use_code", "accounts.language", "desk.health",
        "shell.worker", "shell.home", "shell.form", "voting.enter", "voting.cast",
        "witness.enter", "witness.act", "witness.type_in",  # by a code of their own
    }
)  # fmt: skip
# Of these, where nothing may tell who was there or when: no session is read, no line is logged.
UNWATCHED = frozenset({"voting.enter", "voting.cast"})
# Where a code is all that lets somebody in, and every page carries it; one that opens an account stands on no page.
BY_CODE = UNWATCHED | {"witness.enter", "witness.act", "witness.type_in"}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the person's id and roles, as handed to every query and action."""

    person_id: int
    name: str
    roles: frozenset[Role]

    def may(self, act: Act) -> bool:
        """Tell whether one of the roles is allowed `act`."""
        return not self.roles.isdisjoint(ALLOWED[act])

    @property
    def is_member(self) -> bool:
        """Whether the person is a member of the group; its leader is one too."""
        return not self.roles.isdisjoint(_MEMBERS)

    @property
    def is_leader(self) -> bool:
        return Role.LEADER in self.roles

    @property
    def is_office(self) -> bool:
        return Role.OFFICE in self.roles


def may(act: Act) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let only those into the view who are allowed `act`; 401 shows the sign-in page, 403 a refusal."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current_user.is_authenticated:
                return current_app.login_manager.unauthorized()  # type: ignore[attr-defined,no-any-return]
            if not current_user.actor.may(act):
                raise NotAllowed(act.value)
            return view(*args, **kwargs)

        guarded.act = act  # type: ignore[attr-defined]
        return guarded

    return decorate


def actor() -> Actor:
    """Return who is signed in on this request."""
    signed_in: Any = current_user
    return signed_in.actor  # type: ignore[no-any-return]
