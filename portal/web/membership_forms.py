"""Forms of memberships: inviting somebody, changing a role, choosing a file, accepting.

They check shape; who may give which role where is the flow's to say.
"""

from __future__ import annotations

from collections.abc import Iterable

from wtforms import Field, HiddenField, PasswordField, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired, Length

from portal.flows.addresses import LENGTH_MAX as EMAIL_MAX
from portal.flows.addresses import normalise
from portal.flows.memberships import Change, Organisation
from portal.rules.terms import Action, Role
from portal.settings import LOCALES
from portal.web import messages
from portal.web.forms import (
    NAME_OF_PERSON_MAX,
    REQUIRED,
    SECRET_MAX,
    TOO_LONG,
    Form,
    ProfileForm,
)
from portal.web.words import lazy_gettext

ORGANISATION = lazy_gettext("Organisation")
ROLE = lazy_gettext("Role")


def _clean(value: str | None) -> str | None:
    return value.strip() if value else value


def _is_address(_form: Form, field: Field) -> None:
    if normalise(field.data or "") is None:
        raise ValidationError(lazy_gettext("Write an email address, like name@example.com."))


def _is_printable(_form: Form, field: Field) -> None:
    if not (field.data or "").isprintable():
        raise ValidationError(lazy_gettext("Use letters, digits and signs only."))


def _is_role(_form: Form, field: Field) -> None:
    if field.data not in list(Role):
        raise ValidationError(lazy_gettext("Choose a role from the list."))


def _is_language(_form: Form, field: Field) -> None:
    if field.data not in LOCALES:
        raise ValidationError(lazy_gettext("Choose a language from the list."))


def _role() -> SelectField:
    return SelectField(ROLE, validate_choice=False, validators=[_is_role])


def _organisation() -> SelectField:
    # Not checked against the list: any other organisation is answered as if it did not exist.
    return SelectField(ORGANISATION, validate_choice=False)


class InviteForm(Form):
    action = Action.INVITE_USER
    email = StringField(
        lazy_gettext("Email address"),
        filters=[_clean],
        validators=[
            InputRequired(REQUIRED),
            Length(max=EMAIL_MAX, message=TOO_LONG),
            _is_address,
        ],
        render_kw={"type": "email"},
    )
    name = StringField(
        lazy_gettext("Their name"),
        filters=[_clean],
        validators=[
            InputRequired(REQUIRED),
            Length(max=NAME_OF_PERSON_MAX, message=TOO_LONG),
            _is_printable,
        ],
    )
    organisation = _organisation()
    role = _role()
    locale = SelectField(
        lazy_gettext("Their language"), validators=[_is_language], validate_choice=False
    )


class RoleForm(Form):
    action = Action.CHANGE_MEMBERSHIP
    change = HiddenField()
    organisation = _organisation()
    role = _role()

    def validate_change(self, field: Field) -> None:
        if field.data not in list(Change):
            raise ValidationError(REQUIRED)


class HomeForm(Form):
    organisation = _organisation()


class FileForm(Form):
    organisation = _organisation()


class AcceptForm(Form):
    """A new account: its password, and how the person whose it is wants to read."""

    password = PasswordField(
        lazy_gettext("Password"),
        validators=[InputRequired(REQUIRED), Length(max=SECRET_MAX, message=TOO_LONG)],
        description=lazy_gettext("15 characters or more. A few words together are good."),
    )
    locale = ProfileForm.locale
    time_zone = ProfileForm.time_zone


def offer(form: Form, places: Iterable[Organisation], given: Iterable[Role] = ()) -> None:
    """Fill the lists of a form with the organisations and roles that this person may choose."""
    fields = form._fields
    fields["organisation"].choices = [(one.id, one.name) for one in places]
    if "locale" in fields:
        fields["locale"].choices = list(LOCALES.items())
    if "role" in fields:
        allowed = set(given)
        fields["role"].choices = [
            (str(role), messages.role(role)) for role in Role if role in allowed
        ]
