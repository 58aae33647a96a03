"""会议材料: what is laid before the meeting, and what came of it. Chinese only."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from logbook.ballots import papers as ballots
from logbook.ballots.models import VoterClass
from logbook.comments import papers as comments
from logbook.documents import paper
from logbook.documents.paper import Block, Break, Cover, Heading, Paper, Para
from logbook.formats import full_date
from logbook.minutes import papers as minutes
from logbook.pack.queries import Case, Gathered
from logbook.rectification import papers as rectification
from logbook.review import papers as review
from logbook.settings.queries import Settings
from logbook.years.papers import text_blocks

Named = tuple[str, Paper]


@dataclass(frozen=True, slots=True)
class Folder:
    """The papers of a meeting, each under its name, in the order in which they are needed."""

    found: Gathered
    settings: Settings
    on: dt.date

    @property
    def parts(self) -> list[Named]:
        """As one reader may have them."""
        return [*self._before(), *map(self._case, self.found.cases), *self._ballot(), *self._after()]

    def whole(self, parts: Sequence[Named]) -> Paper:
        """All of them as one, with contents."""
        meeting = self.found.meeting
        title = self.settings.words.apply(f"{meeting.year}年度党组织书记抓基层党建工作\n述职评议会议材料")
        lines = (
            ("单位", self.settings.unit_name),
            ("时间", full_date(meeting.held_on) if meeting.held_on else "待定"),
            ("地点", meeting.place or "待定"),
        )
        return paper.collected(title, parts, Cover(title, lines, ("内部资料　注意保管",)), self._made_from)

    @property
    def _made_from(self) -> str:
        return f"{self.found.meeting.year}年述职评议会议材料"

    def _before(self) -> Iterable[Named]:
        meeting, reports, settings = self.found.meeting, self.found.reports, self.settings
        on = min(self.on, meeting.held_on or self.on)  # a paper of before the meeting is not younger than it
        yield "会议议程", review.agenda(meeting, reports, settings, on)
        yield "主持词", review.script(meeting, reports, settings)
        arranged = review.meeting_paper(meeting, reports, self.found.figures, settings, on, graded=None)
        yield "会议安排和年度汇总", arranged

    def _case(self, case: Case) -> Named:
        name = f"{case.report.branch.name}　{case.report.person.name}"
        report, brief = case.report, review.brief_paper(case.brief, self.settings)
        blocks: list[Block] = [Para("述职报告未交。")]
        if report.written:
            blocks = [*_text("述职报告", report.written), *_text("现场述职稿", report.speech), Break()]
        blocks += [Heading("平时工作掌握情况", 1), *brief.blocks, *self._comments(case)]
        return name, Paper(title=name, blocks=tuple(blocks), made_from=self._made_from)

    def _comments(self, case: Case) -> Iterable[Block]:
        for one in case.comments:
            yield Break()
            yield Heading("点评稿", 1)
            yield from comments.paper(one, case.report, self.found.meeting, self.settings, sources=False).blocks
            if not one.settled_at:
                yield Para("（点评人尚未审定。）")

    def _ballot(self) -> Iterable[Named]:
        meeting, reports, settings = self.found.meeting, self.found.reports, self.settings
        held = self.found.result is not None or any(one.decisions for one in reports)
        for voters in () if held or self.found.columns is None else VoterClass:
            sheet = ballots.sheet(meeting, reports, self.found.columns or (), voters, settings)
            yield f"{settings.words.ballot}（{settings.words.apply(voters.chinese)}）", sheet
        if self.found.result:
            yield (
                "测评情况统计表",
                ballots.statistics(meeting, self.found.result, settings, self.on, over=self.found.over),
            )

    def _after(self) -> Iterable[Named]:
        if any(not line.removed for _report, lines in self.found.lists for line in lines):
            lists = self.found.lists
            yield "整改清单", rectification.paper(self.found.meeting, lists, self.settings, self.on, one=False)
        if self.found.minutes:
            yield "会议记录", minutes.paper(self.found.meeting.year, self.found.minutes, self.settings)


def _text(title: str, text: str) -> Iterable[Block]:
    """A report as the secretary wrote it: its headings as headings, its words as they are."""
    if text:
        yield Heading(title, 1)
    yield from text_blocks(text, (), str)
