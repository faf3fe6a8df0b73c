"""Turns view values into pages: the frame, filters, icons, and fragment or whole page.

A plain page and its fragment come from the same file; which one goes out depends on the request
alone. Templates receive what is allowed and decide nothing.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, make_response, render_template, request, url_for
from flask_babel import Babel, format_datetime, format_timedelta, get_locale, gettext, ngettext
from markupsafe import Markup

from portal.flows.session import Visit
from portal.rules.access import Allow
from portal.rules.terms import Action
from portal.web import cookies, csrf, messages
from portal.web.gate import SAFE_METHODS, decision_for
from portal.web.run import runner

LOCALES = {
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "de": "Deutsch",
    "ar": "العربية",
    "ja": "日本語",
}
RIGHT_TO_LEFT = frozenset({"ar"})


@dataclass(frozen=True, slots=True)
class OrganisationChoice:
    """An organisation that the person may act in."""

    id: str
    name: str
    roles: list[str]
    acting: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in, as the frame shows them."""

    name: str
    email: str
    initials: str
    organisations: list[OrganisationChoice]
    acting_name: str | None


def install(app: Flask) -> None:
    """Give every template of the application its frame, filters and languages."""
    app.jinja_env.filters.update(when=when, day=day, ago=ago, wait=wait)
    frame: dict[str, Any] = {
        "asset": asset,
        "icon": icon,
        "csrf": csrf_input,
        "csrf_value": csrf.token,
        "ngettext": ngettext,
    }
    app.jinja_env.globals.update(frame)
    app.context_processor(_frame)
    Babel(
        app,
        default_translation_directories=str(Path(__file__).parent.parent / "translations"),
        locale_selector=current_locale,
        timezone_selector=_time_zone,
    )


def page(
    template: str, *, status: int = 200, fragment: str | None = None, **values: Any
) -> Response:
    """The whole page, or its fragment for an htmx request that asks for a part."""
    edge = g.get("edge")
    if edge is not None:
        runner().close(edge)
    if fragment is None or not wants_fragment():
        return make_response(render_template(template, **values), status)
    body = render_template(fragment, **values)
    if request.method not in SAFE_METHODS or _notice():
        # The live region stays where it is and gets this answer's notice, or loses an old one.
        body += render_template("_notice.html", oob=True)
    return make_response(body, status)


def wants_fragment() -> bool:
    """Whether htmx asks for a part; a Back restore and a boosted page ask for the whole."""
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-Request-Type", "partial") != "full"
    )


def leave_for(target: str) -> Response:
    """Send the browser to another page after a POST, by 303 or, from a fragment, by HX-Redirect."""
    if request.headers.get("HX-Request") == "true":
        return Response(status=200, headers={"HX-Redirect": target})
    return Response(status=303, headers={"Location": target})


def say(response: Response, notice: messages.NoticeKey) -> Response:
    """Let the next page say that something happened: the cookie names a sentence of ours."""
    cookies.put(response, cookies.NOTICE, str(notice), timedelta(minutes=1))
    g.notice_written = True
    return response


def current_locale() -> str:
    """The language: the person's, else the browser's chosen cookie, else what it accepts."""
    visit: Visit | None = g.get("visit")
    if visit is not None and visit.user.locale in LOCALES:
        return visit.user.locale
    chosen = cookies.get(cookies.LOCALE)
    if chosen in LOCALES:
        return chosen
    return request.accept_languages.best_match(list(LOCALES)) or "en"


def _time_zone() -> str:
    visit: Visit | None = g.get("visit")
    return visit.user.time_zone if visit is not None else "UTC"


def _frame() -> dict[str, Any]:
    """What every page has around it."""
    visit: Visit | None = g.get("visit")
    settings = runner().settings
    locale = str(get_locale())
    return {
        "person": _person(visit) if visit else None,
        "full_session": isinstance(decision_for(Action.HOME), Allow) if visit else False,
        "locale": locale,
        "direction": "rtl" if locale in RIGHT_TO_LEFT else "ltr",
        "locales": list(LOCALES.items()),
        "here": g.get("here", ""),
        "notice": _notice(),
        "development": settings.development,
        "mailbox_url": url_for("development.mailbox")
        if "development.mailbox" in current_app.view_functions
        else None,
        "support_contact": settings.support_contact,
        "links": _links(visit),
    }


