"""Statements and commits of the ordinary known browser: row 7 of the performance gates.

BEGIN and COMMIT are not statements here. Run with `-s` to read the figures.
"""

from __future__ import annotations

from tests.support.house import House, Visitor
from tests.support.web import Work, email_of, signed_in

PAGE_MAX = 3
STEP_MAX, STEP_COMMITS = 9, 1
SIGN_IN_MAX, SIGN_IN_COMMITS = 18, 3
REFUSAL_MAX = 3


def report(what: str, house: House, work: Work) -> None:
    engine = house.settings.database_url.partition(":")[0]
    figures = f"{what} on {engine}: {len(work.statements)} statements, {work.commits} commits"
    print("\n".join([figures, *(f"    {line[:110]}" for line in work.statements)]))


def signed_out(house: House) -> Visitor:
    """Tara in her known browser, an app enrolled, nobody signed in."""
    tara = signed_in(house, "tara")
    tara.post("/logout")
    house.clock.advance(seconds=90)
    return tara


def test_a_page_with_a_session_takes_three_statements_at_most(house: House) -> None:
    tara = signed_in(house, "tara")
    for path in ("/", "/security", "/security/activity", "/security/sessions", "/account"):
        with Work(house) as work:
            assert tara.get(path).status_code == 200
        report(path, house, work)
        assert len(work.statements) <= PAGE_MAX
        assert work.commits == 0
        assert work.hashes == 0


def test_the_step_with_a_code_keeps_its_budget(house: House) -> None:
    tara = signed_out(house)
    tara.password(email_of("tara"))
    tara.get("/login/challenge/totp")
    assert tara.app is not None
    code = tara.app.code(house.clock())
    with Work(house) as work:
        assert tara.post("/login/challenge/totp", code=code).status_code == 303
    report("the code", house, work)
    assert len(work.statements) <= STEP_MAX
    assert work.commits == STEP_COMMITS
    assert work.hashes == 0


def test_a_whole_sign_in_keeps_its_budget(house: House) -> None:
    tara = signed_out(house)
    assert tara.app is not None
    with Work(house) as work:
        tara.get("/login")
        tara.password(email_of("tara"))
        tara.get("/login/challenge")
        answer = tara.post("/login/challenge/totp", code=tara.app.code(house.clock()))
        assert tara.follow(answer).status_code == 200
    report("a sign-in", house, work)
    assert len(work.statements) <= SIGN_IN_MAX
    assert work.commits == SIGN_IN_COMMITS
    assert work.hashes == 1


def test_a_throttled_refusal_compares_nothing(house: House) -> None:
    house.person("tara")
    stranger = house.visitor()
    for _ in range(7):
        stranger.password(email_of("tara"), "not the password of hers")
    with Work(house) as work:
        answer = stranger.post("/login", email=email_of("tara"), password="again a wrong one")
    assert answer.status_code == 429
    report("a refusal", house, work)
    assert len(work.statements) <= REFUSAL_MAX
    assert work.hashes == 0
