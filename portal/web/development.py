"""The development mailbox: what would have been sent. Registered in development alone."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, current_app, url_for
from flask.typing import ResponseReturnValue

from portal.web import render
from portal.web.gate import public

blueprint = Blueprint("development", __name__)
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def _letters() -> list:
    return current_app.extensions["portal_mailbox"].letters()


@blueprint.get("/development/mailbox")
@public
def mailbox() -> ResponseReturnValue:
    return render.page(
        "development/mailbox.html",
        messages=[
            {
                "id": letter.id,
                "to": letter.recipient,
                "subject": letter.subject,
                "at": letter.at,
                "url": url_for(".message", letter_id=letter.id),
            }
            for letter in _letters()
        ],
    )


@blueprint.get("/development/mailbox/<letter_id>")
@public
def message(letter_id: str) -> ResponseReturnValue:
    letter = _find(letter_id)
    return render.page(
        "development/message.html",
        to=letter.recipient,
        subject=letter.subject,
        at=letter.at,
        text=letter.text,
        html_url=url_for(".html", letter_id=letter.id),
        back_url=url_for(".mailbox"),
    )


@blueprint.get("/development/mailbox/<letter_id>/html")
@public
def html(letter_id: str) -> ResponseReturnValue:
    response = Response(_find(letter_id).html, content_type="text/html; charset=utf-8")
    # Mail carries its styles on its elements; pages of the portal may not.
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


def _find(letter_id: str) -> Any:
    for letter in _letters():
        if letter.id == letter_id:
            return letter
    abort(404)