def _links(visit: Visit | None) -> dict[str, str]:
    return {
        "home": url_for("home.index"),
        "security": url_for("security.index"),
        "sessions": url_for("sessions.index"),
        "activity": url_for("sessions.show_activity"),
        "account": url_for("account.index"),
        "how_it_works": url_for("security.how_it_works"),
        "sign_in": url_for("login.sign_in"),
        "sign_out": url_for("login.sign_out"),
        "organisation": url_for("account.switch_organisation"),
        "language": url_for("account.language") if visit is None else "",
    }


def _person(visit: Visit) -> Person:
    acting = visit.acting
    by_organisation: dict[str, OrganisationChoice] = {}
    for membership in visit.live.memberships:
        choice = by_organisation.setdefault(
            membership.organisation_id,
            OrganisationChoice(
                membership.organisation_id,
                membership.organisation_name,
                [],
                acting is not None and acting.organisation_id == membership.organisation_id,
            ),
        )
        choice.roles.append(messages.role(membership.role))
    words = visit.user.name.split()
    return Person(
        name=visit.user.name,
        email=visit.user.email,
        initials="".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)),
        organisations=list(by_organisation.values()),
        acting_name=acting.organisation_name if acting else None,
    )


def _notice() -> messages.NoticeText | None:
    given = g.get("notice") or messages.notice(cookies.get(cookies.NOTICE))
    if given is not None:
        g.notice_shown = True
    return given


def drop_notice(response: Response) -> Response:
    """A notice is said once."""
    if g.get("notice_shown") and not g.get("notice_written") and cookies.get(cookies.NOTICE):
        cookies.drop(response, cookies.NOTICE)
    return response


def when(value: datetime | None) -> str:
    """A moment in the person's zone and language."""
    return format_datetime(value, "medium") if value else ""


def day(value: datetime | None) -> str:
    return format_datetime(value, "d MMMM y") if value else ""


def ago(value: datetime | None) -> str:
    """How long ago, in words; a moment that is nearly now is just that."""
    if value is None:
        return ""
    passed = g.edge.now - value
    if passed < timedelta(minutes=1):
        return gettext("just now")
    return format_timedelta(-passed, add_direction=True)


def wait(value: timedelta | None) -> str:
    """A waiting time in words, rounded up."""
    if value is None:
        return ""
    seconds = int(value.total_seconds() + 0.999)
    if seconds < 90:
        return ngettext("%(num)d second", "%(num)d seconds", seconds)
    minutes = -(-seconds // 60)
    if minutes < 90:
        return ngettext("%(num)d minute", "%(num)d minutes", minutes)
    return ngettext("%(num)d hour", "%(num)d hours", -(-minutes // 60))


def csrf_input() -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(csrf.FIELD, csrf.token())


@functools.cache
def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a static file, with its content's version: caches may keep it for ever."""
    path = Path(current_app.static_folder or "") / name
    return url_for("static", filename=name, v=_version(path))


@functools.cache
def _svg(path: Path) -> Markup:
    text = path.read_text(encoding="utf-8")
    # A file of ours, named by a template: nothing that anybody typed is in it.
    return Markup(text[text.index("<svg") :].strip())  # noqa: S704


def icon(name: str, label: str | None = None) -> Markup:
    """An inline icon: hidden from assistive technology, or named by `label`."""
    svg = _svg(Path(current_app.static_folder or "") / "icons" / f"{name}.svg")
    hidden = Markup('<svg aria-hidden="true" focusable="false"')
    named = Markup('<svg role="img" aria-label="{}"').format(label)
    return svg.replace("<svg", hidden if label is None else named, 1)
