"""The menu of whoever is signed in: who they are, and for which organisations they may act."""

from __future__ import annotations

from portal.flows.session import Visit
from portal.values import frozen
from portal.web import messages
from portal.web.words import Language


@frozen
class OrganisationChoice:
    """An organisation that the person may act in."""

    id: str
    name: str
    roles: list[str]
    acting: bool


@frozen
class Person:
    """Who is signed in, as the frame shows them."""

    name: str
    email: str
    initials: str
    organisations: list[OrganisationChoice]
    acting_name: str | None


def person(visit: Visit, language: Language) -> Person:
    """Made once for each language that they read, until something of them changes."""
    kept = visit.live.kept
    key = (Person, language.code)
    if key not in kept:
        kept[key] = _made(visit)
    found: Person = kept[key]
    return found


def _made(visit: Visit) -> Person:
    acting = visit.acting
    by_organisation: dict[str, OrganisationChoice] = {}
    for membership in visit.live.memberships:
        choice = by_organisation.setdefault(
            membership.organisation_id,
            OrganisationChoice(
                membership.organisation_id,
                membership.organisation_name,
                [],
                acting is not None and acting.organisation_id == membership.organisation_id,
            ),
        )
        choice.roles.append(messages.role(membership.role))
    name = visit.user.name.split()
    return Person(
        name=visit.user.name,
        email=visit.user.email,
        initials="".join(word[0] for word in (name[:1] + name[-1:] if len(name) > 1 else name)),
        organisations=list(by_organisation.values()),
        acting_name=acting.organisation_name if acting else None,
    )
