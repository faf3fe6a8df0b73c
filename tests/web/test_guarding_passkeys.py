"""What guards an account is changed by the best that guards it; what a copy opened ends."""

from __future__ import annotations

from datetime import timedelta

from tests.support import passkey_pages as pages
from tests.support.house import House, Visitor
from tests.support.makers import HARDWARE, Models
from tests.support.passkeys import Device, Flaw, security_key, synced_passkey
from tests.support.web import email_of, lands_on, rows, signed_in, signed_in_again

NEW = "/security/authenticators/new/passkey"
CHANGES = (
    (NEW, {}),
    ("/account/password", {"password": "a new and long enough passphrase"}),
    ("/account/email", {"email": "thief@elsewhere.example"}),
)
COPIED = "may have been copied"


def guarded(house: House, *, codes: bool = False) -> tuple[Visitor, Device]:
    """A person with an app and a synced passkey, and a while later."""
    owner, device = signed_in(house, "tara"), synced_passkey()
    if codes:
        assert owner.make_codes().status_code == 303
    assert pages.enrol(owner, device).status_code == 303
    house.clock.advance(timedelta(minutes=6))
    return owner, device


def held(house: House, kind: str) -> list[str]:
    found = rows(house, "authenticators")
    return [row["id"] for row in found if row["kind"] == kind and row["revoked_at"] is None]


def revocation(house: House, kind: str) -> str:
    return f"/security/authenticators/{held(house, kind)[0]}/revocation"


def is_led_to_prove(visitor: Visitor, path: str, form: dict[str, str]) -> str:
    """Ask for a change; where one is led instead."""
    visitor.get("/security")
    refused = visitor.post(path, form)
    assert refused.status_code == 303, (path, refused.status)
    return lands_on(refused)


def test_a_phished_code_changes_nothing_beside_a_passkey(house: House) -> None:
    owner, device = guarded(house)
    thief = signed_in_again(house, "tara", owner)
    for path, form in (*CHANGES, (revocation(house, "passkey"), {})):
        waiting = is_led_to_prove(thief, path, form)
        assert waiting.startswith("/step-ups/"), path
        assert thief.get(f"{waiting}/totp").status_code == 404, "an app's code does not do"
        assert thief.get(f"{waiting}/passkey").status_code == 200
    assert len(held(house, "passkey")) == 1
    assert lands_on(pages.prove(thief, device, f"{waiting}/passkey")), "the owner's does"
    assert thief.post(NEW).status_code == 303


def test_a_backup_code_stands_in_for_a_lost_passkey(house: House) -> None:
    owner, _ = guarded(house, codes=True)
    waiting = is_led_to_prove(owner, revocation(house, "passkey"), {})
    assert owner.get(f"{waiting}/totp").status_code == 404
    owner.get(f"{waiting}/backup_codes")
    owner.post(f"{waiting}/backup_codes", code=owner.codes[0])
    owner.get("/security")
    assert owner.post(revocation(house, "passkey")).status_code == 303
    assert held(house, "passkey") == []


def refuse_as_copy(house: House, key: Device) -> None:
    """The key is used, and its counter falls."""
    by_key(house, key)
    finder = house.visitor()
    finder.password(email_of("tara"))
    assert COPIED in pages.prove(finder, key, flaw=Flaw(count=0)).text


def by_key(house: House, key: Device) -> Visitor:
    visitor = house.visitor()
    visitor.password(email_of("tara"))
    assert lands_on(pages.prove(visitor, key)) == "/"
    return visitor


def test_what_a_copy_opened_ends_at_its_next_request(house: House) -> None:
    owner, key = signed_in(house, "tara"), security_key()
    pages.enrol(owner, key, variant="security_key")
    plain = signed_in_again(house, "tara", owner)
    another = signed_in(house, "piet")
    thief = by_key(house, key)
    refuse_as_copy(house, key)
    for session in (thief, owner):
        assert lands_on(session.get("/")) == "/login"
        assert lands_on(session.get("/security", htmx=True)) == "/login"
    assert plain.get("/").status_code == 200, "what the app opened goes on"
    assert another.get("/").status_code == 200
    ended = {row["revoked_for"] for row in rows(house, "sessions") if row["revoked_at"]}
    assert ended == {"authenticator_suspect"}


def test_a_passkey_alone_that_is_copied_ends_its_sessions_too(house: House) -> None:
    owner, key = signed_in(house, "tara"), security_key()
    pages.enrol(owner, key, variant="security_key")
    thief = house.visitor()
    assert lands_on(pages.sign_in(thief, key)) == "/"
    assert COPIED in pages.sign_in(house.visitor(), key, Flaw(count=1)).text
    assert lands_on(thief.get("/")) == "/login"


def test_an_enrolment_that_was_open_ends_with_the_copy(house: House) -> None:
    owner, key, new = signed_in(house, "tara"), security_key(), synced_passkey()
    owner.make_codes()
    pages.enrol(owner, key, variant="security_key")
    plain = signed_in_again(house, "tara", owner)
    waiting = is_led_to_prove(plain, revocation(house, "passkey"), {})
    plain.get(f"{waiting}/backup_codes")
    plain.post(f"{waiting}/backup_codes", code=owner.codes[0])
    mine, options = pages.begin(plain)
    another = signed_in(house, "piet")
    theirs, other_options = pages.begin(another)
    refuse_as_copy(house, key)
    assert plain.get("/").status_code == 200
    assert plain.post(mine, answer=new.create(options)).status_code == 410
    other_device = synced_passkey()
    assert another.post(theirs, answer=other_device.create(other_options)).status_code == 303


def test_a_copied_hardware_key_is_revoked_with_what_is_left(house: House) -> None:
    """Without codes too: what is left proves enough, and the copy raises nothing."""
    house.runner.factors["passkey"].catalogue = Models()
    owner, key, synced = signed_in(house, "tara"), security_key(aaguid=HARDWARE), synced_passkey()
    pages.enrol(owner, key, variant="security_key")
    pages.enrol(owner, synced)
    refuse_as_copy(house, key)
    again = signed_in_again(house, "tara", owner)
    again.get("/security")
    waiting = is_led_to_prove(again, NEW, {})
    assert lands_on(pages.prove(again, synced, f"{waiting}/passkey"))
    again.get("/security")
    assert again.post(NEW).status_code == 303
    (copy,) = (row["id"] for row in rows(house, "authenticators") if row["suspect_at"])
    assert again.post(f"/security/authenticators/{copy}/revocation").status_code == 303
    assert copy not in held(house, "passkey")


def test_with_an_app_alone_beside_it_the_copy_is_revoked_by_a_code(house: House) -> None:
    house.runner.factors["passkey"].catalogue = Models()
    owner, key = signed_in(house, "tara"), security_key(aaguid=HARDWARE)
    pages.enrol(owner, key, variant="security_key")
    refuse_as_copy(house, key)
    again = signed_in_again(house, "tara", owner)
    again.get("/security")
    assert again.post(revocation(house, "passkey")).status_code == 303
    assert held(house, "passkey") == []


def test_a_copy_alone_leaves_the_password_worth_nothing(house: House) -> None:
    owner, key = signed_in(house, "tara", app=False), security_key()
    pages.enrol(owner, key, variant="security_key")
    refuse_as_copy(house, key)
    thief = house.visitor()
    assert lands_on(thief.password(email_of("tara"))).startswith("/login/challenge")
    assert lands_on(thief.get("/")) == "/login"
    refused = thief.post(f"{NEW}?variant=passkey")
    assert lands_on(refused).startswith("/login"), "nor is anything enrolled instead"
