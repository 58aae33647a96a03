"""Sheets of paper, typed in twice, in bundles of ten. No sheet is kept: a bundle comes whole, as sums."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from flask_babel import lazy_gettext as _

from logbook.ballots import box
from logbook.ballots.actions import MOST_VOTERS, Judgement, check_confirmed, open_class, sums_of, the_box
from logbook.ballots.box import Bundle, ClassBox, Sums
from logbook.errors import NotThere, RuleBroken
from logbook.formats import fingerprint

Round = Literal["first", "second"]


@dataclass(frozen=True, slots=True)
class Typed:
    """A whole bundle as it was typed: its number, its sheets, and the key that the page drew for it."""

    number: int
    sheets: Sequence[Collection[Judgement]]
    key: str = ""

    def mark(self, sums: Sums) -> str:
        """What tells the same sent again from another; without the key, which is on no disk, it tells no sums."""
        return fingerprint(self.key, asdict(sums)) if self.key else ""


def count_paper(class_id: int, sheets: int | None) -> None:
    """Say how many sheets of paper came back, before they are typed in; they are put into bundles of ten."""
    ballot, _voters = open_class(class_id)
    check_confirmed(ballot)
    if sheets is None or sheets > MOST_VOTERS:
        raise RuleBroken("back", _("请填0至%(most)s。", most=MOST_VOTERS))
    found = the_box(ballot)
    mine = found[class_id]
    if sheets == mine.back:  # the same sent twice
        return
    if any(one.typed("first") or one.typed("second") for one in mine.bundles):
        raise RuleBroken("back", _("已经开始录入。份数点错的，先清空两遍录入。"))
    mine.back, mine.bundles = sheets, [Bundle(size) for size in box.sizes(sheets)]
    mine.turn += 1
    box.replace(ballot.id, found)


def type_in(class_id: int, typing: Round, sent: Typed, *, by: str) -> None:
    """Add a bundle of paper, whole, in the first or the second typing. The same sent twice is one; others are refused,
    and what stands stays.
    """
    ballot, _voters = open_class(class_id)
    found = the_box(ballot)
    mine = found[class_id]
    if not 0 <= sent.number < len(mine.bundles) or len(sent.sheets) != mine.bundles[sent.number].size:
        raise NotThere
    bundle, typed = mine.bundles[sent.number], sums_of(ballot, sent.sheets)
    if bundle.typed(typing):
        _check_same(bundle, typing, sent, typed)
        return
    setattr(bundle, typing, typed)
    bundle.marks[typing] = sent.mark(typed)
    mine.turn += 1
    if by not in mine.typists[typing]:
        mine.typists[typing] = sorted([*mine.typists[typing], by])
    if bundle.first == bundle.second:
        mine.paper.add(typed)
        mine.bundles[sent.number] = Bundle(bundle.size, agreed=True, marks=bundle.marks)
    box.replace(ballot.id, found)


def _check_same(bundle: Bundle, typing: Round, sent: Typed, typed: Sums) -> None:
    """Raise RuleBroken where this is not what was typed before, of which an answer was lost."""
    if bundle.agreed and bundle.marks.get(typing) != (sent.mark(typed) or None):
        raise RuleBroken("", _("这一扎两遍已录一致，原来的不变，刚才录的没有计入。"))
    if not bundle.agreed and getattr(bundle, typing) != typed:
        raise RuleBroken("", _("这一扎这一遍已经录过，原来的不变，刚才录的没有计入；要改的，请在测评页面点重录。"))


def next_bundle(mine: ClassBox, typing: Round) -> int | None:
    """The first bundle not yet typed in this time."""
    return next((i for i, one in enumerate(mine.bundles) if not one.typed(typing)), None)


def differences(mine: ClassBox) -> list[tuple[int, list[tuple[str, str]]]]:
    """(bundle, [(report, item)]) where both typings are finished and differ; nothing before.

    Which values differ and by how much is seen by nobody: against a typing of blanks that would be the whole result.
    """
    if not (mine.finished("first") and mine.finished("second")):
        return []
    return [
        (i, _apart(one.first, one.second))
        for i, one in enumerate(mine.bundles)
        if one.first is not None and one.second is not None
    ]


def _apart(first: Sums, second: Sums) -> list[tuple[str, str]]:
    cells = {*first.counts, *second.counts}
    apart = [cell.split(".", 2) for cell in cells if first.counts.get(cell, 0) != second.counts.get(cell, 0)]
    return sorted({(report, item) for report, item, _value in apart})


def type_again(class_id: int, typing: Round, number: int, *, turn: int | None) -> None:
    """Throw away one typing of a bundle that differs, to type it in anew; of the `turn` that was read."""
    ballot, _voters = open_class(class_id)
    found = the_box(ballot)
    _check_turn(found[class_id], turn)
    if number not in {i for i, _cells in differences(found[class_id])}:
        raise RuleBroken("", _("这一项刚有变动，请再看一遍。"))
    bundle = found[class_id].bundles[number]
    setattr(bundle, typing, None)
    bundle.marks.pop(typing, None)
    found[class_id].turn += 1
    found[class_id].again += 1
    box.replace(ballot.id, found)


def begin_paper_again(class_id: int, *, turn: int | None) -> None:
    """Throw away both typings of a class, to count its sheets anew; of the `turn` that was read."""
    ballot, _voters = open_class(class_id)
    found = the_box(ballot)
    mine = found[class_id]
    _check_turn(mine, turn)
    mine.turn += 1
    mine.again += any(mine.typists.values())
    mine.back, mine.bundles, mine.paper = None, [], Sums()
    mine.typists = {"first": [], "second": []}
    box.replace(ballot.id, found)


def _check_turn(mine: ClassBox, turn: int | None) -> None:
    """What is thrown away is what was read: not what was typed meanwhile, and not once more by a request sent twice."""
    if turn != mine.turn:
        raise RuleBroken("", _("这一项刚有变动，请再看一遍。"))
