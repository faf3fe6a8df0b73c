"""Forms of resets, tickets and caller checks: shape only, as in `forms`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from flask import request
from wtforms import HiddenField, RadioField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from portal.flows.reset_cases import BULK_VERIFICATIONS, VERIFICATIONS
from portal.rules.terms import Action
from portal.web import reset_words
from portal.web.forms import CODE_MAX, REQUIRED, TOO_LONG, Form
from portal.web.words import lazy_gettext

TEXT_MAX = 500
USERS_MAX = 2000  # As much of a form as is kept over a step-up: fifty ids and their commas.


def _clean(value: str | None) -> str | None:
    return value.strip() if value else value


def sentences(label: Any, *checks: Any, **more: Any) -> TextAreaField:
    """A field for what a person writes about somebody: a few lines."""
    return TextAreaField(
        label,
        filters=[_clean],
        validators=[*checks, Length(max=TEXT_MAX, message=TOO_LONG)],
        render_kw={"rows": 3},
        **more,
    )


def verification_of(ways: tuple[str, ...]) -> RadioField:
    """How a caller was recognised: one way of these."""
    return RadioField(
        lazy_gettext("How did you verify who is asking?"),
        choices=lambda: [SelectChoice(way, reset_words.verification(way)) for way in ways],
        validators=[InputRequired(REQUIRED)],
    )


class ResetForm(Form):
    """What an administrator says when they ask for a member's reset."""

    action: ClassVar[Action | None] = Action.REQUEST_RESET
    reason = sentences(lazy_gettext("Why is a reset needed?"), InputRequired(REQUIRED))
    verification = verification_of(VERIFICATIONS)
    code = StringField(
        lazy_gettext("Code that the caller reads to you"),
        validators=[Length(max=CODE_MAX, message=TOO_LONG)],
    )


class DeskResetForm(ResetForm):
    """What the service desk says: with a note of the proof of identity."""

    action = Action.REQUEST_DESK_RESET
    proof = sentences(
        lazy_gettext("Which proof of identity did you see?"),
        InputRequired(REQUIRED),
        description=lazy_gettext(
            "For example: passport shown in a video call, name and face match. No numbers."
        ),
    )


class BulkResetForm(Form):
    """A list of people, by their ids with commas, and what is said about all of them."""

    action = Action.REQUEST_RESET
    users = HiddenField(validators=[Length(max=USERS_MAX, message=TOO_LONG)])
    reason = sentences(lazy_gettext("Why are these resets needed?"), InputRequired(REQUIRED))
    verification = verification_of(BULK_VERIFICATIONS)


class ApprovalForm(Form):
    """A note is for the one who asked, and for whoever reads it later."""

    action: ClassVar[Action | None] = Action.APPROVE_RESET
    note = sentences(lazy_gettext("Note (if there is something to say)"))


class RejectionForm(ApprovalForm):
    action = Action.REJECT_RESET
    note = sentences(
        lazy_gettext("Why not? The one who asked reads this."), InputRequired(REQUIRED)
    )


class WithdrawalForm(ApprovalForm):
    action = Action.WITHDRAW_RESET


def beside(
    classes: Mapping[str, type[ApprovalForm]], filled: ApprovalForm | None
) -> dict[str, ApprovalForm]:
    """The forms of one page. What was typed into one of them, `filled`, is not the others'."""
    forms = {what: made() for what, made in classes.items()}
    for each in forms.values():
        if request.method == "POST":
            each.note.data = ""
    if filled is not None:
        forms = {
            what: filled if type(filled) is made else forms[what] for what, made in classes.items()
        }
    for what, each in forms.items():
        each.note.id = f"{what}-note"
    return forms


class CallerCodeForm(Form):
    """The code that a caller reads, at the service desk."""

    code = StringField(
        lazy_gettext("Code that the caller reads to you"),
        validators=[InputRequired(REQUIRED), Length(max=CODE_MAX, message=TOO_LONG)],
    )

    def validate_code(self, field: StringField) -> None:
        if not any(character.isdigit() for character in field.data or ""):
            raise ValidationError(lazy_gettext("Type the six digits."))
