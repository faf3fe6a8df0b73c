"""Is what was proved enough for an action: its level, its freshness, its grant?

Asked by `access` last, when nothing else stands in the way; who may come near an action at all is
not decided here.
"""

from __future__ import annotations

from datetime import timedelta

from portal.rules import assurance, offers
from portal.rules.actions import GRANT_AGE_MAX, Level, Requirement, needs_target
from portal.rules.decisions import Allow, Enrol, StepUp
from portal.rules.facts import Facts
from portal.rules.terms import AAL


def level_and_freshness(
    requirement: Requirement, facts: Facts, base: AAL
) -> Allow | StepUp | Enrol:
    """What is missing of the level, or of how lately it was proved; Allow where nothing is."""
    reached, resistant = facts.level, requirement.phishing_resistant
    if lacking := _lacks(requirement, facts):
        return lacking
    open_end = facts.target is None and needs_target(requirement)
    if requirement.grant and not open_end:
        return granted(requirement, facts, base)
    wanted, or_code = _wanted(requirement, facts, base)
    hardware = wanted is AAL.AAL3
    offered = {"phishing_resistant": resistant, "or_code": or_code}
    if reached < wanted and not requirement.grant:
        choices = offers.completing(facts, wanted, **offered)
        resists = resistant and set(choices) <= set(offers.resisting(facts))
        return StepUp(choices, "level", hardware=hardware, phishing_resistant=resists)
    if resistant and not requirement.grant and not _resists(facts, wanted):
        return StepUp(offers.resisting(facts), "phishing_resistant", phishing_resistant=True)
    if requirement.age_max is None or assurance.is_fresh(
        facts.authentications,
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


def _wanted(requirement: Requirement, facts: Facts, base: AAL) -> tuple[AAL, bool]:
    """The level that is asked of this person, and whether a backup code may stand in for AAL3.

    It may where the person's own strongest key is asked for, to change what guards the account: a
    key that is lost could never be removed otherwise. A code stands in for a lost app there too.
    It never does where an operation asks for AAL3, or for a grant.
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
    if wanted is AAL.AAL3 and requirement.least < AAL.AAL3:
        codes = [proof for proof in facts.authentications if proof.strength.look_up_secret]
        age_max = requirement.age_max or timedelta(0)
        typed = assurance.is_fresh(codes, wanted=AAL.AAL2, age_max=age_max, now=facts.now)
        return (AAL.AAL2 if typed else wanted), True
    return max(wanted, requirement.least), False


def _resists(facts: Facts, wanted: AAL) -> bool:
    """Whether a proof that counts for the session's level could not be typed into a false page."""
    limit = facts.lifetimes.overall[max(wanted, AAL.AAL1)]
    return any(
        proof.strength.phishing_resistant and facts.now - proof.at < limit
        for proof in facts.authentications
    )


def granted(requirement: Requirement, facts: Facts, base: AAL) -> Allow | StepUp:
    """Whether a grant is at hand, and was given by what is asked for now.

    Whoever holds a phishing-resistant factor uses it: the others could be typed into a false page
    while the true one waits.
    """
    wanted, _ = _wanted(requirement, facts, base)
    hardware, resistant = wanted is AAL.AAL3, requirement.phishing_resistant
    if facts.granted and (
        # Given under an easier policy, it is none.
        not (hardware or resistant)
        or assurance.is_fresh(
            facts.authentications,
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
