"""What is held and not permitted any more, and what policy asks for beyond two factors.

What is forbidden opens the enrolment gate and nothing else; beside something that would do it opens
nothing at all.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from portal.edge import Edge
from portal.flows import policies, session
from portal.flows.policies import Published
from portal.store.tables import users as users_table
from tests.support import passkey_pages as pages
from tests.support.compliance import set_user
from tests.support.house import PARTNER, House, Visitor
from tests.support.memberships import events
from tests.support.passkeys import Device, NotAllowed, synced_passkey
from tests.support.rollouts import NO_APPS, RESISTANT, roll_out
from tests.support.web import Work, cookie, lands_on, rows, signed_in

DAN = "dan@partner.example"
PROFILE = {"name": "Daniel Moreau", "locale": "en", "time_zone": "UTC"}
# Of passkeys only those that stay on one device.
BOUND: dict[str, Any] = {"restrictions": {"device_bound": True}}
REFUSED = "Your organisation does not accept authenticators of this make"
GATE, CHALLENGE = "/login/enrol", "/login/challenge"


def publish(house: House, document: dict[str, Any]) -> None:
    house.organise()
    assert isinstance(house.run(policies.publish, PARTNER, document), Published)


def with_passkeys(house: House, *devices: Device, app: bool = False) -> Visitor:
    """Dan, signed in, with these passkeys; each enrolled in a session that may do so."""
    dan = signed_in(house, "dan", app=app)
    for device in devices:
        assert pages.enrol(dan, device).status_code == 303
        dan.get("/security")
    return dan


def is_whole(house: House, visitor: Visitor) -> None:
    """The session is a whole sign-in's, with its whole lifetime."""
    assert visitor.get("/").status_code == 200

    def left(edge: Edge) -> timedelta:
        visit = session.load(edge, str(cookie(visitor, "session")))
        assert visit is not None
        return visit.session.ends_at - edge.now

    assert house.run(left) > timedelta(hours=23)


def completed(house: House) -> int:
    return len({row["session_id"] for row in events(house, "sign_in.completed")})


# A kind that is not among the methods.
def test_a_forbidden_app_opens_the_gate_alone_and_a_passkey_everything(house: House) -> None:
    dan = signed_in(house, "dan")
    roll_out(house, NO_APPS, days=1 / 24)
    assert dan.get("/account").status_code == 200
    house.clock.advance(hours=1)
    for htmx in (True, False):
        assert lands_on(dan.get("/account", htmx=htmx)) == GATE
    kept = dan.post("/account", PROFILE)
    assert lands_on(kept) == GATE
    gate = dan.get(kept.headers["Location"])
    assert "/new/passkey" in gate.text
    assert "/new/totp" not in gate.text
    new = "/security/authenticators/new/passkey"
    asked = dan.post(f"{new}?variant=passkey")
    assert lands_on(asked).startswith("/step-ups/"), "an hour old: the app is asked for again"
    dan.prove(path=lands_on(asked) + "/totp")
    assert pages.enrol(dan, synced_passkey(), page=GATE).status_code == 303
    is_whole(house, dan)
    (task,) = [row for row in rows(house, "step_ups") if row["path"] == "/account"]
    assert f'value="{PROFILE["name"]}"' in dan.get(f"/step-ups/{task['id']}").text


def test_a_password_alone_enrols_nothing_in_place_of_the_forbidden_app(house: House) -> None:
    dan = signed_in(house, "dan")
    publish(house, NO_APPS)
    thief = house.visitor()
    assert thief.follow(thief.password(DAN)).request.path == GATE
    asked = thief.post("/security/authenticators/new/passkey?variant=passkey")
    assert lands_on(asked).startswith("/step-ups/")
    assert lands_on(thief.get("/security")) == GATE
    dan.post("/logout")
    dan.password(DAN)
    dan.get(GATE)
    asked = dan.post("/security/authenticators/new/passkey?variant=passkey")
    dan.prove(path=lands_on(asked) + "/totp")
    assert lands_on(dan.get("/")) == GATE, "it opens nothing else"
    assert pages.enrol(dan, synced_passkey(), page=GATE).status_code == 303
    is_whole(house, dan)


