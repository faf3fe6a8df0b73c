"""`kill -9` at every commit point: afterwards a change is wholly there or not at all.

A process is killed right before and right after its first, second, third commit, until an
operation has no such commit any more; so no point can be forgotten.
"""

from __future__ import annotations

import http.client
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from portal.rules.terms import Role
from tests.support.apps import App
from tests.support.deployment import Deployment
from tests.support.house import PARTNER, PASSWORD
from tests.support.http import Caller

NEW_PASSWORD = "nine loud bells under the hill"
LIVE = "SELECT kind FROM authenticators WHERE user_id = :id AND revoked_at IS NULL"
ENROL_APP = "/security/authenticators/new/totp"


@dataclass
class Account:
    """A new person, their browser, and what an operation was about to make."""

    deployment: Deployment
    email: str
    id: str
    browser: Caller
    action: str = ""
    new_app: App | None = None
    new_codes: list[str] = field(default_factory=list)

    def held(self, kind: str) -> int:
        """How many authenticators of a kind are live; the summary must say the same."""
        kinds = [row[0] for row in self.deployment.rows(LIVE, id=self.id)]
        ((stored,),) = self.deployment.rows("SELECT security FROM users WHERE id = :id", id=self.id)
        summary = json.loads(stored) if isinstance(stored, str) else stored
        assert summary["counts"] == {name: kinds.count(name) for name in set(kinds)}
        return kinds.count(kind)

    def told(self, notice: str) -> int:
        statement = "SELECT count(*) FROM outbox WHERE kind = :kind AND user_id = :id"
        return int(self.deployment.rows(statement, kind=notice, id=self.id)[0][0])

    def audited(self, event: str) -> int:
        return self.deployment.count(event, self.id)

    def signs_in(self, *, password: str = PASSWORD, code: str = "") -> bool:
        """Whether a fresh browser gets in: with the app, or with a backup code if one is given."""
        browser = self.deployment.caller()
        browser.app = self.browser.app
        browser.follow(browser.password(self.email, password))
        if code:
            browser.prove(code, "/login/challenge/backup_codes")
        elif browser.app is not None:
            browser.prove()
        return browser.get("/").status_code == 200


@dataclass(frozen=True)
class Operation:
    """A change in one request: what comes before it, the request, and what must hold after it.

    `check` returns whether the change is there; it fails where it is there in part.
    """

    prepare: Callable[[Account], None]
    act: Callable[[Account], int]
    check: Callable[[Account], bool]


def die_everywhere(deployment: Deployment, operation: Operation) -> list[bool]:
    """Run the operation with a kill before and after each of its commits.

    Returns what `check` said each time: before 1, after 1, before 2, …
    """
    numbers = itertools.count()
    found: list[bool] = []
    with deployment.mortal() as server:
        for commit in itertools.count(1):
            for when in ("before", "after"):
                account = _account(deployment, next(numbers))
                operation.prepare(account)
                deployment.death.order(when, commit)
                died = _act(operation, account)
                assert died is not deployment.death.withdraw()
                if not died:
                    assert operation.check(account)
                    return found
                server.wait_until_ready()
                found.append(operation.check(account))
    raise AssertionError("unreachable")


def _act(operation: Operation, account: Account) -> bool:
    """Send the request; True when the process died of it."""
    try:
        assert operation.act(account) in {200, 303}
    except (OSError, http.client.HTTPException):
        return True
    return False


def _account(deployment: Deployment, number: int) -> Account:
    email = f"piet.{number}@partner.example"
    made = deployment.house.user(email, PARTNER, Role.DISPATCHER)
    browser = deployment.caller()
    assert browser.sign_in(email).status_code == 200
    return Account(deployment, email, made.id, browser)


def _with_codes(account: Account) -> None:
    account.browser.enrol_app()
    account.browser.make_codes()


