"""Offering a passkey for this device: once a browser, after a sign-in that was harder than need be.

On the home page alone, where nobody is in the middle of anything. A cookie remembers what was
offered here; it holds nothing else, and an edited one only repeats the offer.
"""

from __future__ import annotations

import json
from datetime import timedelta

from flask import Response

from portal.flows.passkeys import KIND
from portal.flows.session import Visit
from portal.web import cookies

MADE, DUE = "made", "due"
LIFETIME = timedelta(days=400)


def is_due(visit: Visit) -> bool:
    """Whether this person signed in with a code, or with a passkey of another device.

    Where a passkey may not be enrolled, for lack of a plan or by policy, none is offered.
    """
    if not any(one.kind == KIND for one in visit.facts.enrollable):
        return False
    state = cookies.get(cookies.OFFER)
    by_passkey = any(proof.kind == KIND for proof in visit.session.authentications)
    return state == DUE or (not by_passkey and state != MADE)


def was_made(response: Response) -> Response:
    cookies.put(response, cookies.OFFER, MADE, LIFETIME)
    return response


def note_sign_in(response: Response, answer: str) -> Response:
    """After a passkey from a telephone or a key, this device may well have one of its own."""
    if cookies.get(cookies.OFFER) != MADE and _is_from_elsewhere(answer):
        cookies.put(response, cookies.OFFER, DUE, LIFETIME)
    return response


def _is_from_elsewhere(answer: str) -> bool:
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("authenticatorAttachment") == "cross-platform"
