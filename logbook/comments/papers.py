"""点评稿, to be read out, without numbers; 备查稿, the same with what each clause rests on. Chinese only."""

from logbook.comments.models import Clause, Comment, Part
from logbook.documents.paper import Paper, Para
from logbook.review.models import Meeting, Report
from logbook.settings.queries import Settings

UNSAID = "（待点评人提出。）"


def paper(comment: Comment, report: Report, meeting: Meeting, settings: Settings, *, sources: bool) -> Paper:
    """One comment; `sources` makes it the 备查稿."""
    words = settings.words.apply
    title = words(f"{meeting.year}年度党组织书记抓基层党建工作\n述职评议{'点评备查稿' if sources else '点评稿'}")
    about = f"{report.branch.name}　书记：{report.secretary_name}　点评人：{comment.commentator_name}"
    blocks = [Para(about, indent=False)]
    for part in Part:
        said = "".join(_cited(one) for one in comment.clauses if one.part is part) if sources else comment.said(part)
        if said or part is Part.SHORTCOMING:
            blocks.append(Para(said or UNSAID, lead=f"{part.chinese}："))
    return Paper(title=title, blocks=tuple(blocks), made_from=f"点评{comment.id}，第{comment.version}次改动")


def _cited(clause: Clause) -> str:
    return f"{clause.sentence.rstrip('。')}［{clause.source}］。" if clause.source else clause.sentence
