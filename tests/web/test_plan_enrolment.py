"""Plans and what people may enrol: no dead button, a clear reason, and nobody locked out."""

from __future__ import annotations

import json

import pytest

from portal.flows import hosts, policies
from portal.flows.outcomes import Blocked
from portal.rules.plans import ENTERPRISE
from portal.rules.terms import Action, Role
from tests.support import passkey_pages as page
from tests.support.house import BRANCH, HQ, PARTNER, House
from tests.support.passkey_pages import passkeys, with_passkey
from tests.support.passkeys import Device
from tests.support.plans import NEW, RESISTANT, buy, offers_passkey, publish
from tests.support.web import email_of, lands_on, rows, signed_in, signed_in_again

OFFER = "Sign in faster on this device"
BINDING = {"methods": ["totp"]}


def test_what_is_in_the_plan_is_offered(house: House) -> None:
    house.person("dan")
    dan = house.visitor()
    assert OFFER in dan.sign_in(email_of("dan")).text
    dan.enrol_app()
    assert offers_passkey(dan)
    buy(house, add_ons=("passkeys",))
    assert offers_passkey(dan)
    assert page.enrol(dan, Device()).status_code == 303
    assert len(passkeys(house)) == 1


def test_what_is_not_in_the_plan_is_offered_nowhere(house: House) -> None:
    buy(house)
    dan = signed_in(house, "dan", app=False)
    for path in ("/security", "/", "/security/backup-codes", "/security/how-it-works"):
        assert NEW not in dan.get(path).text, path
    assert OFFER not in house.visitor().sign_in(email_of("dan")).text
    assert "Make a passkey" not in dan.get("/security").text
    assert "Enrol an authenticator app." in dan.get("/security").text
    # The gate of a role that must enrol too.
    house.person("eve")
    eve = house.visitor()
    eve.sign_in(email_of("eve"))
    gate = eve.get("/login/enrol").text
    assert NEW not in gate
    assert "/security/authenticators/new/totp" in gate
    assert eve.enrol_app().status_code == 303


@pytest.mark.parametrize("variant", ["", "?variant=security_key", "?variant=this_device"])
def test_its_address_typed_is_refused_with_the_reason(house: House, variant: str) -> None:
    buy(house)
    dan = signed_in(house, "dan")
    dan.get("/security")
    before = len(rows(house, "ceremonies"))
    answer = dan.post(NEW + variant)
    assert answer.status_code == 403
    assert "plan does not include this" in answer.text
    assert len(rows(house, "ceremonies")) == before
    assert dan.post("/security/authenticators/new/nothing").status_code == 404


def test_a_method_that_policy_took_out_is_refused_with_that_reason(house: House) -> None:
    publish(house, PARTNER, BINDING)
    dan = signed_in(house, "dan")
    assert not offers_passkey(dan)
    answer = dan.post(NEW)
    assert answer.status_code == 403
    assert "does not accept this any more" in answer.text
    assert "plan" not in answer.text


def test_the_admin_reads_why_and_others_see_nothing_of_it(house: House) -> None:
    buy(house)
    pam, dan = signed_in(house, "pam"), signed_in(house, "dan")
    own = pam.get("/security").text
    assert "Not in your organisation’s plan" in own
    assert "with the add-on “Passkeys and security keys”" in own
    assert 'href="/admin/plan"' in own
    assert "plan" not in dan.get("/security").text
    buy(house, plan=ENTERPRISE)
    assert "Not in your organisation’s plan" not in pam.get("/security").text


def test_losing_the_plan_locks_nobody_out(house: House) -> None:
    piet, device = with_passkey(house, "piet")
    buy(house)
    # It signs in, alone and as the second factor; it raises a session; it is renamed and revoked.
    again = house.visitor()
    assert page.sign_in(again, device).status_code == 303
    assert again.get("/").status_code == 200
    assert again.get("/partner/settlements").status_code == 200
    second = house.visitor()
    second.password(email_of("piet"))
    assert page.prove(second, device).status_code == 303
    assert second.get("/partner/settlements").status_code == 200
    (row,) = passkeys(house)
    own = f"/security/authenticators/{row['id']}"
    again.get(own)
    assert again.post(f"{own}/name", name="The old one").status_code == 303
    assert "The old one" in again.get("/security").text
    # Another of the same kind is not in the plan.
    assert not offers_passkey(again)
    assert again.post(NEW).status_code == 403
    again.get(own)
    assert again.post(f"{own}/revocation").status_code == 303
    assert passkeys(house) == []
    piet.get("/login")
    assert piet.sign_in(email_of("piet")).status_code == 200
    assert piet.get("/partner/settlements").status_code == 200


