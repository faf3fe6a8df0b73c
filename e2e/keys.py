"""Chromium's virtual authenticators (WebAuthn Level 3, section 11): devices that a test holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession, Page

INTERNAL: dict[str, Any] = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
USB: dict[str, Any] = {
    **INTERNAL,
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": False,
    "isUserVerified": False,
}
# A key with a fingerprint reader. Its attestation chains to the metadata of development.
VERIFYING: dict[str, Any] = {**INTERNAL, "transport": "usb"}
SYNCED = {"defaultBackupEligibility": True, "defaultBackupState": True}


@dataclass(frozen=True, slots=True)
class Device:
    """A virtual authenticator of one page."""

    session: CDPSession
    id: str

    def credentials(self) -> list[dict[str, Any]]:
        return self._send("getCredentials")["credentials"]

    def uses(self) -> int:
        """How often it has signed with what it holds."""
        return sum(credential["signCount"] for credential in self.credentials())

    def put(self, credential: dict[str, Any]) -> None:
        self._send("addCredential", credential=credential)

    def answer_badly(self, **bits: bool) -> None:
        """`isBogusSignature`, `isBadUV`, `isBadUP`; those that are not named are right again."""
        self._send("setResponseOverrideBits", **bits)

    def verify(self, willing: bool) -> None:
        """Whether the person passes the device's own check from now on."""
        self._send("setUserVerified", isUserVerified=willing)

    def touch(self, willing: bool) -> None:
        """Whether somebody touches it at once when it is asked."""
        self._send("setAutomaticPresenceSimulation", enabled=willing)

    def turn_back(self, count: int) -> None:
        """Put its only credential back to an earlier state, as a copy would be in."""
        (credential,) = self.credentials()
        self._send("removeCredential", credentialId=credential["credentialId"])
        self.put({**credential, "signCount": count})

    def _send(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.session.send(f"WebAuthn.{method}", {"authenticatorId": self.id, **parameters})


def hold(page: Page, options: dict[str, Any] = INTERNAL, /, **more: Any) -> Device:
    """Put an authenticator beside the page. Before its scripts ask what there is: load it after."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, **more}})
    return Device(session, made["authenticatorId"])
