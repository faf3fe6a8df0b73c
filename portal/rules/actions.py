"""What each action needs: the table that `access.decide` reads, one line an action.

It holds requirements and no conclusions; docs/decisions.md is written from it.
"""

from __future__ import annotations

import enum
from datetime import timedelta
from typing import Any

from portal.rules.terms import AAL, Action, Role, Standing
from portal.values import frozen

SECURITY_AGE_MAX = timedelta(minutes=5)
VIEW_AGE_MAX = timedelta(minutes=15)  # Cards and passengers: long enough to plan a trip.
GATE_AGE_MAX = timedelta(minutes=30)  # Long enough to find, install and open an app.
GRANT_AGE_MAX = timedelta(minutes=5)  # Of the proof behind a grant, as long as a grant is good.
PENDING_MAX = timedelta(minutes=10)
# What is open while the password must be renewed: renewing it.
WHILE_DUE = frozenset({Action.CHANGE_PASSWORD})


class Level(enum.Enum):
    """Levels that a requirement can name relative to the person."""

    BASE = "base"  # What policy and the person's own factors ask of every session.
    HELD = "held"  # The highest level that the person can reach today; see `proofs`.
    ONE_FACTOR = "one_factor"
    TWO_FACTORS = "two_factors"  # Whoever cannot reach it is led to enrol, never waved through.


class Entry(enum.Enum):
    """Which sessions may ask at all."""

    SIGNED_IN = "signed_in"  # At the base level.
    GATE = "gate"  # Also a session that may do nothing but enrol.
    LAPSED = "lapsed"  # Also a finished one that has idled out, or must enrol.
    ANY = "any"  # Also one that is half signed in.


class Subjects(enum.Enum):
    """Whose account an action may be about."""

    ANYBODY = "anybody"
    OTHERS = "others"  # Never one's own.
    MEMBERS = "members"  # Others who administer nobody.
    ADMINISTRATORS = "administrators"  # Others who do: the service desk's cases.


@frozen
class Requirement:
    """What an action needs. `age_max`: how recent the proof must be; None: any live session.

    `roles`: one of them, in the organisation that the session acts in; None: any. `standing`:
    whose object it may be. `second_person`: nobody who had a part in it before. `grant`: a proof
    for exactly this action on exactly this content, good once. `within_rank`: a super-admin's
    account only for another super-admin. `phishing_resistant`: proved with what cannot be typed
    into a false page. `least`: a level that is asked for whatever `level` says.
    """

    level: Level = Level.BASE
    age_max: timedelta | None = None
    entry: Entry = Entry.SIGNED_IN
    roles: frozenset[Role] | None = None
    standing: Standing | None = None
    subjects: Subjects = Subjects.ANYBODY
    second_person: bool = False
    grant: bool = False
    within_rank: bool = False
    phishing_resistant: bool = False
    least: AAL = AAL.NONE


def _for(*roles: Role, of: Standing | None = None, **more: Any) -> Requirement:
    return Requirement(roles=frozenset(roles), standing=of, **more)


_FRESH: dict[str, Any] = {"level": Level.TWO_FACTORS, "age_max": SECURITY_AGE_MAX}
_GRANT: dict[str, Any] = {"level": Level.TWO_FACTORS, "grant": True}
_RECENT = _for(Role.TRAVELER, level=Level.TWO_FACTORS, age_max=VIEW_AGE_MAX)
_OWN, _SERVED, _ANY = Standing.OWN, Standing.SERVED, Standing.ANY
# Two administrators of one organisation are two people: they need not wait for HQ, which is the
# second person wherever they like, and wherever there is no other.
_DECIDED = Standing.SERVED_OR_ANY
_CONTROLLER, _PARTNER = Role.FINANCE_CONTROLLER, Role.PARTNER_ADMIN
_HQ, _SUPER, _DESK = Role.HQ_ADMIN, Role.SUPER_ADMIN, Role.SERVICE_DESK