def test_beginning_to_enrol_an_app_survives_a_kill(deployment: Deployment) -> None:
    def check(account: Account) -> bool:
        assert account.held("totp") == 0
        assert account.browser.enrol_app().status_code == 303
        assert account.held("totp") == 1
        assert account.signs_in()
        return True

    def act(account: Account) -> int:
        return account.browser.post(ENROL_APP).status_code

    def look(account: Account) -> None:
        account.browser.get("/security")

    operation = Operation(look, act, check)
    assert die_everywhere(deployment, operation) == [True, True]


def test_an_app_is_enrolled_wholly_or_not_at_all(deployment: Deployment) -> None:
    def prepare(account: Account) -> None:
        account.action, account.new_app = account.browser.begin_app()

    def act(account: Account) -> int:
        assert account.new_app is not None
        code = account.new_app.code(deployment.clock())
        return account.browser.post(account.action, code=code).status_code

    def check(account: Account) -> bool:
        enrolled = account.held("totp")
        assert account.audited("authenticator.enrolled") == enrolled
        assert account.told("authenticator_enrolled") == enrolled
        if enrolled:
            account.browser.app = account.new_app
        assert account.signs_in()
        if not enrolled:
            # The browser was left with its old session: the person goes on where they were.
            assert account.browser.enrol_app().status_code == 303
            assert account.held("totp") == 1
        return bool(enrolled)

    assert die_everywhere(deployment, Operation(prepare, act, check)) == [False, True]


def test_beginning_to_renew_backup_codes_leaves_the_old_ones(deployment: Deployment) -> None:
    def prepare(account: Account) -> None:
        _with_codes(account)
        account.browser.get("/security/backup-codes")

    def act(account: Account) -> int:
        return account.browser.post("/security/backup-codes").status_code

    def check(account: Account) -> bool:
        assert account.held("backup_codes") == 1
        assert account.signs_in(code=account.browser.codes[3])
        assert account.browser.make_codes().status_code == 303
        assert account.signs_in(code=account.browser.codes[3])
        return True

    assert die_everywhere(deployment, Operation(prepare, act, check)) == [True] * 4


def test_backup_codes_are_renewed_wholly_or_not_at_all(deployment: Deployment) -> None:
    def prepare(account: Account) -> None:
        _with_codes(account)
        account.action, account.new_codes = account.browser.begin_codes()

    def act(account: Account) -> int:
        return account.browser.post(account.action, code=account.new_codes[0]).status_code

    def check(account: Account) -> bool:
        assert account.held("backup_codes") == 1
        renewed = account.audited("backup_codes.renewed") == 2
        assert account.told("backup_codes_renewed") == (2 if renewed else 1)
        assert account.signs_in(code=account.new_codes[3]) is renewed
        assert account.signs_in(code=account.browser.codes[3]) is not renewed
        if not renewed:
            # The new set that the person has on paper still waits for its first code.
            assert account.browser.post(account.action, code=account.new_codes[0])
            assert account.signs_in(code=account.new_codes[4])
        return renewed

    assert die_everywhere(deployment, Operation(prepare, act, check)) == [
        False,
        False,
        False,
        True,
    ]


def test_a_password_is_changed_wholly_or_not_at_all(deployment: Deployment) -> None:
    others: dict[str, Caller] = {}

    def prepare(account: Account) -> None:
        others[account.email] = deployment.caller()
        assert others[account.email].sign_in(account.email).status_code == 200
        account.browser.get("/account/password")

    def act(account: Account) -> int:
        answer = account.browser.post("/account/password", current=PASSWORD, new=NEW_PASSWORD)
        return answer.status_code

    def check(account: Account) -> bool:
        changed = account.signs_in(password=NEW_PASSWORD)
        assert account.signs_in(password=PASSWORD) is not changed
        assert account.audited("password.changed") == changed
        assert account.told("password_changed") == changed
        assert account.held("password") == 1
        # Every other session ends with the change, and by nothing less.
        assert others[account.email].get("/").status_code == (303 if changed else 200)
        if not changed:
            account.browser.get("/account/password")
            assert act(account) == 303
            assert account.signs_in(password=NEW_PASSWORD)
        return changed

    assert die_everywhere(deployment, Operation(prepare, act, check)) == [False] * 5 + [True]
