"""What an operator types on the host: people, keys, the audit log, purge and restore."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask.cli import FlaskGroup

from tests.support.clock import Clock, Entropy
from tests.support.databases import Databases
from tests.support.deployment import TARGET, prepare
from tests.support.house import BRANCH, PARTNER, PASSWORD, House, Visitor, settings_for
from tests.support.http import at_once
from tests.support.server import Server, run_command

TARA = "tara@guests.example"
EVE = "eve@partner.example"
KEYS = {number: bytes(range(number, number + 32)) for number in (1, 2)}


def _flask(house: House, *arguments: str, code: int = 0) -> Result:
    # The group that the `flask` program is: it is what gives commands their application.
    group = FlaskGroup(create_app=lambda: house.app, add_default_commands=False)
    result = house.app.test_cli_runner().invoke(cli=group, args=list(arguments))
    assert result.exit_code == code, result.output
    return result


def _sql(house: House, statement: str) -> None:
    transaction = house.runner.database.open(writing=True)
    transaction.connection.exec_driver_sql(statement)
    transaction.commit()


def _enrolled(house: House) -> Visitor:
    house.person("tara")
    tara = house.visitor()
    tara.sign_in(TARA)
    assert tara.enrol_app().status_code == 303
    assert tara.make_codes().status_code == 303
    return tara


def test_an_organisation_and_a_person_are_created(house: House) -> None:
    house.organise()
    _flask(house, "organisation", "create", "North Quay", "--parent", PARTNER)
    person = (
        "nils@north.example",
        "--name",
        "Nils",
        "--role",
        "dispatcher",
        "--password",
        PASSWORD,
    )
    made = _flask(house, "user", "create", *person, "--organisation", "North Quay")
    assert "created nils@north.example" in made.output
    assert PASSWORD not in made.output
    assert "Hello, Nils" in house.visitor().sign_in("nils@north.example").text


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"email": TARA}, "address_taken"),
        ({"email": "no address"}, "no_address"),
        ({"organisation": "Nowhere"}, "no_such_organisation"),
        ({"password": "short"}, "too_short"),
    ],
)
def test_a_person_that_cannot_be_is_refused_with_the_reason(
    house: House, changed: dict[str, str], why: str
) -> None:
    house.person("tara")
    values = {"email": "nils@north.example", "organisation": PARTNER, "password": PASSWORD}
    email, *rest = (values | changed).values()
    options = ("--organisation", rest[0], "--password", rest[1])
    refused = _flask(
        house, "user", "create", email, "--name", "N", "--role", "dispatcher", *options, code=1
    )
    assert f"refused: {why}" in refused.output


def test_a_disabled_person_is_out_until_enabled(house: House) -> None:
    tara = _enrolled(house)
    _flask(house, "user", "disable", TARA)
    assert tara.get("/").status_code == 303
    assert house.visitor().password(TARA).status_code == 422
    _flask(house, "user", "enable", TARA)
    assert tara.get("/").status_code == 303
    assert house.visitor().password(TARA).status_code == 303
    assert "no such account" in _flask(house, "user", "disable", "x@y.example", code=1).output


def test_unlocking_starts_every_count_anew(house: House) -> None:
    house.person("tara")
    for _ in range(5):
        assert house.visitor().password(TARA, "wrong, all of it").status_code == 422
    assert house.visitor().password(TARA).status_code == 429
    _flask(house, "user", "unlock", TARA)
    assert house.visitor().password(TARA).status_code == 303


def test_a_granted_role_is_in_force_at_once(house: House) -> None:
    house.person("dan")
    dan = house.visitor()
    assert dan.sign_in("dan@partner.example").status_code == 200
    _flask(
        house,
        *("user", "grant", "dan@partner.example", "finance_controller"),
        *("--organisation", PARTNER),
    )
    assert dan.get("/").headers["Location"].startswith("/login/enrol")


def test_reset_factors_leaves_the_password_alone(house: House) -> None:
    tara = _enrolled(house)
    _flask(house, "user", "reset-factors", TARA, "--reason", "seen in person")
    assert tara.get("/").status_code == 303
    after = house.visitor()
    assert "Hello" in after.sign_in(TARA).text
    assert after.enrol_app().status_code == 303
    house.work()
    assert any("no longer works" in letter.text for letter in house.letters.to(TARA))


def test_verifying_the_audit_log_finds_an_edited_row(house: House) -> None:
    _enrolled(house)
    _flask(house, "audit", "seal")
    assert "the chain is whole" in _flask(house, "audit", "verify").output
    _sql(house, "UPDATE audit_events SET reason = 'nothing' WHERE event = 'enrolment.begun'")
    broken = _flask(house, "audit", "verify", code=1)
    assert "broken at" in broken.output


def test_verifying_the_audit_log_finds_a_deleted_row(house: House) -> None:
    _enrolled(house)
    _flask(house, "audit", "seal")
    _sql(house, "DELETE FROM audit_events WHERE event = 'authenticator.enrolled'")
    assert "deleted" in _flask(house, "audit", "verify", code=1).output


def test_purging_forgets_what_is_over_and_the_chain_stays_whole(house: House) -> None:
    tara = _enrolled(house)
    _flask(house, "audit", "seal")
    house.clock.advance(timedelta(days=500))
    house.visitor().password(TARA)
    _flask(house, "audit", "seal")
    output = _flask(house, "purge").output
    assert "ceremonies: 2" in output
    assert "sessions: 1" in output
    assert "audit: 0" not in output
    assert "the chain is whole" in _flask(house, "audit", "verify").output
    assert "Hello" in tara.sign_in(TARA).text


def test_after_a_restore_nothing_spent_is_good_again(house: House) -> None:
    tara = _enrolled(house)
    house.clock.advance(minutes=1)
    reader = house.visitor()
    reader.get("/login/unlock")
    reader.post("/login/unlock", email=TARA)
    link = house.link(TARA)
    _flask(house, "restored", "--yes")
    assert tara.get("/").status_code == 303
    reader.follow(reader.get(link))
    assert reader.post("/unlock").status_code == 410
    after = house.visitor()
    after.app = tara.app
    assert after.password(TARA).headers["Location"] == "/login/challenge"
    assert after.get("/login/challenge/backup_codes").status_code == 404
    assert "Hello" in after.follow(after.prove()).text


def test_demo_people_do_not_exist_in_production(house: House) -> None:
    refused = _flask(house, "demo", code=1)
    assert "development only" in refused.output
    assert _flask(house, "supervise", code=1).output
    assert house.visitor().password("sol@hq.example").status_code == 422


def test_after_a_rotation_the_old_key_can_be_thrown_away(
    database_url: str, clock: Clock, entropy: Entropy
) -> None:
    def house(*numbers: int) -> House:
        ring = {number: KEYS[number] for number in numbers}
        return House(replace(settings_for(database_url), key_ring=ring), clock, entropy)

    old, both, new = house(1), house(1, 2), house(2)
    tara = _enrolled(old)
    assert "everything is sealed with key 2" in _flask(both, "keys", "rotate").output
    later = new.visitor()
    later.app = tara.app
    later.password(TARA)
    assert "Hello" in later.follow(later.prove()).text
    last = new.visitor()
    last.app = tara.app
    last.password(TARA)
    assert last.prove(tara.codes[4], "/login/challenge/backup_codes").status_code == 303
    for made in (old, both, new):
        made.close()


def test_keys_rotate_while_people_sign_in(
    tmp_path: Path, databases: Databases, start_servers: Callable[..., list[Server]]
) -> None:
    written = {n: f"{n}:{base64.b64encode(key).decode()}" for n, key in KEYS.items()}
    url = databases.fresh("sqlite")
    ring = {"PORTAL_KEY_RING": f"{written[1]},{written[2]}"}
    old = prepare(tmp_path, url, start_servers, PORTAL_KEY_RING=written[1])
    people = [old.house.user(f"guest.{number}@guests.example").email for number in range(6)]
    owners = {}
    for email in people:
        owners[email] = old.house.visitor()
        owners[email].sign_in(email)
        owners[email].enrol_app()
    old.clock.advance(seconds=30)
    serving = prepare(tmp_path, url, start_servers, **ring)
    serving.serve(1)

    def sign_in(email: str) -> str:
        caller = serving.caller()
        caller.password(email)
        app = owners[email].app
        assert app is not None
        caller.get("/login/challenge/totp")
        answer = caller.post("/login/challenge/totp", code=app.code(serving.clock()))
        return str(answer.status_code)

    def rotate() -> str:
        return run_command({**serving.environment}, "keys", "rotate")

    *signed_in, rotated = at_once(
        [*[lambda email=email: sign_in(email) for email in people], rotate]
    )
    assert signed_in == ["303"] * len(people)
    assert "everything is sealed with key 2" in rotated
    # A row that was written by the old ring's rules while the command ran is taken by the next.
    run_command({**serving.environment}, "keys", "rotate")
    old.clock.advance(seconds=30)
    new = prepare(tmp_path, url, start_servers, PORTAL_KEY_RING=written[2])
    new.servers = start_servers(new.environment, target=TARGET)
    for email in people:
        caller = new.caller()
        caller.app = owners[email].app
        caller.password(email)
        assert caller.prove().status_code == 303
    for deployment in (old, serving, new):
        deployment.house.close()


def test_a_policy_is_published_shown_and_taken_back(house: House) -> None:
    house.organise()
    key = "ee882879-721c-4913-9775-3dfcce97072a"
    made = _flask(house, "policy", "authenticators", PARTNER, "--attested", "--allow", key)
    assert "version 1 is in force, for 2 organisations" in made.output
    more = ("--level", "3", "--phishing-resistant", "--age", "5")
    _flask(house, "policy", "raise", PARTNER, "export_settlements", *more)
    shown = _flask(house, "policy", "show", PARTNER).output
    assert "version 2 of its own" in shown
    assert f"only {key}" in shown
    assert "export_settlements: AAL3, phishing-resistant, within 5 minutes" in shown
    assert "finance_controller" in shown
    _flask(house, "policy", "back", PARTNER)
    shown = _flask(house, "policy", "show", PARTNER).output
    assert "version 3 of its own" in shown
    assert "export_settlements" not in shown
    assert "vouch for the model" in shown


def test_a_policy_that_makes_no_sense_is_refused_in_words(house: House) -> None:
    house.organise()
    key = "ee882879-721c-4913-9775-3dfcce97072a"
    both = ("--allow", key, "--deny", key)
    refused = _flask(house, "policy", "authenticators", PARTNER, *both, code=1)
    assert "no model would be left that may be enrolled" in refused.output
    refused = _flask(house, "policy", "authenticators", PARTNER, "--allow", "yellow", code=1)
    assert "no model: yellow" in refused.output
    assert "nothing was published yet" in _flask(house, "policy", "back", PARTNER, code=1).output
    _flask(house, "policy", "raise", PARTNER, "home", "--level", "3", code=2)
    _flask(house, "policy", "raise", "Nobody", "export_users", "--level", "3", code=1)
    _flask(house, "policy", "authenticators", BRANCH, "--allow", key)
    refused = _flask(house, "policy", "authenticators", PARTNER, "--deny", key, code=1)
    assert f"in {BRANCH}" in refused.output
