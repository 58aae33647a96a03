"""The request as the house reads it: every text in it is cleaned, whoever asks for it and by whatever way."""

from collections.abc import Iterable
from typing import Any

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.utils import cached_property

from logbook.cleaning import cleaned

# A password is taken as it was typed, and stored nowhere.
PASSWORDS = frozenset({"password", "old", "own_password"})


class TypedRequest(Request):
    """A request whose texts, in its form and its address, are cleaned: no view can forget it."""

    def _load_form_data(self) -> None:
        if "form" in self.__dict__:
            return
        super()._load_form_data()
        self.__dict__["form"] = _cleaned(self.__dict__["form"].items(multi=True))

    @cached_property
    def args(self) -> Any:
        """The texts of the address, cleaned."""
        return _cleaned(super().args.items(multi=True))


def _cleaned(pairs: Iterable[tuple[str, str]]) -> ImmutableMultiDict[str, str]:
    return ImmutableMultiDict(cleaned(pairs, but=PASSWORDS))
