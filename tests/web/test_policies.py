"""What an organisation asks of its people: published by the host, in force at the next request."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from portal.edge import Edge
from portal.flows import hosts, policies, session, visits
from portal.flows.policies import Published
from portal.rules.policy import Raised, Restrictions
from portal.rules.terms import AAL, Action, Authentication, Category, Role, Strength
from portal.store import organisations, policy_codec
from tests.support.house import BRANCH, HQ, PARTNER, House, Visitor
from tests.support.web import cookie, email_of, lands_on, rows, signed_in, signed_in_again

SETTLEMENTS = "/partner/settlements"
VIEW, EXPORT = Action.VIEW_SETTLEMENTS, Action.EXPORT_SETTLEMENTS
HARDWARE, RESISTANT = Raised(AAL.AAL3), Raised(phishing_resistant=True)
KEY = "ee882879-721c-4913-9775-3dfcce97072a"
STRONGEST = Strength(
    Category.POSSESSION,
    phishing_resistant=True,
    multi_factor=True,
    device_bound=True,
    hardware_protected=True,
)


def raise_(house: House, name: str, more: Raised, action: Action = VIEW) -> Published:
    house.organise()
    made = house.run(policies.raise_action, name, action, more)
    assert isinstance(made, Published), made
    return made


def published(house: House) -> list[dict[str, Any]]:
    return [row for row in rows(house, "audit_events") if row["event"] == "policy.published"]


def effective(house: House, name: str) -> Any:
    found = next(row for row in rows(house, "organisations") if row["name"] == name)
    return found["effective_policy"]


def with_key(house: House, visitor: Visitor, name: str) -> None:
    """The same session after a proof by a key that is worth AAL3, through the door."""

    def prove(edge: Edge) -> str:
        visit = session.load(edge, str(cookie(visitor, "session")))
        assert visit is not None
        held = visits.with_factor(visit, "passkey", STRONGEST)
        opened = session.record(edge, held, Authentication("passkey", STRONGEST, edge.now, "key"))
        assert opened is not None
        return opened.token

    visitor.client.set_cookie(
        "__Host-session", house.run(prove), domain="portal.example", secure=True, path="/"
    )


def levels(house: House) -> list[int]:
    return [
        sum("hardware_protected" in proof[1].get("more", ()) for proof in row["authentications"])
        for row in rows(house, "sessions")
    ]


def test_a_policy_holds_from_the_next_request_on_and_so_does_going_back(house: House) -> None:
    piet = signed_in(house, "piet")
    assert piet.get(SETTLEMENTS).status_code == 200
    assert raise_(house, PARTNER, RESISTANT) == Published(1, 2)
    assert lands_on(piet.get(SETTLEMENTS)) == "/login/enrol"
    assert lands_on(piet.get(SETTLEMENTS, htmx=True)) == "/login/enrol"
    assert piet.get("/").status_code == 200, "nothing else is raised"
    assert house.run(policies.back, PARTNER) == Published(2, 2)
    assert piet.get(SETTLEMENTS).status_code == 200


def test_whoever_holds_nothing_that_would_do_is_shown_what_does(house: House) -> None:
    piet = signed_in(house, "piet")
    raise_(house, PARTNER, RESISTANT)
    page = piet.follow(piet.get(SETTLEMENTS))
    assert page.request.path == "/login/enrol"
    assert "asks for a passkey or a security key here" in page.text
    assert "What you use today stays" in page.text
    assert "/security/authenticators/new/passkey" in page.text
    assert "/security/authenticators/new/totp" not in page.text
    raise_(house, PARTNER, HARDWARE)
    assert "asks for a certified key here" in piet.follow(piet.get(SETTLEMENTS)).text
    house.run(policies.back, PARTNER)
    house.run(policies.back, PARTNER)
    raise_(house, PARTNER, Raised())
    assert lands_on(piet.get(page.request.full_path)) == SETTLEMENTS, "nothing is asked any more"


def test_the_page_says_no_more_to_whoever_names_an_action(house: House) -> None:
    dan = signed_in(house, "dan")
    raise_(house, PARTNER, HARDWARE)
    for action in ("view_settlements", "view_payouts", "no_such_action", ""):
        assert lands_on(dan.get(f"/login/enrol?action={action}")) == "/"


def test_nobody_elsewhere_is_asked_for_more(house: House) -> None:
    ada = signed_in(house, "ada")
    raise_(house, PARTNER, HARDWARE, Action.VIEW_USERS)
    assert ada.get("/admin/users").status_code == 200
    assert effective(house, HQ) is None


def test_what_stands_above_holds_below_and_cannot_be_taken_away(house: House) -> None:
    raise_(house, HQ, RESISTANT)
    piet = signed_in(house, "piet")
    assert lands_on(piet.get(SETTLEMENTS)) == "/login/enrol"
    raise_(house, PARTNER, Raised(AAL.AAL2))
    assert lands_on(piet.get(SETTLEMENTS)) == "/login/enrol"
    assert effective(house, BRANCH)["raised"]["view_settlements"] == {
        "level": 2,
        "phishing_resistant": True,
        "age_max_s": None,
    }
    house.run(policies.publish, HQ, {})
    assert piet.get(SETTLEMENTS).status_code == 200
    assert effective(house, HQ) is None


def test_a_new_organisation_asks_what_its_parent_does(house: House) -> None:
    raise_(house, PARTNER, RESISTANT)
    house.run(hosts.create_organisation, "New Quay", parent=BRANCH)
    assert effective(house, "New Quay") == effective(house, PARTNER) is not None
    house.run(hosts.create_organisation, "Elsewhere", parent=HQ)
    assert effective(house, "Elsewhere") is None


def test_a_person_obeys_the_strictest_of_all_their_organisations(house: House) -> None:
    piet = signed_in(house, "piet")
    house.run(hosts.grant, email_of("piet"), "Guests", Role.TRAVELER)
    assert piet.get(SETTLEMENTS).status_code == 200
    raise_(house, "Guests", RESISTANT)
    assert lands_on(piet.get(SETTLEMENTS)) == "/login/enrol"


def test_a_sign_in_meets_the_policy_from_its_first_page_on(house: House) -> None:
    """Also the session that is made by the sign-in itself, before any page has read the policy."""
    document = {"required_roles": ["dispatcher"]}
    dan = signed_in(house, "dan", app=False)
    dan.post("/logout")
    assert isinstance(house.run(policies.publish, PARTNER, document), Published)
    page = dan.sign_in(email_of("dan"))
    assert page.request.path == "/login/enrol"
    (live,) = [row for row in rows(house, "sessions") if row["revoked_at"] is None]
    gate = timedelta(minutes=30)
    assert live["ends_at"] - live["issued_at"] == gate, "the gate's time, and no session's"


def test_a_shorter_time_is_asked_of_a_page_that_any_session_opens(house: House) -> None:
    piet = signed_in(house, "piet")
    raise_(house, PARTNER, Raised(age_max=timedelta(minutes=2)))
    house.clock.advance(timedelta(minutes=2))
    assert piet.get(SETTLEMENTS).status_code == 200
    house.clock.advance(timedelta(seconds=1))
    asked = piet.get(SETTLEMENTS)
    assert lands_on(asked).startswith("/step-ups/")
    proved = piet.prove(path=lands_on(asked) + "/totp")
    assert piet.follow(proved).request.path == SETTLEMENTS


def test_aal3_lapses_after_a_quarter_of_an_hour_and_stays_lapsed(house: House) -> None:
    piet = signed_in(house, "piet")
    with_key(house, piet, "piet")
    assert levels(house) == [1]
    house.clock.advance(timedelta(minutes=14, seconds=59))
    assert piet.get("/").status_code == 200
    assert levels(house) == [1], "used in time"
    house.clock.advance(timedelta(minutes=15))
    assert piet.get("/").status_code == 200, "the session goes on at two factors"
    assert levels(house) == [0], "and its use has not brought AAL3 back"


def test_a_weaker_proof_brings_no_lapsed_aal3_back(house: House) -> None:
    piet = signed_in(house, "piet")
    with_key(house, piet, "piet")
    house.clock.advance(timedelta(hours=1))
    asked = piet.get("/")
    assert lands_on(asked).startswith("/step-ups/"), "idled out"
    assert piet.follow(piet.prove(path=lands_on(asked) + "/totp")).status_code == 200
    assert levels(house) == [0]


def test_each_version_is_kept_and_audited(house: House) -> None:
    raise_(house, PARTNER, RESISTANT)
    raise_(house, PARTNER, HARDWARE, EXPORT)
    house.run(policies.back, PARTNER)
    kept = sorted(rows(house, "policies"), key=lambda row: row["number"])
    assert [row["number"] for row in kept] == [1, 2, 3]
    assert kept[2]["document"] == kept[0]["document"] != kept[1]["document"]
    assert set(kept[1]["document"]["raised"]) == {"view_settlements", "export_settlements"}
    told = sorted(published(house), key=lambda row: row["detail"]["number"])
    assert [row["detail"]["number"] for row in told] == [1, 2, 3]
    assert told[1]["detail"]["policy"] == kept[1]["document"]
    assert told[1]["detail"]["organisation"] == kept[1]["organisation_id"]


def test_restrictions_take_the_place_of_earlier_ones_and_of_nothing_else(house: House) -> None:
    raise_(house, PARTNER, RESISTANT)
    wanted = Restrictions(attested=True, allowed=frozenset({KEY.upper()}), denied=frozenset())
    assert isinstance(house.run(policies.restrict, PARTNER, wanted), Published)
    sheet = house.run(policies.show, PARTNER)
    assert sheet.effective.restrictions == replace(wanted, allowed=frozenset({KEY}))
    assert sheet.effective.raised == {VIEW: RESISTANT}
    assert isinstance(house.run(policies.restrict, PARTNER, Restrictions()), Published)
    sheet = house.run(policies.show, PARTNER)
    assert sheet.effective.restrictions == Restrictions()
    assert sheet.effective.raised == {VIEW: RESISTANT}
    assert "built-in-1" in sheet.effective.version.split("+")


def test_a_policy_of_a_newer_release_is_not_guessed_at(house: House) -> None:
    piet = signed_in(house, "piet")
    ada = signed_in(house, "ada")
    raise_(house, PARTNER, Raised(AAL.AAL2))
    _write(house, {"version": "x/1", "curfew": "22:00"})
    assert piet.get(SETTLEMENTS).status_code == 503
    again = signed_in_again(house, "ada", ada)
    assert again.get("/").status_code == 200, "others are served"
    stranger = house.visitor()
    assert stranger.password(email_of("piet")).status_code == 503
    assert isinstance(house.run(policies.back, PARTNER), Published)
    assert piet.get(SETTLEMENTS).status_code == 200


def _write(house: House, document: dict[str, Any]) -> None:
    from sqlalchemy import update

    from portal.store.tables import organisations as table

    def write(edge: Edge) -> None:
        found = organisations.by_name(edge, PARTNER)
        assert found is not None
        edge.db.execute(
            update(table).where(table.c.id == found.id).values(effective_policy=document)
        )

    house.run(write)


def test_a_policy_that_the_database_holds_is_made_once(house: House) -> None:
    piet = signed_in(house, "piet")
    raise_(house, PARTNER, Raised(AAL.AAL2))
    piet.get("/")
    made = policy_codec.effective.cache_info().misses
    for _ in range(3):
        assert piet.get("/").status_code == 200
    assert policy_codec.effective.cache_info().misses == made


def test_a_thousand_organisations_are_published_for_at_once(house: House) -> None:
    house.organise()

    def plant(edge: Edge) -> None:
        parent = organisations.by_name(edge, BRANCH)
        assert parent is not None
        for number in range(1000):
            identity = edge.new_id()
            organisations.add(
                edge,
                organisations.Organisation(
                    identity, parent.id, f"{parent.path}{identity}/", f"N{number}", True, edge.now
                ),
            )

    house.run(plant)
    assert raise_(house, PARTNER, RESISTANT) == Published(1, 1002)
    asked = {
        row["name"]: row["effective_policy"]
        for row in rows(house, "organisations")
        if row["effective_policy"] is not None
    }
    assert len(asked) == 1002
    assert all(one == asked[PARTNER] for one in asked.values())