def test_the_plan_that_ends_while_an_enrolment_runs_ends_it_too(house: House) -> None:
    dan = signed_in(house, "dan")
    action, options = page.begin(dan)
    buy(house)
    answer = dan.post(action, answer=Device().create(options))
    assert answer.status_code == 403
    assert "plan does not include this" in answer.text
    assert passkeys(house) == []
    failed = [row for row in rows(house, "audit_events") if row["event"] == "enrolment.failed"]
    assert [row["reason"] for row in failed] == ["not_in_plan"]
    assert dan.get("/").status_code == 200
    # The same in place, where the page swaps its form alone.
    buy(house, plan=ENTERPRISE)
    action, options = page.begin(dan)
    buy(house)
    answer = dan.post(action, htmx=True, answer=Device().create(options))
    assert answer.status_code == 403
    assert "<html" not in answer.text
    assert "plan does not include this" in answer.text
    assert passkeys(house) == []


def test_somebody_in_two_organisations_may_what_either_has_bought(house: House) -> None:
    buy(house)
    dan = signed_in(house, "dan")
    assert not offers_passkey(dan)
    house.run(hosts.grant, email_of("dan"), BRANCH, Role.DISPATCHER)
    assert offers_passkey(dan), "the branch has everything"
    buy(house, BRANCH)
    assert not offers_passkey(dan)
    buy(house, BRANCH, add_ons=("passkeys",))
    assert offers_passkey(dan)
    assert page.enrol(dan, Device()).status_code == 303


def test_a_policy_that_asks_for_what_the_plan_lacks_is_not_published(house: House) -> None:
    buy(house)
    outcome = house.run(policies.publish, PARTNER, RESISTANT)
    assert outcome == Blocked("not_in_plan")
    raised = {"raised": {str(Action.VIEW_SETTLEMENTS): {"phishing_resistant": True}}}
    assert house.run(policies.publish, PARTNER, raised) == Blocked("not_in_plan")
    assert rows(house, "policies") == []
    buy(house, add_ons=("passkeys",))
    publish(house, PARTNER, RESISTANT)


def test_the_plan_taken_away_under_such_a_policy_locks_nobody_out(house: House) -> None:
    publish(house, PARTNER, RESISTANT)
    buy(house)
    piet = house.visitor()
    house.person("piet")
    piet.sign_in(email_of("piet"))
    assert NEW in piet.get("/login/enrol").text
    device = Device()
    assert page.enrol(piet, device, page="/login/enrol").status_code == 303
    assert piet.get("/partner/settlements").status_code == 200
    # It can be replaced as well: nothing else would do.
    assert page.enrol(piet, Device()).status_code == 303
    assert len(passkeys(house)) == 2
    # Whoever is asked for nothing of the kind is offered what was bought.
    assert not offers_passkey(signed_in(house, "dan"))


def test_what_a_parent_asks_opens_what_the_child_did_not_buy(house: House) -> None:
    buy(house)
    publish(house, HQ, RESISTANT)
    house.person("piet")
    piet = house.visitor()
    piet.sign_in(email_of("piet"))
    assert NEW in piet.get("/login/enrol").text


def test_what_is_announced_may_be_enrolled_before_it_is_due(house: House) -> None:
    piet = signed_in(house, "piet")
    dan = signed_in(house, "dan")
    publish(house, PARTNER, RESISTANT, days=30)
    buy(house)
    assert offers_passkey(piet)
    assert not offers_passkey(dan)
    assert page.enrol(piet, Device()).status_code == 303


def test_an_operation_that_asks_for_a_passkey_lets_it_be_enrolled(house: House) -> None:
    piet = signed_in(house, "piet")
    raised = {"raised": {str(Action.VIEW_SETTLEMENTS): {"phishing_resistant": True}}}
    publish(house, PARTNER, raised)
    buy(house)
    assert lands_on(piet.get("/partner/settlements")) == "/login/enrol"
    assert NEW in piet.follow(piet.get("/partner/settlements")).text
    assert page.enrol(piet, Device()).status_code == 303
    assert piet.get("/partner/settlements").status_code == 200


def test_the_plan_counts_at_the_next_request_of_every_session(house: House) -> None:
    dan = signed_in(house, "dan")
    other = signed_in_again(house, "dan", dan)
    buy(house)
    assert not offers_passkey(dan)
    assert not offers_passkey(other)
    buy(house, plan=ENTERPRISE)
    assert offers_passkey(other)


def test_strangers_learn_of_no_plan(house: House) -> None:
    before = house.visitor().get("/login").text
    endpoints = json.loads(house.visitor().get("/.well-known/passkey-endpoints").text)
    buy(house)
    stranger = house.visitor()
    assert "Sign in with a passkey" in stranger.get("/login").text
    assert len(stranger.get("/login").text) == len(before)
    assert json.loads(stranger.get("/.well-known/passkey-endpoints").text) == endpoints
