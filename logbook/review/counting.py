"""Who reports, in words: a secretary counts as a person, a grade belongs to a Party organization. Chinese only."""

from collections import Counter
from collections.abc import Sequence

from logbook.review.models import Report


def doubles(reports: Sequence[Report]) -> list[tuple[str, int]]:
    """(name, for how many) of those who report for several organizations, in the order of the reports."""
    counted = Counter(one.person_id for one in reports)
    named = {one.person_id: one.secretary_name for one in reports}
    return [(named[i], n) for i, n in counted.items() if n > 1]


def people(reports: Sequence[Report]) -> int:
    """How many persons report."""
    return len({one.person_id for one in reports})


def who_reports(reports: Sequence[Report]) -> str:
    """7名党（总）支部书记; where one reports for two, 8个党（总）支部、7名书记（×××同志兼任2个党组织书记）."""
    several = doubles(reports)
    if not several:
        return f"{len(reports)}名党（总）支部书记"
    said = "，".join(f"{name}同志兼任{n}个党组织书记" for name, n in several)
    return f"{len(reports)}个党（总）支部、{people(reports)}名书记（{said}）"


def how_reported(reports: Sequence[Report]) -> str:
    """How many reported in person and in writing, in one measure: persons, or organizations where one has several."""
    written = sum(one.in_writing for one in reports)
    there, measure = len(reports) - written, "个党组织" if doubles(reports) else "名"
    said = [f"现场述职{there}{measure}" if there else "", f"书面述职{written}{measure}" if written else ""]
    return f"{'，'.join(filter(None, said))}。"


def graded(reports: Sequence[Report], n: int) -> str:
    """So many grades: of organizations where one secretary has several, else of secretaries."""
    return f"{n}个党组织" if doubles(reports) else f"{n}名"
