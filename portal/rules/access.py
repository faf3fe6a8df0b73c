"""May this session do that? The only place that answers.

`actions.ACTIONS` is the table, `decide` reads it; `proofs` is its last question. Nothing here
writes, and no other module compares a level, a role or an age. The order of the questions is part
of the promise: a session that is half signed in learns nothing, not even that it would have been
refused.

    no session, ended, or account not active ──► SignIn
    was reset, holds nothing that would do,
    or comes by the invitation to an account ──► Enrol
    below what is asked of every session     ──► StepUp (pending, unless it was whole before)
    the password must be renewed             ──► Renew
    another tenant's                         ──► NotFound
    not in this role, or not by this person  ──► Deny
    nothing held could prove enough          ──► Enrol
    level, freshness or grant missing        ──► StepUp
    otherwise                                ──► Allow
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from portal.rules import assurance, offers, policy, proofs, standing
from portal.rules.actions import (
    ACTIONS,
    GATE_AGE_MAX,
    PENDING_MAX,
    RAISABLE,
    WHILE_DUE,
    Entry,
    Requirement,
    Subjects,
)
from portal.rules.decisions import Allow, Decision, Deny, Enrol, NotFound, Renew, SignIn, StepUp
from portal.rules.facts import Facts
from portal.rules.terms import AAL, ADMINISTRATORS, AccountState, Action, Role, Strength

__all__ = (  # A decision and its answers are asked for in one place.
    "Allow",
    "Decision",
    "Deny",
    "Enrol",
    "NotFound",
    "Renew",
    "SignIn",
    "StepUp",
    "decide",
    "decide_grant",
    "required",
    "session_end",
)


def decide(action: Action, facts: Facts) -> Decision:
    """Whether the session described by `facts` may do `action`, or what it needs first."""
    answers: dict[Action, Decision] = facts.answers
    answer = answers.get(action)
    if answer is None:
        # A request asks the same of the same facts several times: for its page, frame and flow.
        answer = answers[action] = _decide(action, facts)
    return answer


def required(action: Action, facts: Facts) -> Requirement:
    """What an action needs of this person: the table, and what policy asks beyond it."""
    requirement = ACTIONS[action]
    more = facts.policy.raised.get(action)
    if more is None or action not in RAISABLE:
        return requirement
    ages = [age for age in (requirement.age_max, more.age_max) if age is not None]
    return replace(
        requirement,
        least=max(requirement.least, more.level or AAL.NONE),
        phishing_resistant=requirement.phishing_resistant or more.phishing_resistant,
        age_max=min(ages, default=None),
    )


def _decide(action: Action, facts: Facts) -> Decision:
    requirement = required(action, facts)
    if refusal := _not_signed_in(facts):
        return refusal
    if requirement.entry is Entry.ANY:
        return Allow(facts.level)
    base = base_level(facts)
    below = _below_base(facts, base)
    if requirement.entry is Entry.LAPSED and not (isinstance(below, StepUp) and below.pending):
        return Allow(facts.level)
    if isinstance(below, Enrol) and below.choices and requirement.entry is Entry.GATE:
        return _in_gate(requirement, facts)
    if below:
        return below
    closed = requirement.entry in {Entry.SIGNED_IN, Entry.GATE} and action not in WHILE_DUE
    if facts.password_due and closed:
        return Renew("password_due")
    return _refused(requirement, facts) or proofs.level_and_freshness(requirement, facts, base)


def decide_grant(action: Action, facts: Facts, *, granted: bool) -> Decision:
    """What a waiting grant for `action` still needs, its object having been settled when asked.

    Whoever confirms it later asks `decide` again with the object of that moment.
    """
    requirement = required(action, facts)
    entrance = decide(action, replace(facts, target=None))
    if not isinstance(entrance, Allow) or not requirement.grant:
        return entrance
    return proofs.granted(requirement, replace(facts, granted=granted), base_level(facts))


def is_open_to(requirement: Requirement, roles: frozenset[Role]) -> bool:
    """Whether somebody with these roles in the acting organisation may come near an action."""
    return requirement.roles is None or bool(requirement.roles & roles)


def refusal(action: Action, facts: Facts) -> NotFound | Deny | None:
    """What no proof would change, for a person who need not be here; None: nothing.

    Of `facts` only the person, their roles and the target count: whoever once asked for something
    must still be one who may ask when it is done.
    """
    return _refused(ACTIONS[action], facts)


def _refused(requirement: Requirement, facts: Facts) -> NotFound | Deny | None:
    """Tenant, then role, then persons: what no further proof would change."""
    target = facts.target
    reach = requirement.standing
    if target and reach and not standing.reaches(reach, facts.acting, target):
        return NotFound("another_tenant")
    if not is_open_to(requirement, facts.acting_roles):
        return Deny("role")
    if target is None:
        return None
    if requirement.subjects is not Subjects.ANYBODY and target.subject_id == facts.user_id:
        return Deny("oneself")
    above = Role.SUPER_ADMIN in target.subject_roles - facts.acting_roles
    if requirement.within_rank and above:
        return Deny("above")
    administers = bool(target.subject_roles & ADMINISTRATORS)
    if requirement.subjects is Subjects.MEMBERS and administers:
        return Deny("administrator")
    if requirement.subjects is Subjects.ADMINISTRATORS and not administers:
        return Deny("no_administrator")
    if requirement.second_person and facts.user_id in target.parties:
        return Deny("second_person")
    return None


def base_level(facts: Facts) -> AAL:
    """The level that this person's sessions must reach before they may do anything."""
    return facts.base_level


