"""Mailed links in the browser: the token leaves the address at once, a button's POST acts."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, g

from portal.flows import tokens
from portal.web import cookies, render
from portal.web.forms import Form
from portal.web.limits import brake
from portal.web.run import runner
from portal.web.words import gettext

KEPT_FOR = timedelta(minutes=15)


def keep_token(token: str, target: str) -> Response:
    """Move the token from the address into a short cookie and go on without it.

    One that is longer than any of ours was mailed to nobody: it is kept no more than one that is
    not known, and a long enough one would leave no room for the session's cookie. The token of an
    earlier link goes as well, so that the next page is about this one.
    """
    response = render.leave_for(target)
    if len(token) > tokens.LENGTH_MAX:
        cookies.drop(response, cookies.LINK)
    else:
        cookies.put(response, cookies.LINK, token, KEPT_FOR)
    return response


def stale(next_url: str, next_label: str) -> Response:
    """A link that was used, has expired, is another's or never was: all read the same."""
    return render.page(
        "link/stale.html",
        status=410,
        title=gettext("This link no longer works"),
        text=gettext(
            "It was used already, it is too old, or a newer one was sent. The newest mail has "
            "the one that works."
        ),
        next_url=next_url,
        next_label=next_label,
    )


def wait() -> int:
    """Seconds before this network address may ask for another mail."""
    runner().close(g.edge)
    return brake().wait(g.edge.settings.mails_per_address, "mail")


def has_room(kind: str, email: str) -> bool:
    """Whether a mailbox may get another mail of a kind that anybody can ask for.

    Where it may not, the answer stays the same and nothing is sent. Every mailbox is counted, with
    an account or without, and each kind by itself: registering somebody's address over and over
    does not use up their unlock mails.
    """
    mailbox = tokens.keyed(g.edge, f"mailbox:{kind}", email).hex()
    return not brake().wait(g.edge.settings.mails_per_mailbox, "mailbox", mailbox)


def braked(template: str, form: Form, seconds: int) -> Response:
    """Too many mails were asked for from this network address."""
    words = gettext("Too many messages were asked for. Try again in an hour.")
    response = render.page(template, status=429, form=form, error=words)
    response.headers["Retry-After"] = str(seconds)
    return response