def test_who_is_exempt_signs_in_with_it_until_the_very_second(house: House) -> None:
    dan = signed_in(house, "dan")
    publish(house, NO_APPS)
    assert lands_on(dan.get("/")) == GATE
    set_user(house, DAN, exempt_until=house.clock() + timedelta(minutes=10))
    dan.post("/logout")
    assert dan.sign_in(DAN).request.path == "/"
    house.clock.advance(minutes=9, seconds=29)
    assert dan.get("/").status_code == 200
    house.clock.advance(seconds=1)
    assert lands_on(dan.get("/")) == GATE


# A make that is not permitted.
def test_a_passkey_of_a_forbidden_make_opens_the_gate_alone(house: House) -> None:
    synced = synced_passkey()
    dan = with_passkeys(house, synced)
    publish(house, BOUND)
    assert lands_on(dan.get("/")) == GATE
    fresh = house.visitor()
    assert lands_on(pages.sign_in(fresh, synced)) == CHALLENGE
    assert lands_on(fresh.get(CHALLENGE)) == GATE
    assert lands_on(fresh.get("/security")) == GATE
    fresh.get(GATE)
    assert pages.enrol(fresh, synced_passkey(), page=GATE).status_code == 422, "nor this one"
    assert completed(house) == 1
    assert pages.enrol(fresh, Device(), page=GATE).status_code == 303
    is_whole(house, fresh)
    assert completed(house) == 2, "and its browser is known from now on"


def test_beside_one_that_is_permitted_it_is_refused_in_words(house: House) -> None:
    synced, bound = synced_passkey(), Device()
    dan = with_passkeys(house, synced, bound)
    publish(house, BOUND)
    assert lands_on(pages.sign_in(house.visitor(), bound)) == "/"
    refused = pages.sign_in(house.visitor(), synced)
    assert refused.status_code == 422
    assert REFUSED in refused.text
    dan.post("/logout")
    dan.password(DAN)
    with pytest.raises(NotAllowed):
        pages.prove(dan, synced)  # The page does not ask for it.
    assert lands_on(pages.prove(dan, bound)) == "/"
    reasons = [row["reason"] for row in rows(house, "audit_events")]
    assert reasons.count("forbidden_make") == 1


def test_a_device_that_answers_all_the_same_is_refused(house: House) -> None:
    synced, bound = synced_passkey(), Device()
    dan = with_passkeys(house, synced, bound)
    dan.post("/logout")
    dan.password(DAN)
    dan.get(f"{CHALLENGE}/passkey")
    ceremony, options = pages.challenge(dan, "/webauthn/challenge/options")
    publish(house, BOUND)
    answer = dan.post(f"{CHALLENGE}/passkey", ceremony=ceremony, answer=synced.get(options))
    assert answer.status_code == 422
    assert REFUSED in answer.text
    assert lands_on(pages.prove(dan, bound)) == "/"


def test_a_live_session_of_the_forbidden_one_is_asked_for_the_other_where_it_is(
    house: House,
) -> None:
    bound, synced = Device(), synced_passkey()
    with_passkeys(house, bound, synced)
    dan = house.visitor()
    assert lands_on(pages.sign_in(dan, synced)) == "/"
    dan.get("/account")
    publish(house, BOUND)
    kept = dan.post("/account", PROFILE)
    assert lands_on(kept).startswith("/step-ups/")
    assert lands_on(pages.prove(dan, bound, lands_on(kept) + "/passkey")) == lands_on(kept)
    assert f'value="{PROFILE["name"]}"' in dan.get(lands_on(kept)).text
    is_whole(house, dan)


