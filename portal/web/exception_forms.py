"""Forms of exceptions: shape only, as in `forms`."""

from __future__ import annotations

from typing import ClassVar

from wtforms import DateField
from wtforms.validators import InputRequired

from portal.flows.exception_cases import VERIFICATIONS
from portal.rules.terms import Action
from portal.web.forms import REQUIRED, Form
from portal.web.reset_forms import ApprovalForm, RejectionForm, sentences, verification_of
from portal.web.words import lazy_gettext


class ExceptionForm(Form):
    """What every request says. The rest is each kind's own."""

    action: ClassVar[Action | None] = None
    reason = sentences(lazy_gettext("Why is it needed?"), InputRequired(REQUIRED))


class ExemptionForm(ExceptionForm):
    """For how long somebody is to be let off."""

    action = Action.REQUEST_EXEMPTION
    until = DateField(
        lazy_gettext("Last day of the exemption"),
        validators=[InputRequired(lazy_gettext("Choose a day."))],
    )


class BypassForm(ExceptionForm):
    """How somebody who is to be let in was recognised."""

    action = Action.REQUEST_BYPASS
    verification = verification_of(VERIFICATIONS)


class ExemptionApprovalForm(ApprovalForm):
    action = Action.APPROVE_EXEMPTION


class BypassApprovalForm(ApprovalForm):
    action = Action.APPROVE_BYPASS


class ExceptionRejectionForm(RejectionForm):
    action = Action.REJECT_EXCEPTION


class ExceptionWithdrawalForm(ApprovalForm):
    action = Action.WITHDRAW_EXCEPTION


class EndForm(ApprovalForm):
    action = Action.END_EXEMPTION
