"""How passkeys and security keys look among a person's authenticators, and how their pages lead."""

from __future__ import annotations

import re

import pytest

from tests.support import passkey_pages as pages
from tests.support.house import House
from tests.support.passkeys import Device, Flaw, security_key, synced_passkey
from tests.support.web import lands_on, signed_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ONE_PASSWORD = "bada5566-a7aa-401f-bd96-45619a55120d"
UNKNOWN = "7b5a1d0e-0000-4000-8000-000000000001"
PICTURE = re.compile(r'(?:src|srcset)="(/authenticator-icons/[^"]+)"')
BOGUS = Flaw(answer=lambda said: {**said, "response": {**said["response"], "signature": "AAAA"}})


@pytest.mark.parametrize(
    ("device", "variant", "pictures"),
    [
        (synced_passkey(aaguid=ONE_PASSWORD), "passkey", ["dark", "light"]),
        (synced_passkey(aaguid=UNKNOWN), "passkey", []),
        (security_key(aaguid=UNKNOWN, attestation="none"), "security_key", []),
    ],
    ids=["known", "unknown", "key"],
)
def test_a_row_shows_the_providers_picture_or_one_of_ours(
    house: House, device: Device, variant: str, pictures: list[str]
) -> None:
    person = signed_in(house, "tara")
    assert pages.enrol(person, device, variant=variant).status_code == 303
    text = person.get("/security").text
    row = text[text.index('id="authenticators"') : text.index("<h2", text.index('class="row"'))]
    found = PICTURE.findall(row)
    assert found == [f"/authenticator-icons/{page}/{device.aaguid}" for page in pictures]
    # It says nothing that the name beside it does not say.
    assert row.count('alt=""') == len(pictures) // 2
    for address in found:
        assert person.get(address).mimetype == "image/svg+xml"


def test_after_a_refused_passkey_the_password_goes_to_its_own_address(house: House) -> None:
    signed_in(house, "tara")
    visitor = house.visitor()
    device = synced_passkey()
    assert pages.enrol(signed_in(house, "piet"), device).status_code == 303
    refused = pages.sign_in(visitor, device, BOGUS, next="/security/sessions")
    assert refused.status_code == 422
    assert 'method="post" action="/login" novalidate' in refused.text
    assert 'name="next" value="/security/sessions"' in refused.text


def test_who_need_not_enrol_is_led_there_in_the_frame_of_the_portal(house: House) -> None:
    person = signed_in(house, "tara", app=False)
    led = person.get("/wallet/cards")
    assert lands_on(led) == "/login/enrol"
    text = person.get(led.headers["Location"]).text
    assert 'class="page page-narrow"' in text
    assert 'class="menu"' in text
