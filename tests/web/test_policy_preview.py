"""What a draft will mean: whom it would stop, with names, before anybody is; then publishing it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.edge import Edge
from portal.flows import hosts
from portal.rules.terms import AAL, Role
from portal.store.policy_people import Somebody, Wanted, stream
from tests.support.crowd import events, id_of
from tests.support.drafts import (
    allow_apps_alone,
    exempt,
    mark,
    path,
    previewed,
    publish,
    save,
    words,
)
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, House
from tests.support.web import Work, email_of, lands_on, rows, signed_in

PREVIEW_MAX = 10


def crowd(house: House, size: int, organisation: str = PARTNER) -> list[str]:
    names = [f"rider{number:03d}" for number in range(size)]
    for name in names:
        house.user(f"{name}@crowd.example", organisation, Role.DISPATCHER)
    return [name.title() for name in names]


def test_it_names_whom_it_would_stop_and_only_them(house: House) -> None:
    pam, piet = signed_in(house, "pam"), signed_in(house, "piet")
    dan = house.person("dan")
    house.person("eve")
    bea = house.user("bea@branch.example", BRANCH, Role.DISPATCHER)
    house.user("otto@guests.example", GUESTS, Role.DISPATCHER)
    save(pam, role__dispatcher="required", role__finance_controller="passkey")
    told = previewed(pam)
    assert (
        "From the moment you publish it, 2 people with the role Dispatcher must have a second "
        "factor. 2 of them have none that will do yet."
    ) in told
    assert "2 people with the role Finance controller must use a passkey" in told
    assert "1 of them has none that will do yet." in told, "Eve is stopped today already"
    assert "3 people would be stopped" in told
    assert "dan@partner.example" in told and bea.email in told
    assert "A second factor is missing." in told
    assert "piet@partner.example" in told and "A passkey or a security key is missing." in told
    page = pam.get(path(house, "preview")).text
    assert f'href="/admin/users/{dan.id}/exemption"' in page, "an exemption is a click away"
    for spared in ("eve@partner.example", "otto@guests.example", "pam@partner.example"):
        assert f"{spared} " not in told.split("Who would be stopped")[1]
    assert piet.get("/").status_code == 200, "nobody is stopped by looking"
    assert publish(pam).status_code == 303
    assert lands_on(piet.get("/")) == "/login/enrol", "and then exactly those are"
    assert pam.get("/").status_code == 200


def test_with_dates_each_is_told_from_when(house: House) -> None:
    house.run(hosts.create_organisation, HQ)
    house.run(hosts.create_organisation, "Pacific", parent=HQ, time_zone="America/Los_Angeles")
    house.user("paz@pacific.example", "Pacific", Role.PARTNER_ADMIN)
    house.user("dot@pacific.example", "Pacific", Role.DISPATCHER)
    paz = house.visitor()
    paz.sign_in("paz@pacific.example")
    paz.enrol_app()
    paz.get("/security")
    save(paz, organisation="Pacific", role__dispatcher="required", enforced="2026-12-24T09:00",
         grace_days="7")  # fmt: skip
    told = previewed(paz, "Pacific")
    assert "From 24 Dec 2026, 09:00 (America/Los Angeles), 1 person with the role" in told
    assert "Announced When you publish it" in told
    assert "Enforced for accounts made since the announcement 24 Dec 2026, 09:00" in told
    assert "enforced for everybody 31 Dec 2026, 09:00 (America/Los Angeles)" in told
    page = paz.get(path(house, "preview", organisation="Pacific")).text
    assert page.count('class="picture-stop"') == 4, "drawn like the one that is underway"
    assert "A second factor is missing. 31 Dec 2026, 09:00 (America/Los Angeles)" in told
    assert publish(paz, "announce", organisation="Pacific").status_code == 303
    (version,) = rows(house, "policies")
    assert version["enforced_at"].isoformat() == "2026-12-24T17:00:00+00:00"
    assert version["monitored_at"] == house.clock().replace(microsecond=0)
    assert version["grace_s"] == 7 * 86_400 and version["author_id"] is not None
    (event,) = events(house, "policy.published")
    assert event["detail"]["number"] == 1
    assert rows(house, "policy_drafts") == [], "the draft went in the same transaction"


def test_a_long_list_is_counted_wholly_and_named_page_by_page(house: House) -> None:
    pam = signed_in(house, "pam")
    names = crowd(house, 60)
    save(pam, role__dispatcher="required")
    with Work(house) as work:
        page = pam.get(path(house, "preview"))
    assert len(work.statements) <= PREVIEW_MAX, work.statements
    assert "60 people would be stopped" in words(page)
    following = page.text.split('hx-get="')[1].split('"')[0]
    rest = pam.get(following, htmx=True)
    assert "<html" not in rest.text and "<html" in pam.get(following).text
    first = {name for name in names if f">{name}<" in page.text}
    second = {name for name in names if f">{name}<" in rest.text}
    assert len(first) == 50 and first | second == set(names) and not first & second
    assert "Next page" not in rest.text
    whole = pam.get(following)
    assert "/publication" in page.text and "/publication" not in whole.text, "not seen whole"
    assert f'href="{path(house, "preview")}">First page' in whole.text
    after_all = following.split("after=")[0] + "after=ffffffff-ffff-7fff-bfff-ffffffffffff"
    assert "Nobody else would be stopped." in words(pam.get(after_all))


def test_people_are_read_in_parts_and_nobody_is_torn_apart(house: House) -> None:
    """Whose roles lie on both sides of a part's end keeps all of them."""
    for name in crowd(house, 5):
        house.run(hosts.grant, f"{name}@crowd.example".lower(), BRANCH, Role.FINANCE_CONTROLLER)
    everybody = Wanted(f"/{id_of(house, HQ)}/", None, AAL.AAL2, resistant=False)

    def people(edge: Edge, size: int | None) -> list[Somebody]:
        return [sorted(rows) for rows in stream(edge, everybody, None, size)]

    whole = house.run(people, None)
    assert [len(rows) for rows in whole] == [2] * 5
    for size in (3, 4, 5, 10, 11):
        assert house.run(people, size) == whole


