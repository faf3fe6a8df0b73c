"""Turns view values into pages: the frame, filters, icons, and fragment or whole page.

A plain page and its fragment come from the same file; which one goes out depends on the request
alone. Templates receive what is allowed and decide nothing.
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request, url_for
from flask_babel import Babel
from markupsafe import Markup

from portal.flows.session import Visit
from portal.rules.access import Allow
from portal.rules.terms import Action
from portal.settings import LOCALES
from portal.web import (
    account_menu,
    cookies,
    csrf,
    desks,
    here,
    moments,
    notice_words,
    places,
    words,
)
from portal.web.addresses import address
from portal.web.banner import find_banners
from portal.web.compiled import Known, PageEnvironment
from portal.web.csrf import SAFE_METHODS
from portal.web.gate import decision_for
from portal.web.icons import asset, icon
from portal.web.run import runner

RIGHT_TO_LEFT = frozenset({"ar"})
LOCALES_BY_NAME = list(LOCALES.items())
LINKS = {
    "home": "home.index",
    "security": "security.index",
    "sessions": "sessions.index",
    "activity": "sessions.show_activity",
    "account": "account.index",
    "how_it_works": "security.how_it_works",
    "sign_in": "login.sign_in",
    "sign_out": "login.sign_out",
    "change_person": "login.change_person",
    "organisation": "account.switch_organisation",
}


def install(app: Flask) -> None:
    """Give every template of the application its frame, filters and languages."""
    app.__dict__["jinja_environment"] = PageEnvironment
    app.jinja_env.filters.update(
        when=moments.when,
        minute=moments.minute,
        day=moments.day,
        ago=moments.ago,
        wait=moments.wait,
        number=words.number,
    )
    app.jinja_env.globals.update(FRAME)
    app.extensions["portal_addresses"] = {}
    app.context_processor(_frame)
    Babel(
        app,
        default_translation_directories=str(Path(__file__).parent.parent / "translations"),
        locale_selector=current_locale,
        timezone_selector=_time_zone,
    )
    speak = app.jinja_env.__dict__["install_gettext_callables"]
    speak(words.gettext, words.ngettext, newstyle=True)
    app.extensions["portal_pages"] = {}
    app.extensions["portal_links"] = {}


def page(
    template: str,
    *,
    status: int = 200,
    fragment: str | None = None,
    again: bool = False,
    **values: Any,
) -> Response:
    """The whole page, or its fragment for an htmx request that asks for a part.

    `again`: whoever gets it may ask for it over and over, as one who guesses codes does. The text
    is remembered with their session and given out again while every value of the page is equal;
    so nothing in such a template may ask for more than it is given (the clock, the request).
    """
    edge = here.values().get("edge")
    if edge is not None:
        # What the gate let in provisionally shows nothing before its object was settled.
        assert edge.unsettled is None or status >= 400, edge.unsettled
        find_banners(template, status, shown=fragment is None or not wants_fragment())
        runner().close(edge)
    if fragment is None or not wants_fragment():
        kept = here.values().visit.live.kept if again else None
        return Response(render(template, kept, **values), status)
    body = render(fragment, **values)
    if request.method not in SAFE_METHODS or _notice():
        # The live region stays where it is and gets this answer's notice, or loses an old one.
        body += render("_notice.html", oob=True)
    return Response(body, status)


def render(template: str, kept: dict[Hashable, Any] | None = None, /, **values: Any) -> str:
    """A page's text: its template in this request's language, with the frame's values.

    `kept`: where the text is remembered; the last one of each template.
    """
    language = words.language()
    values |= _frame()
    values["_"] = language.translate
    if kept is None:
        return _environment(language).get_template(template).render(values)
    last = kept.get((render, template))
    if last is not None and last[0] == values:
        return str(last[1])
    text = _environment(language).get_template(template).render(values)
    kept[render, template] = values, text
    return text


def _environment(language: words.Language) -> PageEnvironment:
    """The templates compiled for a language; under a prefix, which addresses carry, as they are."""
    app = here.app()
    plain = app.jinja_env
    assert isinstance(plain, PageEnvironment)
    if here.request().root_path:
        return plain
    made: dict[str, PageEnvironment] = app.extensions["portal_pages"]
    if language.code not in made:
        known = Known(
            language,
            functions={"icon": icon, "asset": asset},
            tables={"links": {name: address(endpoint) for name, endpoint in LINKS.items()}},
            names={"locale": language.code, "direction": _direction(language)},
            plain=frozenset(FRAME),
        )
        made[language.code] = plain.for_language(known)
    return made[language.code]


def _direction(language: words.Language) -> str:
    return "rtl" if language.code in RIGHT_TO_LEFT else "ltr"


def wants_fragment() -> bool:
    """Whether htmx asks for a part; a Back restore and a boosted page ask for the whole."""
    return here.header("HX-Request") == "true" and here.header("HX-Request-Type") != "full"


def leave_for(target: str) -> Response:
    """Send the browser to another page after a POST, by 303 or, from a fragment, by HX-Redirect."""
    if here.header("HX-Request") == "true":
        return Response(status=200, headers={"HX-Redirect": target})
    return Response(status=303, headers={"Location": target})


def say(response: Response, notice: notice_words.NoticeKey) -> Response:
    """Let the next page say that something happened: the cookie names a sentence of ours."""
    cookies.put(response, cookies.NOTICE, str(notice), timedelta(minutes=1))
    g.notice_written = True
    return response


def current_locale() -> str:
    """The language: the person's, else the browser's chosen cookie, else what it accepts."""
    visit: Visit | None = here.values().get("visit")
    if visit is not None and visit.user.locale in LOCALES:
        return visit.user.locale
    chosen = cookies.get(cookies.LOCALE)
    if chosen in LOCALES:
        return chosen
    # Werkzeug's own best match gives English to a browser that asks for "fr-CA, en;q=0.5".
    asked = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality)
    return next((language for language in asked if language in LOCALES), "en")


def _time_zone() -> str:
    visit: Visit | None = here.values().get("visit")
    return visit.user.time_zone if visit is not None else "UTC"


def _frame() -> dict[str, Any]:
    """What every page has around it."""
    kept, app = here.values(), here.app()
    visit: Visit | None = kept.get("visit")
    settings = app.extensions["portal"].settings
    language = words.language()
    return {
        "person": account_menu.person(visit, language) if visit else None,
        "full_session": isinstance(decision_for(Action.HOME), Allow) if visit else False,
        "locale": language.code,
        "direction": _direction(language),
        "locales": LOCALES_BY_NAME,
        "here": kept.get("here", ""),
        "notice": _notice(),
        "development": settings.development,
        "mailbox_url": url_for("development.mailbox")
        if "development.mailbox" in app.view_functions
        else None,
        "support_contact": settings.support_contact,
        "desk": desks.of(visit) if visit else None,
        "links": _links(visit),
        "places": places.of(visit) if visit else [],
        "banners": kept.get("banners"),
    }


def _links(visit: Visit | None) -> dict[str, str]:
    """The frame's addresses; they are kept while there is no prefix, which a request may name."""
    kept: dict[bool, dict[str, str]] = here.app().extensions["portal_links"]
    stranger = visit is None
    prefixed = bool(here.request().root_path)
    if stranger in kept and not prefixed:
        return kept[stranger]
    links = {name: address(endpoint) for name, endpoint in LINKS.items()}
    links["language"] = address("account.language") if stranger else ""
    if not prefixed:
        kept[stranger] = links
    return links


def _notice() -> notice_words.NoticeText | None:
    kept = here.values()
    given = kept.get("notice") or notice_words.notice(cookies.get(cookies.NOTICE))
    if given is not None:
        kept.notice_shown = True
    return given


def drop_notice(response: Response) -> Response:
    """A notice is said once."""
    kept = here.values()
    if kept.get("notice_shown") and not kept.get("notice_written") and cookies.get(cookies.NOTICE):
        cookies.drop(response, cookies.NOTICE)
    return response


def csrf_input() -> Markup:
    # A token is base64url of ours: nothing in it needs escaping.
    return Markup(f'<input type="hidden" name="{csrf.FIELD}" value="{csrf.token()}">')  # noqa: S704


def together(*words: str | None) -> str:
    """The words that are there, as attributes of HTML list them."""
    return " ".join(filter(None, words))


# What every template may call. None of them wants anything of Jinja.
FRAME: dict[str, Any] = {
    "asset": asset,
    "icon": icon,
    "csrf": csrf_input,
    "csrf_value": csrf.token,
    "together": together,
}
