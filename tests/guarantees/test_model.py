"""Two processes against the model: whatever happens in whatever order, they agree.

Hypothesis invents the order; `model.py` says what must come of it. After every step each browser
asks for a page, and gets it exactly if the model lets it in.
"""

from __future__ import annotations

from datetime import timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from portal.flows import attempts, delivery, hosts
from portal.rules.terms import AccountState, Role
from tests.guarantees.machine import COOKIE, DOMAIN, EMAIL, SigningIn, browsers
from tests.guarantees.model import App
from tests.support.clock import Clock, Entropy
from tests.support.databases import Databases
from tests.support.house import PARTNER, PASSWORD, House, Visitor, build

PASSWORDS = (PASSWORD, "nine loud bells under the hill")
ENROL_APP = "/security/authenticators/new/totp"
CODES = "/security/backup-codes"
LIVE_APPS = "SELECT id FROM authenticators WHERE kind = 'totp' AND revoked_at IS NULL ORDER BY id"


class Processes(SigningIn):
    """What is held changes, sessions end, the world goes on; and what holds after every step."""

    @initialize(with_app=st.sampled_from([True, True, True, False]))
    def arrive(self, with_app: bool) -> None:
        """Histories start where something can happen: signed in, and mostly with a factor."""
        self.give_the_password(0, right=True)
        if with_app:
            self.enrol_an_app(0)
            self.make_codes(0)

    # Changing what is held.

    def _may_change(self, number: int, *, gate: bool = False) -> bool | None:
        """Whether security may be changed now; None when not even its page is served."""
        visitor, browser = self._pair(number)
        open_gate = gate and self.model.must_enrol() and self.model.alive(browser)
        if not (self.model.full(browser) or open_gate):
            return None
        page = visitor.get("/login/enrol" if open_gate else "/security")
        assert page.status_code == 200
        return self.model.is_fresh(browser)

    @precondition(lambda self: len(self.model.apps) < 3)
    @rule(number=browsers)
    def enrol_an_app(self, number: int) -> None:
        visitor, browser = self._pair(number)
        may = self._may_change(number, gate=True)
        if not may:
            self._refused(visitor, ENROL_APP, may)
            return
        action, phone = visitor.begin_app()
        before = self._token(number)
        assert visitor.post(action, code=phone.code(self.model.now)).status_code == 303
        known = {app.identity for app in self.model.apps}
        (identity,) = {row[0] for row in self._rows(LIVE_APPS)} - known
        step = int(self.model.now.timestamp()) // 30
        self.model.apps.append(App(identity, step))
        self.phones[identity] = phone
        self.wins[identity, step] += 1
        self.model.record(browser, "totp", identity)
        self.dead.append(before)

    def _refused(self, visitor: Visitor, path: str, may: bool | None) -> None:
        if may is not None:
            assert visitor.post(path).headers["Location"].startswith("/step-ups/")

    @precondition(lambda self: self.model.apps)
    @rule(number=browsers)
    def make_codes(self, number: int) -> None:
        visitor, _ = self._pair(number)
        may = self._may_change(number)
        if not may:
            self._refused(visitor, CODES, may)
            return
        assert visitor.make_codes().status_code == 303
        self.old_codes = list(self.model.codes)
        self.model.codes = dict.fromkeys(visitor.codes, False)
        self.model.code_set += 1

    @precondition(lambda self: self.model.apps)
    @rule(number=browsers, which=st.integers(0, 2))
    def revoke_an_app(self, number: int, which: int) -> None:
        visitor, browser = self._pair(number)
        app = self.model.apps[which % len(self.model.apps)]
        path = f"/security/authenticators/{app.identity}/revocation"
        may = self._may_change(number)
        if not may:
            self._refused(visitor, path, may)
            return
        last = len(self.model.apps) == 1
        stays = last and self.model.required
        assert visitor.post(path).status_code == (409 if stays else 303)
        if not stays:
            self.model.lose(app, browser)
            if last:
                self.old_codes, self.model.codes = [*self.model.codes], {}

    @precondition(lambda self: self.model.apps)
    @rule(number=browsers)
    def revoke_what_another_session_rests_on(self, number: int) -> None:
        for other in (1 - number, number):
            self.sign_in_with_an_app(other, 0, 30)
        self.revoke_an_app(number, 0)

    @rule(number=browsers, right=st.booleans())
    def change_the_password(self, number: int, right: bool) -> None:
        visitor, browser = self._pair(number)
        if not self._may_change(number):
            return
        chosen = next(other for other in PASSWORDS if other != self.model.password)
        current = self.model.password if right else "wrong, all of it"
        before = [self._token(other) for other in (number, 1 - number)]
        visitor.get("/account/password")
        status = visitor.post("/account/password", current=current, new=chosen).status_code
        if not self.model.attempt("password", browser.lane):
            assert status == 429
            return
        assert status == (303 if right else 422)
        if right:
            self.model.password = chosen
            self.model.prove(browser, "password", "password")
            self.model.end_everywhere(but=browser)
            self.dead.extend(before)

    # Ending.

    @rule(number=browsers)
    def sign_out(self, number: int) -> None:
        visitor, browser = self._pair(number)
        token = self._token(number)
        if self.model.full(browser):
            visitor.get("/security")
            assert visitor.post("/logout").status_code == 303
            browser.end()
            self.dead.append(token)

    @rule(number=browsers)
    def end_the_other_sessions(self, number: int) -> None:
        visitor, browser = self._pair(number)
        if not self.model.full(browser):
            return
        visitor.get("/security/sessions")
        answer = visitor.post("/security/sessions/others/end")
        age = [self.model.now - proof.at for proof in browser.proofs]
        if any(timedelta(0) <= one <= timedelta(minutes=5) for one in age):
            assert answer.headers["Location"] == "/security/sessions"
            self.dead.append(self._token(1 - number))
            self.model.end_everywhere(but=browser)
        else:
            assert answer.headers["Location"].startswith("/step-ups/")

    # The world around.

    @rule(number=browsers, process=st.integers(0, 1))
    def be_served_by(self, number: int, process: int) -> None:
        self.visitors[number].client.application = self.houses[process].app

    @precondition(lambda self: not self.model.required)
    @rule()
    def become_a_finance_controller(self) -> None:
        self.house.run(hosts.grant, EMAIL, PARTNER, Role.FINANCE_CONTROLLER)
        self.model.required = True

    @precondition(lambda self: self.model.apps and not self.model.required)
    @rule(number=browsers)
    def be_promoted_without_an_app(self, number: int) -> None:
        """A session may hold the proof of an app that is gone; a role is not content with it."""
        self.sign_in_with_an_app(number, 0, 30)
        for _ in range(len(self.model.apps)):
            self.revoke_an_app(number, 0)
        self.become_a_finance_controller()

    @rule(number=browsers)
    def be_disabled_for_a_while(self, number: int) -> None:
        self.houses[1].run(hosts.set_state, EMAIL, AccountState.DISABLED)
        self.model.enabled = False
        self.dead.extend(self._token(other) for other in range(2))
        self.model.end_everywhere()
        self.nobody_is_let_in_but_whom_the_model_lets_in()
        self.give_the_password(number, right=True)
        self.houses[1].run(hosts.set_state, EMAIL, AccountState.ACTIVE)
        self.model.enabled = True

    @rule()
    def be_unlocked_by_the_host(self) -> None:
        self.house.run(hosts.unlock, EMAIL)
        self.model.budgets.clear()

    # What holds after every step.

    @invariant()
    def nobody_is_let_in_but_whom_the_model_lets_in(self) -> None:
        for visitor, browser in zip(self.visitors, self.model.browsers, strict=True):
            assert (visitor.get("/").status_code == 200) == self.model.visit(browser)

    @invariant()
    def a_dead_token_stays_dead(self) -> None:
        for token in filter(None, (*self.dead[:1], *self.dead[-1:])):
            client = self.houses[1].app.test_client()
            client.set_cookie(COOKIE, token, domain=DOMAIN, secure=True)
            assert client.get("/", base_url=self.house.settings.base_url).status_code == 303

    @invariant()
    def counts_fall_by_success_or_decision_alone(self) -> None:
        edge = self.house.runner.edge()
        kinds = {attempts.key(edge, kind, EMAIL): kind for kind in edge.factors}
        rows = self._rows("SELECT key, failures FROM budgets WHERE failures > 0")
        counted = sorted((kinds[bytes(key)], failures) for key, failures in rows)
        wanted = [(kind, failures) for (kind, _), (failures, _) in self.model.budgets.items()]
        assert counted == sorted(wanted)

    @invariant()
    def every_one_time_value_wins_once(self) -> None:
        assert set(self.wins.values()) <= {1}

    def teardown(self) -> None:
        try:
            while self.house.run(delivery.seal_audit, "tests", everything=True):
                pass
            verdict, _, _ = self.house.run(hosts.verify_audit)
            assert (verdict.broken_at, verdict.unsealed) == (None, 0)
        finally:
            for house in self.houses:
                house.close()


@pytest.mark.parametrize(("kind", "examples", "steps"), [("sqlite", 25, 30), ("postgresql", 8, 20)])
def test_two_processes_agree_with_the_model(
    databases: Databases, kind: str, examples: int, steps: int
) -> None:
    def make() -> list[House]:
        url = databases.empty(kind)
        clock, entropy = Clock(), Entropy()
        return [build(url, clock, entropy) for _ in range(2)]

    machine = type("Machine", (Processes,), {"make": staticmethod(make)})
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
        # A failing history is replayed as it was: making it short would take many minutes.
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )
    run_state_machine_as_test(machine, settings=chosen)
