"""What the page's script does, for tests without a browser: fetch a challenge, send the answer.

And people who hold passkeys, by these pages.
"""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from werkzeug.test import TestResponse

from tests.support.house import House, Visitor
from tests.support.passkeys import SOUND, Device, Flaw, synced_passkey
from tests.support.web import rows, signed_in

OPTIONS = re.compile(r'data-options="(\{[^"]+)"')
FROM = re.compile(r'data-from="([^"]+)"')
ACTION = re.compile(r'action="(/security/authenticators/new/passkey/[^"]+)"')
NEW = "/security/authenticators/new/passkey"
SIGN_IN_OPTIONS = "/webauthn/authenticate/options"


def begin(
    visitor: Visitor, *, variant: str = "passkey", page: str = "/security"
) -> tuple[str, str]:
    """Begin an enrolment: where its answer goes, and the options."""
    visitor.get(page)
    shown = visitor.follow(visitor.post(f"{NEW}?variant={variant}"))
    action, options = ACTION.search(shown.text), OPTIONS.search(shown.text)
    assert action and options, shown.status
    return unescape(action.group(1)), unescape(options.group(1))


def enrol(
    visitor: Visitor, device: Device, *, variant: str = "passkey", flaw: Flaw = SOUND, **more: Any
) -> TestResponse:
    """Enrol a device; the answer to what it said."""
    action, options = begin(visitor, variant=variant, **more)
    return visitor.post(action, answer=device.create(options, flaw))


def challenge(visitor: Visitor, path: str = SIGN_IN_OPTIONS) -> tuple[str, str]:
    """Fetch a challenge: the ceremony's id, and the options as JSON text."""
    response = visitor.client.post(
        path,
        data={},
        base_url=visitor.house.settings.base_url,
        headers={**visitor.headers, "X-CSRFToken": visitor.csrf, "HX-Request": "true"},
    )
    assert response.status_code == 200, response.status
    made = json.loads(response.text)
    return made["ceremony"], json.dumps(made["options"])


def sign_in(visitor: Visitor, device: Device, flaw: Flaw = SOUND, **form: str) -> TestResponse:
    """Sign in with a passkey alone."""
    visitor.get("/login")
    ceremony, options = challenge(visitor)
    answer = device.get(options, flaw)
    return visitor.post("/login/passkey", form, ceremony=ceremony, answer=answer)


def prove(
    visitor: Visitor, device: Device, path: str = "/login/challenge/passkey", flaw: Flaw = SOUND
) -> TestResponse:
    """Answer the challenge of a page with a device."""
    shown = visitor.get(path)
    found = FROM.search(shown.text)
    assert found, (path, shown.status)
    ceremony, options = challenge(visitor, unescape(found.group(1)))
    return visitor.post(path, ceremony=ceremony, answer=device.get(options, flaw))


def with_devices(house: House, name: str, *devices: Device, app: bool = False) -> Visitor:
    """A standing person who holds these: keys where they are plugged in, else passkeys."""
    visitor = signed_in(house, name, app=app)
    for device in devices:
        variant = "passkey" if device.synced else "security_key"
        assert enrol(visitor, device, variant=variant).status_code == 303
    visitor.get("/security")
    return visitor


def with_passkey(house: House, name: str = "tara") -> tuple[Visitor, Device]:
    """A standing person, wholly signed in, with an app and a passkey."""
    person = signed_in(house, name)
    device = synced_passkey()
    assert enrol(person, device).status_code == 303
    return person, device


def signals(text: str) -> dict[str, str]:
    """What a page tells the browser's password manager: the method, and its options."""
    found = re.findall(r'data-method="([^"]+)" data-options="([^"]+)"', text)
    return {method: unescape(options) for method, options in found}


def passkeys(house: House) -> list[dict]:
    """The passkeys that are enrolled, of everybody."""
    found = rows(house, "authenticators")
    return [row for row in found if row["kind"] == "passkey" and row["revoked_at"] is None]
