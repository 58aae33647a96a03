"""Our cookies: their names and flags. Where HTTPS is on, no other host of the same domain can plant one.

A name that begins with __Host- is taken by a browser only from this very host, over HTTPS, for the whole of it;
__Secure- asks for HTTPS only, and allows a path.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Request, current_app
from werkzeug.wrappers import Response

DAY = 24 * 3600  # seconds


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie of ours by its plain name."""

    plain: str
    path: str = "/"

    @property
    def name(self) -> str:
        """The name it goes by here."""
        if not current_app.config["HTTPS"]:
            return self.plain
        return f"{'__Host-' if self.path == '/' else '__Secure-'}{self.plain}"

    def read(self, incoming: Request) -> str:
        """What the browser sent; nothing else than what it was given under this name."""
        return incoming.cookies.get(self.name, "")

    def put(self, response: Response, value: str, *, days: int) -> None:
        response.set_cookie(
            self.name, value, max_age=days * DAY, path=self.path, secure=current_app.config["HTTPS"], httponly=True,
            samesite="Lax",
        )  # fmt: skip

    def drop(self, response: Response) -> None:
        response.delete_cookie(
            self.name, path=self.path, secure=current_app.config["HTTPS"], httponly=True, samesite="Lax"
        )


SESSION = Cookie("logbook")
LANGUAGE = Cookie("language")
# In which browser somebody signed in lately. Of sign-in only: with it, a vote would say whose phone it came from.
KNOWN = Cookie("known", path="/sign-in")
FORM = Cookie("logbook_form")  # Flask's own session, by config.py
EARLIER = (SESSION, KNOWN, FORM)  # of what a browser may hold under the plain name, from before HTTPS was on


def earlier_sessions(incoming: Request) -> Iterator[str]:
    """The tokens a browser came with, also the one that is not believed any more."""
    for name in {SESSION.name, SESSION.plain}:
        if name in incoming.cookies:
            yield incoming.cookies[name]


def drop_earlier(response: Response) -> None:
    """Take away what a browser holds under the plain names, once they are not believed any more."""
    for cookie in EARLIER if current_app.config["HTTPS"] else ():
        response.delete_cookie(cookie.plain, path=cookie.path)
