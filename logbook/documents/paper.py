"""A paper as plain values: what stands on it, not how it looks. Word and PDF are made from the same one."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from logbook.cleaning import without_unseen


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading with its number in the text; level 1: 一、, 2:（一）, 3: 1., 4:（1）."""

    text: str
    level: int


@dataclass(frozen=True, slots=True)
class Para:
    """`lead` is a heading of level 2 that runs into the paragraph: （一）挂点联系。"""

    text: str
    indent: bool = True  # the first line, by two characters
    lead: str = ""
    keep: bool = False  # on the page of what follows it


@dataclass(frozen=True, slots=True)
class Table:
    """`widths` are relative to one another; the caller leaves no cell empty. A `roomy` one is for a pen."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...] = ()
    title: str = ""
    note: str = ""
    roomy: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    svg: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """Rows of a form to be read or written on by hand: label, text, label, text; two cells go over the whole width.

    `lines` is how high each row is at least, in lines of the page; none given, as high as its text.
    """

    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Cover:
    """A page of its own before a bound book: `lines` are label and text, below the title."""

    title: str
    lines: tuple[tuple[str, str], ...]
    foot: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Break:
    """What follows begins on a page of its own."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs and when, of one paper among several that are printed as one."""

    signed: str
    dated: dt.date | None = None


Block = Heading | Para | Table | Chart | Form | Cover | Break | Signature


@dataclass(frozen=True, slots=True)
class Attachment:
    """附件, on pages of its own; `landscape` for wide tables. Its title may be broken into lines, its name is not."""

    title: str
    blocks: tuple[Block, ...]
    landscape: bool = False

    @property
    def name(self) -> str:
        """As it is named below the text."""
        return self.title.replace("\n", "")


@dataclass(frozen=True, slots=True)
class Paper:
    """An official paper. `inner` prints 内部资料　注意保管; `receiver` is 主送; `made_from` stands in the
    file's properties only, never on a page. A `bound` one begins with its cover, and has no title besides;
    a wide table is printed in `landscape`. Of a `collected` one the attachments are papers of their own: a page of
    contents names each with its page.
    """

    title: str
    blocks: tuple[Block, ...]
    inner: bool = True
    receiver: str = ""
    signed: str = ""
    dated: dt.date | None = None
    attachments: tuple[Attachment, ...] = ()
    made_from: str = ""
    bound: bool = False
    landscape: bool = False
    collected: bool = False
    folios: bool = True  # numbers on its pages; none on sheets that are handed to different people


def collected(title: str, papers: Sequence[tuple[str, Paper]], cover: Cover, made_from: str) -> Paper:
    """Several papers as one, each under its name in the contents."""
    parts = tuple(Attachment(name, tuple(_whole(one)), one.landscape) for name, one in papers)
    return Paper(title=title, blocks=(cover,), attachments=parts, made_from=made_from, bound=True, collected=True)


def _whole(paper: Paper) -> Iterable[Block]:
    """A paper as part of another: to whom, what, who signed, and what was attached to it."""
    if paper.receiver:
        yield Para(f"{paper.receiver}：", indent=False)
    yield from paper.blocks
    if paper.signed:
        yield Signature(paper.signed, paper.dated)
    for i, one in enumerate(paper.attachments, 1):
        yield Break()
        yield Heading(f"附件{i if len(paper.attachments) > 1 else ''}：{one.name}", 1)
        yield from one.blocks


def full_date(day: dt.date) -> str:
    """2026年1月5日, no leading zeros (GB/T 9704-2012, 7.3.5.3)."""
    return f"{day.year}年{day.month}月{day.day}日"


def printable(value: Any) -> Any:
    """The text, or the texts in it, without what no file may hold (XML 1.0, 2.2) and nobody sees."""
    if isinstance(value, str):
        return without_unseen(value)
    if isinstance(value, dict):
        return {name: printable(one) for name, one in value.items()}
    return [printable(one) for one in value] if isinstance(value, list | tuple) else value
