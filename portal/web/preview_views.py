"""View values of a preview of a policy, of its versions, and of what two of them say otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import url_for

from portal.flows import draft_fields, policy_pages
from portal.flows.policy_pages import Compared, Entry, Organisation
from portal.flows.policy_previews import Count, Preview
from portal.rules.policy import NOTHING, Policy
from portal.rules.terms import Role
from portal.values import frozen
from portal.web import compliance_words, messages, policy_views, policy_words, rollout_views
from portal.web.words import gettext, ngettext

EXEMPTION = "exceptions.ask_exemption"


@frozen
class Person:
    """Somebody who would be stopped: from when and why, and where they can be let off."""

    name: str
    email: str
    roles: str
    organisation: str
    why: str
    when: str
    url: str
    exempt_url: str | None


@frozen
class VersionLine:
    """A version in the list. `sentences`: what it says; None: only another release could."""

    number: int
    author: str
    published_at: datetime
    published: str
    dates: str
    sentences: list[str] | None
    message: str
    url: str


@frozen
class Difference:
    """What one version says and the other does not; an empty side says nothing."""

    old: str
    new: str


def words(found: Preview) -> dict[str, Any]:
    """What the draft will mean, in sentences."""
    organisation, dates = found.organisation, found.dates
    asked, count = found.asked, found.count
    return {
        # What cannot be published stops nobody yet: nobody was looked at.
        "is_counted": found.asked is not None,
        "rules": list(policy_words.sentences(found.own).values()) if found.own else [],
        "road": rollout_views.ahead(found),
        "sentences": list(_sentences(found, asked, count)) if asked and count else [],
        "total": count.total if count else 0,
        "organisations": found.organisations,
        "author_stopped": bool(count and count.author),
        "message": found.rollout.message,
        "enforced": policy_views.moment(dates.enforced_at, organisation) if dates else "",
    }


def _sentences(found: Preview, asked: Policy, count: Count) -> Iterator[str]:
    """By role: how many hold it and what they must have then, and how many of them lack it."""
    dates = found.dates
    when = policy_views.moment(dates.enforced_at, found.organisation) if dates else None
    own = found.own or NOTHING
    for role in Role:
        lacking = sum(count.by_role.get(role, {}).values())
        held = count.holders.get(role, 0)
        choice = draft_fields.choice(asked, role)
        spoken_of = draft_fields.choice(own, role) in {"required", "passkey", "hardware"}
        if held and (lacking or spoken_of) and choice in {"required", "passkey", "hardware"}:
            yield f"{_must(choice, role, held, when)} {_lack(lacking)}"
        elif lacking:
            yield _no_longer(role, lacking, when)


def _must(choice: str, role: Role, held: int, when: str | None) -> str:
    named = {"role": messages.role(role), "when": when or gettext("the moment you publish it")}
    match choice:
        case "passkey":
            return ngettext(
                "From %(when)s, %(num)s person with the role %(role)s must use a passkey or a "
                "security key.",
                "From %(when)s, %(num)s people with the role %(role)s must use a passkey or a "
                "security key.",
                held,
                **named,
            )
        case "hardware":
            return ngettext(
                "From %(when)s, %(num)s person with the role %(role)s must use a certified "
                "hardware key.",
                "From %(when)s, %(num)s people with the role %(role)s must use a certified "
                "hardware key.",
                held,
                **named,
            )
    return ngettext(
        "From %(when)s, %(num)s person with the role %(role)s must have a second factor.",
        "From %(when)s, %(num)s people with the role %(role)s must have a second factor.",
        held,
        **named,
    )


def _lack(lacking: int) -> str:
    if not lacking:
        return gettext("Nobody would be stopped.")
    return ngettext(
        "%(num)s of them has none that will do yet.",
        "%(num)s of them have none that will do yet.",
        lacking,
    )


def _no_longer(role: Role, lacking: int, when: str | None) -> str:
    return ngettext(
        "From %(when)s, %(num)s person with the role %(role)s has nothing that may still be used.",
        "From %(when)s, %(num)s people with the role %(role)s have nothing that may still be used.",
        lacking,
        role=messages.role(role),
        when=when or gettext("the moment you publish it"),
    )


def people(found: Preview, now: datetime) -> list[Person]:
    return [
        Person(
            name=one.name,
            email=one.email,
            roles=", ".join(messages.role(role) for role in one.roles),
            organisation=one.organisation,
            why=str(compliance_words.REASONS[one.why]),
            when=policy_views.moment(one.at, found.organisation)
            if one.at > now
            else gettext("At once"),
            url=url_for("users.show", user_id=one.id),
            exempt_url=url_for(EXEMPTION, user_id=one.id) if one.id in found.exemptable else None,
        )
        for one in found.people
    ]


def line(entry: Entry, organisation: Organisation) -> VersionLine:
    policy = policy_pages.read(entry.document)
    if entry.enforced_at is None:
        dates = gettext("In force at once")
    else:
        dates = gettext(
            "Enforced from %(when)s", when=policy_views.moment(entry.enforced_at, organisation)
        )
    if entry.grace_s:
        days = ngettext("%(num)s day of grace", "%(num)s days of grace", entry.grace_s // 86_400)
        dates = f"{dates}, {days}"
    return VersionLine(
        number=entry.number,
        author=entry.author or gettext("The operators"),
        published_at=entry.published_at,
        published=policy_views.moment(entry.published_at, organisation),
        dates=dates,
        sentences=list(policy_words.sentences(policy).values()) if policy else None,
        message=entry.message,
        url=url_for("policy_versions.show", organisation_id=organisation.id, number=entry.number),
    )


def compared(found: Compared) -> dict[str, Any]:
    """The differences between a version and the other one, in words; None: unreadable here."""
    new = policy_pages.read(found.entry.document)
    old = policy_pages.read(found.other.document) if found.other else NOTHING
    if new is None or old is None:
        return {"differences": None}
    changed = policy_words.differences(old, new)
    return {"differences": [Difference(before or "", after or "") for _, before, after in changed]}
