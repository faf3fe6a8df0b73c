"""Is what was proved enough for an action: its level, its freshness, its grant?

Asked by `access` last, when nothing else stands in the way; who may come near an action at all is
not decided here.

What guards an account is changed by the best that guards it (`Level.HELD`): whoever holds a passkey
or a key proves with it, and whoever holds one of AAL3 with that. A code of an app could have been
typed into a false page, and would enrol a thief's own passkey. So whoever has lost their only one
needs a backup code to change anything, to revoke the lost one too; without codes the app still
signs in and works, and an administrator's reset is the way back. A code that administrators gave
out signs in and changes nothing: a way in for an hour must not become one for good.
"""

from __future__ import annotations

from datetime import timedelta

from portal.rules import assurance, offers
from portal.rules.actions import GRANT_AGE_MAX, Level, Requirement, needs_target
from portal.rules.decisions import Allow, Enrol, StepUp
from portal.rules.facts import Facts
from portal.rules.terms import AAL
from portal.values import frozen


@frozen
class _Asked:
    """What is asked of this person; `or_code`: a backup code may stand in for it."""

    level: AAL
    resistant: bool
    or_code: bool = False


def level_and_freshness(
    requirement: Requirement, facts: Facts, base: AAL
) -> Allow | StepUp | Enrol:
    """What is missing of the level, or of how lately it was proved; Allow where nothing is."""
    reached = facts.level
    if lacking := _lacks(requirement, facts):
        return lacking
    open_end = facts.target is None and needs_target(requirement)
    if requirement.grant and not open_end:
        return granted(requirement, facts, base)
    asked = _asked(requirement, facts, base)
    wanted, resistant = asked.level, asked.resistant
    hardware = wanted is AAL.AAL3
    offered = {"phishing_resistant": resistant, "or_code": asked.or_code}
    if reached < wanted and not requirement.grant:
        choices = offers.completing(facts, wanted, **offered)
        all_resist = resistant and set(choices) <= set(offers.resisting(facts))
        return StepUp(choices, "level", hardware=hardware, phishing_resistant=all_resist)
    must_resist = requirement.phishing_resistant and not requirement.grant
    if must_resist and not resists(facts, wanted):
        return StepUp(offers.resisting(facts), "phishing_resistant", phishing_resistant=True)
    if requirement.age_max is None or assurance.is_fresh(
        facts.own,
        wanted=wanted,
        age_max=requirement.age_max,
        now=facts.now,
        phishing_resistant=resistant,
    ):
        return Allow(reached, provisional=open_end)
    choices = offers.refreshing(facts, wanted, **offered)
    return StepUp(choices, "freshness", hardware=hardware, phishing_resistant=resistant)


def _lacks(requirement: Requirement, facts: Facts) -> Enrol | None:
    """What this person cannot prove, because they hold nothing that could."""
    needed = requirement.least
    if requirement.level is Level.TWO_FACTORS:
        needed = max(needed, AAL.AAL2)
    resistant = requirement.phishing_resistant
    unmet = resistant and not offers.resisting(facts)
    if facts.highest_level >= needed and not unmet:
        return None
    why = "action_needs_second_factor"
    if resistant:
        why = "action_needs_phishing_resistant"
    if needed is AAL.AAL3:
        why = "action_needs_hardware"
    return Enrol(offers.enrolling(facts, needed, phishing_resistant=resistant), why)


def _asked(requirement: Requirement, facts: Facts, base: AAL) -> _Asked:
    """The level and the resistance to phishing that are asked of this person.

    A backup code may stand in where the person's own strongest key or passkey is asked for, to
    change what guards the account: one that is lost could never be removed otherwise. A code
    stands in for a lost app there too. It never does where an operation asks for AAL3, for
    resistance, or for a grant.
    """
    match requirement.level:
        case Level.BASE:
            wanted = base
        case Level.HELD:
            wanted = max(base, facts.highest_level)
        case Level.ONE_FACTOR:
            wanted = AAL.AAL1
        case Level.TWO_FACTORS:
            wanted = max(base, AAL.AAL2)
    resistant = requirement.phishing_resistant
    held = requirement.level is Level.HELD
    own_key = held and wanted is AAL.AAL3 and requirement.least < AAL.AAL3
    own_passkey = (
        held
        and max(wanted, requirement.least) < AAL.AAL3
        and not resistant
        and bool(offers.resisting(facts))
    )
    if not own_key and not own_passkey:
        return _Asked(max(wanted, requirement.least), resistant)
    if _typed_code(requirement, facts):
        return _Asked(min(wanted, AAL.AAL2), resistant)
    return _Asked(wanted, resistant or own_passkey, or_code=True)


def _typed_code(requirement: Requirement, facts: Facts) -> bool:
    """Whether a backup code was typed lately enough to stand in."""
    codes = [proof for proof in facts.own if proof.strength.look_up_secret]
    age_max = requirement.age_max or timedelta(0)
    return assurance.is_fresh(codes, wanted=AAL.AAL2, age_max=age_max, now=facts.now)


def resists(facts: Facts, wanted: AAL) -> bool:
    """Whether a proof that counts for the session's level could not be typed into a false page."""
    limit = facts.lifetimes.overall[max(wanted, AAL.AAL1)]
    return any(
        proof.strength.phishing_resistant and facts.now - proof.at < limit
        for proof in facts.counting
    )


def granted(requirement: Requirement, facts: Facts, base: AAL) -> Allow | StepUp:
    """Whether a grant is at hand, and was given by what is asked for now.

    Whoever holds a phishing-resistant factor uses it: the others could be typed into a false page
    while the true one waits.
    """
    wanted = _asked(requirement, facts, base).level
    hardware, resistant = wanted is AAL.AAL3, requirement.phishing_resistant
    if facts.granted and (
        # Given under an easier policy, it is none.
        not (hardware or resistant)
        or assurance.is_fresh(
            facts.counting,
            wanted=wanted,
            age_max=GRANT_AGE_MAX,
            now=facts.now,
            phishing_resistant=resistant,
        )
    ):
        return Allow(facts.level)
    resisting = offers.granting(facts, hardware=hardware, phishing_resistant=True)
    return StepUp(
        resisting or offers.granting(facts, hardware=hardware, phishing_resistant=False),
        "grant",
        grant=True,
        hardware=hardware,
        phishing_resistant=bool(resisting),
    )
