"""What the domain raises and the views translate."""


class RuleBroken(Exception):  # noqa: N818 - named as what happened, not as its kind
    """A rule refuses the input; `field` is the form field it belongs to, `message` is for the reader."""

    def __init__(self, field: str, message: object) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message


class NotAllowed(Exception):  # noqa: N818
    """The person may not do this; answered with 403."""


class NotThere(Exception):  # noqa: N818
    """Nothing of that identity is there for this person; answered with 404, the same whether it is absent or hidden."""
