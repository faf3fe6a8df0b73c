"""THE ROUTE MATRIX: every route and method, and what each kind of visitor gets there.

A new route without a row fails. The answers, for a well-formed request that says nothing:

    in     the sign-in page is next (303; a fragment: 401 + HX-Redirect)
    enrol  the enrolment gate is next (303; a fragment: 403 + HX-Redirect)
    step   a step-up is next (303; a fragment: 403 + HX-Redirect)
    200 …  the view itself answered, with this status; `>/path` is its redirect
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from portal.flows import hosts
from portal.rules.terms import AccountState
from tests.support.house import BASE_URL, House, Visitor
from tests.support.web import asked, email_of, half_signed_in, lands_on, signed_in
from tests.web.routes import lines, of_machines

ID = str(uuid.UUID(int=7))
COLUMNS = ("stranger", "half", "gate", "full", "stale", "idle")
ROLES = ("tara", "dan", "piet", "pam", "ada", "sol", "stan")


@dataclass(frozen=True)
class Row:
    """A route and its answers by column; `people`: who may be there, None for everybody."""

    method: str
    path: str
    answers: dict[str, str]
    people: frozenset[str] | None = None

    def expected(self, column: str, who: str) -> str:
        name = who.partition(" ")[0]
        if column in {"full", "stale"} and self.people is not None and name not in self.people:
            return "403"
        return self.answers[column]


# /readyz: these databases are made without a migration, so the portal calls itself unready.
# stale: whole, but nothing was proved for six minutes. idle: away for an hour.
#  method path                                        stranger half  gate   full  stale idle
TABLE = f"""
   GET    /                                           in  in    enrol  200   200   step
   GET    /account                                    in  in    enrol  200   200   step
   POST   /account                                    in  in    enrol  422   422   step
   GET    /account/email                              in  in    enrol  200   step  step
   POST   /account/email                              in  in    enrol  422   step  step
   GET    /account/password                           in  in    enrol  200   step  step
   POST   /account/password                           in  in    enrol  422   step  step
   POST   /acting-organisation                        in  in    enrol  404   404   step
   GET    /security                                   in  in    enrol  200   200   step
   GET    /security/activity                          in  in    enrol  200   200   step
   GET    /security/how-it-works                      in  in    enrol  200   200   step
   GET    /security/backup-codes                      in  in    enrol  200   200   step
   POST   /security/backup-codes                      in  in    >/security  200  step  step
   POST   /security/backup-codes/file                 in  in    enrol  400   400   step
   GET    /security/authenticators/{ID}               in  in    enrol  404   404   step
   POST   /security/authenticators/{ID}/name          in  in    enrol  404   step  step
   POST   /security/authenticators/{ID}/revocation    in  in    enrol  404   step  step
   POST   /security/authenticators/new/totp           in  in    >/security/authenticators/new/totp >/security/authenticators/new/totp step step
   GET    /security/authenticators/new/totp           in  in    >/login/enrol  >/security  >/security  step
   POST   /security/authenticators/new/totp/{ID}      in  in    410    410   410   step
   GET    /security/sessions                          in  in    enrol  200   200   step
   POST   /security/sessions/{ID}/end                 in  in    enrol  404   step  step
   POST   /security/sessions/others/end               in  in    enrol  >/security/sessions  step  step
   POST   /security/browsers/{ID}/end                 in  in    enrol  404   step  step
   GET    /step-ups/{ID}                              in  in    404    404   404   >/
   GET    /step-ups/{ID}/totp                         in  in    404    404   404   >/
   POST   /step-ups/{ID}/totp                         in  in    404    404   404   >/
   GET    /login                                      200 >/login/challenge >/login/enrol >/ >/ 200
   POST   /login                                      422 422   422    422   422   422
   GET    /login/challenge                            in  200   >/login/enrol >/ >/ 200
   GET    /login/challenge/totp                       in  200   >/login/enrol >/ >/ 200
   POST   /login/challenge/totp                       in  422   422    422   422   422
   POST   /login/passkey                              422 422   422    422   422   422
   POST   /webauthn/authenticate/options              200 200   200    200   200   200
   POST   /webauthn/challenge/options                 in  404   404    404   404   404
   POST   /webauthn/step-ups/{ID}/options             in  in    404    404   404   404
   GET    /login/enrol                                in  >/    200    >/    >/    >/
   GET    /login/unlock                               200 200   200    200   200   200
   POST   /login/unlock                               422 422   422    422   422   422
   GET    /unlock/x                                   >/unlock >/unlock >/unlock >/unlock >/unlock >/unlock
   GET    /unlock                                     200 200   200    200   200   200
   POST   /unlock                                     410 410   410    410   410   410
   GET    /password/reset                             200 200   200    200   200   200
   POST   /password/reset                             422 422   422    422   422   422
   GET    /password/reset/x                           >/password/new >/password/new >/password/new >/password/new >/password/new >/password/new
   GET    /password/new                               410 410   410    410   410   410
   POST   /password/new                               410 410   410    410   410   410
   GET    /re-enrol/x                                 >/re-enrol >/re-enrol >/re-enrol >/re-enrol >/re-enrol >/re-enrol
   GET    /re-enrol                                   410 410   410    410   410   410
   POST   /re-enrol                                   410 410   410    410   410   410
   GET    /register                                   200 200   200    200   200   200
   POST   /register                                   422 422   422    422   422   422
   GET    /activate/x                                 >/activate >/activate >/activate >/activate >/activate >/activate
   GET    /activate                                   410 410   410    410   410   410
   POST   /activate                                   410 410   410    410   410   410
   GET    /invitation/x                               >/invitation >/invitation >/invitation >/invitation >/invitation >/invitation
   GET    /invitation                                 410 410   410    410   410   410
   POST   /invitation                                 410 410   410    410   410   410
   POST   /invitation-renewal                         200 200   200    200   200   200
   GET    /account/email/confirmation/x               >/account/email/confirmation >/account/email/confirmation >/account/email/confirmation >/account/email/confirmation >/account/email/confirmation >/account/email/confirmation
   GET    /account/email/confirmation                 410 410   410    410   410   410
   POST   /account/email/confirmation                 410 410   410    410   410   410
   GET    /account/email/cancellation/x               >/account/email/cancellation >/account/email/cancellation >/account/email/cancellation >/account/email/cancellation >/account/email/cancellation >/account/email/cancellation
   GET    /account/email/cancellation                 410 410   410    410   410   410
   POST   /account/email/cancellation                 410 410   410    410   410   410
   POST   /language                                   >/login >/login >/login >/login >/login >/login
   GET    /.well-known/passkey-endpoints              200 200   200    200   200   200
   GET    /.well-known/webauthn                       404 404   404    404   404   404
   GET    /.well-known/apple-app-site-association     404 404   404    404   404   404
   GET    /.well-known/assetlinks.json                404 404   404    404   404   404
   GET    /.well-known/change-password                >/account/password >/account/password >/account/password >/account/password >/account/password >/account/password
   GET    /authenticator-icons/light/{ID}             404 404   404    404   404   404
   GET    /healthz                                    200 200   200    200   200   200
   GET    /readyz                                     503 503   503    503   503   503
   GET    /static/portal.css                          200 200   200    200   200   200
   POST   /security/sessions/end                      in  in    enrol  >/login  step  step
   POST   /logout                                     in  >/login >/login >/login >/login >/login
   POST   /change-person                              in  >/login >/login >/login >/login >/login
