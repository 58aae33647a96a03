"""Sheets of paper, typed in twice, in bundles of ten. No sheet is kept: a bundle comes whole, as sums."""

from collections.abc import Collection, Sequence
from typing import Literal

from flask_babel import lazy_gettext as _

from logbook.ballots import box
from logbook.ballots.actions import MOST_VOTERS, Judgement, check_confirmed, open_class, sums_of, the_box
from logbook.ballots.box import Bundle, ClassBox, Sums
from logbook.errors import NotThere, RuleBroken

Round = Literal["first", "second"]


def count_paper(class_id: int, sheets: int | None) -> None:
    """Say how many sheets of paper came back, before they are typed in; they are put into bundles of ten."""
    ballot, _voters = open_class(class_id)
    check_confirmed(ballot)
    if sheets is None or sheets > MOST_VOTERS:
        raise RuleBroken("back", _("请填0至%(most)s。", most=MOST_VOTERS))
    found = the_box(ballot)
    mine = found[class_id]
    if any(one.typed("first") or one.typed("second") for one in mine.bundles):
        raise RuleBroken("back", _("已经开始录入。份数点错的，先清空两遍录入。"))
    mine.back, mine.bundles = sheets, [Bundle(size) for size in box.sizes(sheets)]
    box.replace(ballot.id, found)


def type_in(class_id: int, typing: Round, number: int, sheets: Sequence[Collection[Judgement]], *, by: str) -> None:
    """Add a bundle of paper, whole, in the first or the second typing. The same sent twice is one."""
    ballot, _voters = open_class(class_id)
    found = the_box(ballot)
    mine = found[class_id]
    if not 0 <= number < len(mine.bundles) or len(sheets) != mine.bundles[number].size:
        raise NotThere
    bundle, typed = mine.bundles[number], sums_of(ballot, sheets)
    if bundle.typed(typing):
        if getattr(bundle, typing) in (None, typed):  # an answer was lost; None: both agreed already
            return
        raise RuleBroken("", _("这一扎已经录过。"))
    setattr(bundle, typing, typed)
    if by not in mine.typists[typing]:
        mine.typists[typing] = sorted([*mine.typists[typing], by])
    if bundle.first == bundle.second:
        mine.paper.add(typed)
        mine.bundles[number] = Bundle(bundle.size, agreed=True)
    box.replace(ballot.id, found)


def next_bundle(mine: ClassBox, typing: Round) -> int | None:
    """The first bundle not yet typed in this time."""
    return next((i for i, one in enumerate(mine.bundles) if not one.typed(typing)), None)


def differences(mine: ClassBox) -> list[tuple[int, dict[str, int]]]:
    """(bundle, {cell: how much more the second time}) where both typings are finished and differ; nothing before."""
    if not (mine.finished("first") and mine.finished("second")):
        return []
    return [
        (i, _more(one.first, one.second))
        for i, one in enumerate(mine.bundles)
        if one.first is not None and one.second is not None
    ]


def _more(first: Sums, second: Sums) -> dict[str, int]:
    found = {
        cell: second.counts.get(cell, 0) - first.counts.get(cell, 0) for cell in sorted({*first.counts, *second.counts})
    }
    return {cell: n for cell, n in found.items() if n}


def type_again(class_id: int, typing: Round, number: int) -> None:
    """Throw away one typing of a bundle that differs, to type it in anew."""
    ballot, _voters = open_class(class_id)
    found = the_box(ballot)
    if number not in {i for i, _cells in differences(found[class_id])}:
        raise RuleBroken("", _("这一项刚有变动，请再看一遍。"))
    setattr(found[class_id].bundles[number], typing, None)
    box.replace(ballot.id, found)


def begin_paper_again(class_id: int) -> None:
    """Throw away both typings of a class, to count its sheets anew."""
    ballot, _voters = open_class(class_id)
    found = the_box(ballot)
    mine = found[class_id]
    mine.back, mine.bundles, mine.paper = None, [], Sums()
    mine.typists = {"first": [], "second": []}
    box.replace(ballot.id, found)
