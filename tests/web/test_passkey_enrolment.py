"""Passkeys as they come and go: enrolled once, copied, revoked, reset, offered."""

from __future__ import annotations

from portal.flows import hosts
from tests.support import passkey_pages as pages
from tests.support.crowd import events
from tests.support.house import House
from tests.support.passkey_pages import passkeys, with_passkey
from tests.support.passkeys import Flaw, b64, security_key, synced_passkey
from tests.support.web import email_of, lands_on, signed_in


def test_one_credential_is_enrolled_once_in_all_tenants(house: House) -> None:
    tara = signed_in(house, "tara")
    piet = signed_in(house, "piet")
    hers, his = security_key(), security_key()
    assert pages.enrol(tara, hers, variant="security_key").status_code == 303
    first = hers.credentials[0].id
    copied = Flaw(
        credential_id=first,
        answer=lambda said: {**said, "id": b64(first), "rawId": b64(first)},
    )
    refused = pages.enrol(piet, his, variant="security_key", flaw=copied)
    assert refused.status_code == 422
    assert len(passkeys(house)) == 1
    assert events(house, "enrolment.failed")[-1]["reason"] == "enrolled"


def test_a_registration_is_answered_once(house: House) -> None:
    tara = signed_in(house, "tara")
    device = synced_passkey()
    action, options = pages.begin(tara)
    spoilt = device.create(options, Flaw(client={"type": "webauthn.get"}))
    assert tara.post(action, answer=spoilt).status_code == 422
    device.credentials.clear()
    assert tara.post(action, answer=device.create(options)).status_code == 410
    assert passkeys(house) == []


def test_a_copied_key_is_refused_for_good_and_told(house: House) -> None:
    tara = signed_in(house, "tara")
    key = security_key()
    pages.enrol(tara, key, variant="security_key")
    tara.post("/logout")
    tara.password(email_of("tara"))
    assert lands_on(pages.prove(tara, key)) == "/"
    tara.post("/logout")
    tara.password(email_of("tara"))
    refused = pages.prove(tara, key, flaw=Flaw(count=1))
    assert "may have been copied" in refused.text
    assert events(house, "authenticator.suspect")
    assert tara.get("/login/challenge/passkey").status_code == 404, "it is asked for no more"
    counting_on = pages.sign_in(house.visitor(), key)
    assert "may have been copied" in counting_on.text, "also when it counts on"
    house.work()
    assert [letter for letter in house.letters.to(email_of("tara")) if "copy" in letter.subject]
    assert lands_on(tara.prove()) == "/", "another way stays open"


def test_revoking_frees_the_credential_and_ends_its_sign_in(house: House) -> None:
    tara, device = with_passkey(house)
    held = passkeys(house)[0]
    tara.get("/security")
    tara.post(f"/security/authenticators/{held['id']}/revocation")
    assert "does not open an account here" in pages.sign_in(house.visitor(), device).text
    assert passkeys(house) == []
    shown = tara.get("/security").text
    assert "signalAllAcceptedCredentials" in shown
    assert b64(device.credentials[0].id) not in shown


def test_a_host_reset_of_the_person_clears_it(house: House) -> None:
    _, device = with_passkey(house)
    house.run(hosts.reset_factors, email_of("tara"), "lost everything")
    assert pages.sign_in(house.visitor(), device).status_code == 422


def test_a_passkey_is_offered_once_a_browser(house: House) -> None:
    house.person("tara")
    tara = house.visitor()
    assert "passkey-offer" in tara.sign_in(email_of("tara")).text
    assert "passkey-offer" not in tara.get("/").text
