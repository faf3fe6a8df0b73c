"""Passkeys as administrators see them, what resets leave of them, and the words around them."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest

from portal.flows import hosts
from portal.rules.terms import AccountState, Role
from tests.support import passkey_pages as pages
from tests.support.crowd import ADMINS, admin, events, id_of, staff, user_row
from tests.support.house import GUESTS, HQ, PARTNER, PASSWORD, House, Visitor
from tests.support.makers import Models
from tests.support.passkeys import Device, Flaw, b64, security_key, synced_passkey
from tests.support.resets import approve, ask, somebody
from tests.support.web import email_of, lands_on, rows, signed_in

LINE = re.compile(r'<span class="quiet"><bdi>([^<]+)</bdi>')
EXPOSED = "Administrator without a passkey or key"


@pytest.fixture
def known(house: House) -> House:
    """A house that knows the makers of the tests' devices."""
    house.runner.factors["passkey"].catalogue = Models()
    return house


def with_devices(house: House, name: str, *devices: Device, app: bool = False) -> Visitor:
    """A standing person who holds these: keys where they are plugged in, else passkeys."""
    visitor = signed_in(house, name, app=app)
    for device in devices:
        variant = "passkey" if device.synced else "security_key"
        assert pages.enrol(visitor, device, variant=variant).status_code == 303
    visitor.get("/security")
    return visitor


def listed(visitor: Visitor, query: str) -> list[str]:
    return LINE.findall(visitor.get(f"/admin/users{query}").text)


def signals(text: str) -> dict[str, str]:
    found = re.findall(r'data-method="([^"]+)" data-options="([^"]+)"', text)
    return {method: unescape(options) for method, options in found}


def spoil(visitor: Visitor, key: Device) -> None:
    """Use a key whose counter has fallen: it is taken for a copy."""
    email = user_email(visitor)
    visitor.post("/logout")
    visitor.password(email)
    assert lands_on(pages.prove(visitor, key)) == "/"
    visitor.post("/logout")
    visitor.password(email)
    assert "may have been copied" in pages.prove(visitor, key, flaw=Flaw(count=1)).text


def user_email(visitor: Visitor) -> str:
    found = re.search(r"[a-z]+@[a-z]+\.example", visitor.get("/account").text)
    assert found
    return found.group()


def test_the_list_tells_and_filters_who_cannot_be_phished(known: House) -> None:
    ada = admin(known, HQ)
    with_devices(known, "tara", synced_passkey())
    for name, device in (("tom", security_key()), ("tim", security_key(attestation="none"))):
        person = staff(known, f"{name}@guests.example", GUESTS, Role.TRAVELER)
        assert pages.enrol(person, device, variant="security_key").status_code == 303
    staff(known, "ted@guests.example", GUESTS, Role.TRAVELER)
    known.user("tess@guests.example")
    guests = f"?organisation={id_of(known, GUESTS)}"
    held = ["tara@guests.example", "tim@guests.example", "tom@guests.example"]
    assert listed(ada, f"{guests}&state=resistant") == held
    others = ["ted@guests.example", "tess@guests.example"]
    assert listed(ada, f"{guests}&state=not_resistant") == others
    assert listed(ada, "?organisation=all&state=resistant") == held
    assert listed(ada, f"{guests}&state=resistant&search=tim") == ["tim@guests.example"]
    text = ada.get(f"/admin/users{guests}").text
    for words in ("synced between devices", "on one device", "in certified hardware"):
        assert text.count(f"Phishing-resistant, {words}") == 1
    assert text.count('<span class="quiet">Not phishing-resistant</span>') == 1


def test_the_filter_goes_through_pages_like_any_other(house: House) -> None:
    ada = admin(house, HQ)
    for number in range(51):
        house.user(f"p{number:02d}@hq.example", HQ)
    first = ada.get("/admin/users?state=not_resistant", htmx=True).text
    after = re.search(r'href="([^"]*after=[^"]*)"', first)
    assert after
    assert "state=not_resistant" in after.group(1)
    second = ada.get(unescape(after.group(1))).text
    assert len({*LINE.findall(first), *LINE.findall(second)}) == 52


def test_the_file_says_it_too(known: House) -> None:
    ada = admin(known, HQ)
    with_devices(known, "sol", security_key())
    answer = ada.get("/admin/users.csv?state=resistant")
    head, *lines = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    at = head.index("Phishing-resistant")
    assert head[at + 1] == "Kept"
    assert [[line[1], *line[at : at + 2]] for line in lines] == [
        ["sol@hq.example", "Yes", "In certified hardware"]
    ]
    lines = list(csv.reader(io.StringIO(ada.get("/admin/users.csv").data.decode("utf-8-sig"))))
    assert [line[at : at + 2] for line in lines if line[1] == ADMINS[HQ]] == [["No", ""]]


