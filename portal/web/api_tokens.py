"""Tokens of an organisation's machines: the list, a new one that is shown once, revoking."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, g, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, Field, IntegerField, StringField, ValidationError
from wtforms.validators import InputRequired, Length

from portal.flows import api_tokens
from portal.flows.api_tokens import DAYS_MAX, NAME_MAX, Line, Made
from portal.flows.outcomes import Blocked, Gone
from portal.rules.access import Deny
from portal.rules.terms import Action
from portal.web import addresses, notice_words, render, scope_words
from portal.web.forms import REQUIRED, TOO_LONG, Form, refuse
from portal.web.gate import decision_for, requires
from portal.web.notice_keys import NoticeKey
from portal.web.run import read, run
from portal.web.words import Phrase, gettext, lazy_gettext

blueprint = Blueprint("api_tokens", __name__)
DAYS_USUAL = 90
PROBLEMS: dict[str, Phrase] = {
    "name_taken": lazy_gettext("Another token has this name. Choose another one."),
    "tokens_full": lazy_gettext("These are as many as fit. Revoke one before you make another."),
    "no_name": lazy_gettext("Fill this in."),
}


def _is_printable(_form: Form, field: Field) -> None:
    if not (field.data or "").isprintable():
        raise ValidationError(lazy_gettext("Use letters, digits and signs only."))


def _is_lifetime(_form: Form, field: Field) -> None:
    if field.data is None or not 1 <= field.data <= DAYS_MAX:
        raise ValidationError(lazy_gettext("Choose between 1 and 366 days."))


class TokenForm(Form):
    """A name, how long it is good, and a tick for each thing that it may do."""

    action = Action.CHANGE_API_TOKENS
    name = StringField(
        lazy_gettext("Name"),
        filters=[lambda text: text.strip() if text else text],
        validators=[InputRequired(REQUIRED), Length(max=NAME_MAX, message=TOO_LONG), _is_printable],
        description=lazy_gettext("Which machine it is for, so that you know it again."),
    )
    days = IntegerField(lazy_gettext("Good for so many days"), validators=[_is_lifetime])

    def chosen(self) -> list[str]:
        return [scope for scope, field in scope_words.FIELDS.items() if self[field].data]

    def ticks(self) -> list[Field]:
        return [self[field] for field in scope_words.FIELDS.values()]

    def validate(self, extra_validators: object = None) -> bool:
        fits = super().validate(extra_validators)
        if not self.chosen():
            refuse(self.ticks()[0], lazy_gettext("Choose at least one thing that it may do."))
            fits = False
        return fits


for _scope, _field in scope_words.FIELDS.items():
    setattr(TokenForm, _field, BooleanField(scope_words.SCOPES[_scope]))


@blueprint.get("/admin/api-tokens")
@requires(Action.VIEW_API_TOKENS)
def index() -> ResponseReturnValue:
    return _page(TokenForm(data={"days": DAYS_USUAL}))


@blueprint.post("/admin/api-tokens")
@requires(Action.CHANGE_API_TOKENS)
def make() -> ResponseReturnValue:
    """Make one and show it in this very answer.

    No redirect here: only a hash of it is stored, so no later page could show it.
    """
    form = TokenForm()
    if not form.validate():
        return _page(form, status=422)
    name, days = form.name.data or "", form.days.data or 0
    match run(api_tokens.make, g.visit, name, form.chosen(), days):
        case Made() as made:
            return _page(TokenForm(formdata=None, data={"days": DAYS_USUAL}), made=made)
        case Blocked(reason):
            refuse(form.name, PROBLEMS[reason])
            return _page(form, status=422 if reason == "no_name" else 409)
    raise AssertionError


@blueprint.post("/admin/api-tokens/<uuid:token_id>/revocation")
@requires(Action.CHANGE_API_TOKENS)
def revoke(token_id: object) -> ResponseReturnValue:
    match run(api_tokens.revoke, g.visit, str(token_id)):
        case Gone():
            abort(404)
    if render.wants_fragment():
        g.notice = notice_words.notice(NoticeKey.API_TOKEN_REVOKED)
        return _page(TokenForm(formdata=None, data={"days": DAYS_USUAL}))
    return render.say(render.leave_for(url_for(".index")), NoticeKey.API_TOKEN_REVOKED)


def _page(form: TokenForm, *, status: int = 200, made: Made | None = None) -> Response:
    g.here = "api_tokens"
    given = request.args.get("before")
    before = addresses.identifier(given) if given else None
    page = read(api_tokens.page, g.visit, before)
    return render.page(
        "api_tokens/index.html",
        fragment="api_tokens/_list.html",
        status=status,
        tokens=[_row(line) for line in page.lines],
        form=form,
        error=None,
        made=made,
        organisation=g.visit.acting.organisation_name,
        may_change=not isinstance(decision_for(Action.CHANGE_API_TOKENS), Deny),
        own_url=url_for(".index"),
        first_url=url_for(".index") if before else None,
        next_url=url_for(".index", before=page.older) if page.older else None,
    )


def _row(line: Line) -> dict[str, Any]:
    live = line.revoked_at is None and line.expires_at > g.edge.now
    tone, state = "good", gettext("Good")
    if line.revoked_at is not None:
        tone, state = "quiet", gettext("Revoked")
    elif not live:
        tone, state = "quiet", gettext("Expired")
    return {
        "name": line.name,
        "scopes": scope_words.in_words(line.scopes),
        "made_by": line.created_by,
        "made_at": line.created_at,
        "used_at": line.used_at,
        "expires_at": line.expires_at,
        "ended_at": line.revoked_at,
        "tone": tone,
        "state": state,
        "revoke_url": url_for(".revoke", token_id=line.id) if live else None,
    }
