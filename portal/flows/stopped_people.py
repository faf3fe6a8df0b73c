"""Whom a publishing would stop, out of everybody in a subtree, person by person.

What stops somebody, and when, is what `rules.deadlines` says.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from portal.edge import Edge
from portal.flows.policy_plans import Plan
from portal.rules import deadlines, rollout
from portal.rules.deadlines import Person
from portal.rules.policy import Policy
from portal.rules.policy_values import Asked, Restrictions
from portal.rules.terms import AAL, Role, Target
from portal.store import policy_codec, policy_people
from portal.store.organisations import Organisation
from portal.store.policy_people import Named, Somebody, Wanted
from portal.values import frozen

AT_ONCE = 2000  # Rows that are read for a page: one of the last people may be stopped, or all.
EVERYWHERE_MAX = 200  # Organisations with rules of their own; with more, everybody is looked at.


@frozen
class Stopped:
    """Somebody whom a draft would stop: from when, what they lack, and where they belong.

    `target`: themselves, for what may be done about it.
    """

    id: str
    name: str
    email: str
    organisation: str
    roles: tuple[Role, ...]
    at: datetime
    why: str
    target: Target


@dataclass(frozen=True, slots=True, eq=False)
class Stop:
    """From when people who are all alike are stopped, for what, and their roles here."""

    at: datetime
    why: str
    roles: tuple[Role, ...]


class People:
    """The people of a subtree under what they are asked now, and under a plan."""

    def __init__(self, edge: Edge, found: Organisation, plan: Plan) -> None:
        self.edge, self.path = edge, found.path
        texts = policy_people.effective_texts(edge)
        # One value for one text: what is asked is compared by identity below.
        values = {text: policy_codec.effective(text) for text in set(texts.values())}
        self.before = {identity: values[text] for identity, text in texts.items()}
        self.after = self.before | plan.asked
        self.names = {node.id: node.name for node in plan.below}
        self.asked = _distinct(plan.asked.values())
        self.known: dict[tuple[object, ...], Stop | None] = {}
        every = _distinct([*self.before.values(), *plan.asked.values()])
        steps = [step for one in every for line in one.lines for step in line.steps]
        self.announced = sorted({step.announced_at for step in steps})
        # What is asked of an organisation, now and then: most of a subtree is alike.
        self.alike = {
            place: (id(asked), id(self.after[place]), place in self.names)
            for place, asked in self.before.items()
        }

    def stopped(self, after: str | None) -> Generator[tuple[Somebody, Stop]]:
        """Whom the plan would stop earlier than anything else does, from after one of them on."""
        now, announced, places, known = self.edge.now, self.announced, self.alike, self.known
        size = AT_ONCE if after else None
        with closing(policy_people.stream(self.edge, self._wanted(), after, size)) as everybody:
            for somebody in everybody:
                _, text, since, exempt_until, place, role = somebody[0]
                asked: object = (places[place], role)
                if len(somebody) > 1:
                    asked = tuple(sorted((places[row[4]], row[5]) for row in somebody))
                if exempt_until is not None and exempt_until <= now:
                    exempt_until = None
                # Very many people are alike, and are worked out once.
                told = bisect_left(announced, since) if announced else 0
                key = (policy_people.alike(text), asked, told, exempt_until)
                if key not in known:
                    known[key] = self._work_out(somebody, exempt_until)
                if (stop := known[key]) is not None:
                    yield somebody, stop

    def named(self, page: list[tuple[Somebody, Stop]]) -> list[Stopped]:
        known = policy_people.named(self.edge, [somebody[0].id for somebody, _ in page])
        return [self._named(somebody, stop, known[somebody[0].id]) for somebody, stop in page]

    def _named(self, somebody: Somebody, stop: Stop, known: Named) -> Stopped:
        identity = somebody[0].id
        return Stopped(
            id=identity,
            name=known.name,
            email=known.email,
            organisation=min(self.names[at] for at in _places(somebody) if at in self.names),
            roles=stop.roles,
            at=stop.at,
            why=stop.why,
            target=Target(
                known.path,
                managed_by_parent=known.managed_by_parent,
                subject_id=identity,
                subject_roles=frozenset(Role(row.role) for row in somebody),
            ),
        )

    def _work_out(self, somebody: Somebody, exempt_until: datetime | None) -> Stop | None:
        person = Person(
            frozenset(Role(row.role) for row in somebody),
            policy_people.holdings(somebody[0].holdings),
            somebody[0].active_since,
            exempt_until,
        )
        places = _places(somebody)
        now = self.edge.now
        will = [self.after[place] for place in places]
        at = deadlines.enrol_by(will, person, now)
        if at is None:
            return None
        was = deadlines.enrol_by([self.before[place] for place in places], person, now)
        at = max(at, now)
        if was is not None and was <= at:
            return None  # Something else stops them as early.
        held = {Role(row.role) for row in somebody if row.organisation_id in self.names}
        roles = tuple(role for role in Role if role in held)
        return Stop(at, deadlines.lacking_at(will, person, at) or "", roles)

    def _wanted(self) -> Wanted:
        """Who can lack anything of what is asked now or later, at most."""
        policies_ahead = [
            one for asked in self.asked for one in rollout.every(asked, self.edge.now)
        ]
        names = self.names
        elsewhere = [
            place
            for place, asked in self.before.items()
            if place not in names and asked and any(map(_restricts, self._every(asked)))
        ]
        if any(map(_restricts, policies_ahead)) or len(elsewhere) > EVERYWHERE_MAX:
            return Wanted(self.path, None, AAL.AAL2, resistant=False)
        demands = [more for one in policies_ahead for more in one.demands.values()]
        roles = {role for one in policies_ahead for role in (*one.required_roles, *one.demands)}
        return Wanted(
            self.path,
            roles,
            level=max((more.level for more in demands), default=AAL.AAL2),
            resistant=any(more.phishing_resistant for more in demands),
            everywhere=elsewhere,
        )

    def _every(self, asked: Asked) -> Iterator[Policy]:
        return rollout.every(asked, self.edge.now)


def _places(somebody: Somebody) -> list[str]:
    """The organisations of a person, each once."""
    return list(dict.fromkeys(row.organisation_id for row in somebody))


def _distinct(every: Iterable[Asked | None]) -> list[Asked]:
    return list({id(one): one for one in every if one is not None}.values())


def _restricts(asked: Policy) -> bool:
    """Whether it takes something away that people hold."""
    return asked.methods is not None or asked.restrictions != Restrictions()