"""  # noqa: E501 - a table is read by its columns
MATRIX = [
    Row(method, path, dict(zip(COLUMNS, answers, strict=True)))
    for method, path, *answers in (line.split() for line in TABLE.strip().splitlines())
]
MATRIX += [
    Row(
        method,
        path,
        dict(zip(COLUMNS, ("in", "in", "enrol", full, stale, "step"), strict=True)),
        None if who == "*" else frozenset(who.split(",")),
    )
    for method, path, who, full, stale in lines()
]
MATRIX += [Row(how, path, dict.fromkeys(COLUMNS, said)) for how, path, said in of_machines()]
ROWS = [(row.method, row.path, row.answers) for row in MATRIX]
REFUSALS = {"in": (401, "/login"), "enrol": (403, "/login/enrol"), "step": (403, "/step-ups/")}
NONE = timedelta(0)
ENDING = {"/logout", "/change-person", "/security/sessions/end"}


def rule_of(house: House, method: str, path: str) -> str:
    rule, _ = house.app.url_map.bind("portal.example", url_scheme="https").match(
        path, method, return_rule=True
    )
    return rule.rule


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_route_and_method_has_a_row(house: House) -> None:
    routes = {
        (method, rule.rule)
        for rule in house.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    rowed = [(row.method, rule_of(house, row.method, row.path)) for row in MATRIX]
    assert routes == set(rowed)
    assert len(rowed) == len(set(rowed))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_route_without_an_action_refuses_everybody(house: House) -> None:
    house.add_url_rule("/forgotten", "forgotten", lambda: "secrets", methods=["GET", "POST"])
    for visitor in (house.visitor(), signed_in(house, "sol")):
        for answer in (visitor.get("/forgotten"), visitor.post("/forgotten")):
            assert answer.status_code == 403
            assert "secrets" not in answer.text


def revoked(house: House) -> Visitor:
    visitor = signed_in(house, "tara")
    stolen = visitor.client.get_cookie("__Host-session", domain="portal.example")
    visitor.post("/logout")
    assert stolen is not None
    visitor.client.set_cookie(
        "__Host-session", stolen.value, domain="portal.example", secure=True, path="/"
    )
    return visitor


def disabled(house: House) -> Visitor:
    visitor = signed_in(house, "pam")
    house.run(hosts.set_state, email_of("pam"), AccountState.DISABLED)
    return visitor


def gated(house: House) -> Visitor:
    return signed_in(house, "eve", app=False)


def after(wait: timedelta, name: str = "piet") -> Callable[[House], Visitor]:
    def build(house: House) -> Visitor:
        visitor = signed_in(house, name)
        house.clock.advance(wait)
        return visitor

    return build


def whole(name: str) -> Callable[[House], Visitor]:
    return lambda house: signed_in(house, name)


VISITORS: dict[str, tuple[str, Callable[[House], Visitor]]] = {
    "stranger": ("stranger", lambda house: house.visitor()),
    "revoked": ("stranger", revoked),
    "disabled": ("stranger", disabled),
    "half": ("half", half_signed_in),
    "eve": ("gate", gated),
    **{name: ("full", whole(name)) for name in ROLES},
    **{f"{name} stale": ("stale", after(timedelta(minutes=6), name)) for name in ROLES},
    "idle": ("idle", after(timedelta(hours=1))),
}


@pytest.mark.parametrize("who", VISITORS)
def test_every_route_gives_each_visitor_the_expected_answer(house: House, who: str) -> None:
    column, build = VISITORS[who]
    house.organise()  # Without an organisation nobody can register.
    visitor = build(house)
    session_csrf, public_csrf = visitor.csrf, public_token(visitor)
    wrong, ended = [], False
    for row in MATRIX:
        method, path, answers = row.method, row.path, row.answers
        expected = row.expected(column, who)
        redirects = expected in REFUSALS or expected.startswith(">")
        for htmx in (True, False) if redirects else (False,):
            public = answers["stranger"] != "in"
            if ended:
                # A row that signs out stands last but for its own twin, which needs a session.
                visitor, ended = build_again(house, who, visitor), False
                session_csrf = visitor.csrf
            visitor.csrf = public_csrf if public else session_csrf
            answer = asked(visitor, method, path, htmx=htmx)
            answer.close()
            ended = path in ENDING and expected == ">/login"
            if problem := differs(answer, expected, htmx=htmx):
                wrong.append(f"{method} {path} htmx={htmx}: wanted {expected}, got {problem}")
    assert not wrong, "\n".join(wrong)


def build_again(house: House, who: str, visitor: Visitor) -> Visitor:
    """The same visitor as before the row that signed out."""
    fresh = house.visitor()
    fresh.app = visitor.app
    name, _, state = who.partition(" ")
    email = email_of({"half": "tara", "idle": "piet"}.get(name, name))
    if who in {"half", "eve"}:
        fresh.follow(fresh.password(email))
        return fresh
    fresh.sign_in(email)
    fresh.get("/security")
    waits = {"stale": timedelta(minutes=6), "idle": timedelta(hours=1)}
    house.clock.advance(waits.get(state or who, NONE))
    return fresh


def public_token(visitor: Visitor) -> str:
    visitor.get("/login/unlock")
    return visitor.csrf


def differs(answer: TestResponse, expected: str, *, htmx: bool) -> str:
    """What was wrong about an answer; empty when it is the expected one."""
    got = f"{answer.status_code} {lands_on(answer)}"
    session = [value for value in answer.headers.getlist("Set-Cookie") if "__Host-session" in value]
    if expected in REFUSALS:
        status, target = REFUSALS[expected]
        right = answer.status_code == (status if htmx else 303)
        carries = answer.headers.get("HX-Redirect" if htmx else "Location", "")
        return "" if right and carries.startswith(target) and not session else got
    if expected.startswith(">"):
        if htmx and not lands_on(answer):
            return "" if answer.status_code == 200 else got  # The list, changed in place.
        right = answer.status_code == (200 if htmx else 303)
        return "" if right and lands_on(answer) == expected[1:] else got
    return "" if answer.status_code == int(expected) and not lands_on(answer) else got


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_production_has_no_development_mailbox(house: House) -> None:
    assert house.settings.base_url == BASE_URL
    assert house.visitor().get("/development/mailbox").status_code == 404
