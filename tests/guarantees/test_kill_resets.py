"""`kill -9` at every commit point of asking for a reset, approving it, and using its ticket."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from portal.rules.terms import Role
from tests.guarantees.test_kill import Account, Operation, die_everywhere
from tests.support.deployment import Deployment
from tests.support.house import HQ, PARTNER, PASSWORD
from tests.support.http import Caller
from tests.support.resets import ACTION, ASKED, HIDDEN, ask, prove

STATE = "SELECT state FROM reset_requests WHERE user_id = :id ORDER BY id DESC LIMIT 1"
WAITING = "SELECT count(*) FROM reset_requests WHERE user_id = :id AND state = 'waiting'"
TICKETS = "SELECT count(*) FROM links WHERE user_id = :id AND kind = 'ticket' AND used_at IS NULL"
ROW = "SELECT reset_id, reset_at FROM users WHERE id = :id"
SESSIONS = "SELECT count(*) FROM sessions WHERE user_id = :id AND revoked_at IS NULL"


@dataclass
class Office:
    """An admin and a super-admin, each in their browser, on the first use."""

    deployment: Deployment
    pam: Caller | None = None
    sol: Caller | None = None

    def admin(self) -> Caller:
        self.pam = self.pam or self._somebody("pam@partner.example", PARTNER, Role.PARTNER_ADMIN)
        return self.pam

    def approver(self) -> Caller:
        self.sol = self.sol or self._somebody("sol@hq.example", HQ, Role.SUPER_ADMIN)
        return self.sol

    def _somebody(self, email: str, organisation: str, role: Role) -> Caller:
        self.deployment.house.user(email, organisation, role)
        caller = self.deployment.caller()
        caller.sign_in(email)
        assert caller.enrol_app().status_code == 303
        caller.get("/security")
        return caller


def _click(caller: Caller, account: Account, path: str, **form: str) -> None:
    """Everything but the last click; `account.action` is where it goes."""
    shown = prove(caller, caller.post(path, **form))  # ty: ignore[invalid-argument-type]
    action = ACTION.search(shown.text)
    assert action
    account.action = unescape(action.group(1))
    caller.csrf = dict(HIDDEN.findall(shown.text))["csrf_token"]


def _enrolled(account: Account) -> None:
    assert account.browser.enrol_app().status_code == 303


def test_a_reset_is_asked_for_wholly_or_not_at_all(deployment: Deployment) -> None:
    office = Office(deployment)

    def prepare(account: Account) -> None:
        _enrolled(account)
        _click(office.admin(), account, f"/admin/users/{account.id}/resets", **ASKED)

    def act(account: Account) -> int:
        return office.admin().post(account.action, **ASKED).status_code

    def check(account: Account) -> bool:
        waits = deployment.rows(WAITING, id=account.id)[0][0]
        assert (deployment.rows(ROW, id=account.id)[0][0] is not None) == waits
        assert account.audited("reset.requested") == waits
        assert account.told("reset_requested") == waits
        if not waits:
            # The grant was not spent: the same click goes through.
            assert act(account) == 303
        return bool(waits)

    assert die_everywhere(deployment, Operation(prepare, act, check)) == [False, True]


def test_a_reset_is_approved_wholly_or_not_at_all(deployment: Deployment) -> None:
    office = Office(deployment)

    def prepare(account: Account) -> None:
        _enrolled(account)
        reset = ask(office.admin(), account.id)
        _click(office.approver(), account, f"/admin/resets/{reset}/approval")

    def act(account: Account) -> int:
        return office.approver().post(account.action, note="").status_code

    def check(account: Account) -> bool:
        approved = deployment.rows(STATE, id=account.id)[0][0] == "approved"
        reset_id, reset_at = deployment.rows(ROW, id=account.id)[0]
        assert account.held("totp") == (not approved)
        assert account.held("password") == 1
        assert (reset_id is None) is (reset_at is not None) is approved
        assert deployment.rows(TICKETS, id=account.id)[0][0] == approved
        assert (deployment.rows(SESSIONS, id=account.id)[0][0] == 0) is approved
        assert account.audited("reset.approved") == approved
        assert account.told("reset_approved") == approved
        if not approved:
            assert account.browser.get("/").status_code == 200
            assert act(account) == 303
            assert account.held("totp") == 0
        return approved

    assert die_everywhere(deployment, Operation(prepare, act, check)) == [False, True]


def test_a_ticket_is_used_up_with_its_factor_or_not_at_all(deployment: Deployment) -> None:
    office = Office(deployment)

    def prepare(account: Account) -> None:
        _enrolled(account)
        reset = ask(office.admin(), account.id)
        _click(office.approver(), account, f"/admin/resets/{reset}/approval")
        assert office.approver().post(account.action, note="").status_code == 303
        account.browser = deployment.caller()
        deployment.house.work()
        letters = deployment.house.letters.to(account.email)
        link = next(
            found.group(1)
            for letter in reversed(letters)
            if (found := re.search(r"http://localhost(/re-enrol/\S{43})", letter.text))
        )
        account.browser.follow(account.browser.get(link))
        page = account.browser.follow(account.browser.post("/re-enrol", password=PASSWORD))
        assert page.status_code == 200
        account.action, account.new_app = account.browser.begin_app()

    def act(account: Account) -> int:
        assert account.new_app is not None
        code = account.new_app.code(deployment.clock())
        return account.browser.post(account.action, code=code).status_code

    def check(account: Account) -> bool:
        enrolled = bool(account.held("totp"))
        assert deployment.rows(TICKETS, id=account.id)[0][0] == (not enrolled)
        assert (deployment.rows(ROW, id=account.id)[0][1] is None) is enrolled
        if not enrolled:
            assert act(account) == 303
        account.browser.app = account.new_app
        assert account.signs_in()
        return enrolled

    assert die_everywhere(deployment, Operation(prepare, act, check)) == [False, True]
