"""The first version, from facts alone; what no fact tells is left to be filled in. Chinese only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from logbook.accounts.models import Person
from logbook.ballots.models import Ballot, BallotClass
from logbook.ballots.papers import over_said
from logbook.comments.models import Comment, Part
from logbook.formats import MAX_TEXT, full_date, numeral
from logbook.review import counting
from logbook.review.models import Meeting, Report
from logbook.settings.queries import Words

BLANK = "（待填）"
UNSETTLED = "（点评未审定）"
ELSEWHERE = "（点评内容较长，见点评稿）"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known; `comments` are the settled ones, `ballot` one that is closed and erased, or None."""

    meeting: Meeting
    reports: Sequence[Report]
    members: Sequence[Person]
    comments: Sequence[Comment]
    ballot: Ballot | None
    over: Sequence[BallotClass]  # the classes of which more came back than were handed out
    recorder: str


def drafted(facts: Facts, words: Words) -> str:
    """The minutes as far as facts go; comments too long for what can be edited are left in their own papers."""
    whole = "\n".join(_lines(facts, words, said=True))
    return whole if len(whole) <= MAX_TEXT else "\n".join(_lines(facts, words, said=False))


def open_places(text: str) -> int:
    """How many places are still to be filled in, or to be settled."""
    return text.count(BLANK) + text.count(UNSETTLED)


def _lines(facts: Facts, words: Words, *, said: bool) -> Iterable[str]:
    meeting = facts.meeting
    yield f"时间：{full_date(meeting.held_on) if meeting.held_on else BLANK}"
    yield f"地点：{meeting.place or BLANK}"
    yield f"主持人：{BLANK}"
    yield f"出席：{'、'.join(one.name for one in facts.members) or BLANK}"
    yield f"缺席：{BLANK}"
    yield f"记录人：{facts.recorder}"
    yield f"\n一、通报{meeting.year - 1}年度述职评议查摆问题整改情况"
    yield BLANK
    yield "\n二、述职"
    if counting.doubles(facts.reports):
        yield f"{counting.who_reports(facts.reports)}述职。"
    for label, in_writing in (("现场述职", False), ("书面述职", True)):
        named = [_named(one) for one in facts.reports if one.in_writing == in_writing]
        if named:
            yield f"{label}：{'、'.join(named)}。"
    yield "\n三、点评"
    for i, report in enumerate(facts.reports, 1):
        yield f"（{numeral(i)}）{_named(report)}"
        settled = [one for one in facts.comments if one.report_id == report.id]
        for comment in settled:
            yield from _comment(comment) if said else [f"{comment.commentator_name}点评：{ELSEWHERE}"]
        if not settled:
            yield UNSETTLED
    yield words.apply("\n四、党组书记总点评")
    yield BLANK
    yield "\n五、民主测评"
    yield words.apply(_ballot(facts))
    speeches = [*([meeting.guest] if meeting.guest else []), words.apply("党组书记")]
    for number, who in zip("六七", speeches, strict=False):
        yield f"\n{number}、{who}讲话"
        yield BLANK


def _named(report: Report) -> str:
    return f"{report.branch.name}书记{report.secretary_name}"


def _comment(comment: Comment) -> Iterable[str]:
    said = [f"{part.chinese}：{comment.said(part)}" for part in Part if comment.said(part)]
    yield f"{comment.commentator_name}点评：{said[0] if said else ''}"  # a name alone would stand at a page's foot
    yield from said[1:]


def _ballot(facts: Facts) -> str:
    """How many ballots were handed out and came back; never what they say."""
    if facts.ballot is None:
        return BLANK
    classes = facts.ballot.classes
    handed_out, came_back = sum(one.handed_out for one in classes), sum(one.cast + one.first for one in classes)
    return "".join([f"发出测评表{handed_out}份，收回{came_back}份。", *map(over_said, facts.over)])
