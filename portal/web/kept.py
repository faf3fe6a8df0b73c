"""What was typed before a step-up that was cancelled: the form shows it again."""

from __future__ import annotations

from flask import g, request
from werkzeug.datastructures import MultiDict

from portal.flows import interruptions
from portal.flows.interruptions import Interrupted
from portal.rules.terms import Action
from portal.web import addresses
from portal.web.run import read

PARAMETER = "kept"


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
