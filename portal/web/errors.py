"""Error pages: a plain sentence and a next step for every status; nothing about the inside.

htmx swaps error answers too, so a fragment request receives the fragment of the page.
"""

from __future__ import annotations

from flask import Flask, Response, g, url_for
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response as BaseResponse

from portal.edge import SealBroken, Unavailable
from portal.flows import integrity
from portal.web import machines, render, tasks
from portal.web.logs import log
from portal.web.run import run, runner
from portal.web.words import gettext


def install(app: Flask) -> None:
    """Answer every error of the application with the one page."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SecurityError, _foreign_host)
    app.register_error_handler(SealBroken, _seal_broken)
    app.register_error_handler(Unavailable, _unavailable)
    app.register_error_handler(Exception, _unexpected)


def _http_error(error: HTTPException) -> BaseResponse:
    status = error.code or 500
    if 300 <= status < 400:
        return error.get_response()
    return _page(status, why=error.description or "", allow=error.get_headers())


def _foreign_host(_error: SecurityError) -> Response:
    """Asked under a host that is not ours: no page, since no address of ours can be built."""
    words = gettext("This portal is not served under that address.")
    return Response(f"{words}\n", 400, content_type="text/plain; charset=utf-8")


def _unavailable(error: Unavailable) -> Response:
    """The database is gone or too busy: nothing was let in and nothing changed."""
    runner().close(g.edge)
    log.error("database.unavailable", request_id=g.get("request_id"), kind=str(error))
    response = _page(503)
    response.headers["Retry-After"] = "5"
    return response


def _seal_broken(error: SealBroken) -> Response:
    """Stored data does not open: refused and audited; the page says whom to ask."""
    runner().close(g.edge)
    run(integrity.note_broken, error.place)
    log.error("store.seal_broken", request_id=g.get("request_id"), place=error.place)
    return _page(503)


def _unexpected(error: Exception) -> Response:
    """Something that cannot happen happened: the log gets the trace, the person a sentence."""
    log.error(
        "request.failed", request_id=g.get("request_id"), kind=type(error).__name__, exc_info=error
    )
    return _page(500)


def _words(status: int, why: str) -> tuple[str, str]:
    kind, _, reason = why.partition(":")
    if kind == "denied" and reason in tasks.DENIED:
        return gettext("That is not for you to do"), str(tasks.DENIED[reason])
    if kind == "stale_form":
        return (
            gettext("This page is too old"),
            gettext("Nothing was changed. Load the page again and repeat what you did."),
        )
    texts = {
        400: (
            gettext("We could not read that"),
            gettext("Something in the request was not as expected. Go back and try again."),
        ),
        403: (gettext("That is not allowed"), gettext("Nothing was changed.")),
        404: (
            gettext("There is nothing here"),
            gettext("The address is wrong, or what was here is gone."),
        ),
        405: (
            gettext("That does not work this way"),
            gettext("Go to the page first and use the button there."),
        ),
        413: (gettext("That is too much"), gettext("Send less at once.")),
        429: (gettext("Too many requests"), gettext("Wait a minute, then try again.")),
        503: (
            gettext("We are not ready"),
            gettext("Nothing was changed. Try again in a minute; if it stays, ask support."),
        ),
    }
    unexpected = (
        gettext("Something went wrong on our side"),
        gettext(
            "Nothing was changed. Try again; if it stays, tell support the number below: %(id)s",
            id=g.get("request_id", ""),
        ),
    )
    return texts.get(status, unexpected if status >= 500 else texts[400])


def _page(status: int, *, why: str = "", allow: object = ()) -> Response:
    if machines.is_asked():
        return _with_allow(machines.problem(status), allow)
    title, text = _words(status, why)
    template = "errors/_error.html" if render.wants_fragment() else "errors/error.html"
    body = render.render(
        template,
        status=status,
        title=title,
        text=text,
        next_url=url_for("home.index"),
        next_label=gettext("Go to the start"),
    )
    return _with_allow(Response(body, status), allow)


def _with_allow(response: Response, allow: object) -> Response:
    """The methods that an address takes, where the refusal names them."""
    for name, value in allow if isinstance(allow, list) else []:
        if name.lower() == "allow":
            response.headers[name] = value
    return response
