"""The words around passkeys: in mail, in the history, before one is lost, and to the browser."""

from __future__ import annotations

from html import unescape

import pytest

from tests.support.crowd import events, user_row
from tests.support.house import House
from tests.support.passkey_pages import signals, with_devices
from tests.support.passkeys import Device, security_key, synced_passkey
from tests.support.resets import somebody
from tests.support.web import email_of, rows, signed_in


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