def test_administrators_without_are_flagged_until_they_hold_one(house: House) -> None:
    ada = admin(house, HQ)
    house.user("hans@hq.example", HQ)
    house.user("sue@hq.example", HQ, Role.SUPER_ADMIN)
    house.run(hosts.set_state, "sue@hq.example", AccountState.DISABLED)
    assert ada.get("/admin/users").text.count(EXPOSED) == 1
    assert EXPOSED in ada.get(f"/admin/users/{user_row(house, ADMINS[HQ])['id']}").text
    assert pages.enrol(ada, synced_passkey()).status_code == 303
    assert EXPOSED not in ada.get("/admin/users").text


def test_a_users_page_tells_what_they_hold_and_nothing_of_what_is_sealed(known: House) -> None:
    key, passkey = security_key(), synced_passkey()
    with_devices(known, "tara", passkey, key, app=True)
    ada = admin(known, HQ)
    text = ada.get(f"/admin/users/{user_row(known, email_of('tara'))['id']}").text
    held = [row for row in rows(known, "authenticators") if row["kind"] == "passkey"]
    for words in (
        "Passkey",
        "Security key",
        "Authenticator app",
        "Phishing-resistant, synced between devices",
        "Phishing-resistant, in certified hardware",
    ):
        assert words in text
    for secret in (*(b64(device.credentials[0].id) for device in (key, passkey)), key.aaguid):
        assert secret not in text
    assert not any(row["id"] in text for row in held)


def test_a_copy_is_held_but_never_counted(house: House) -> None:
    key = security_key()
    tara = with_devices(house, "tara", key)
    ada = admin(house, HQ)
    guests = f"?organisation={id_of(house, GUESTS)}"
    assert listed(ada, f"{guests}&state=resistant") == ["tara@guests.example"]
    spoil(tara, key)
    assert listed(ada, f"{guests}&state=resistant") == []
    assert listed(ada, f"{guests}&state=not_resistant") == ["tara@guests.example"]
    page = ada.get(f"/admin/users/{user_row(house, email_of('tara'))['id']}").text
    assert "May be copied" in page
    assert "Not phishing-resistant" in page
    tara.password(email_of("tara"))
    assert lands_on(tara.get("/")) == "/login", "the password alone opens nothing"


def test_an_app_beside_nothing_but_a_copy_stays(house: House) -> None:
    piet = signed_in(house, "piet")
    key = security_key()
    assert pages.enrol(piet, key, variant="security_key").status_code == 303
    spoil(piet, key)
    assert lands_on(piet.prove()) == "/"
    piet.get("/security")
    (app,) = (row["id"] for row in rows(house, "authenticators") if row["kind"] == "totp")
    assert piet.post(f"/security/authenticators/{app}/revocation").status_code == 409


def test_a_reset_revokes_it_and_the_browser_is_told_at_the_next_sign_in(house: House) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    device = synced_passkey()
    assert pages.enrol(tara.visitor, device).status_code == 303
    handle = user_row(house, tara.email)["handle"]
    assert approve(sol.visitor, ask(ada.visitor, tara.id)).status_code == 303
    row = user_row(house, tara.email)
    assert (row["resistance"], row["handle"]) == (0, handle)
    assert not any(found["lookup"] for found in rows(house, "authenticators"))
    refused = pages.sign_in(house.visitor(), device)
    assert refused.status_code == 422
    assert b64(device.credentials[0].id) in signals(refused.text)["signalUnknownCredential"]
    fresh = house.visitor()
    fresh.follow(fresh.get(house.link(tara.email)))
    fresh.follow(fresh.post("/re-enrol", password=PASSWORD))
    assert fresh.enrol_app().status_code == 303
    for path in ("/", "/security"):
        told = signals(fresh.get(path).text)["signalAllAcceptedCredentials"]
        assert '"allAcceptedCredentialIds": []' in told
        assert f'"userId": "{b64(handle)}"' in told


def test_what_a_reset_freed_another_person_may_enrol(house: House) -> None:
    tara = signed_in(house, "tara")
    hers, his = security_key(), security_key()
    assert pages.enrol(tara, hers, variant="security_key").status_code == 303
    first = hers.credentials[0].id
    copied = Flaw(
        credential_id=first, answer=lambda said: {**said, "id": b64(first), "rawId": b64(first)}
    )
    piet = signed_in(house, "piet")
    assert pages.enrol(piet, his, variant="security_key", flaw=copied).status_code == 422
    house.run(hosts.reset_factors, email_of("tara"), "lost everything")
    assert pages.enrol(piet, his, variant="security_key", flaw=copied).status_code == 303


def test_a_restored_backup_keeps_passkeys(house: House) -> None:
    device = synced_passkey()
    with_devices(house, "tara", device)
    house.run(hosts.restored)
    assert lands_on(pages.sign_in(house.visitor(), device)) == "/"
    assert user_row(house, email_of("tara"))["resistance"] == 1


