"""What the forms of a page would send as they stand: whether a page shown again really holds what was typed."""

from collections.abc import Iterable
from html.parser import HTMLParser
from urllib.parse import urlsplit

_TICKED = {"checkbox", "radio"}


class _Forms(HTMLParser):
    """Collects (name, text) of the forms that go to one path; a button counts as what it would send."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()
        self._path = path
        self._inside = False
        self._area, self._text = "", ""  # the textarea that is open, and what stands in it
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = urlsplit(given.get("action", "")).path == self._path
        elif self._inside:
            self._see(tag, given)

    def _see(self, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "textarea":
            self._area, self._text = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "option":
            if "selected" in given:
                self._add(self._select, given.get("value", ""))
        elif tag in {"input", "button"} and (given.get("type") not in _TICKED or "checked" in given):
            self._add(name, given.get("value", "on" if given.get("type") in _TICKED else ""))

    def handle_data(self, data: str) -> None:
        if self._area:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area:
            self._add(self._area, self._text)
            self._area = ""
        elif tag == "form":
            self._inside = False

    def _add(self, name: str, text: str) -> None:
        self.found.add((name, plain(text)))


def plain(text: str) -> str:
    """The text but for its white space, which forms trim."""
    return " ".join(text.split())


def holds(page: str, path: str, fields: Iterable[tuple[str, str]]) -> bool:
    """Whether the page's forms to that path hold all these fields; an empty one is nothing to hold."""
    forms = _Forms(path)
    forms.feed(page)
    return all((name, plain(text)) in forms.found for name, text in fields if text.strip())