def test_what_the_release_before_wrote_of_no_make_is_known_after_its_first_use(
    house: House,
) -> None:
    synced = synced_passkey()
    with_passkeys(house, synced)

    def forget(edge: Edge) -> None:
        (old,) = edge.db.execute(users_table.select().where(users_table.c.email == DAN)).mappings()
        summary = {name: old["security"][name] for name in ("held", "counts")}
        edge.db.execute(
            update(users_table).where(users_table.c.email == DAN).values(security=summary)
        )

    house.run(forget)
    publish(house, BOUND)
    dan = house.visitor()
    assert lands_on(pages.sign_in(dan, synced)) == "/"
    assert lands_on(dan.get("/")) == GATE
    with Work(house) as work:
        pages.sign_in(house.visitor(), synced)
    assert not any("UPDATE users SET security" in one for one in work.statements), "once"


# More than two factors.
def test_whoever_holds_both_signs_in_with_the_passkey(house: House) -> None:
    device = synced_passkey()
    dan = with_passkeys(house, device, app=True)
    publish(house, RESISTANT)
    other = house.visitor()
    other.app = dan.app
    page = other.follow(other.password(DAN))
    assert page.request.path.startswith(CHALLENGE)
    assert "/challenge/totp" not in page.text
    assert other.prove().status_code == 404, "an app is no answer"
    assert lands_on(pages.prove(other, device)) == "/"
    is_whole(house, other)


def test_a_session_of_password_and_app_loses_no_form_to_it(house: House) -> None:
    device = synced_passkey()
    dan = with_passkeys(house, device, app=True)
    other = house.visitor()
    other.app = dan.app
    other.sign_in(DAN)
    other.get("/account")
    roll_out(house, RESISTANT, days=1 / (24 * 60))
    house.clock.advance(seconds=59)
    assert other.get("/account").status_code == 200
    house.clock.advance(seconds=1)
    assert lands_on(other.get("/account", htmx=True)).startswith("/step-ups/")
    kept = other.post("/account", PROFILE)
    assert lands_on(kept).startswith("/step-ups/")
    assert lands_on(pages.prove(other, device, lands_on(kept) + "/passkey")) == lands_on(kept)
    assert other.post("/account", PROFILE).status_code == 303
    is_whole(house, other)


def test_whoever_holds_the_app_alone_enrols_a_passkey_with_it(house: House) -> None:
    dan = signed_in(house, "dan")
    publish(house, RESISTANT)
    gate = dan.follow(dan.get("/"))
    assert gate.request.path == GATE
    assert "/new/totp" not in gate.text
    assert pages.enrol(dan, synced_passkey(), page=GATE).status_code == 303
    is_whole(house, dan)


def test_the_last_one_that_policy_asks_for_stays(house: House) -> None:
    device = synced_passkey()
    dan = with_passkeys(house, device, app=True)
    held = {row["kind"]: row["id"] for row in rows(house, "authenticators")}
    path = f"/security/authenticators/{held['passkey']}"
    assert "this is your last one" not in dan.get(path).text
    publish(house, RESISTANT)
    assert "this is your last one" in dan.get(path).text
    assert dan.post(f"{path}/revocation").status_code == 409
    app = f"/security/authenticators/{held['totp']}/revocation"
    assert dan.post(app).status_code == 303


def test_what_is_forbidden_is_nothing_to_fall_back_on(house: House) -> None:
    synced, bound = synced_passkey(), Device()
    dan = with_passkeys(house, synced, bound)
    publish(house, {**BOUND, "required_roles": ["dispatcher"]})
    dan.post("/logout")
    assert lands_on(pages.sign_in(dan, bound)) == "/"
    dan.get("/security")
    makes = {row["id"]: row for row in rows(house, "authenticators") if row["lookup"]}
    first, second = sorted(makes)  # In the order in which they were enrolled.
    refused = dan.post(f"/security/authenticators/{second}/revocation")
    assert refused.status_code == 409
    assert dan.post(f"/security/authenticators/{first}/revocation").status_code == 303