def test_mail_and_history_call_a_key_a_key(house: House) -> None:
    tara = with_devices(house, "tara", security_key(), synced_passkey(), app=True)
    key, passkey = (row for row in rows(house, "authenticators") if row["kind"] == "passkey")
    assert [row["variant"] for row in (key, passkey)] == ["security_key", ""]
    tara.post(f"/security/authenticators/{key['id']}/name", name="Blue key")
    tara.get("/security")
    tara.post(f"/security/authenticators/{key['id']}/revocation")
    house.work()
    subjects = [letter.subject for letter in house.letters.to(email_of("tara"))]
    for subject in (
        "An authenticator was enrolled: Security key",
        "An authenticator was enrolled: Passkey 2",
        "An authenticator was revoked: Blue key (Security key)",
    ):
        assert subject in subjects
    found = [*events(house, "authenticator.enrolled"), *events(house, "authenticator.revoked")]
    variants = {(row["event"], row["detail"]["variant"]) for row in found}
    assert variants == {
        ("authenticator.enrolled", ""),
        ("authenticator.enrolled", "security_key"),
        ("authenticator.revoked", "security_key"),
    }
    assert "Security key" in tara.get("/security/activity").text


def test_a_reset_says_which_key_is_lost(house: House) -> None:
    with_devices(house, "tara", security_key(), synced_passkey(), app=True)
    ada = somebody(house, "ada")
    tara = user_row(house, email_of("tara"))["id"]
    assert (
        "Authenticator app, Security key, Passkey 2"
        in ada.visitor.get(f"/admin/users/{tara}/resets/new").text
    )


def test_the_page_before_revoking_says_what_stops(house: House) -> None:
    tara = with_devices(house, "tara", synced_passkey(), security_key())
    passkey, key = (row for row in rows(house, "authenticators") if row["kind"] == "passkey")
    text = tara.get(f"/security/authenticators/{passkey['id']}").text
    assert "Signing in with this passkey stops at once." in text
    assert "password manager too" in text
    assert "Codes from it" not in text
    text = tara.get(f"/security/authenticators/{key['id']}").text
    assert "Signing in with this key stops at once." in text
    assert "password manager too" not in text


@pytest.mark.parametrize(
    ("devices", "app", "headline", "lost"),
    [
        ([], True, "Two factors", "If you lose your phone today, you cannot sign in."),
        ([synced_passkey()], False, "A passkey", "still on your other devices"),
        ([security_key()], False, "A passkey", "the device or key that holds your passkey"),
        ([security_key(verifies=False)], False, "Two factors", "the device or key that holds"),
        ([synced_passkey()], True, "A passkey", "only with what is kept elsewhere"),
    ],
)
def test_the_status_says_what_protects_and_what_if_it_is_lost(
    house: House, devices: list[Device], app: bool, headline: str, lost: str
) -> None:
    for device in devices:
        device.credentials.clear()
    tara = with_devices(house, "tara", *devices, app=app)
    for path in ("/", "/security"):
        text = unescape(tara.get(path).text)
        assert f"{headline} protect" in text.replace("protects", "protect")
        assert lost in text
        assert "Make backup codes for that day." in text
    tara.make_codes()
    assert "You have backup codes for the day your phone is lost." in tara.get("/").text


def test_a_new_name_is_told_to_the_password_manager(house: House) -> None:
    tara = with_devices(house, "tara", synced_passkey())
    saved = tara.post("/account", name="Tara Two", locale="en", time_zone="UTC")
    for text in (tara.follow(saved).text, tara.get("/").text, tara.get("/security").text):
        told = signals(text)["signalCurrentUserDetails"]
        assert '"displayName": "Tara Two"' in told
        assert '"name": "tara@guests.example"' in told
    dan = signed_in(house, "dan")
    for path in ("/", "/account", "/security"):
        assert signals(dan.get(path).text) == {}, "nobody has a handle before the first passkey"


def test_who_has_the_passkey_on_a_phone_is_told_how(house: House) -> None:
    tara = with_devices(house, "tara", synced_passkey(), app=True)
    tara.post("/logout")
    tara.password(email_of("tara"))
    words = "Is your passkey on your phone?"
    assert words in tara.get("/login/challenge/passkey").text
    assert words not in tara.get("/login/challenge/totp").text


def test_another_tenants_administrator_sees_none_of_it(house: House) -> None:
    device = synced_passkey()
    with_devices(house, "tara", device)
    pam = admin(house, PARTNER)
    tara = user_row(house, email_of("tara"))["id"]
    for htmx in (False, True):
        assert pam.get(f"/admin/users/{tara}", htmx=htmx).status_code == 404
        query = f"?organisation={id_of(house, GUESTS)}&state=resistant"
        assert pam.get(f"/admin/users{query}", htmx=htmx).status_code == 404
    assert listed(pam, "?state=resistant") == []