def test_whoever_is_exempt_is_stopped_when_that_ends(house: House) -> None:
    pam, dan = signed_in(house, "pam"), house.person("dan")
    exempt(house, dan.id, house.clock() + timedelta(days=3))
    save(pam, role__dispatcher="required")
    told = previewed(pam)
    assert "1 person would be stopped" in told
    assert "A second factor is missing. 5 Nov 2026" in told
    house.clock.advance(timedelta(days=3))
    pam.sign_in(email_of("pam"))
    assert "A second factor is missing. At once" in previewed(pam)


def test_what_people_hold_and_may_use_no_more_is_counted(house: House) -> None:
    pam, piet = signed_in(house, "pam"), signed_in(house, "piet")
    save(pam, methods="these", method__passkey="y")
    told = previewed(pam)
    assert "2 people would be stopped" in told
    assert "1 person with the role Finance controller must have a second factor. 1 of them" in told
    assert "You are among them" in told
    assert "What they have enrolled may not be used any more" in told
    assert publish(pam).status_code == 303, "they can enrol a passkey: nobody is locked out"
    assert lands_on(piet.get("/")) == "/login/enrol"


def test_what_another_organisation_forbids_counts_for_its_people(house: House) -> None:
    """A passkey is held and opens nothing: asking for one stops this person, and no other."""
    from tests.support import passkey_pages
    from tests.support.passkeys import synced_passkey

    pam, dan = signed_in(house, "pam"), signed_in(house, "dan")
    assert passkey_pages.enrol(dan, synced_passkey()).status_code == 303
    save(pam, role__dispatcher="passkey")
    assert "Nobody would be stopped." in previewed(pam)
    allow_apps_alone(house, "dan")
    told = previewed(pam)
    assert "1 person would be stopped" in told and "dan@partner.example" in told


@pytest.mark.parametrize("name", ["ada", "stan"])
def test_who_may_look_sees_the_preview_and_publishes_nothing(house: House, name: str) -> None:
    pam, visitor = signed_in(house, "pam"), signed_in(house, name)
    save(pam, role__dispatcher="required")
    page = visitor.get(path(house, "preview"))
    assert page.status_code == 200 and "/publication" not in page.text
    form = {"draft": mark(pam), "how": "now"}
    assert visitor.post(path(house, "publication"), form).status_code in {403, 404}
    assert rows(house, "policies") == []


def test_another_tenant_learns_nothing(house: House) -> None:
    pam, sol = signed_in(house, "pam"), signed_in(house, "sol")
    save(sol, organisation=GUESTS, role__traveler="required")
    own = path(house, "preview", organisation=GUESTS)
    for htmx in (False, True):
        assert pam.get(own, htmx=htmx).status_code == 404
        form = {"draft": mark(sol, GUESTS), "how": "now"}
        target = path(house, "publication", organisation=GUESTS)
        assert pam.post(target, form, htmx=htmx).status_code == 404
    assert rows(house, "policies") == []
    assert pam.get(path(house, "preview")).status_code == 404, "no draft, no preview"