def missing(facts: Facts) -> tuple[str, ...]:
    """The kinds that would give a person what policy asks of a sign-in, best first."""
    base, resistant = facts.base_level, facts.base_resistant
    return offers.enrolling(facts, base, phishing_resistant=resistant)


def session_end(facts: Facts) -> datetime:
    """When a session with these facts ends, however busy it is.

    A sign-in that waits for its second factor, or for an enrolment, has minutes; a finished one
    has the lifetime of its level. Re-proving moves the end, browsing does not (NIST 2.2.3).
    """
    match decide(Action.HOME, facts):
        case StepUp(pending=True):
            return _latest_proof(facts) + PENDING_MAX
        case Enrol():
            return _latest_proof(facts) + GATE_AGE_MAX
    return assurance.lifetime_end(
        facts.authentications, issued_at=facts.now, lifetimes=facts.lifetimes
    )


def _not_signed_in(facts: Facts) -> SignIn | None:
    if not facts.signed_in or not facts.authentications:
        return SignIn("no_session")
    if facts.state is not AccountState.ACTIVE and not facts.activating:
        return SignIn(f"account_{facts.state}")
    if facts.ends_at is not None and facts.now >= facts.ends_at:
        return SignIn("session_ended")
    if facts.proves_nobody:
        return SignIn("proofs_expired")
    return None


def _below_base(facts: Facts, base: AAL) -> StepUp | Enrol | None:
    """What keeps a session from its base level; None when it stands at or above it."""
    if gate := _must_enrol(facts, base):
        # Left open at a shared desk it closes too: the next one there enrols nothing of their own.
        return _idled_out(facts, base) if facts.locked else gate
    resists = not facts.base_resistant or proofs.resists(facts, base)
    if facts.level >= base and resists:
        return None
    if facts.level_when_active >= base and resists:
        return _idled_out(facts, base)
    # Whole before policy asked for more: its person is at work, and is not sent back to the start.
    was_whole = facts.unforbidden.level_when_active >= AAL.AAL2
    return StepUp(
        offers.completing(facts, base, phishing_resistant=facts.base_resistant),
        why="policy_asks_more" if was_whole else "second_factor",
        pending=not was_whole,
        hardware=base is AAL.AAL3,
        phishing_resistant=facts.base_resistant,
    )


def _idled_out(facts: Facts, base: AAL) -> StepUp:
    """It once stood at its level and idled out: any one factor and the cookie restore it.

    AAL3 is restored by what is AAL3 alone (NIST 2.3.3), and the gate also by what is forbidden.
    """
    if facts.lacking is None and base is AAL.AAL3:
        return StepUp(offers.completing(facts, base), why="idle", lapsed=True, hardware=True)
    held = (*facts.enrolled, *(facts.forbidden if facts.lacking else ()))
    return StepUp(offers.best_first(held, facts), why="idle", lapsed=True)


def _must_enrol(facts: Facts, base: AAL) -> Enrol | None:
    if facts.reset:
        # A mailbox alone, or a password alone, never enrols again after a reset.
        why = "reset" if facts.ticketed else "ticket_needed"
        return Enrol(offers.enrolling(facts) if facts.ticketed else (), why)
    # Asked before the level: the proof of a revoked app, or a backup code, stands in for nothing.
    # Nor does a copy open the gate: the password alone would enrol in its place.
    if facts.lacking is not None:
        return Enrol(missing(facts), why=facts.lacking)
    # Asked for when it was begun, by a policy that has changed meanwhile: it is ended all the same.
    return Enrol(offers.enrolling(facts), why="activation") if facts.activating else None


def _in_gate(requirement: Requirement, facts: Facts) -> Allow | StepUp:
    """The enrolment gate: open to whoever gave all they have, not too long ago.

    All, so a backup code too where one is held, what is forbidden now, and what is taken for a copy
    where nothing else is held: a password alone never enrols in place of a factor that is lost. Nor
    does a code of an app in place of a passkey that would not do: it could have been typed into a
    false page. As in `proofs`, a backup code may.
    """
    everything = (*facts.enrolled, *facts.forbidden)
    if not any(policy.counts_as_second_factor(one.strength) for one in everything):
        everything += facts.copies
    facts = replace(facts.unforbidden, enrolled=everything)
    own = [one.strength for one in everything if not one.strength.issued]
    held = min(assurance.level(own), AAL.AAL2)
    resists = any(strength.phishing_resistant for strength in own)
    given = (proof for proof in facts.own if not resists or _stands_for_passkey(proof.strength))
    if requirement.age_max is None or assurance.is_fresh(
        given, wanted=held, age_max=GATE_AGE_MAX, now=facts.now
    ):
        return Allow(facts.level)
    choices = offers.refreshing(facts, held, phishing_resistant=resists, or_code=resists)
    return StepUp(choices, why="enrolment_needs_fresh_proof", phishing_resistant=resists)


def _stands_for_passkey(strength: Strength) -> bool:
    return strength.phishing_resistant or strength.look_up_secret


def _latest_proof(facts: Facts) -> datetime:
    return max((proof.at for proof in facts.authentications), default=facts.now)
