"""Passkeys as administrators see them, and what copies, resets and backups leave of them."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest

from portal.flows import hosts
from portal.rules.terms import AccountState, Role
from tests.support import passkey_pages as pages
from tests.support.crowd import ADMINS, admin, id_of, staff, user_row
from tests.support.house import GUESTS, HQ, PARTNER, PASSWORD, House, Visitor
from tests.support.makers import Models
from tests.support.passkey_pages import signals, with_devices
from tests.support.passkeys import Device, Flaw, b64, security_key, synced_passkey
from tests.support.resets import approve, ask, somebody
from tests.support.user_lists import LINE, listed
from tests.support.web import email_of, lands_on, rows, signed_in

EXPOSED = "Administrator without a passkey or key"


@pytest.fixture
def known(house: House) -> House:
    """A house that knows the makers of the tests' devices."""
    house.runner.factors["passkey"].catalogue = Models()
    return house


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
