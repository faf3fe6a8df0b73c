"""A machine's request is done once for each Idempotency-Key, however often it is sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from portal.edge import Edge
from portal.flows import hosts, idempotency, machines
from portal.flows.idempotency import Answer, Keyed
from portal.flows.outcomes import Blocked, Gone
from portal.store import idempotency as store
from tests.support.api import Machine, machine
from tests.support.house import PARTNER, House
from tests.support.machines import RIDE, is_problem, records
from tests.support.resets import somebody
from tests.support.threads import at_once
from tests.support.web import rows

IMPORTS = "/api/v1/imports/settlements"
KEY = "0197-first"


def bring(program: Machine, body: Any, key: str = KEY, path: str = IMPORTS) -> TestResponse:
    return program.post(path, body, Idempotency_Key=key)


def test_the_same_request_again_is_answered_again_and_done_once(house: House) -> None:
    piet, pam = somebody(house, "piet"), house.person("pam")
    program = machine(house, "resets:request", made_by=pam.id)
    asked = {"user_id": piet.id, "reason": "Lost", "verification": "manager"}
    first = bring(program, asked, path="resets")
    again = bring(program, asked, path="resets")
    assert first.status_code == again.status_code == 201
    assert first.get_json() == again.get_json()
    assert first.headers["Location"] == again.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(rows(house, "reset_requests")) == 1
    assert bring(program, asked, "another", "resets").status_code == 409


def test_a_refusal_is_answered_again_too(house: House) -> None:
    program = machine(house, "import:settlements")
    wrong = records({**RIDE, "fee": "much"})
    first, again = bring(program, wrong), bring(program, wrong)
    assert is_problem(first, 422) == is_problem(again, 422)
    assert again.headers["Idempotency-Replayed"] == "true"
    refused = [row for row in rows(house, "audit_events") if row["event"] == "import.refused"]
    assert len(refused) == 1


def test_a_key_is_for_one_request(house: House) -> None:
    program = machine(house, "import:settlements", "import:payees")
    assert bring(program, records(RIDE)).status_code == 200
    for body, path in (
        (records({**RIDE, "reference": "RIDE-2"}), IMPORTS),
        (records(RIDE), "/api/v1/imports/payees"),
    ):
        assert "Idempotency-Key" in is_problem(bring(program, body, path=path), 422)["detail"]
    assert len(rows(house, "settlements")) == 1
    assert rows(house, "payees") == []


def test_a_key_is_for_one_condition_too(house: House) -> None:
    """Sent over another state it is another request, which the first answer says nothing of."""
    program = machine(house, "policy:write")
    body: dict[str, Any] = {"document": {}}
    for match, status in (('"none"', 200), ('"none"', 200), ('"other"', 422)):
        headers = {"If-Match": match, "Idempotency-Key": KEY}
        assert program.ask("PUT", "policy/draft", body, headers).status_code == status
    assert rows(house, "policy_drafts")[0]["revision"] == 1


@pytest.mark.parametrize("keyed", [None, Keyed(KEY, b"x")])
def test_a_token_that_ends_between_entrance_and_work_does_nothing(
    house: House, keyed: Keyed | None
) -> None:
    program = machine(house, "import:settlements")
    known = house.run(machines.enter, program.token)
    house.run(machines.revoke, "machine 0", organisation=PARTNER)
    done: list[Edge] = []

    def work(edge: Edge) -> Answer:
        done.append(edge)
        return Answer(200, {}, "{}")

    assert house.run(idempotency.once, known, keyed, work) == Gone()
    assert done == rows(house, "idempotency_keys") == []


def test_a_key_is_the_tokens_own(house: House) -> None:
    one, two = machine(house, "import:settlements"), machine(house, "import:settlements")
    other = records({**RIDE, "reference": "RIDE-2"})
    assert bring(one, records(RIDE)).status_code == 200
    answer = bring(two, other)
    assert answer.status_code == 200
    assert "Idempotency-Replayed" not in answer.headers
    assert len(rows(house, "settlements")) == 2


def test_a_key_is_kept_for_a_day_and_then_purged(house: House) -> None:
    program = machine(house, "import:settlements")
    bring(program, records(RIDE))
    house.clock.advance(timedelta(hours=24) - timedelta(seconds=1))
    assert "Idempotency-Replayed" in bring(program, records(RIDE)).headers
    assert house.run(hosts.purge)["idempotency_keys"] == 0
    house.clock.advance(timedelta(seconds=1))
    assert "Idempotency-Replayed" not in bring(program, records(RIDE)).headers
    assert len(rows(house, "idempotency_keys")) == 1
    house.clock.advance(timedelta(hours=24))
    assert house.run(hosts.purge)["idempotency_keys"] == 1
    assert rows(house, "idempotency_keys") == []


def test_what_was_refused_before_it_began_uses_no_key(house: House) -> None:
    program = machine(house, "import:settlements")
    for body in (b"{", {"records": []}, {"records": [RIDE], "more": 1}):
        assert bring(program, body).status_code in {400, 422}
    assert rows(house, "idempotency_keys") == []
    assert bring(program, records(RIDE)).status_code == 200


def test_what_broke_off_midway_was_never_made(house: House) -> None:
    program = machine(house, "import:settlements")
    known = house.run(machines.enter, program.token)

    def broken(_edge: Edge) -> Answer:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        house.run(idempotency.once, known, Keyed(KEY, b"x"), broken)
    assert rows(house, "idempotency_keys") == []
    assert rows(house, "api_tokens")[0]["used_at"] is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 201, "a\tb"])
def test_a_key_that_is_none_is_refused(house: House, key: str) -> None:
    program = machine(house, "import:settlements")
    is_problem(bring(program, records(RIDE), key), 400)
    assert rows(house, "settlements") == []


def test_at_once_it_is_done_once(house: House) -> None:
    piet, pam = somebody(house, "piet"), house.person("pam")
    program = machine(house, "resets:request", made_by=pam.id)
    asked = {"user_id": piet.id, "reason": "Lost", "verification": "manager"}
    answers = at_once(4, lambda _number: bring(program, asked, path="resets"))
    new = [one for one in answers if "Idempotency-Replayed" not in one.headers]
    done = [one for one in new if one.status_code == 201]
    assert len(done) == 1
    for one in answers:
        if one.status_code == 201:
            assert one.get_json() == done[0].get_json()
        else:
            assert is_problem(one, 409)["detail"].startswith("A request with this Idempotency-Key")
    assert len(rows(house, "reset_requests")) == 1
    assert len(rows(house, "idempotency_keys")) == 1


def test_who_comes_while_it_is_under_way_is_told_so(house: House) -> None:
    program = machine(house, "import:settlements")
    known = house.run(machines.enter, program.token)
    other = house.run(machines.enter, machine(house, "import:settlements").token)
    keyed, done = Keyed(KEY, b"x"), Answer(200, {}, "{}")
    met: list[Any] = []

    def slow(edge: Edge) -> Answer:
        if edge.db.dialect.name == "postgresql":
            # SQLite's second writer waits until the first is done, and is answered as it was.
            met.append(house.run(idempotency.once, known, keyed, slow))
            met.append(house.run(idempotency.once, other, keyed, lambda _edge: done))
        return done

    assert house.run(idempotency.once, known, keyed, slow) == done
    # The key of another token is another key.
    assert met in ([], [Blocked("under_way"), done])
    assert len(rows(house, "idempotency_keys")) == 1 + len(met) // 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_of_a_key_lies_in_clear(house: House) -> None:
    program = machine(house, "import:settlements")
    bring(program, records(RIDE))
    (row,) = rows(house, "idempotency_keys")
    assert KEY not in str(row)
    assert row["expires_at"] - row["created_at"] == store.KEPT
