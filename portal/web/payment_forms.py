"""Forms about payees and payouts. They check shape; accounts by their length and check digits."""

from __future__ import annotations

from typing import Any

from wtforms import Field, StringField, ValidationError
from wtforms.validators import InputRequired, Length

from portal.flows.payees import NAME_MAX
from portal.flows.payouts import REFERENCE_MAX
from portal.rules.bank import Account, read_bic, read_iban
from portal.rules.money import CURRENCIES
from portal.rules.terms import Action
from portal.web.forms import REQUIRED, TOO_LONG, Form
from portal.web.words import lazy_gettext

ACCOUNT_MAX = 60  # An IBAN has 34 at most; people type spaces between.
NOTE_MAX = 400


def _clean(value: str | None) -> str | None:
    return value.strip() if value else value


def _code(value: str | None) -> str | None:
    return value.strip().upper() if value else value


def _is_printable(_form: Form, field: Field) -> None:
    if not (field.data or "").isprintable():
        raise ValidationError(lazy_gettext("Use letters, digits and signs only."))


def _is_currency(_form: Form, field: Field) -> None:
    if field.data not in CURRENCIES:
        raise ValidationError(lazy_gettext("Write the three letters of a currency, like EUR."))


def _is_iban(_form: Form, field: Field) -> None:
    if read_iban(field.data or "") is None:
        raise ValidationError(
            lazy_gettext("This is no IBAN: a character is missing or wrong. Compare it again.")
        )


def _is_bic(_form: Form, field: Field) -> None:
    if read_bic(field.data or "") is None:
        raise ValidationError(
            lazy_gettext("A BIC has 8 or 11 letters and digits. Or leave it out.")
        )


def _text(label: Any, longest: int, *checks: Any, **more: Any) -> StringField:
    return StringField(
        label,
        filters=[_clean],
        validators=[
            InputRequired(REQUIRED),
            Length(min=1, max=longest, message=TOO_LONG),
            _is_printable,
            *checks,
        ],
        **more,
    )


class AccountForm(Form):
    """A bank account, for a payee that is there."""

    action = Action.CHANGE_PAYEE
    holder = _text(lazy_gettext("Account holder"), NAME_MAX)
    iban = _text(lazy_gettext("IBAN"), ACCOUNT_MAX, _is_iban)
    bic = StringField(
        lazy_gettext("BIC"),
        filters=[_clean],
        validators=[Length(max=ACCOUNT_MAX, message=TOO_LONG), _is_bic],
        description=lazy_gettext("You may leave this out."),
    )

    def account(self) -> Account:
        """What was typed, after it was validated."""
        iban, bic = read_iban(self.iban.data or ""), read_bic(self.bic.data or "")
        assert iban is not None and bic is not None
        return Account(self.holder.data or "", iban, bic)


class PayeeForm(AccountForm):
    """A new payee with its first account."""

    name = _text(lazy_gettext("Name of the payee"), NAME_MAX)
    currency = StringField(
        lazy_gettext("Currency"),
        filters=[_code],
        validators=[InputRequired(REQUIRED), Length(max=3, message=TOO_LONG), _is_currency],
        description=lazy_gettext("Three letters, like EUR."),
        render_kw={"size": 3},
    )


class NoteForm(Form):
    """Why something is rejected or withdrawn. `action` is given by the page."""

    note = _text(
        lazy_gettext("Why"),
        NOTE_MAX,
        description=lazy_gettext("Everybody concerned can read this."),
    )


class PayeeNoteForm(NoteForm):
    action = Action.REJECT_PAYEE


class PayoutNoteForm(NoteForm):
    action = Action.REJECT_PAYOUT


class PayoutForm(Form):
    """A payout in the payee's own currency. The flow reads the amount."""

    action = Action.PREPARE_PAYOUT
    payee = StringField(lazy_gettext("Payee"), validators=[InputRequired(REQUIRED)])
    amount = _text(
        lazy_gettext("Amount"),
        24,
        description=lazy_gettext("Digits and a point, like 1250.00, in the payee’s currency."),
    )
    reference = _text(
        lazy_gettext("Reference"),
        REFERENCE_MAX,
        description=lazy_gettext("Each payout of a partner has its own."),
    )
