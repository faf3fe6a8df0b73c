"""Forms: what a page may send, how long it may be, and what is said when it does not fit.

They check shape only. Cross-site checks are the gate's, so these forms carry no token of theirs.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

from flask import request
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import Field, PasswordField, SelectField, StringField, ValidationError
from wtforms.i18n import get_translations
from wtforms.validators import InputRequired, Length
from wtforms.widgets import html_params

from portal.flows.addresses import LENGTH_MAX as EMAIL_MAX
from portal.flows.addresses import normalise
from portal.flows.credentials import NAME_MAX
from portal.flows.time_zones import known as known_zones
from portal.rules.terms import Action
from portal.web import kept
from portal.web.words import language, lazy_gettext

NAME_OF_PERSON_MAX = 120
SECRET_MAX = 1024  # Typed secrets over this length are refused before anything is computed.
CODE_MAX = 64

REQUIRED = lazy_gettext("Fill this in.")
TOO_LONG = lazy_gettext("This is too long.")
UNREADABLE = lazy_gettext("This cannot be read. Type it again.")


class Form(FlaskForm):
    """A form whose every field is sent once, is text, and holds no control characters.

    `action`: where a step-up is cancelled, the page of this action shows again what was typed.
    """

    action: ClassVar[Action | None] = None

    class Meta(FlaskForm.Meta):
        csrf = False

        def get_translations(self, form: FlaskForm) -> Any:
            # Flask-WTF would read the library's catalogue from its file for every form.
            return _words_of_the_library(language().code)

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            # Forms alone: the library would also read JSON and files, whose values are no text.
            return (
                request.form
                if request.method == "POST"
                else kept.fields(getattr(form, "action", None))
            )

    def validate(self, extra_validators: Any = None) -> bool:
        fits = super().validate(extra_validators)
        for field in self:
            if len(request.form.getlist(field.name)) > 1 or "\x00" in str(field.data or ""):
                refuse(field, UNREADABLE)
                fits = False
        return fits


@cache
def _words_of_the_library(locale: str) -> Any:
    return get_translations([locale])


def refuse(field: Field, sentence: Any) -> None:
    """Add a sentence about a field that a flow, not its shape, refused."""
    field.__dict__["errors"] = [*field.errors, sentence]


def _clean(value: str | None) -> str | None:
    return value.strip() if value else value


def _is_address(_form: Form, field: Field) -> None:
    if normalise(field.data or "") is None:
        raise ValidationError(lazy_gettext("Write an email address, like name@example.com."))


def _is_printable(_form: Form, field: Field) -> None:
    if not (field.data or "").isprintable():
        raise ValidationError(lazy_gettext("Use letters, digits and signs only."))


def _email(label: Any, *checks: Any) -> StringField:
    return StringField(
        label,
        filters=[_clean],
        validators=[InputRequired(REQUIRED), Length(max=EMAIL_MAX, message=TOO_LONG), *checks],
        render_kw={"type": "email"},
    )


def _secret(label: Any, **more: Any) -> PasswordField:
    return PasswordField(
        label,
        validators=[InputRequired(REQUIRED), Length(max=SECRET_MAX, message=TOO_LONG)],
        **more,
    )


def _is_time_zone(_form: Form, field: Field) -> None:
    if field.data not in time_zones():
        raise ValidationError(lazy_gettext("Choose a time zone from the list."))


class TimeZones:
    """A list of every time zone. Its options are written once: there are over four hundred."""

    input_type = None

    def __call__(self, field: Field, **attributes: Any) -> Markup:
        chosen = Markup('value="{}"').format(field.data or "UTC")
        options = _zone_options().replace(chosen, chosen + Markup(" selected"), 1)
        given = Markup(html_params(id=field.id, name=field.name, **attributes))  # noqa: S704
        return Markup("<select {}>{}</select>").format(given, options)


@cache
def _zone_options() -> Markup:
    option = Markup('<option value="{}">{}</option>')
    return Markup("").join(option.format(zone, zone.replace("_", " ")) for zone in time_zones())


def _name(label: Any, longest: int) -> StringField:
    return StringField(
        label,
        filters=[_clean],
        validators=[
            InputRequired(REQUIRED),
            Length(min=1, max=longest, message=TOO_LONG),
            _is_printable,
        ],
    )


class RegisterForm(Form):
    name = _name(lazy_gettext("Your name"), NAME_OF_PERSON_MAX)
    email = _email(lazy_gettext("Email address"), _is_address)
    password = _secret(
        lazy_gettext("Password"),
        description=lazy_gettext("15 characters or more. A few words together are good."),
    )


class ConfirmForm(Form):
    password = _secret(lazy_gettext("The password you chose"))


class AddressForm(Form):
    email = _email(lazy_gettext("Email address"), _is_address)


class NewAddressForm(Form):
    action = Action.CHANGE_EMAIL
    email = _email(lazy_gettext("New email address"), _is_address)


class RenameForm(Form):
    name = _name(lazy_gettext("Name"), NAME_MAX)


class NewPasswordForm(Form):
    new = _secret(lazy_gettext("New password"))


class PasswordForm(Form):
    current = _secret(lazy_gettext("Current password"))
    new = _secret(lazy_gettext("New password"))


class ProfileForm(Form):
    action = Action.CHANGE_PROFILE
    name = _name(lazy_gettext("Your name"), NAME_OF_PERSON_MAX)
    locale = SelectField(lazy_gettext("Language"))
    time_zone = StringField(
        lazy_gettext("Time zone"), validators=[_is_time_zone], widget=TimeZones()
    )


@cache
def time_zones() -> list[str]:
    """The IANA zones that people choose from: places, and UTC."""
    places = (zone for zone in known_zones() if "/" in zone)
    kept = (
        zone for zone in places if not zone.startswith(("Etc/", "posix/", "right/", "SystemV/"))
    )
    return ["UTC", *sorted(kept)]
