"""The machine that Hypothesis drives, first half: visitors, processes, and signing in.

It holds the portal to `model.py` answer by answer; what else may happen is in `test_model.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from sqlalchemy import text

from tests.guarantees.model import STRANGERS, Browser, Model
from tests.support.apps import App as Phone
from tests.support.house import PASSWORD, House, Visitor

EMAIL = "dan@partner.example"
CHALLENGE = "/login/challenge/"
COOKIE, DOMAIN = "__Host-session", "portal.example"
browsers = st.integers(0, 1)


def somebody_is_asked(machine: SigningIn) -> bool:
    """Whether a challenge stands open in a browser: without one, answers are mere noise."""
    return any(machine.model.offered(browser) for browser in machine.model.browsers)


class SigningIn(RuleBasedStateMachine):
    """One person, two browsers, two processes, one database; every way to answer."""

    make: ClassVar[Callable[[], list[House]]]

    def __init__(self) -> None:
        super().__init__()
        self.houses = type(self).make()
        self.house = self.houses[0]
        self.clock = self.house.clock
        self.house.person("dan")
        self.visitors = [self.house.visitor() for _ in range(2)]
        self.model = Model(self.clock(), [Browser(number) for number in range(2)], PASSWORD)
        self.phones: dict[str, Phone] = {}
        self.old_codes: list[str] = []
        self.dead: list[str] = []
        self.wins: Counter[object] = Counter()

    def _pair(self, number: int) -> tuple[Visitor, Browser]:
        return self.visitors[number], self.model.browsers[number]

    def _token(self, number: int) -> str:
        cookie = self.visitors[number].client.get_cookie(COOKIE, DOMAIN)
        return cookie.value if cookie else ""

    def _rows(self, statement: str) -> list[tuple]:
        transaction = self.house.runner.database.open(writing=False)
        try:
            return transaction.connection.execute(text(statement)).all()
        finally:
            transaction.rollback()

    def _asked(self, number: int) -> int:
        """This browser if it is asked for a proof, else the other one."""
        return number if self.model.offered(self.model.browsers[number]) else 1 - number

    @rule(seconds=st.sampled_from([1, 30, 90, 360, 1200, 3660, 86_400, -120]))
    def let_time_pass(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)
        self.model.now = self.clock()

    # Signing in.

    @rule(number=browsers, right=st.booleans())
    def give_the_password(self, number: int, right: bool) -> None:
        visitor, browser = self._pair(number)
        visitor.client.delete_cookie(COOKIE, domain=DOMAIN)  # A browser that was closed.
        browser.end()
        typed = self.model.password if right else "wrong, all of it"
        status = visitor.password(EMAIL, typed).status_code
        if not self.model.attempt("password", browser.number if browser.known else STRANGERS):
            assert status == 429
        elif right and self.model.enabled:
            assert status == 303
            self.model.open(browser)
        else:
            assert status == 422

    def _answer(self, number: int, kind: str, typed: str, identity: object, right: bool) -> bool:
        """Answer a challenge and hold the portal to the model; True when it was accepted."""
        visitor, browser = self._pair(number)
        offered = kind in self.model.offered(browser)
        page = visitor.get(CHALLENGE + kind)
        assert (page.status_code == 200) == offered, (page.status, offered)
        if not offered:
            return False
        before = self._token(number)
        form: dict[str, Any] = {"password": typed} if kind == "password" else {"code": typed}
        status = visitor.post(CHALLENGE + kind, **form).status_code
        if not self.model.attempt(kind, browser.lane):
            assert status == 429
            return False
        assert status == (303 if right else 422)
        if right:
            self.model.prove(browser, kind, identity)
            self.dead.append(before)
        return right

    @precondition(lambda self: self.model.apps and somebody_is_asked(self))
    @rule(number=browsers, which=st.integers(0, 2), steps=st.sampled_from([0, 0, -1, -2, 1]))
    def answer_with_an_app(self, number: int, which: int, steps: int) -> None:
        app = self.model.apps[which % len(self.model.apps)]
        step = int(self.model.now.timestamp()) // 30 + steps
        code = self.phones[app.identity].code(self.model.now, steps=steps)
        right = self.model.accepts(app, step)
        if self._answer(self._asked(number), "totp", code, app.identity, right):
            app.last_step = step
            self.wins[app.identity, step] += 1

    @precondition(lambda self: self.model.apps)
    @rule(number=browsers, which=st.integers(0, 2), seconds=st.sampled_from([30, 0]))
    def sign_in_with_an_app(self, number: int, which: int, seconds: int) -> None:
        """The usual way; without a pause the code was used before, and this is a replay."""
        self.let_time_pass(seconds)
        self.give_the_password(number, right=True)
        self.answer_with_an_app(number, which, 0)

    @precondition(lambda self: any(self.model.full(one) for one in self.model.browsers))
    @rule(number=browsers, seconds=st.sampled_from([3660, 72_000]), app=st.booleans())
    def come_back_later(self, number: int, seconds: int, app: bool) -> None:
        """A session that idled out asks for one proof; twice, and its password is of yesterday."""
        self.let_time_pass(seconds)
        if somebody_is_asked(self):
            if app and self.model.apps:
                self.answer_with_an_app(number, 0, 0)
            else:
                self.answer_with_the_password(number)

    @precondition(lambda self: self.model.codes)
    @rule(number=browsers, which=st.integers(0, 2))
    def sign_in_with_a_backup_code(self, number: int, which: int) -> None:
        """One of the first three, so that some are tried again."""
        self.give_the_password(number, right=True)
        self.answer_with_a_backup_code(number, which)

    @precondition(somebody_is_asked)
    @rule(number=browsers, kind=st.sampled_from(["totp", "backup_codes", "password"]))
    def answer_wrongly(self, number: int, kind: str) -> None:
        near = {
            phone.code(self.model.now, steps=s) for phone in self.phones.values() for s in (-1, 0)
        }
        typed = next(code for code in map(str, range(100000, 200000)) if code not in near)
        self._answer(self._asked(number), kind, typed, None, right=False)

    @precondition(lambda self: (self.model.codes or self.old_codes) and somebody_is_asked(self))
    @rule(number=browsers, which=st.integers(0, 19))
    def answer_with_a_backup_code(self, number: int, which: int) -> None:
        codes = [*self.model.codes, *self.old_codes]
        code = codes[which % len(codes)]
        right = self.model.codes.get(code) is False
        identity = ("codes", self.model.code_set)
        if self._answer(self._asked(number), "backup_codes", code, identity, right):
            self.model.codes[code] = True
            self.wins[code] += 1

    @precondition(somebody_is_asked)
    @rule(number=browsers)
    def answer_with_the_password(self, number: int) -> None:
        number = self._asked(number)
        self._answer(number, "password", self.model.password, "password", right=True)
