"""What a person's organisations ask of them, now and from each day on that something changes."""

from __future__ import annotations

from datetime import datetime

from portal.edge import Edge
from portal.flows import visits
from portal.flows.visits import Visit
from portal.rules import access, policy, rollout
from portal.rules.facts import Facts
from portal.rules.terms import AAL
from portal.values import frozen


@frozen
class Ask:
    """What is asked from `at` on; None: already. `lacking`: why that would stop the person today.

    `need`: nothing, second_factor, phishing_resistant or hardware. `kinds` may be used for it, best
    first; `forbidden` are held and may not be used.
    """

    at: datetime | None
    need: str
    kinds: tuple[str, ...]
    forbidden: tuple[str, ...]
    lacking: bool


def of_person(edge: Edge, visit: Visit) -> list[Ask]:
    """Everything that is asked, in the order of time; what changes nothing is left out."""
    user, memberships = visit.user, visit.live.memberships
    ahead = rollout.moments((one.asked for one in memberships), edge.now)
    if user.exempt_until is not None and user.exempt_until > edge.now:
        ahead = sorted({*ahead, user.exempt_until})
    found: list[Ask] = []
    for moment in (None, *ahead):
        facts = visits.standing_at(edge, user, memberships, moment or edge.now)
        ask = _ask(moment, facts)
        if not found or _content(ask) != _content(found[-1]):
            found.append(ask)
    return found


def _ask(at: datetime | None, facts: Facts) -> Ask:
    forbidden = tuple(dict.fromkeys(held.kind for held in facts.forbidden))
    return Ask(at, _need(facts), access.missing(facts), forbidden, facts.lacking is not None)


def _need(facts: Facts) -> str:
    asked = policy.demand(facts.policy, facts.roles)
    if asked is None:
        return "nothing"
    if asked.level is AAL.AAL3:
        return "hardware"
    return "phishing_resistant" if asked.phishing_resistant else "second_factor"


def _content(ask: Ask) -> tuple[object, ...]:
    return ask.need, ask.kinds, ask.forbidden, ask.lacking
