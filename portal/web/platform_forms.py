"""Forms of the wallet and of integrations. They check shape; addresses are judged by the flow."""

from __future__ import annotations

from wtforms import BooleanField, Field, HiddenField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from portal.flows import phones
from portal.flows.addresses import normalise
from portal.flows.webhook_events import WebhookEvent, field_of
from portal.rules.terms import Action
from portal.web import webhook_words
from portal.web.forms import NAME_OF_PERSON_MAX, REQUIRED, TOO_LONG, Form, refuse
from portal.web.words import lazy_gettext

ADDRESS_MAX = 400
COMPANY_MAX = 200
EMAIL_MAX = 254
NEEDS_MAX = 400
PHONE_MAX = 40
TAX_ID_MAX = 40
URL_MAX = 500
VERSION_MAX = 2**31 - 1
PHONE_WORDS = {
    phones.Refused.UNREADABLE: lazy_gettext(
        "Write the number with its country code, like +31 6 12345678."
    ),
    phones.Refused.UNKNOWN: lazy_gettext(
        "No telephone has this number. Check the digits after the country code."
    ),
    phones.Refused.UNREACHABLE: lazy_gettext(
        "Nobody can be reached on this number: it is a premium-rate, pager or voicemail number. "
        "Write another one."
    ),
}


def _clean(value: str | None) -> str | None:
    return value.strip() if value else value


def _is_line(_form: Form, field: Field) -> None:
    if not (field.data or "").isprintable():
        raise ValidationError(lazy_gettext("Use letters, digits and signs only."))


def _is_text(_form: Form, field: Field) -> None:
    if not (field.data or "").replace("\r\n", "").replace("\n", "").isprintable():
        raise ValidationError(lazy_gettext("Use letters, digits and signs only."))


def _is_address(_form: Form, field: Field) -> None:
    if normalise(field.data or "") is None:
        raise ValidationError(lazy_gettext("Write an email address, like name@example.com."))


def _is_phone(_form: Form, field: Field) -> None:
    number = phones.read(field.data or "")
    if isinstance(number, phones.Refused):
        raise ValidationError(PHONE_WORDS[number])


def _line(label: object, longest: int, *checks: object, **look: str) -> StringField:
    return StringField(
        label,
        filters=[_clean],
        validators=[*checks, Length(max=longest, message=TOO_LONG), _is_line],
        render_kw=look or None,
    )


class Versioned(Form):
    """A form about something that may change meanwhile: `version` is what the person saw."""

    version = HiddenField()

    def seen(self) -> int:
        """The version that the page showed; 0 for what no page of ours would send."""
        given = self.version.data or ""
        if not given.isascii() or not given.isdigit() or len(given) > 10:
            return 0
        return min(int(given), VERSION_MAX - 1)


class PassengerForm(Versioned):
    action = Action.CHANGE_PASSENGERS
    name = _line(lazy_gettext("Name"), NAME_OF_PERSON_MAX, InputRequired(REQUIRED))
    phone = StringField(
        lazy_gettext("Phone"),
        filters=[_clean],
        validators=[Optional(), Length(max=PHONE_MAX, message=TOO_LONG), _is_phone],
        description=lazy_gettext("With the country code, so that a driver abroad can call."),
        render_kw={"type": "tel"},
    )
    email = StringField(
        lazy_gettext("Email address"),
        filters=[_clean],
        validators=[Optional(), Length(max=EMAIL_MAX, message=TOO_LONG), _is_address],
        render_kw={"type": "email"},
    )
    needs = TextAreaField(
        lazy_gettext("Needs"),
        filters=[_clean],
        validators=[Length(max=NEEDS_MAX, message=TOO_LONG), _is_text],
        description=lazy_gettext("What the driver should know: a wheelchair, a child seat."),
    )


class BillingForm(Versioned):
    action = Action.CHANGE_BILLING
    company = _line(lazy_gettext("Company"), COMPANY_MAX, InputRequired(REQUIRED))
    address = TextAreaField(
        lazy_gettext("Address"),
        filters=[_clean],
        validators=[
            InputRequired(REQUIRED),
            Length(max=ADDRESS_MAX, message=TOO_LONG),
            _is_text,
        ],
    )
    tax_id = _line(lazy_gettext("Tax number"), TAX_ID_MAX)
    email = StringField(
        lazy_gettext("Email address for invoices"),
        filters=[_clean],
        validators=[
            InputRequired(REQUIRED),
            Length(max=EMAIL_MAX, message=TOO_LONG),
            _is_address,
        ],
        render_kw={"type": "email"},
    )


class WebhookForm(Form):
    """An endpoint and a tick for each event. A tick is a field of its own: each is sent once."""

    action = Action.CHANGE_WEBHOOKS
    url = _line(
        lazy_gettext("Address of the endpoint"), URL_MAX, InputRequired(REQUIRED), type="url"
    )

    def chosen(self) -> list[WebhookEvent]:
        return [event for event in WebhookEvent if self[field_of(event)].data]

    def ticks(self) -> list[Field]:
        return [self[field_of(event)] for event in WebhookEvent]

    def validate(self, extra_validators: object = None) -> bool:
        fits = super().validate(extra_validators)
        if not self.chosen():
            refuse(self.ticks()[0], lazy_gettext("Choose at least one event."))
            fits = False
        return fits


for _event in WebhookEvent:
    setattr(WebhookForm, field_of(_event), BooleanField(webhook_words.EVENTS[_event]))
