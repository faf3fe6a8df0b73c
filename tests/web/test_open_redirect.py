"""`next` leads to a path of this portal, or home."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.web.addresses import own_path
from tests.support.house import BASE_URL, PASSWORD, House
from tests.support.web import email_of, half_signed_in, signed_in

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "http:evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
    "//portal.example@evil.example",
    "https://portal.example.evil.example",
    "/％2f/evil.example",  # noqa: RUF001 - the point of it
    "//evil。example",
    "?next=//evil.example",
    "#//evil.example",
    "/" + "a" * 600,
]
OWN = ["/", "/security", "/account?x=1", "/security/activity?before=//x", "/a/%2F%2Fevil.example"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_next_elsewhere_is_ignored(house: House, wanted: str) -> None:
    tara = signed_in(house, "tara", app=False)
    assert tara.get("/login", query_string={"next": wanted}).headers["Location"] == "/"
    tara.post("/logout")
    assert tara.password(email_of("tara"), PASSWORD, next=wanted).headers["Location"] == "/"
    tara.get("/login/unlock")
    asked = tara.post("/language", locale="de", next=wanted)
    assert asked.headers["Location"] == "/login"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_next_elsewhere_is_ignored_by_every_later_step(house: House, wanted: str) -> None:
    tara = half_signed_in(house)
    assert tara.app is not None
    house.clock.advance(seconds=30)
    code = tara.app.code(house.clock())
    passed = tara.post("/login/challenge/totp", code=code, next=wanted)
    assert passed.headers["Location"] == "/"
    tara.get("/security")
    codes = tara.get("/security/backup-codes", query_string={"next": wanted})
    assert "evil" not in codes.text
    begun = tara.client.post(
        "/security/authenticators/new/totp",
        query_string={"next": wanted},
        data={"csrf_token": tara.csrf},
        base_url=BASE_URL,
    )
    assert "evil" not in begun.headers["Location"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("wanted", OWN)
def test_next_here_is_followed(house: House, wanted: str) -> None:
    house.person("tara")
    answer = house.visitor().password(email_of("tara"), PASSWORD, next=wanted)
    assert answer.headers["Location"] == wanted


@given(st.text(alphabet=st.sampled_from("/\\:@.?#%\t\n aev2f\x00。"), max_size=12))
def test_whatever_is_accepted_stays_on_this_host(wanted: str) -> None:
    path = own_path(wanted)
    if path is not None:
        # As a browser reads it: backslashes are slashes, tabs and line ends vanish.
        read = path.replace("\\", "/").translate({9: None, 10: None, 13: None}).strip()
        assert urlsplit(urljoin(BASE_URL, read)).netloc == "portal.example"
        assert path.startswith("/")
