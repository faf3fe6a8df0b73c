"""What a person was doing waits for a step-up; if that is cancelled, its form is filled again."""

from __future__ import annotations

from datetime import timedelta

from flask import abort, g, request
from werkzeug.datastructures import MultiDict

from portal.flows import interruptions
from portal.flows.interruptions import Interrupted, Sent
from portal.flows.permission import Subject
from portal.flows.session import Visit
from portal.rules.terms import Action
from portal.web import addresses
from portal.web.csrf import SAFE_METHODS
from portal.web.run import read, run

PARAMETER = "kept"


def keep(
    visit: Visit, action: Action, subject: Subject | None = None, lifetime: timedelta | None = None
) -> Interrupted:
    """Keep what the person was doing: the path, the form, and the page that it came from."""
    origin = without_kept(addresses.current_page())
    method, path = "GET", origin
    if request.method not in SAFE_METHODS:
        method = request.method
        path = addresses.own_path(request.full_path.rstrip("?")) or abort(404)
    sent = Sent(method, path, request.form.to_dict(), origin)
    return run(interruptions.keep, visit, action, sent, subject, lifetime)


def keep_page(visit: Visit) -> Interrupted:
    """Keep the page that a form came from, and nothing of the form; else the home page.

    Some pages are the answer to a form and cannot be opened by their address.
    """
    page = without_kept(addresses.current_page())
    if addresses.endpoint_at(page) is None:
        page = addresses.address("home.index")
    return run(interruptions.keep, visit, Action.HOME, Sent("GET", page, {}, page))


def without_kept(path: str) -> str:
    """A path of ours without what an earlier cancelled step-up put into it."""
    address, _, query = path.partition("?")
    pairs = [pair for pair in query.split("&") if pair and not pair.startswith(f"{PARAMETER}=")]
    return f"{address}?{'&'.join(pairs)}" if pairs else address


def fields(action: Action | None) -> MultiDict[str, str] | None:
    """The kept fields that this page's address names, if they are of `action` and this session."""
    if action is None or PARAMETER not in request.args or g.get("visit") is None:
        return None
    task = read(interruptions.find, g.visit, addresses.identifier(request.args[PARAMETER]))
    if not isinstance(task, Interrupted) or task.action is not action:
        return None
    return MultiDict(task.form)