ACTIONS: dict[Action, Requirement] = {
    Action.CHALLENGE: Requirement(entry=Entry.ANY),
    Action.SIGN_OUT: Requirement(entry=Entry.ANY),
    Action.HOME: Requirement(),
    Action.STEP_UP: Requirement(entry=Entry.LAPSED),
    Action.ENROL: Requirement(Level.HELD, SECURITY_AGE_MAX, Entry.GATE),
    Action.FINISH_ENROLMENT: Requirement(entry=Entry.GATE),
    Action.VIEW_SECURITY: Requirement(),
    Action.CHANGE_SECURITY: Requirement(Level.HELD, SECURITY_AGE_MAX),
    Action.END_SESSIONS: Requirement(Level.ONE_FACTOR, SECURITY_AGE_MAX),
    Action.VIEW_ACCOUNT: Requirement(),
    Action.CHANGE_PROFILE: Requirement(),
    Action.CHANGE_PASSWORD: Requirement(Level.HELD, SECURITY_AGE_MAX),
    Action.CHANGE_EMAIL: Requirement(Level.HELD, SECURITY_AGE_MAX),
    Action.SWITCH_ORGANISATION: Requirement(),
    Action.SHOW_CALLER_CODE: Requirement(),
    Action.VIEW_SETTLEMENTS: _for(_CONTROLLER, _PARTNER),
    Action.EXPORT_SETTLEMENTS: _for(_CONTROLLER, of=_OWN, **_GRANT),
    Action.VIEW_PAYEES: _for(_CONTROLLER, _PARTNER),
    Action.CHANGE_PAYEE: _for(_CONTROLLER, _PARTNER, of=_OWN, **_GRANT),
    Action.APPROVE_PAYEE: _for(_CONTROLLER, _PARTNER, of=_OWN, second_person=True, **_GRANT),
    Action.REJECT_PAYEE: _for(_CONTROLLER, _PARTNER, of=_OWN),
    Action.VIEW_INTEGRATIONS: _for(_CONTROLLER, _PARTNER),
    Action.CHANGE_WEBHOOKS: _for(_PARTNER, **_FRESH),
    Action.CHANGE_BILLING: _for(_CONTROLLER, _PARTNER, **_FRESH),
    Action.VIEW_PAYOUTS: _for(_HQ, _SUPER),
    Action.PREPARE_PAYOUT: _for(_HQ, **_FRESH),
    Action.APPROVE_PAYOUT: _for(_HQ, _SUPER, of=_ANY, second_person=True, **_GRANT),
    Action.REJECT_PAYOUT: _for(_HQ, _SUPER, of=_ANY),
    Action.VIEW_CARDS: _RECENT,
    Action.VIEW_PASSENGERS: _RECENT,
    Action.CHANGE_PASSENGERS: _RECENT,
    Action.VIEW_POLICY: _for(_PARTNER, _HQ, _SUPER, _DESK, of=Standing.BELOW),
    Action.DRAFT_POLICY: _for(_PARTNER, _SUPER, of=_SERVED, **_FRESH),
    Action.PUBLISH_POLICY: _for(_PARTNER, _SUPER, of=_SERVED, **_FRESH),
    Action.VIEW_PLAN: _for(_PARTNER, _HQ, _SUPER, of=Standing.BELOW),
    Action.CHANGE_PLAN: _for(_SUPER, of=_ANY, **_FRESH),
    Action.VIEW_API_TOKENS: _for(_PARTNER, _SUPER),
    Action.CHANGE_API_TOKENS: _for(_PARTNER, _SUPER, **_FRESH),
    Action.VIEW_EXCEPTIONS: _for(_PARTNER, _HQ, _SUPER, _DESK),
    Action.REQUEST_EXEMPTION: _for(
        _PARTNER, _HQ, _SUPER, of=_SERVED, subjects=Subjects.OTHERS, within_rank=True, **_GRANT
    ),
    Action.APPROVE_EXEMPTION: _for(
        _SUPER, of=_ANY, subjects=Subjects.OTHERS, second_person=True, **_GRANT
    ),
    Action.END_EXEMPTION: _for(
        _PARTNER, _HQ, _SUPER, of=_SERVED, subjects=Subjects.OTHERS, **_FRESH
    ),
    Action.REQUEST_BYPASS: _for(
        _HQ, _SUPER, _DESK, of=_ANY, subjects=Subjects.OTHERS, within_rank=True, **_GRANT
    ),
    Action.APPROVE_BYPASS: _for(
        _SUPER, of=_ANY, subjects=Subjects.OTHERS, second_person=True, **_GRANT
    ),
    Action.ISSUE_BYPASS: _for(
        _HQ, _SUPER, _DESK, of=_ANY, subjects=Subjects.OTHERS, within_rank=True, **_FRESH
    ),
    Action.REJECT_EXCEPTION: _for(_SUPER, of=_ANY, subjects=Subjects.OTHERS),
    Action.WITHDRAW_EXCEPTION: _for(
        _PARTNER, _HQ, _SUPER, _DESK, of=Standing.SERVED_OR_ANY, subjects=Subjects.OTHERS
    ),
    Action.VIEW_USERS: _for(_PARTNER, _HQ, _SUPER, _DESK, of=Standing.BELOW),
    Action.EXPORT_USERS: _for(_PARTNER, _HQ, _SUPER, _DESK, of=Standing.BELOW, **_FRESH),
    Action.ADMINISTER_USER: _for(
        _PARTNER, _HQ, _SUPER, of=_SERVED, subjects=Subjects.OTHERS, within_rank=True, **_FRESH
    ),
    Action.REQUEST_RESET: _for(
        _PARTNER, _HQ, _SUPER, of=_SERVED, subjects=Subjects.MEMBERS, **_GRANT
    ),
    Action.REQUEST_DESK_RESET: _for(_DESK, of=_ANY, subjects=Subjects.ADMINISTRATORS, **_GRANT),
    Action.VIEW_RESETS: _for(_PARTNER, _HQ, _SUPER, _DESK),
    Action.WITHDRAW_RESET: _for(_PARTNER, _HQ, _SUPER, _DESK, of=_SERVED, subjects=Subjects.OTHERS),
    Action.APPROVE_RESET: _for(
        _SUPER, of=_ANY, subjects=Subjects.OTHERS, second_person=True, **_GRANT
    ),
    Action.REJECT_RESET: _for(_SUPER, of=_ANY, subjects=Subjects.OTHERS),
    Action.CHECK_CALLER: _for(_DESK, of=_ANY, subjects=Subjects.OTHERS),
    Action.INVITE_USER: _for(_PARTNER, _HQ, _SUPER, of=Standing.SERVED_OR_UNATTENDED, **_FRESH),
    Action.CHANGE_MEMBERSHIP: _for(
        _PARTNER, _HQ, _SUPER, of=_SERVED, subjects=Subjects.OTHERS, **_FRESH
    ),
    Action.APPROVE_MEMBERSHIP: _for(
        _PARTNER, _SUPER, of=_DECIDED, subjects=Subjects.OTHERS, second_person=True, **_GRANT
    ),
    Action.REJECT_MEMBERSHIP: _for(_PARTNER, _SUPER, of=_DECIDED),
    Action.WITHDRAW_MEMBERSHIP: _for(
        _PARTNER, _HQ, _SUPER, of=_DECIDED, subjects=Subjects.OTHERS, **_FRESH
    ),
}


# Open whatever a policy raises: the ways to see what is wrong, to stop it and to get help. The
# password too, because nothing else is open while it must be renewed.
_NEVER_RAISED = WHILE_DUE | {
    Action.HOME,
    Action.VIEW_SECURITY,
    Action.END_SESSIONS,
    Action.VIEW_ACCOUNT,
    Action.SWITCH_ORGANISATION,
    Action.SHOW_CALLER_CODE,
}
RAISABLE = frozenset(
    action
    for action, requirement in ACTIONS.items()
    if requirement.entry is Entry.SIGNED_IN and action not in _NEVER_RAISED
)


def needs_target(requirement: Requirement) -> bool:
    """Whether the action is about an object that must be known before it is allowed."""
    return requirement.standing is not None
