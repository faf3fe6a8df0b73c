"""Two administrators at the same instant: one is first, the other is told, on both databases."""

from __future__ import annotations

from collections.abc import Callable

from portal.flows import policies
from portal.rules.terms import Role
from tests.support.crowd import staff
from tests.support.drafts import mark, path, save
from tests.support.house import PARTNER, House, Visitor
from tests.support.threads import at_once
from tests.support.web import rows, signed_in


def both(house: House) -> tuple[Visitor, Visitor]:
    """Two administrators of one partner, each in a browser of their own."""
    pam = signed_in(house, "pam")
    return pam, staff(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)


def together(*work: Callable[[], int]) -> list[int]:
    return sorted(at_once(len(work), lambda number: work[number]()))


def sender(visitor: Visitor, target: str, **form: str) -> Callable[[], int]:
    """Everything but the last click."""
    visitor.get(path(visitor.house, "draft"))
    csrf = visitor.csrf
    return lambda: visitor.post(target, form, csrf=csrf).status_code


def test_of_two_first_drafts_one_is_kept_and_the_other_comes_back(house: House) -> None:
    pam, paul = both(house)
    target = path(house, "draft")
    answers = together(
        sender(pam, target, draft="", message="Pam’s"),
        sender(paul, target, draft="", message="Paul’s"),
    )
    assert answers == [303, 409]
    (kept,) = rows(house, "policy_drafts")
    assert kept["revision"] == 1 and kept["dates"]["message"] in {"Pam’s", "Paul’s"}


def test_of_two_changes_of_one_draft_neither_overwrites_the_other(house: House) -> None:
    pam, paul = both(house)
    save(pam, message="Before")
    seen, target = mark(pam), path(house, "draft")
    answers = together(
        sender(pam, target, draft=seen, message="Pam’s"),
        sender(paul, target, draft=seen, message="Paul’s"),
    )
    assert answers == [303, 409]
    assert rows(house, "policy_drafts")[0]["revision"] == 2


def test_a_draft_is_published_once(house: House) -> None:
    pam, paul = both(house)
    save(pam, role__traveler="off")
    seen, target = mark(pam), path(house, "publication")
    together(
        sender(pam, target, draft=seen, how="now"), sender(paul, target, draft=seen, how="now")
    )
    assert len(rows(house, "policies")) == 1
    assert rows(house, "policy_drafts") == []


def test_what_is_published_is_what_was_seen_while_somebody_changes_it(house: House) -> None:
    pam, paul = both(house)
    save(pam, role__traveler="off")
    seen = mark(pam)
    change = sender(paul, path(house, "draft"), **{"draft": seen, "role-traveler": "required"})
    publish = sender(pam, path(house, "publication"), draft=seen, how="now")
    assert together(change, publish) == [303, 409]
    published = rows(house, "policies")
    assert [row["document"].get("off_roles") for row in published] in ([], [["traveler"]])
    assert len(published) + len(rows(house, "policy_drafts")) == 1


def test_two_clicks_on_the_way_back_go_back_once(house: House) -> None:
    pam, paul = both(house)
    for document in ({"off_roles": ["traveler"]}, {"optional_roles": ["traveler"]}):
        house.run(policies.publish, PARTNER, document)
    target = path(house, "return")
    assert together(sender(pam, target, number="2"), sender(paul, target, number="2")) == [303, 409]
    assert len(rows(house, "policies")) == 3
