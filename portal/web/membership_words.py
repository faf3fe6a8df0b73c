"""The words of memberships: why nothing was done, what a file's line will do, what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from portal.rules.terms import AccountState, Role
from portal.web import messages
from portal.web.words import Phrase, gettext, lazy_gettext

# Why nothing was done, and what to do instead.
BLOCKED: dict[str, Phrase] = {
    "membership_not_here": lazy_gettext(
        "This role does not exist in that kind of organisation. Choose another role."
    ),
    "membership_above": lazy_gettext(
        "This role is not yours to give or take. Ask an administrator with a greater role."
    ),
    "membership_first": lazy_gettext(
        "HQ invites nobody but its first administrator, a partner admin, into this organisation. "
        "They invite everybody else."
    ),
    "membership_held": lazy_gettext("They have this role already."),
    "membership_not_held": lazy_gettext("They do not have this role any more."),
    "membership_disabled": lazy_gettext(
        "This account is disabled. Enable it first, then give the role."
    ),
    "membership_last_super_admin": lazy_gettext(
        "This is the last super-admin. Make another one first."
    ),
    "membership_waits": lazy_gettext(
        "The same waits for a second person already. Ask them to look at it."
    ),
    "membership_oneself": lazy_gettext(
        "This is your own address. Nobody changes their own roles; ask another administrator."
    ),
    "membership_own": lazy_gettext(
        "This is about a role of your own, so somebody else must decide."
    ),
    "membership_not_yours": lazy_gettext(
        "Only who asked for it can withdraw it. You can reject it instead."
    ),
    "membership_decided": lazy_gettext("Somebody was quicker: this is decided already."),
    "membership_expired": lazy_gettext(
        "Nobody decided in time, so this is over. Ask for it again if it is still wanted."
    ),
    "membership_asker_left": lazy_gettext(
        "Whoever asked for this may no longer do so. Reject it; another administrator can ask."
    ),
    "membership_address": lazy_gettext("Write an email address, like name@example.com."),
    "membership_at_home": lazy_gettext("That is their home organisation already."),
    "membership_invited": lazy_gettext(
        "They have not accepted their invitation yet. Withdraw it, and invite them there."
    ),
    "membership_just_sent": lazy_gettext(
        "It was sent a moment ago. Ask them to look into their mailbox, or wait ten minutes."
    ),
    "membership_administers": lazy_gettext(
        "They administer others in their home organisation. Take that role away first."
    ),
    "file_too_big": lazy_gettext("This file is too big. Split it into several files."),
    "file_encoding": lazy_gettext(
        "The letters of this file cannot be read. Save it as “CSV UTF-8” and choose it again."
    ),
    "file_empty": lazy_gettext(
        "There is nobody in this file. Write one person a line, below the names of the columns."
    ),
    "file_columns": lazy_gettext(
        "The first line must name the columns: email, name, role and, if you like, language. "
        "No others."
    ),
    "file_cells": lazy_gettext("This line has too few or too many cells, or one that is too long."),
    "file_too_long": lazy_gettext("This file has too many lines. Split it into several files."),
    "file_quotes": lazy_gettext("The quotation marks of this line do not fit together."),
    "file_missing": lazy_gettext("Choose a file first."),
    "file_address": lazy_gettext("This is not an email address."),
    "file_name": lazy_gettext("A name is missing, too long, or has signs that cannot be read."),
    "file_role": lazy_gettext("There is no such role."),
    "file_language": lazy_gettext("The portal does not speak this language."),
    "file_twice": lazy_gettext("This address is in the file twice. Put the roles into one line."),
}
# What a line of a file will do.
OUTCOMES: dict[str, Phrase] = {
    "invite": lazy_gettext("Is invited by mail"),
    "give": lazy_gettext("Gets the role at once"),
    "ask": lazy_gettext("Waits for a second person"),
}
DECISIONS: dict[str, Phrase] = {
    "approved": lazy_gettext("A second person approved it"),
    "rejected": lazy_gettext("A second person rejected it"),
    "withdrawn": lazy_gettext("It was withdrawn"),
    "expired": lazy_gettext("Nobody decided about a role in time"),
}
STATES: dict[AccountState, tuple[str, Phrase]] = {
    AccountState.INVITED: ("brass", lazy_gettext("Invited")),
    AccountState.ACTIVE: ("good", lazy_gettext("Active")),
    AccountState.DISABLED: ("danger", lazy_gettext("Disabled")),
}
LET_GO: tuple[str, Phrase] = ("quiet", lazy_gettext("Invitation withdrawn"))


def roles(values: Iterable[Role]) -> str:
    """Roles by name, in the order of the house."""
    found = set(values)
    return ", ".join(messages.role(role) for role in Role if role in found)


def unreadable(reason: str, line: int) -> str:
    """Why a file was not taken, and where."""
    if not line:
        return str(BLOCKED[reason])
    return gettext("Line %(line)s: %(reason)s", line=line, reason=BLOCKED[reason])


def of_mail(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What a mail about memberships may say."""
    role = payload.get("role", "")
    return {
        "role": messages.role(Role(role)) if role else "",
        "roles": roles(Role(one) for one in payload.get("roles", ())),
        "removal": payload.get("change") == "remove",
        "former": payload.get("former", ""),
        "closed": payload.get("closed", False),
        "decision": str(DECISIONS.get(payload.get("decision", ""), "")),
    }
