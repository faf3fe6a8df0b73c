"""Whether a new credential is what it claims to be, and of which make (WebAuthn Level 3, 7.1).

The library reads the attestation object and checks the attestation statement; what it leaves to a
relying party is here and in the modules beside. Pure, but that the library compares the chains of
two formats (apple, android-key) with the machine's clock. Whether somebody has the credential
already is the flow's question.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime

from webauthn import verify_registration_response
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationFormat,
    AuthenticatorAttestationResponse,
    CredentialDeviceType,
    RegistrationCredential,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from portal.ceremony import Ceremony, Data, Purpose, Reason, Verified
from portal.edge import Catalogue, Model
from portal.factors.passkey import answers, attestation, keys
from portal.factors.passkey.encoding import Refusal, decode, encode
from portal.factors.passkey.makes import traits
from portal.factors.passkey.options import PASSKEY, ROAMING, SECURITY_KEY, Party
from portal.factors.passkey.verification import check_ceremony, reading, strength_of

NO_MODEL = "00000000-0000-0000-0000-000000000000"
# How the library's refusals begin, what is wrong then, and what the standard calls it.
WORDS = {
    "Unexpected RP ID hash": (Reason.WRONG, "rpIdHash"),
    "User presence was required": (Reason.WRONG, "user present"),
    "Single-device credential": (Reason.WRONG, "backup flags"),
    "Could not verify": (Reason.WRONG, "signature"),
    "Unsupported credential public key alg": (Reason.UNSUPPORTED, "alg"),
}


def enrolment(
    party: Party, catalogue: Catalogue, ceremony: Ceremony, answer: str, now: datetime
) -> Verified:
    """Check a registration (7.1). Raises Refusal."""
    check_ceremony(ceremony, now, Purpose.ENROLMENT)
    state = ceremony.state
    given = reading(answers.registration, answer)
    answers.check_client_data(
        given.client_data,
        kind="webauthn.create",
        challenge=state["challenge"],
        origins=party.origins,
    )
    statement = reading(attestation.read, given.attestation_object)
    model = catalogue.model(statement.model) if statement.model else None
    made = _registered(party, state, given, model)
    if made.credential_id != given.raw_id:
        raise Refusal(Reason.WRONG, "credential id")
    algorithm = reading(keys.check, made.credential_public_key)
    reading(attestation.check_certificate, statement)
    user_verified = _verified(statement, made)
    if state["verified"] and not user_verified:
        raise Refusal(Reason.UNVERIFIED, "user verified")
    if given.id in state["held"]:
        raise Refusal(Reason.ENROLLED, "excludeCredentials")
    if model is not None and model.revoked:
        raise Refusal(Reason.NOT_PERMITTED, "revoked")
    attested = model is not None and attestation.is_vouched_for(
        statement.certificates, model.roots, now
    )
    data: Data = {
        **_record(party, state, given, made),
        **_make(statement, model, made, attested),
        "algorithm": algorithm,
        "user_verified": user_verified,
    }
    worth = strength_of(data, user_verified)
    return Verified(data, strength=worth, lookup=made.credential_id, traits=traits(data))


def _verified(statement: attestation.Statement, made: VerifiedRegistration) -> bool:
    """A U2F device verifies nobody, and its signature does not cover the flag that would say so."""
    return made.user_verified and statement.format != "fido-u2f"


def _registered(
    party: Party, state: Data, given: answers.Registration, model: Model | None
) -> VerifiedRegistration:
    """What the library says of a registration. Raises Refusal."""
    try:
        return _asked(party, state, given, model)
    except Exception as error:
        # For some malformed input it raises KeyError, TypeError, ValueError and others. Its words
        # may hold the answer's own, so that they never go further.
        said = str(error)
        known = (what for start, what in WORDS.items() if said.startswith(start))
        reason, why = next(known, (Reason.MALFORMED, "form"))
        raise Refusal(reason, why) from error


def _asked(
    party: Party, state: Data, given: answers.Registration, model: Model | None
) -> VerifiedRegistration:
    roots = [_pem(root) for root in model.roots] if model is not None else []
    return verify_registration_response(
        credential=RegistrationCredential(
            id=given.id,
            raw_id=given.raw_id,
            response=AuthenticatorAttestationResponse(
                client_data_json=given.client_data, attestation_object=given.attestation_object
            ),
        ),
        expected_challenge=decode(state["challenge"]),
        expected_rp_id=party.id,
        expected_origin=list(party.origins),
        require_user_presence=True,
        require_user_verification=False,  # Asked later, where it has a reason of its own.
        supported_pub_key_algs=[COSEAlgorithmIdentifier(one) for one in state["algorithms"]],
        # These two it will not verify without a root; the chains of the others are checked here,
        # at our own time, and one that leads nowhere counts for nothing instead of being an error.
        pem_root_certs_bytes_by_fmt={
            AttestationFormat.APPLE: roots,
            AttestationFormat.ANDROID_KEY: roots,
        },
    )


def _pem(encoded: bytes) -> bytes:
    body = b64encode(encoded)
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return b"\n".join([b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""])


def _record(
    party: Party, state: Data, given: answers.Registration, made: VerifiedRegistration
) -> Data:
    """The credential record (4, "credential record") without what is known of its make."""
    return {
        "credential_id": encode(made.credential_id),
        "public_key": encode(made.credential_public_key),
        "handle": state["handle"],
        "sign_count": made.sign_count,
        "transports": list(given.transports),
        "backup_eligible": made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        "backed_up": made.credential_backed_up,
        "variant": _variant(state, given),
        "suspect": False,
        "discoverable": given.discoverable,
        "rp_id": party.id,
    }


def _make(
    statement: attestation.Statement,
    model: Model | None,
    made: VerifiedRegistration,
    attested: bool,
) -> Data:
    """What is known of its make. Without an attestation only the name that it gives itself."""
    bound = made.credential_device_type is CredentialDeviceType.SINGLE_DEVICE
    vouched = model if attested else None
    return {
        "aaguid": made.aaguid if made.aaguid != NO_MODEL else "",
        "model": statement.model,
        "format": statement.format,
        "attested": attested,
        "certification": vouched.certification if vouched else 0,
        # A key that may be copied to other devices leaves its hardware, whatever the model.
        "hardware": bound and vouched is not None and vouched.hardware_protected,
    }


def _variant(state: Data, given: answers.Registration) -> str:
    """What it turned out to be: a person may answer either prompt with a phone or with a key."""
    if not given.transports:
        return SECURITY_KEY if state["variant"] == SECURITY_KEY else PASSKEY
    return SECURITY_KEY if ROAMING.issuperset(given.transports) else PASSKEY
