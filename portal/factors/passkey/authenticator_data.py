"""What an authenticator says and signs when it is used (WebAuthn Level 3, 6.1, 7.2.15 to 7.2.18).

At a registration the library reads the same; here it is read without a copy of everything, because
a sign-in must cost little more than checking its signature.
"""

from __future__ import annotations

import hashlib

from portal.ceremony import Reason
from portal.factors.passkey.cbor import only_map
from portal.factors.passkey.encoding import Refusal
from portal.values import frozen

# Flags (6.1).
USER_PRESENT, USER_VERIFIED = 0x01, 0x04
BACKUP_ELIGIBLE, BACKED_UP = 0x08, 0x10
ATTESTED, EXTENDED = 0x40, 0x80
HEAD_BYTES = 37  # A hash, the flags, a counter of four bytes.


@frozen
class AuthenticatorData:
    """An assertion's part that the authenticator speaks for."""

    user_verified: bool
    backup_eligible: bool
    backed_up: bool
    sign_count: int


def read(raw: bytes, rp_id: str) -> AuthenticatorData:
    """Read an assertion's authenticator data. Raises Refusal."""
    if len(raw) < HEAD_BYTES:
        raise Refusal(Reason.MALFORMED, "authenticatorData")
    flags = raw[32]
    # Attested credential data belongs to a registration; without extensions nothing follows.
    if flags & ATTESTED or (len(raw) > HEAD_BYTES) is not bool(flags & EXTENDED):
        raise Refusal(Reason.MALFORMED, "authenticatorData")
    if flags & EXTENDED:
        only_map(raw[HEAD_BYTES:])
    if raw[:32] != hashlib.sha256(rp_id.encode()).digest():
        raise Refusal(Reason.WRONG, "rpIdHash")
    if not flags & USER_PRESENT:
        raise Refusal(Reason.WRONG, "user present")
    eligible, backed_up = bool(flags & BACKUP_ELIGIBLE), bool(flags & BACKED_UP)
    if backed_up and not eligible:
        raise Refusal(Reason.WRONG, "backup flags")
    return AuthenticatorData(
        user_verified=bool(flags & USER_VERIFIED),
        backup_eligible=eligible,
        backed_up=backed_up,
        sign_count=int.from_bytes(raw[33:HEAD_BYTES]),
    )
