"""The addresses that browsers, telephones and password managers know by heart, and the icons."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from portal.relying_party import RelyingParty
from tests.support.clock import Clock, Entropy
from tests.support.house import BASE_URL, House, Visitor, build
from tests.support.web import Work, signed_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ONE_PASSWORD = "bada5566-a7aa-401f-bd96-45619a55120d"
YUBIKEY = "ee882879-721c-4913-9775-3dfcce97072a"
NOBODY = "7b5a1d0e-0000-4000-8000-000000000001"
PRINTS = (":".join(["AB"] * 32), ":".join(["0F"] * 32))
DOCUMENTS = {
    "/.well-known/webauthn": {"origins": ["https://ride.example", "https://ride.example.net:8443"]},
    "/.well-known/apple-app-site-association": {
        "webcredentials": {"apps": ["ABCDE12345.example.livery"]}
    },
    "/.well-known/assetlinks.json": [
        {
            "relation": [
                "delegate_permission/common.get_login_creds",
                "delegate_permission/common.handle_all_urls",
            ],
            "target": {
                "namespace": "android_app",
                "package_name": "example.livery",
                "sha256_cert_fingerprints": list(PRINTS),
            },
        }
    ],
    "/.well-known/passkey-endpoints": {
        "enroll": f"{BASE_URL}/security",
        "manage": f"{BASE_URL}/security",
    },
}


@pytest.fixture
def configured(database_url: str, clock: Clock, entropy: Entropy) -> Iterator[House]:
    """A house with apps and related origins."""
    made = build(
        database_url,
        clock,
        entropy,
        relying_party=RelyingParty(
            related=("https://ride.example", "https://ride.example.net:8443"),
            android={"example.livery": PRINTS},
            apple=("ABCDE12345.example.livery",),
        ),
    )
    yield made
    made.close()


def ask(visitor: Visitor, path: str) -> TestResponse:
    """As the browser does for a picture: what comes need not be text."""
    return visitor.client.get(path, base_url=BASE_URL)


def test_each_document_is_json_for_whoever_asks(configured: House) -> None:
    for path, content in DOCUMENTS.items():
        answer = configured.visitor().get(path)
        assert answer.status_code == 200
        assert answer.mimetype == "application/json"
        assert json.loads(answer.data) == content
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_answers_are_the_same_for_everybody_and_cost_no_statement(configured: House) -> None:
    tara = signed_in(configured, "tara")
    icon = f"/authenticator-icons/dark/{ONE_PASSWORD}"
    paths = [
        *DOCUMENTS,
        icon,
        f"/authenticator-icons/dark/{NOBODY}",
        "/.well-known/change-password",
    ]
    for path in paths:
        with Work(configured) as work:
            known, unknown = ask(tara, path), ask(configured.visitor(), path)
        assert (known.status_code, known.data) == (unknown.status_code, unknown.data)
        assert (work.statements, work.commits) == ([], 0), path
        for answer in (known, unknown):
            assert "Set-Cookie" not in answer.headers, path
            if answer.status_code == 200:
                assert "Cookie" not in answer.headers.get("Vary", ""), path


def test_what_is_not_configured_does_not_exist(house: House) -> None:
    for path in DOCUMENTS.keys() - {"/.well-known/passkey-endpoints"}:
        answer = house.visitor().get(path)
        assert answer.status_code == 404
        assert answer.mimetype == "text/plain"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_one_setting_makes_one_document(house: House) -> None:
    whole = RelyingParty(related=("https://a.example",), android={}, apple=())
    runner = house.app.extensions["portal"]
    settings = replace(runner.settings, relying_party=whole)
    house.app.extensions["portal"] = replace(runner, settings=settings)
    assert house.visitor().get("/.well-known/webauthn").status_code == 200
    assert house.visitor().get("/.well-known/assetlinks.json").status_code == 404
    assert house.visitor().get("/.well-known/apple-app-site-association").status_code == 404


def test_no_document_takes_a_post(configured: House) -> None:
    visitor = configured.visitor()
    visitor.get("/login")
    for path in (*DOCUMENTS, f"/authenticator-icons/light/{ONE_PASSWORD}"):
        assert visitor.post(path).status_code == 405


def test_password_managers_find_the_page_for_a_new_password(house: House) -> None:
    answer = house.visitor().get("/.well-known/change-password")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/account/password"
    assert house.visitor().get("/.well-known/nothing-of-ours").status_code == 404


@pytest.mark.parametrize(
    ("aaguid", "kind", "start"),
    [(ONE_PASSWORD, "image/svg+xml", b"<svg"), (YUBIKEY, "image/png", b"\x89PNG")],
)
def test_an_icon_is_a_picture_that_can_do_nothing_else(
    house: House, aaguid: str, kind: str, start: bytes
) -> None:
    answers = {}
    for page in ("light", "dark"):
        answer = ask(house.visitor(), f"/authenticator-icons/{page}/{aaguid}")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].partition(";")[0] == kind
        assert answer.data.startswith(start)
        policy: Any = answer.headers.getlist("Content-Security-Policy")
        assert policy == [
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
        ]
        assert answer.headers["Cache-Control"] == "public, max-age=2592000"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        answers[page] = answer.data
    assert (answers["light"] == answers["dark"]) == (aaguid == YUBIKEY)
    capitals = ask(house.visitor(), f"/authenticator-icons/light/{aaguid.upper()}")
    assert capitals.data == answers["light"]


@pytest.mark.parametrize(
    "path",
    [
        f"light/{NOBODY}",
        "light/00000000-0000-0000-0000-000000000000",
        f"grey/{ONE_PASSWORD}",
        "light/1password-icon-light.svg",
        f"light/{ONE_PASSWORD}.svg",
        "light/../../app.py",
        "light/%2e%2e%2f%2e%2e%2fapp.py",
        "light/",
    ],
)
def test_there_is_no_other_icon(house: House, path: str) -> None:
    assert house.visitor().get(f"/authenticator-icons/{path}").status_code == 404
