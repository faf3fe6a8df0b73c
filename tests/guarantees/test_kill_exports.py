"""`kill -9` at every commit point of an export: the file, its receipt and its grant, or nothing."""

from __future__ import annotations

import hashlib
from html import unescape
from typing import Any

from portal.flows import hosts, settlements
from portal.rules.terms import Role
from portal.store import organisations
from tests.guarantees.test_kill import Account, Operation, die_everywhere
from tests.support.deployment import Deployment
from tests.support.house import PARTNER
from tests.support.partners import PERIOD, RIDE
from tests.support.resets import ACTION, HIDDEN, prove

FILES = "SELECT hash, content, receipt FROM exports WHERE made_by = :id"
GRANTS = "SELECT count(*) FROM step_ups WHERE action = 'export_settlements' AND spent_at IS NULL"
ASKED: dict[str, Any] = {"period": PERIOD, "currency": ""}


def _ride(edge: object) -> str | None:
    partner = organisations.by_name(edge, PARTNER)  # ty: ignore[invalid-argument-type]
    assert partner is not None
    return settlements.take(edge, partner, RIDE)  # ty: ignore[invalid-argument-type]


def test_an_export_is_made_wholly_or_not_at_all(deployment: Deployment) -> None:
    def prepare(account: Account) -> None:
        deployment.house.run(_ride)
        deployment.house.run(hosts.grant, account.email, PARTNER, Role.FINANCE_CONTROLLER)
        account.browser.follow(account.browser.get("/"))
        assert account.browser.enrol_app().status_code == 303
        account.browser.get("/partner/settlements")
        shown = prove(account.browser, account.browser.post("/partner/exports", **ASKED))
        action = ACTION.search(shown.text)
        assert action
        account.action = unescape(action.group(1))
        account.browser.csrf = dict(HIDDEN.findall(shown.text))["csrf_token"]

    def act(account: Account) -> int:
        return account.browser.post(account.action, **ASKED).status_code

    def check(account: Account) -> bool:
        files = deployment.rows(FILES, id=account.id)
        made = len(files) == 1
        assert len(files) <= 1
        assert account.audited("export.made") == made
        assert account.told("export_made") == made
        if made:
            digest, content, _receipt = files[0]
            assert hashlib.sha256(bytes(content)).digest() == bytes(digest)
        else:
            # The grant was not spent: the same click goes through.
            assert deployment.rows(GRANTS)[0][0] >= 1
            assert act(account) == 303
        return made

    assert die_everywhere(deployment, Operation(prepare, act, check)) == [False, True]
