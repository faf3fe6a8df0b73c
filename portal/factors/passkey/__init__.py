"""Passkeys and security keys (WebAuthn Level 3): keys that live in a device and know our address.

One kind with two variants. The work is in the modules beside: `options` asks, `answers` reads,
`registration` and `verification` decide, with `keys` and `attestation`. What is heavy is imported
when first used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from portal.ceremony import Begun, Ceremony, Data, Reason, Rejected, Subject, Verified
from portal.edge import Catalogue
from portal.factors.passkey import answers, makes, options
from portal.factors.passkey.encoding import Refusal
from portal.relying_party import RelyingParty
from portal.rules.terms import Category, Strength, Traits


class Passkey:
    """Factor `passkey`. Data: the credential record, and what is known of its make.

    credential_id, public_key, handle (base64url), algorithm (COSE), sign_count, transports,
    backup_eligible, backed_up, user_verified, discoverable (None: not told), variant, suspect,
    rp_id; aaguid, model (by what the metadata knows it), format, attested, certification, hardware.
    """

    kind = "passkey"
    strength = Strength(Category.POSSESSION, phishing_resistant=True, multi_factor=True)
    slow = False
    several = True
    interactive = True

    def __init__(
        self,
        relying_party: RelyingParty,
        base_url: str,
        product_name: str,
        catalogue: Catalogue,
    ) -> None:
        self.party = options.party(relying_party, base_url, product_name)
        self.catalogue = catalogue

    def begin_enrolment(self, subject: Subject, entropy: bytes) -> Begun:
        """A challenge of its own; the browser's options come from `show_enrolment`."""
        return Begun(state=options.registration_state(self.party, subject, entropy))

    def show_enrolment(self, subject: Subject, ceremony: Ceremony) -> Mapping[str, Any]:
        """The options as JSON text, for `parseCreationOptionsFromJSON`."""
        state = ceremony.state
        asked = options.registration(self.party, subject, state)
        return {"options": asked, "variant": state["variant"]}

    def finish_enrolment(
        self, ceremony: Ceremony, answer: str, now: datetime
    ) -> Verified | Rejected:
        """`answer`: RegistrationResponseJSON."""
        from portal.factors.passkey import registration, verification

        check = partial(registration.enrolment, self.party, self.catalogue, ceremony, answer, now)
        return verification.guarded(check)

    def begin_challenge(self, held: Sequence[Data], *, verified: bool, entropy: bytes) -> Begun:
        """A challenge for what is held, or for whatever the device finds."""
        state = options.authentication_state(held, verified, entropy)
        return Begun(
            state=state, shown={"options": options.authentication(self.party, held, state)}
        )

    def verify(
        self, stored: Data, ceremony: Ceremony | None, answer: str, now: datetime
    ) -> Verified | Rejected:
        """`answer`: AuthenticationResponseJSON, to the challenge of `ceremony` alone."""
        from portal.factors.passkey import verification

        if ceremony is None:
            return Rejected(Reason.EXPIRED, why="ceremony")
        check = partial(
            verification.assertion, self.party, self.catalogue, stored, ceremony, answer, now
        )
        return verification.guarded(check)

    def lookup_of(self, answer: str) -> bytes | None:
        """The id of the credential that an answer claims to come from."""
        try:
            return answers.credential_id(answer)
        except Refusal:
            return None

    def make_of(self, data: Data) -> Traits:
        """Its make as it was at its enrolment."""
        return makes.traits(data)

    def describe(self, data: Data) -> Mapping[str, Any]:
        """Whose it is by name, whether it is synced, how it checks who uses it. For people."""
        aaguid, known_by = data["aaguid"], data["model"]
        model = self.catalogue.model(known_by) if known_by else None
        shown = aaguid and self.catalogue.icon(aaguid, dark=False) is not None
        return {
            "provider": (self.catalogue.provider(known_by) if known_by else None) or "",
            "icon": aaguid if shown else "",
            "synced": data["backup_eligible"],
            "verifies_by": list(model.verifies_by) if model else [],
            "security_key": data["variant"] == options.SECURITY_KEY,
            "suspect": data["suspect"],
            "revoked": model is not None and model.revoked,
            "resistant": True,
        }
