"""Keys of a make that was found to be unsafe since they were enrolled: they open nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support import passkey_pages as pages
from tests.support.house import House, Visitor
from tests.support.makers import HARDWARE, Models
from tests.support.passkeys import Device, security_key, synced_passkey
from tests.support.web import email_of, lands_on, rows, signed_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
UNKNOWN = "7b5a1d0e-0000-4000-8000-000000000001"
REFUSED = "Its make was found to be unsafe"


@pytest.fixture
def models(house: House) -> Models:
    """What the house knows of the tests' devices."""
    known = Models()
    house.runner.factors["passkey"].catalogue = known
    return known


def withdraw(models: Models) -> None:
    models.models[HARDWARE] = replace(models.models[HARDWARE], revoked=True)


def with_both(house: House, name: str = "ada") -> tuple[Visitor, Device, Device, str, str]:
    """Somebody with a key and a good passkey, alone: their devices, and the ids of both."""
    ada = signed_in(house, name, app=False)
    key, good = security_key(), synced_passkey(aaguid=UNKNOWN)

    for device, variant in ((key, "security_key"), (good, "passkey")):
        ada.get("/login/enrol")
        assert pages.enrol(ada, device, variant=variant).status_code == 303
    ada.get("/security")
    held = {row["variant"]: row["id"] for row in rows(house, "authenticators") if row["lookup"]}
    return ada, key, good, held["security_key"], held[""]


def test_the_last_one_that_opens_something_stays(house: House, models: Models) -> None:
    ada, _, good, key_id, good_id = with_both(house)
    page = ada.get(f"/security/authenticators/{good_id}").text
    assert "this is your last one" not in page, "beside a good key it may go"
    withdraw(models)
    assert "this is your last one" in ada.get(f"/security/authenticators/{good_id}").text
    assert ada.post(f"/security/authenticators/{good_id}/revocation").status_code == 409
    assert lands_on(pages.sign_in(house.visitor(), good)) == "/"
    assert ada.post(f"/security/authenticators/{key_id}/revocation").status_code == 303


def test_its_row_and_its_page_say_so(house: House, models: Models) -> None:
    ada, _, _, key_id, good_id = with_both(house)
    assert "Not safe any more" not in ada.get("/security").text
    assert REFUSED not in ada.get(f"/security/authenticators/{key_id}").text
    withdraw(models)
    assert ada.get("/security").text.count("Not safe any more") == 1
    assert REFUSED in ada.get(f"/security/authenticators/{key_id}").text
    assert REFUSED not in ada.get(f"/security/authenticators/{good_id}").text


def test_it_is_refused_in_words_of_its_own(house: House, models: Models) -> None:
    ada, key, good, *_ = with_both(house)
    withdraw(models)
    ada.post("/logout")
    ada.password(email_of("ada"))
    refused = pages.prove(ada, key)
    assert refused.status_code == 422
    assert "Authenticators of this make were found to be unsafe" in refused.text
    assert "Your organisation does not accept" not in refused.text
    assert lands_on(pages.prove(ada, good)) == "/"


def test_where_no_role_needs_one_it_still_does_not_lock_its_owner_out(
    house: House, models: Models
) -> None:
    tara, _, good, key_id, good_id = with_both(house, "tara")
    withdraw(models)
    assert tara.post(f"/security/authenticators/{good_id}/revocation").status_code == 409
    assert (
        "What you would have left opens nothing"
        in tara.get(f"/security/authenticators/{good_id}").text
    )
    assert lands_on(pages.sign_in(house.visitor(), good)) == "/"
    assert tara.post(f"/security/authenticators/{key_id}/revocation").status_code == 303
    assert tara.post(f"/security/authenticators/{good_id}/revocation").status_code == 303
    assert house.visitor().sign_in(email_of("tara")).status_code == 200


def test_what_opens_nothing_keeps_nothing_else_that_opens_nothing(
    house: House, models: Models
) -> None:
    tara = signed_in(house, "tara", app=False)
    for _ in range(2):
        assert pages.enrol(tara, security_key(), variant="security_key").status_code == 303
        tara.get("/security")
    withdraw(models)
    for held in [row["id"] for row in rows(house, "authenticators") if row["lookup"]]:
        assert tara.post(f"/security/authenticators/{held}/revocation").status_code == 303
