"""Authenticator apps: time-based one-time passwords (RFC 6238 over RFC 4226).

A code is accepted once: the last accepted step is stored, and only a greater one passes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyotp
from markupsafe import Markup

from portal.ceremony import Begun, Ceremony, Data, Reason, Rejected, Subject, Verified
from portal.rules.terms import Category, Strength
from portal.settings import TOTPParameters

KEY_BYTES = 20  # RFC 4226, R6 recommends 160 bits.
STEPS_BEHIND = 1  # RFC 6238, 5.2: one step for the time that typing and the network take.
DIGESTS = {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256, "SHA512": hashlib.sha512}
QR_MASK = 2  # A fixed mask: choosing the prettiest costs three times the whole drawing.


class TOTP:
    """Factor `totp`. Data: secret (base32), algorithm, digits, period (s), last_step, drift."""

    kind = "totp"
    strength = Strength(Category.POSSESSION)
    slow = False
    several = True
    interactive = False

    def __init__(self, parameters: TOTPParameters) -> None:
        self.parameters = parameters

    def begin_enrolment(self, subject: Subject, entropy: bytes) -> Begun:
        """A fresh key; it becomes an authenticator only with a first correct code."""
        state = {
            "secret": base64.b32encode(entropy[:KEY_BYTES]).decode(),
            "algorithm": self.parameters.algorithm,
            "digits": self.parameters.digits,
            "period": self.parameters.period,
        }
        return Begun(state=state)

    def show_enrolment(self, subject: Subject, ceremony: Ceremony) -> Mapping[str, Any]:
        """The QR code as SVG, and the same key as text in groups of four."""
        # Imported on use: enrolling is rare.
        import segno

        state = ceremony.state
        uri = _generator(state).provisioning_uri(name=subject.email, issuer_name=subject.issuer)
        code = segno.make(uri, error="m", boost_error=False, mask=QR_MASK, micro=False)
        secret = state["secret"].rstrip("=")
        drawing = code.svg_inline(scale=5, border=2, omitsize=True, svgclass=None, lineclass=None)
        return {
            # Drawn by the library from the address alone: modules as one path, no text in it.
            "qr": Markup(drawing),  # noqa: S704
            "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
            "issuer": subject.issuer,
            "account": subject.email,
            "digits": state["digits"],
            "period": state["period"],
        }

    def finish_enrolment(
        self, ceremony: Ceremony, answer: str, now: datetime
    ) -> Verified | Rejected:
        """The first correct code activates the key and is spent by that."""
        return self._check({**ceremony.state, "last_step": -1, "drift": 0}, answer, now)

    def verify(
        self, stored: Data, ceremony: Ceremony | None, answer: str, now: datetime
    ) -> Verified | Rejected:
        return self._check(stored, answer, now)

    def describe(self, data: Data) -> Mapping[str, Any]:
        """`drift_seconds`: how far the app's clock stood from ours at its last use."""
        return {"drift_seconds": data.get("drift", 0) * data.get("period", 30)}

    def _check(self, data: Data, answer: str, now: datetime) -> Verified | Rejected:
        code = canonical(answer, data["digits"])
        if code is None:
            return Rejected(Reason.MALFORMED)
        generator = _generator(data)
        current = int(now.timestamp()) // data["period"]
        matched = None
        # Every candidate is compared, oldest first, so that time says nothing about which it was.
        for step in range(current - STEPS_BEHIND, current + self.parameters.steps_ahead + 1):
            if hmac.compare_digest(generator.generate_otp(step), code):
                matched = step
        if matched is None:
            return Rejected(Reason.WRONG)
        if matched <= data["last_step"]:
            return Rejected(Reason.USED)
        return Verified({**data, "last_step": matched, "drift": matched - current})


def canonical(answer: str, digits: int) -> str | None:
    """The code as ASCII digits, or None.

    Only ASCII spaces between digits are forgiven: other scripts' digits would compare equal in
    the library and let one code be written in many ways.
    """
    code = answer.strip(" ").replace(" ", "")
    return code if re.fullmatch(rf"[0-9]{{{digits}}}", code, re.ASCII) else None


def _generator(state: Data) -> pyotp.TOTP:
    return pyotp.TOTP(
        state["secret"],
        digits=state["digits"],
        digest=DIGESTS[state["algorithm"]],
        interval=state["period"],
    )
