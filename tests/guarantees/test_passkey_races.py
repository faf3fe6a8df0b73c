"""Passkeys raced over real HTTP, across two processes, on both databases: of many, one wins."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from tests.support import passkey_pages as pages
from tests.support.deployment import Deployment
from tests.support.http import Caller, at_once
from tests.support.passkeys import Flaw, b64, security_key, synced_passkey

PASSKEYS = "SELECT user_id FROM authenticators WHERE kind = 'passkey' AND revoked_at IS NULL"


def _somebody(deployment: Deployment, name: str, number: int = 0) -> Caller:
    person = deployment.house.person(name)
    caller = deployment.caller(number)
    caller.sign_in(person.email)
    assert caller.enrol_app().status_code == 303
    return caller


@pytest.mark.parametrize("crowd", [20])
def test_one_answer_opens_one_session(deployment: Deployment, crowd: int) -> None:
    deployment.serve()
    tara, device = _somebody(deployment, "tara"), synced_passkey(origin=_origin(deployment))
    assert pages.enrol(tara, device).status_code == 303
    visitor = deployment.caller()
    visitor.get("/login")
    ceremony, options = pages.challenge(visitor)
    answer = device.get(options)
    tabs = [visitor.tab(deployment.servers[number % 2].url) for number in range(crowd)]
    calls = [partial(tab.post, "/login/passkey", ceremony=ceremony, answer=answer) for tab in tabs]
    assert Counter(one.status_code for one in at_once(calls)) == {303: 1, 422: crowd - 1}


def test_one_credential_registered_in_two_tenants_at_once_is_enrolled_once(
    deployment: Deployment,
) -> None:
    deployment.serve()
    first = b"c" * 32
    same = Flaw(
        credential_id=first,
        answer=lambda said: {**said, "id": b64(first), "rawId": b64(first)},
    )
    calls = []
    for number, name in enumerate(("tara", "dan")):
        caller = _somebody(deployment, name, number)
        action, options = pages.begin(caller, variant="security_key")
        answer = security_key(origin=_origin(deployment)).create(options, same)
        calls.append(partial(caller.post, action, answer=answer))
    assert Counter(one.status_code for one in at_once(calls)) == {303: 1, 422: 1}
    assert len(deployment.rows(PASSKEYS)) == 1


def _origin(deployment: Deployment) -> str:
    return deployment.house.settings.base_url
