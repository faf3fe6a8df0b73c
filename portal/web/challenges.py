"""Challenge pages: one template and one way to answer, for sign-in, idling and step-up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Response, abort, g, url_for

from portal.ceremony import Rejected
from portal.flows import bypass_codes, challenge
from portal.flows.challenge import Passed
from portal.flows.device_answers import Answer
from portal.flows.interruptions import Interrupted
from portal.flows.outcomes import Gone, Nothing, NotOffered
from portal.flows.session import Opened
from portal.rules.access import StepUp
from portal.rules.lockout import Throttled
from portal.rules.terms import Action
from portal.values import frozen
from portal.web import (
    addresses,
    cookies,
    details,
    here,
    messages,
    moments,
    pages,
    render,
    security_views,
)
from portal.web.brief import BriefForm, answer_form
from portal.web.notice_keys import NoticeKey
from portal.web.pages import ChallengeView
from portal.web.run import run

TEMPLATE = "login/challenge.html"
FRAGMENT = "login/_challenge.html"
TOO_MANY = 429


@frozen
class Asked:
    """Which challenge a page shows, and where it leads.

    `url` gives the address of this challenge for a kind; `done_url` is where success leads;
    `options_url` where a device's challenge comes from.
    """

    action: Action
    url: Callable[[str], str]
    done_url: str
    template: str = TEMPLATE
    operation: messages.Words | None = None
    cancel_url: str | None = None
    task: Interrupted | None = None
    options_url: str | None = None


def show(asked: Asked, kind: str | None) -> Response:
    """The challenge page for a kind, or for the best one; onward when nothing is asked any more."""
    kinds = challenge.choices(here.values().visit, asked.action, asked.task)
    if not kinds:
        return render.leave_for(asked.done_url)
    if kind is not None and kind not in kinds:
        abort(404)
    chosen = kind or kinds[0]
    return _page(asked, chosen, answer_form(chosen)[0])


def answer(asked: Asked, kind: str) -> Response:
    """Take an answer: onward with the new token, or the same page with what to do next."""
    if kind not in messages.FACTORS:
        abort(404)
    form, field = answer_form(kind)
    if not form.validate():
        return _page(asked, kind, form, status=422)
    given = Answer(str(form[field].data), _ceremony_of(form))
    match run(challenge.answer, here.values().visit, asked.action, kind, given, asked.task):
        case Passed(opened, codes_left):
            return _passed(asked, opened, codes_left)
        case Rejected(reason):
            error = messages.rejected(kind, reason)
            return _page(asked, kind, form, status=422, error=error)
        case Throttled(wait):
            return _throttled(asked, kind, form, wait)
        case Nothing():
            return render.leave_for(asked.done_url)
        case NotOffered() if kind == bypass_codes.KIND:
            # Over since the page was opened, or used: there may be another way.
            return render.say(render.leave_for(asked.done_url), NoticeKey.BYPASS_GONE)
        case NotOffered():
            abort(404)
        case Gone():
            return render.leave_for(url_for("login.sign_in"))
    raise AssertionError(kind)


def _ceremony_of(form: BriefForm) -> str:
    """The ceremony that a device's answer names; typed answers need none."""
    return addresses.identifier(form.ceremony.data) if "ceremony" in form else ""


def _passed(asked: Asked, opened: Opened, codes_left: int | None) -> Response:
    response = render.leave_for(asked.done_url)
    if codes_left is not None:
        low = codes_left <= security_views.CODES_LOW
        render.say(response, NoticeKey.CODES_LOW if low else NoticeKey.CODE_USED)
    return hand_over(response, opened)


def hand_over(response: Response, opened: Opened) -> Response:
    """Put a session's new token, and a newly known browser's, into their cookies."""
    settings = g.edge.settings
    cookies.put(response, cookies.SESSION, opened.token)
    if opened.browser_token is not None:
        cookies.put(
            response, cookies.BROWSER, opened.browser_token, settings.known_browser_lifetime
        )
    return response


def _throttled(asked: Asked, kind: str, form: BriefForm, wait: timedelta | None) -> Response:
    words = messages.throttled(wait, moments.wait(wait))
    response = _page(asked, kind, form, status=TOO_MANY, error=words)
    return retry_after(response, wait)


def retry_after(response: Response, wait: timedelta | None) -> Response:
    """Say the wait to programs too (RFC 9110, section 10.2.3); a spent lane has none."""
    if wait is not None:
        response.headers["Retry-After"] = str(max(1, int(wait.total_seconds() + 0.999)))
    return response


def _page(
    asked: Asked, kind: str, form: BriefForm, *, status: int = 200, error: str | None = None
) -> Response:
    kept = here.values()
    decision = challenge.needed(kept.visit, asked.action, asked.task)
    kinds = decision.choices if isinstance(decision, StepUp) else ()
    others = pages.ways([other for other in kinds if other != kind], asked.url)
    view = ChallengeView(
        kind=kind,
        label=messages.factor(kind).label,
        action_url=asked.url(kind),
        options_url=asked.options_url if kept.edge.factors[kind].interactive else None,
        others=others,
        purpose=_purpose(decision),
        email=kept.visit.user.email,
        operation=asked.operation,
        details=details.of_grant(asked.task.shown) if asked.task else [],
        cancel_url=asked.cancel_url,
        hardware=isinstance(decision, StepUp) and decision.hardware,
    )
    return render.page(
        asked.template,
        status=status,
        fragment=FRAGMENT,
        again=status == TOO_MANY,
        challenge=view,
        form=form,
        error=error,
    )


def _purpose(decision: object) -> str:
    match decision:
        case StepUp(pending=True):
            return "sign_in"
        case StepUp(lapsed=True):
            return "resume"
    return "step_up"
