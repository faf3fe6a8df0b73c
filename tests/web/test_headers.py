"""Headers of every answer, pages, redirects, fragments and errors alike."""

from __future__ import annotations

import re

import pytest

from tests.support.house import House
from tests.support.web import signed_in
from tests.web.test_routes import ROWS

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}
# May be kept by whoever asks; `test_well_known` has what the second says.
DOCUMENT = "/.well-known/passkey-endpoints"
FOR_ANYBODY = ("/static", DOCUMENT)
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
}


def test_every_answer_carries_the_headers(house: House) -> None:
    tara = signed_in(house, "tara")
    for method, path, _ in [*ROWS, ("GET", "/nothing", {}), ("PUT", "/login", {})]:
        for htmx in ({}, {"HX-Request": "true"}):
            answer = tara.client.open(
                path, method=method, base_url=house.settings.base_url, headers=htmx
            )
            answer.close()
            for name, value in EXPECTED.items():
                assert answer.headers.get(name) == value, (path, name)
            sharing = "cross-origin" if path == DOCUMENT else "same-origin"
            assert answer.headers.getlist("Cross-Origin-Resource-Policy") == [sharing], path
            policy = set(answer.headers["Content-Security-Policy"].split("; "))
            assert policy >= POLICY, path
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
            assert len(answer.headers["X-Request-ID"]) == 16
            assert "Werkzeug" not in answer.headers.get("Server", "")
            if not path.startswith(FOR_ANYBODY):
                assert answer.headers["Cache-Control"] == "no-store", path
                assert {"Cookie", "HX-Request"} <= set(answer.headers["Vary"].split(", ")), path


def test_a_cookie_of_any_bytes_is_nobodys_and_the_page_comes_all_the_same(house: House) -> None:
    for sent in ("x=\xff", "__Host-session=\xe9\x80", "\xff", "a=b; __Host-anonymous=\xfe"):
        answer = house.app.test_client().get(
            "/login", base_url=house.settings.base_url, environ_overrides={"HTTP_COOKIE": sent}
        )
        assert answer.status_code == 200, sent
        for name, value in EXPECTED.items():
            assert answer.headers.get(name) == value, sent


def test_static_files_are_kept_for_ever_under_their_version(house: House) -> None:
    page = house.visitor().get("/login").text
    found = re.search(r'href="(/static/portal\.css\?v=[0-9a-f]{12})"', page)
    assert found
    answer = house.visitor().get(found.group(1))
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in answer.headers
    answer.close()
    for more in ({"If-None-Match": answer.headers["ETag"]}, {"Range": "bytes=0-9"}):
        part = house.visitor(**more).get(found.group(1))
        assert part.status_code in {304, 206}
        assert part.headers.getlist("Cache-Control") == ["no-store"], "Flask says one of its own"
        part.close()
    missing = house.visitor().get("/static/none.css")
    assert missing.headers["Cache-Control"] == "no-store"


def test_pages_hold_nothing_that_the_policy_would_refuse(house: House) -> None:
    tara = signed_in(house, "tara")
    for method, path, _ in ROWS:
        if method == "GET" and not path.startswith("/static"):
            text = tara.get(path).text
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), path
            assert not re.search(r"<script(?![^>]*\ssrc=)", text), path
            assert "http://" not in re.sub(r"http://www\.w3\.org/\S+", "", text), path


def test_a_file_of_codes_comes_as_text_to_be_saved(house: House) -> None:
    tara = signed_in(house, "tara")
    tara.make_codes()
    tara.get("/security")
    answer = tara.post("/security/backup-codes/file", codes="\n".join(tara.codes))
    assert answer.headers["Content-Disposition"] == "attachment; filename=backup-codes.txt"
    assert answer.mimetype == "text/plain"
    for codes in ("<script>", tara.codes[0] + "\n=1+1", "", tara.codes[0] + " " + tara.codes[1]):
        assert tara.post("/security/backup-codes/file", codes=codes).status_code == 400
