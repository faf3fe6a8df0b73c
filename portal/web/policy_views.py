"""View values of the pages of policy: the editor's fields, and what a form means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for

from portal.flows import draft_fields, policy_pages
from portal.flows.drafts import GRACE_DAYS_MAX, MESSAGE_MAX
from portal.flows.organisation_choices import Choices
from portal.flows.policy_pages import Desk, Organisation
from portal.rules import policy as policies
from portal.rules.actions import RAISABLE
from portal.rules.roles import FITS, Place, place_of
from portal.rules.terms import Action, Role
from portal.values import frozen
from portal.web import messages, moments, policy_forms, policy_words
from portal.web.words import Phrase, gettext, language, lazy_gettext

# The operations of which more can be asked, in the groups of the editor.
GROUPS: tuple[tuple[Phrase, tuple[str, ...]], ...] = (
    (lazy_gettext("Settlements, payees and payouts"), ("settlement", "payee", "payout")),
    (lazy_gettext("Cards and passengers"), ("card", "passenger")),
    (
        lazy_gettext("Resets and exceptions"),
        ("reset", "exemption", "bypass", "exception", "caller"),
    ),
    (lazy_gettext("Users and roles"), ("user", "membership")),
    (
        lazy_gettext("Policy, plan and machines"),
        ("policy", "plan", "token", "webhook", "integration", "billing"),
    ),
    (lazy_gettext("Everything else"), ("",)),
)
_LEVELS: tuple[tuple[str, Phrase], ...] = (
    ("", lazy_gettext("As usual")),
    ("2", lazy_gettext("Two factors")),
    ("3", lazy_gettext("A certified hardware key")),
)


@frozen
class Input:
    """A field of the editor. `notes`: what stands above it; `options`: value and words."""

    name: str
    label: str
    value: str
    notes: tuple[str, ...] = ()
    error: str = ""
    options: tuple[tuple[str, str], ...] = ()


@frozen
class Raised:
    """The fields of an operation of which more can be asked."""

    label: str
    level: Input
    resistant: Input
    minutes: Input
    notes: tuple[str, ...]


@frozen
class Group:
    """Operations that belong together; `said`: of how many something is said here."""

    title: str
    said: int
    wrong: bool
    operations: tuple[Raised, ...]


@frozen
class Meaning:
    """What a form says as it stands, and what is wrong with that as a whole."""

    sentences: list[str]
    warning: str = ""


def moment(at: datetime, organisation: Organisation) -> str:
    """A moment by the organisation's clock, with the name of its zone."""
    zone = organisation.time_zone
    text = moments.moment(at, ZoneInfo(zone), language().code, "short")
    return gettext("%(moment)s (%(zone)s)", moment=text, zone=zone.replace("_", " "))


def choices(found: Choices) -> list[tuple[str, str, bool]]:
    """Organisations to look at: address, name, and whether it is this one."""
    if not found.others:
        return []
    return [
        (url_for("policy.index", organisation_id=one.id), one.name, one.id == found.chosen.id)
        for one in found.offered
    ]


def meaning(document: dict[str, Any], wrong: Mapping[str, str]) -> Meaning:
    """The sentences of a document that need not be ready to be published."""
    policy = policy_pages.read(document)
    if wrong or policy is None:
        return Meaning([], gettext("Something in the form cannot be read yet."))
    why = policies.contradiction(policy)
    said = list(policy_words.sentences(policy).values())
    return Meaning(said, policy_words.blocked(why) if why else "")


def editor(desk: Desk, filled: Mapping[str, str], wrong: Mapping[str, str]) -> dict[str, Any]:
    """Every field of the editor with what was typed, what stands above it, and what is wrong."""
    notes = policy_words.notes(desk.above)

    def field(name: str, label: str, key: str = "", options: Any = ()) -> Input:
        error = str(policy_forms.WRONG[wrong[name]]) if name in wrong else ""
        said = tuple(notes.get(key or name, ()))
        return Input(name, label, filled.get(name, ""), said, error, tuple(options))

    kinds = dict.fromkeys((*desk.methods, *sorted(desk.document.methods or ())))
    return {
        "wrong": wrong,
        "roles": [
            field(draft_fields.role_field(role), messages.role(role), "", _choices())
            for role in _roles(desk)
        ],
        "methods": field("methods", gettext("Second factors")),
        "kinds": [field(draft_fields.method_field(one), policy_words.method(one)) for one in kinds],
        "attested": field("attested", gettext("The FIDO metadata must vouch for the make")),
        "device_bound": field("device_bound", gettext("None that is copied to other devices")),
        "certification": field("certification", gettext("Certified by FIDO"), "", _certified()),
        "allowed": field("allowed", gettext("Only these makes")),
        "denied": field("denied", gettext("Never these makes")),
        "known": _known(filled),
        "groups": _groups(field),
        "reset_approvals": field(
            "reset_approvals", gettext("How many people must approve a reset")
        ),
        "monitored": field("monitored", gettext("Watched from")),
        "enforced": field("enforced", gettext("Holds from")),
        "grace_days": field("grace_days", gettext("Days of grace")),
        "grace_days_max": GRACE_DAYS_MAX,
        "message": field("message", gettext("Message to the people affected")),
        "message_max": MESSAGE_MAX,
        "models_max": draft_fields.MODELS_LENGTH_MAX,
        "minutes_max": draft_fields.MINUTES_MAX,
    }


def _roles(desk: Desk) -> Iterable[Role]:
    """The roles that there can be here and below, and those that are spoken of."""
    path, managed = desk.organisation.path, desk.organisation.managed_by_parent
    is_root = place_of(path, managed_by_parent=managed) is Place.ROOT
    fitting = set(Role) if is_root else FITS[Place.MANAGED]
    own = desk.document
    said = {*own.required_roles, *own.optional_roles, *own.off_roles, *own.demands}
    return [role for role in Role if role in fitting | said]


def _choices() -> Iterable[tuple[str, str]]:
    return [(key, str(words)) for key, words in policy_words.CHOICES.items()]


def _certified() -> Iterable[tuple[str, str]]:
    levels = [
        (str(level), gettext("Level %(level)s or higher", level=level)) for level in (1, 2, 3)
    ]
    return [("0", gettext("Not asked for")), *levels]


def _known(filled: Mapping[str, str]) -> list[str]:
    """The makes of the lists that have a name."""
    document, _ = draft_fields.document(filled, ())
    listed = document["restrictions"]
    every = dict.fromkeys((*(listed["allowed"] or ()), *listed["denied"]))
    return [text for one in every if (text := policy_words.model(one)) != one]


def _groups(field: Any) -> list[Group]:
    left = sorted(RAISABLE, key=policy_words.operation)
    found = []
    for title, parts in GROUPS:
        own = [one for one in left if any(part in one for part in parts)]
        left = [one for one in left if one not in own]
        operations = tuple(_raised(action, field) for action in own)
        every = [one for each in operations for one in (each.level, each.resistant, each.minutes)]
        said = sum(
            any(one.value for one in (each.level, each.resistant, each.minutes))
            for each in operations
        )
        found.append(Group(str(title), said, any(one.error for one in every), operations))
    return found


def _raised(action: Action, field: Any) -> Raised:
    level, resistant, minutes = draft_fields.raised_fields(action)
    levels = [(value, str(words)) for value, words in _LEVELS]
    asked = field(level, gettext("Level"), f"raised-{action}", levels)
    return Raised(
        policy_words.operation(action),
        asked,
        field(resistant, gettext("Passkey or security key")),
        field(minutes, gettext("Minutes")),
        asked.notes,
    )
