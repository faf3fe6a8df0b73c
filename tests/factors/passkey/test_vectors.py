"""The published vectors, and their negatives, through our factor: each has its documented answer.

Skipped where the shared folder is absent; the software authenticator covers every row besides.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from portal.ceremony import Ceremony, Data, Purpose, Rejected, Verified
from portal.edge import Model
from portal.factors.passkey import Passkey
from portal.relying_party import RelyingParty
from portal.rules.policy import Restrictions, refusal
from tests.support.makers import Models

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "vectors"
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def read(name: str) -> dict[str, Any]:
    file = VECTORS / name
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


LEVEL_3, NEGATIVE = read("webauthn-l3.json"), read("webauthn-negative.json")
OFFICIAL = {vector["name"]: vector for vector in LEVEL_3.get("vectors", ())}
DERIVED = {vector["name"]: vector for vector in LEVEL_3.get("derived", ())}
CASES = {case["id"]: case for case in NEGATIVE.get("cases", ())}
ROOT = base64.urlsafe_b64decode(LEVEL_3["attestation_root"]["cert_der"] + "==") if LEVEL_3 else b""

pytestmark = pytest.mark.skipif(not LEVEL_3, reason="the shared vectors are not beside the project")

# What the answers are: does a registration pass, is it attested, does an authentication pass.
# Frames are refused by us; ES384, ES512 and Ed448 are not offered; the TPM names a manufacturer
# that does not exist; Android's chain lacks its root, and U2F devices name no model.
ANSWERS: dict[str, tuple[str, str]] = {
    "none-es256": ("passes", "passes"),
    "packed-self-es256": ("passes", "passes"),
    "none-es256-crossOrigin": ("crossOrigin", "crossOrigin"),
    "none-es256-topOrigin": ("crossOrigin", "crossOrigin"),
    "none-es256-long-credential-id": ("passes", "passes"),
    "packed-es256": ("attested", "passes"),
    "packed-es384": ("alg", "alg"),
    "packed-es512": ("alg", "alg"),
    "packed-rs256": ("attested", "passes"),
    "packed-eddsa": ("attested", "passes"),
    "packed-ed448": ("alg", "alg"),
    "tpm-es256": ("form", "passes"),
    "android-key-es256": ("form", "passes"),
    "apple-es256": ("attested", "passes"),
    "fido-u2f-es256": ("form", "passes"),
    "derived-fido-u2f-es256-zero-aaguid": ("passes", ""),
    "derived-android-key-es256-root-in-x5c": ("attested", ""),
    "derived-android-key-es256-no-origin-no-purpose": ("form", ""),
}

# What a factor cannot know, and where it is decided and tested.
ELSEWHERE = {
    "A49": "a challenge is spent by its first answer: flows/device_answers.py",
    "A51": "a challenge belongs to one browser: flows/device_answers.py and flows/passkeys.py",
    "A52": "a challenge serves one operation: flows/device_answers.py",
    "R36": "an id is unique over all tenants: flows/enrolment.py",
    "R45": "an enrolment belongs to one session: flows/enrolment.py",
    "R46": "an enrolment is finished once: flows/enrolment.py",
    "R47": "a session with one factor enrols nothing more: flows/enrolment.py",
}
# Registrations that pass, and that a policy which wants an attestation refuses.
FOR_POLICY = {"R21", "R24", "R29", "R30", "R31"}


def factor(aaguid: str = "") -> Passkey:
    models = {aaguid: Model(aaguid, "Vector", 2, True, False, (ROOT,))} if aaguid else {}
    return Passkey(RelyingParty(), "https://example.org", "Vectors", Models(models))


@dataclass
class EveryModel(Models):
    """Metadata that knows every model, by the same roots."""

    roots: tuple[bytes, ...] = ()

    def model(self, aaguid: str) -> Model | None:
        return Model(aaguid, "Vector", 2, True, False, self.roots)


def ceremony(purpose: Purpose, age: int = 0, **state: Any) -> Ceremony:
    expires_at = NOW + timedelta(minutes=5) - timedelta(seconds=age)
    return Ceremony("c1", "passkey", purpose, "s1", state, expires_at)


def enrolment(challenge: str, **more: Any) -> Ceremony:
    state: dict[str, Any] = {
        "variant": "passkey",
        "handle": "dXNlci0x",
        "verified": False,
        "held": [],
    }
    state |= {"challenge": challenge, "algorithms": [-8, -7, -257], **more}
    return ceremony(Purpose.ENROLMENT, **state)


def answered(identity: str, **response: str) -> str:
    whole = {"id": identity, "rawId": identity, "type": "public-key", "response": response}
    return json.dumps(whole)


def verdict(outcome: Verified | Rejected) -> str:
    if isinstance(outcome, Rejected):
        return outcome.why
    assert outcome.traits is None or outcome.traits.attested is outcome.data["attested"]
    return "attested" if outcome.traits and outcome.traits.attested else "passes"


@pytest.mark.parametrize("name", [*OFFICIAL, *DERIVED])
def test_an_official_registration_has_its_answer(name: str) -> None:
    vector = (OFFICIAL | DERIVED)[name]
    base = OFFICIAL[vector.get("derived_from", name).partition(" ")[0]]
    given = vector["registration"]
    answer = answered(
        base["credential_id"],
        clientDataJSON=given["clientDataJSON"],
        attestationObject=given["attestationObject"],
    )
    made = factor(str(UUID(hex=base["aaguid_hex"])))
    outcome = made.finish_enrolment(enrolment(given["challenge"]), answer, NOW)
    assert verdict(outcome) == ANSWERS[name][0]


@pytest.mark.parametrize("name", OFFICIAL)
def test_an_official_authentication_has_its_answer(name: str) -> None:
    vector = OFFICIAL[name]
    given = vector["authentication"]
    identity = vector["credential_id"]
    answer = answered(
        identity,
        clientDataJSON=given["clientDataJSON"],
        authenticatorData=given["authenticatorData"],
        signature=given["signature"],
    )
    stored = record(
        credential_id=identity,
        public_key=vector["credential_public_key_cose"],
        backup_eligible=vector["registration"]["flags"]["BE"],
    )
    asked = ceremony(
        Purpose.CHALLENGE, challenge=given["challenge"], allowed=[identity], verified=False
    )
    assert verdict(factor().verify(stored, asked, answer, NOW)) == ANSWERS[name][1]


def record(**more: Any) -> Data:
    """A credential record as the factor stores it."""
    data: Data = {
        "handle": "dXNlci0x",
        "sign_count": 0,
        "backed_up": False,
        "user_verified": True,
        "hardware": False,
        "suspect": False,
        "aaguid": "",
        "model": "",
    }
    return {**data, **more}


def test_every_official_vector_has_an_answer() -> None:
    assert set(ANSWERS) == set(OFFICIAL) | set(DERIVED)


def test_every_negative_case_is_run() -> None:
    ceremonies = {case["ceremony"] for case in CASES.values()}
    assert ceremonies == {"authentication", "registration"}
    assert len(CASES) == NEGATIVE["counts"]["total"] == 101
    assert set(ELSEWHERE) | FOR_POLICY <= set(CASES)


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if case["ceremony"] == "authentication"]
)
def test_a_negative_authentication_has_its_answer(name: str) -> None:
    case = CASES[name]
    context, kept = case["context"], case["stored"]
    stored = record(
        credential_id=kept["credentialId_b64url"],
        public_key=kept["publicKey_b64url"],
        handle=kept["userHandle_b64url"],
        sign_count=kept["signCount"],
        backup_eligible=kept["backupEligible"],
        backed_up=kept["backupState"],
        user_verified=kept["uvInitialized"],
    )
    # The pending person's credentials: of another person, none of these.
    mine = [] if "usernameless" in context else [stored["credential_id"]]
    allowed = context.get("allowCredentials", ["AAAB"] if "pending_user" in context else mine)
    asked = ceremony(
        Purpose.CHALLENGE,
        context.get("challenge_age_s", 0),
        challenge=case["expected_challenge_b64url"],
        allowed=allowed,
        verified=case["require_user_verification"],
    )
    credential = case["credential"]
    if "usernameless" in context:
        credential = json.loads(json.dumps(credential))
        credential["response"].pop("userHandle", None)
    outcome = factor().verify(stored, asked, json.dumps(credential), NOW)
    wanted = "accept" if name in ELSEWHERE else case["expected"].partition("-")[0]
    assert ("accept" if isinstance(outcome, Verified) else "reject") == wanted, outcome
    if case["expected"] == "accept-single-factor":
        assert isinstance(outcome, Verified) and outcome.strength is not None
        assert not outcome.strength.multi_factor


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if case["ceremony"] == "registration"]
)
def test_a_negative_registration_has_its_answer(name: str) -> None:
    case = CASES[name]
    roots = () if case["roots"] == "none" else (ROOT,)
    made = Passkey(RelyingParty(), "https://example.org", "Vectors", EveryModel(roots=roots))
    asked = enrolment(
        case["expected_challenge_b64url"],
        algorithms=case["pubKeyCredParams"],
        verified=case["require_user_verification"],
    )
    outcome = made.finish_enrolment(asked, json.dumps(case["credential"]), NOW)
    wanted = "accept" if name in {*ELSEWHERE, *FOR_POLICY} else case["expected"].partition("-")[0]
    assert ("accept" if isinstance(outcome, Verified) else "reject") == wanted, outcome
    if isinstance(outcome, Verified):
        assert outcome.traits is not None
        assert outcome.traits.attested is (name == "R25")
        why = refusal(Restrictions(attested=True), outcome.traits)
        assert why == (None if name == "R25" else "attestation")
