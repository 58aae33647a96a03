"""会议记录 as a paper. Chinese only."""

from logbook.documents.paper import Paper
from logbook.minutes.models import MinutesVersion
from logbook.settings.queries import Settings
from logbook.years.papers import text_blocks


def paper(year: int, version: MinutesVersion, settings: Settings) -> Paper:
    """The text of a version; which one stands in the file's properties."""
    words = settings.words.apply
    return Paper(
        title=words(f"{year}年度党组织书记抓基层党建工作\n述职评议会议记录"),
        blocks=tuple(text_blocks(version.text, (), words)),
        made_from=f"{year}年述职评议会议记录，第{version.n}版",
    )
