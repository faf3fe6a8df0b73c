"""What browsers are told of passkeys that changed here, so that they offer only those that work.

WebAuthn Level 3, section 5.1.10 (Signal API): the page's script hands these on. A passkey is called
unknown only when nobody owns it: the browser erases it for good.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from portal.flows.session import Visit
from portal.values import frozen
from portal.web import here


@frozen
class Signal:
    """One message to the browser's password manager: the method's name, and its options as JSON."""

    method: str
    options: str


def unknown(lookup: bytes) -> Signal:
    """Nobody here has the passkey with this id."""
    return _signal("signalUnknownCredential", credentialId=_encoded(lookup))


def of_account(visit: Visit, lookups: Sequence[bytes | None]) -> list[Signal]:
    """What this account accepts, and what it is called now."""
    handle = visit.user.handle
    if handle is None:
        return []
    accepted = [_encoded(one) for one in lookups if one is not None]
    return [
        _signal(
            "signalAllAcceptedCredentials",
            userId=_encoded(handle),
            allAcceptedCredentialIds=accepted,
        ),
        *of_person(visit),
    ]


def of_person(visit: Visit) -> list[Signal]:
    """What this account is called now, for the page after a change of name or address."""
    handle, user = visit.user.handle, visit.user
    if handle is None:
        return []
    owner = _encoded(handle)
    return [
        _signal("signalCurrentUserDetails", userId=owner, name=user.email, displayName=user.name)
    ]


def _signal(method: str, **options: object) -> Signal:
    rp_id = here.app().extensions["portal"].settings.rp_id
    return Signal(method, json.dumps({"rpId": rp_id, **options}))


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
