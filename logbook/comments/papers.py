"""点评稿, to be read out, without numbers; 备查稿, the same with what each clause rests on. Chinese only."""

from collections.abc import Iterable

from logbook.comments.models import Clause, Comment, Part
from logbook.documents.paper import Paper, Para
from logbook.review.models import Meeting, Report
from logbook.settings.queries import Settings


def paper(comment: Comment, report: Report, meeting: Meeting, settings: Settings, *, sources: bool) -> Paper:
    """One comment; `sources` makes it the 备查稿."""
    words = settings.words.apply
    title = words(f"{meeting.year}年度党组织书记抓基层党建\n工作述职评议{'点评备查稿' if sources else '点评稿'}")
    about = f"{report.branch.name}　书记：{report.person.name}　点评人：{comment.commentator.name}"
    blocks = [Para(about, indent=False)]
    for part in Part:
        said = "".join(_said(one, sources=sources) for one in comment.clauses if one.part is part)
        if said or part is not Part.ADVICE:
            blocks.append(Para(said or "（无）", lead=f"{part.chinese}："))
    return Paper(title=title, blocks=tuple(blocks), made_from=f"点评{comment.id}，第{comment.version}次改动")


def _said(clause: Clause, *, sources: bool) -> str:
    text = clause.text.strip()
    if text and text[-1] not in "。！？；":
        text += "。"
    if sources and clause.source:
        return f"{text.rstrip('。')}［{clause.source}］。"
    return text


def cited(clauses: Iterable[Clause]) -> str:
    """The sources of clauses, once each."""
    return "、".join(dict.fromkeys(one.source for one in clauses if one.source))
