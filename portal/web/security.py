"""A person's own authenticators: the overview, enrolling, renaming, revoking, backup codes."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.ceremony import Reason, Rejected
from portal.flows import credentials, enrolment, offered
from portal.flows.enrolment import Enrolled, Started
from portal.flows.outcomes import Blocked, Gone, NotOffered
from portal.rules.access import Enrol
from portal.rules.terms import Action
from portal.web import (
    addresses,
    asked_views,
    challenges,
    codes_file,
    here,
    messages,
    pages,
    plan_words,
    render,
    security_views,
    signals,
)
from portal.web.brief import BriefForm, CodeForm, answer_form
from portal.web.gate import decision_for, requires
from portal.web.limits import brake_person
from portal.web.notice_keys import NoticeKey
from portal.web.run import read, run
from portal.web.words import gettext

blueprint = Blueprint("security", __name__)
CODES = "backup_codes"


@blueprint.get("/security")
@requires(Action.VIEW_SECURITY)
def index() -> ResponseReturnValue:
    kept = here.values()
    edge, visit, kept.here = kept.edge, kept.visit, "security"
    rows = read(credentials.rows, visit)
    held = {row.authenticator.kind for row in rows}
    # A set of codes that exists is renewed from its own row and page.
    offers = [
        kind
        for kind in offered.offers(edge, visit)
        if kind not in held or edge.factors[kind].several
    ]
    return render.page(
        "security/index.html",
        fragment="security/_authenticators.html",
        protection=pages.protection(visit),
        rows=[security_views.row(row) for row in rows],
        offers=pages.enrolments(offers, _begin_url),
        unpaid=plan_words.missing_for(visit, offered.unpaid(edge, visit)),
        plan_url=plan_words.page_for(visit),
        caller_code_url=addresses.address("caller_checks.show"),
        signals=signals.of_account(visit, [row.authenticator.lookup for row in rows]),
    )


def _begin_url(kind: str, variant: str | None) -> str:
    if kind == CODES:
        return addresses.address("security.begin_backup_codes")
    form_of_it = {"variant": variant} if variant else {}
    return addresses.address("security.begin_enrolment", kind=kind, **form_of_it)


@blueprint.get("/security/how-it-works")
@requires(Action.VIEW_SECURITY)
def how_it_works() -> ResponseReturnValue:
    g.here = "how_it_works"
    asked = asked_views.of_person(g.edge, g.visit)
    return render.page("security/how_it_works.html", asked=asked)


@blueprint.post("/security/authenticators/new/<kind>")
@requires(Action.ENROL)
def begin_enrolment(kind: str) -> ResponseReturnValue:
    """Begin enrolling; the page that follows shows what the person needs."""
    if response := _too_many_enrolments():
        return response
    match run(enrolment.begin, g.visit, kind, request.args.get("variant", "")):
        case Started(ceremony):
            wanted = addresses.own_path(request.args.get("next"))
            target = url_for(".show_enrolment", kind=kind, ceremony=ceremony.id, next=wanted)
            return render.leave_for(target)
        case Blocked(reason):
            return _enrolment_gone(str(plan_words.REFUSED[reason]), status=403)
        case NotOffered():
            abort(404)
    raise AssertionError(kind)


@blueprint.get("/security/authenticators/new/<kind>")
@requires(Action.FINISH_ENROLMENT)
def show_enrolment(kind: str) -> ResponseReturnValue:
    """The running enrolment; without one, the page where it can be begun."""
    if kind not in g.edge.factors:
        abort(404)
    ceremony_id = addresses.identifier(request.args.get("ceremony"))
    match read(enrolment.running, g.visit, kind, ceremony_id):
        case Started() as started:
            return _enrolment_page(started, kind, answer_form(kind)[0])
        case Gone():
            return render.leave_for(_away())
    raise AssertionError(kind)


@blueprint.post("/security/authenticators/new/<kind>/<uuid:ceremony_id>")
@requires(Action.FINISH_ENROLMENT)
def finish_enrolment(kind: str, ceremony_id: object) -> ResponseReturnValue:
    """Take the first answer. A wrong one keeps the key and does not show it again."""
    if kind not in g.edge.factors:
        abort(404)
    form, field = answer_form(kind)
    if not form.validate():
        return _enrolment_again(kind, str(ceremony_id), form)
    match run(enrolment.finish, g.visit, kind, str(ceremony_id), str(form[field].data)):
        case Enrolled() as enrolled:
            return _enrolled(kind, enrolled)
        case Rejected(reason):
            return _enrolment_again(kind, str(ceremony_id), form, reason)
        case Blocked(reason):
            return _enrolment_gone(str(plan_words.REFUSED[reason]), status=403)
        case Gone():
            return _enrolment_gone()
    raise AssertionError(kind)


def _too_many_enrolments() -> Response | None:
    """Each begun set of codes costs ten slow hashes: nobody needs many in an hour."""
    seconds = brake_person(g.edge.settings.enrolments_per_person, "enrolment")
    if not seconds:
        return None
    response = render.page(
        "link/stale.html",
        status=429,
        title=gettext("Too many enrolments were begun"),
        text=gettext("Nothing was changed. Try again in an hour."),
        next_url=url_for("home.index"),
        next_label=gettext("Go to the start"),
    )
    response.headers["Retry-After"] = str(seconds)
    return response


def _enrolled(kind: str, enrolled: Enrolled) -> Response:
    wanted = addresses.own_path(request.args.get("next"))
    notice = NoticeKey.CODES_RENEWED if kind == CODES else NoticeKey.ENROLLED
    target = wanted or url_for(".index")
    if enrolled.first:
        # The day the phone is lost is thought of now: the codes come right after the first app.
        target = url_for(".backup_codes", next=wanted)
    response = render.say(render.leave_for(target), notice)
    return challenges.hand_over(response, enrolled.opened) if enrolled.opened else response


def _enrolment_again(
    kind: str, ceremony_id: str, form: BriefForm, reason: Reason | None = None
) -> Response:
    """The same enrolment without the key, and what was wrong."""
    started = read(enrolment.running, g.visit, kind, ceremony_id)
    error = messages.rejected(kind, reason) if reason else None
    if isinstance(started, Gone):
        # It was good for one answer, and that one will not do.
        return _enrolment_gone(error, status=422) if error else _enrolment_gone()
    hidden = Started(started.ceremony, {})
    return _enrolment_page(hidden, kind, form, status=422, error=error)


def _enrolment_page(
    started: Started, kind: str, form: BriefForm, *, status: int = 200, error: str | None = None
) -> Response:
    g.here = "security"
    wanted = addresses.own_path(request.args.get("next"))
    gate = isinstance(decision_for(Action.HOME), Enrol)
    view = security_views.EnrolmentView(
        kind=kind,
        label=messages.factor(kind, started.shown.get("variant", "")).label,
        shown=started.shown,
        action_url=url_for(
            ".finish_enrolment", kind=kind, ceremony_id=started.ceremony.id, next=wanted
        ),
        cancel_url=_away(),
        expires_at=started.ceremony.expires_at,
        gate=gate,
        by_device=g.edge.factors[kind].interactive,
    )
    return render.page(
        "security/enrol.html",
        fragment="security/_enrol.html",
        status=status,
        enrolment=view,
        form=form,
        error=error,
    )


def _away() -> str:
    """Where leaving an enrolment leads: the gate while nothing else is open."""
    wanted = addresses.own_path(request.args.get("next"))
    if isinstance(decision_for(Action.HOME), Enrol):
        return url_for("login.enrol", next=wanted)
    return url_for(".index")


def _enrolment_gone(why: str | None = None, *, status: int = 410) -> Response:
    ended = gettext("It took too long, was finished already, or a newer one was begun.")
    return render.page(
        "link/stale.html",
        fragment="link/_stale.html",
        status=status,
        title=gettext("Nothing was enrolled") if why else gettext("This enrolment has ended"),
        text=why or ended,
        next_url=_away(),
        next_label=gettext("Start again"),
    )


@blueprint.get("/security/backup-codes")
@requires(Action.VIEW_SECURITY)
def backup_codes() -> ResponseReturnValue:
    g.here = "security"
    rows = read(credentials.rows, g.visit)
    wanted = addresses.own_path(request.args.get("next"))
    return render.page(
        "security/backup_codes.html",
        codes=security_views.codes(rows),
        allowed=CODES in offered.offers(g.edge, g.visit),
        begin_url=url_for(".begin_backup_codes", next=wanted),
        skip_url=wanted,
    )


@blueprint.post("/security/backup-codes")
@requires(Action.ENROL)
def begin_backup_codes() -> ResponseReturnValue:
    """Make a new set and show it in this very answer.

    No redirect here: the clear codes are stored nowhere, so no later page could show them.
    """
    if response := _too_many_enrolments():
        return response
    match run(enrolment.begin, g.visit, CODES):
        case Started() as started:
            return _enrolment_page(started, CODES, CodeForm())
        case Blocked(reason):
            return _enrolment_gone(str(plan_words.REFUSED[reason]), status=403)
        case NotOffered():
            return render.leave_for(url_for(".index"))
    raise AssertionError


@blueprint.post("/security/backup-codes/file")
@requires(Action.VIEW_SECURITY)
def backup_codes_file() -> ResponseReturnValue:
    """Give the codes that the page shows back as a text file; the portal has no copy to send."""
    return codes_file.answer(request.form.get("codes", ""), g.visit.user.email) or abort(400)
