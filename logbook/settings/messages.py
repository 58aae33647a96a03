"""What a form's own checks say where it says nothing itself: WTForms' sentences in the words of this house."""

from flask_babel import gettext

from logbook.db import N_

CHOOSE, AGAIN, RELOAD = N_("请从列出的选项中选择。"), N_("请重新填写此项。"), N_("请刷新页面后再提交。")
NUMBER, DATE = N_("请填数字。"), N_("请选择日期，例如2026年3月5日。")
# The keys are WTForms' English; a range's bounds are put in by its check.
MESSAGES = {
    "This field is required.": N_("请填写此项。"),
    "This field cannot be edited.": AGAIN,
    "This field is disabled and cannot have a value.": AGAIN,
    "Not a valid choice.": CHOOSE,
    "Invalid Choice: could not coerce.": CHOOSE,
    "Invalid choice(s): one or more data inputs could not be coerced.": CHOOSE,
    "'%(value)s' is not a valid choice for this field.": CHOOSE,
    "Invalid value, must be one of: %(values)s.": CHOOSE,
    "Invalid value, can't be any of: %(values)s.": CHOOSE,
    "Not a valid integer value.": N_("请填整数。"),
    "Not a valid decimal value.": NUMBER,
    "Not a valid float value.": NUMBER,
    "Number must be between %(min)s and %(max)s.": N_("请填%(min)s至%(max)s的整数。"),
    "Number must be at least %(min)s.": N_("请填不小于%(min)s的数。"),
    "Number must be at most %(max)s.": N_("请填不大于%(max)s的数。"),
    "Not a valid date value.": DATE,
    "Not a valid datetime value.": DATE,
    "Not a valid week value.": DATE,
    "Not a valid time value.": N_("请填时间，例如9:30。"),
    "Date must be between %(min)s and %(max)s.": DATE,
    "Date must be at least %(min)s.": DATE,
    "Date must be at most %(max)s.": DATE,
    "Field must be between %(min)d and %(max)d characters long.": N_("请填%(min)s至%(max)s字。"),
    "Field cannot be longer than %(max)d character.": N_("请不超过%(max)s字。"),
    "Field must be at least %(min)d character long.": N_("请至少填%(min)s字。"),
    "Field must be exactly %(max)d character long.": N_("请填%(max)s字。"),
    "Field must be equal to %(other_name)s.": N_("两次填写的不一样，请核对。"),
    "Invalid input.": AGAIN,
    "Invalid email address.": AGAIN,
    "Invalid IP address.": AGAIN,
    "Invalid Mac address.": AGAIN,
    "Invalid URL.": AGAIN,
    "Invalid UUID.": AGAIN,
    "Invalid CSRF Token.": RELOAD,
    "CSRF token missing.": RELOAD,
    "CSRF token expired.": RELOAD,
    "CSRF failed.": RELOAD,
}


class Messages:
    """As WTForms asks for them. A field's name in code, where it has no label, is asked for as well, and stays."""

    def gettext(self, text: str) -> str:
        known = MESSAGES.get(text)
        return str(gettext(known)) if known else text

    def ngettext(self, singular: str, _plural: str, _n: int) -> str:
        return self.gettext(singular)
