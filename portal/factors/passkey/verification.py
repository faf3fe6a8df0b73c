"""Whether a device's answer to a challenge proves what it claims (WebAuthn Level 3, 7.2).

Pure: no database, no clock but the time that is given. Whose credential it is and whether a
challenge was answered before are the flow's questions. The library is not asked: it would check the
same at twice the cost, and the counter before the signature.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from portal.ceremony import Ceremony, Data, Purpose, Reason, Rejected, Verified
from portal.edge import Catalogue
from portal.factors.passkey import answers, authenticator_data, keys
from portal.factors.passkey.encoding import Refusal, decode, encode
from portal.factors.passkey.options import Party
from portal.rules.terms import Category, Strength

Read = TypeVar("Read")


def guarded(check: Callable[[], Verified]) -> Verified | Rejected:
    """What a check says, as the flows are told it."""
    try:
        return check()
    except Refusal as refusal:
        return Rejected(refusal.reason, refusal.data, refusal.why)


def reading(read: Callable[..., Read], *given: object) -> Read:
    """What `read` makes of a device's or a forger's bytes: whatever it raises is a Refusal."""
    try:
        return read(*given)
    except Refusal:
        raise
    except Exception as error:
        raise Refusal(Reason.MALFORMED, "form") from error


def assertion(
    party: Party,
    catalogue: Catalogue,
    stored: Data,
    ceremony: Ceremony,
    answer: str,
    now: datetime,
) -> Verified:
    """Check an authentication (7.2). Raises Refusal."""
    check_ceremony(ceremony, now, Purpose.CHALLENGE, Purpose.SIGN_IN)
    state = ceremony.state
    given = reading(answers.assertion, answer)
    _check_owner(state, stored, given)
    answers.check_client_data(
        given.client_data, kind="webauthn.get", challenge=state["challenge"], origins=party.origins
    )
    proof = reading(authenticator_data.read, given.authenticator_data, party.id)
    signed = given.authenticator_data + hashlib.sha256(given.client_data).digest()
    reading(keys.verify, decode(stored["public_key"]), given.signature, signed)
    # Only now is it known that the device itself speaks: a forger must not cast suspicion.
    if stored["suspect"]:
        raise Refusal(Reason.SUSPECT, "suspect")
    count, before = proof.sign_count, stored["sign_count"]
    # Zero both times: it does not count at all, as synced passkeys (7.2.22).
    if (count or before) and count <= before:
        raise Refusal(Reason.SUSPECT, "signCount", {**stored, "suspect": True})
    if proof.backup_eligible is not stored["backup_eligible"]:
        raise Refusal(Reason.WRONG, "backup eligibility")
    if state["verified"] and not proof.user_verified:
        raise Refusal(Reason.UNVERIFIED, "user verified")
    model = catalogue.model(stored["model"]) if stored["model"] else None
    if model is not None and model.revoked:
        raise Refusal(Reason.WITHDRAWN, "revoked")
    # `user_verified` is never raised here (7.2.24): whoever finds a key that never asked for a PIN
    # may give it one, and that would then count as knowing the owner's. It is enrolled anew.
    data = {**stored, "sign_count": count, "backed_up": proof.backed_up}
    return Verified(data, strength=strength_of(data, proof.user_verified))


def check_ceremony(ceremony: Ceremony, now: datetime, *purposes: Purpose) -> None:
    """A challenge proves something in its own kind of ceremony alone, and while it lasts."""
    if ceremony.purpose not in purposes or now >= ceremony.expires_at:
        raise Refusal(Reason.EXPIRED, "ceremony")


def _check_owner(state: Data, stored: Data, given: answers.Assertion) -> None:
    """Whether this credential may answer this challenge (7.2.5 and 7.2.6)."""
    if given.id != stored["credential_id"]:
        raise Refusal(Reason.UNKNOWN, "credential id")
    if state["allowed"]:
        if given.id not in state["allowed"]:
            # The person's own, but not one of those that were asked for.
            raise Refusal(Reason.TOO_WEAK, "allowCredentials")
    elif given.handle is None:
        raise Refusal(Reason.WRONG, "userHandle")
    if given.handle is not None and encode(given.handle) != stored["handle"]:
        raise Refusal(Reason.WRONG, "userHandle")


def strength_of(data: Data, user_verified: bool) -> Strength:
    """What a proof by this credential is worth (NIST SP 800-63B-4, 3.1.7.2)."""
    return Strength(
        Category.POSSESSION,
        phishing_resistant=True,
        multi_factor=user_verified and data["user_verified"],
        device_bound=not data["backup_eligible"],
        hardware_protected=data["hardware"],
    )
