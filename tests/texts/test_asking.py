"""Every form that takes a text asks about the secrecy marks in it; what does not is named here, with its reason."""

from wtforms import HiddenField, PasswordField, StringField

from logbook.settings.forms import Form, WrittenForm

ASK_NOTHING = {
    "SignInForm": "it looks a name up, and stores nothing",
    "CodeForm": "it looks a name and a code up, and stores nothing",
}


def forms(of):
    return {of}.union(*map(forms, of.__subclasses__()))


def takes_text(form):
    kinds = [getattr(getattr(form, name, None), "field_class", None) for name in dir(form)]
    return any(
        isinstance(kind, type) and issubclass(kind, StringField) and not issubclass(kind, HiddenField | PasswordField)
        for kind in kinds
    )


def test_every_form_that_takes_a_text_asks_about_marks(app):
    """`app` has all features, and so all their forms."""
    silent = {form.__name__ for form in forms(Form) if takes_text(form) and not issubclass(form, WrittenForm)}
    assert silent == set(ASK_NOTHING)
