"""Facts for the tests of rules: strengths by kind, proofs of an age, people who hold factors.

The kinds reach beyond the factors of today, because rules read strengths and never names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from portal.rules import access
from portal.rules.facts import Facts
from portal.rules.holdings import Held
from portal.rules.terms import Authentication, Category, Membership, Role, Strength
from tests.support.clock import START as NOW

STRENGTHS = {
    "password": Strength(Category.KNOWLEDGE),
    "totp": Strength(Category.POSSESSION),
    "backup_codes": Strength(Category.POSSESSION, look_up_secret=True),
    "passkey": Strength(Category.POSSESSION, phishing_resistant=True, multi_factor=True),
    "sms": Strength(Category.POSSESSION, restricted=True),
    "key": Strength(
        Category.POSSESSION,
        phishing_resistant=True,
        multi_factor=True,
        device_bound=True,
        hardware_protected=True,
    ),
}
ZERO = timedelta(0)


def held(kinds: str) -> tuple[Held, ...]:
    """Kinds in one string, `held("password totp")`."""
    return tuple(Held(kind, STRENGTHS[kind]) for kind in kinds.split())


def proof(kind: str, **ago: float) -> Authentication:
    """A proof given some time ago: `proof("totp", minutes=5)`; negative for the future."""
    return Authentication(kind, STRENGTHS[kind], NOW - timedelta(**ago), f"the {kind}")


def memberships(roles: Iterable[Role]) -> tuple[Membership, ...]:
    """Each role in an organisation of its own."""
    return tuple(
        Membership(f"o{n}", f"Organisation {n}", role, f"/hq/o{n}/") for n, role in enumerate(roles)
    )


def at_shared_desk(facts: Facts) -> Facts:
    """The same session of somebody who also belongs to an organisation with shared desks."""
    desk = Membership("desk", "Desk", Role.DISPATCHER, "/hq/desk/", shared_desks=True)
    return replace(facts, memberships=(*facts.memberships, desk))


def acting_for(facts: Facts, *roles: Role, path: str = "/hq/partner/") -> Facts:
    """The same session of somebody with these roles in one organisation, acting for it."""
    own = tuple(Membership("partner", "Partner", role, path) for role in roles)
    return replace(facts, user_id="me", memberships=own, acting=own[0] if own else None)


def session(
    *proofs: Authentication,
    holds: str = "password totp",
    roles: Iterable[Role] = (Role.TRAVELER,),
    idle: timedelta = ZERO,
    **more: Any,
) -> Facts:
    """A session with these proofs, last used `idle` ago, of a person who holds these kinds."""
    return Facts(
        now=NOW,
        signed_in=True,
        authentications=proofs,
        seen_at=NOW - idle,
        enrolled=held(holds),
        enrollable=held("totp backup_codes password"),
        memberships=memberships(roles),
        **more,
    )


def proved_now(facts: Facts, kind: str) -> Facts:
    """The same session after one more proof, as the door records it."""
    new = replace(proof(kind), at=facts.now)
    kept = (earlier for earlier in facts.authentications if earlier.kind != kind)
    after = replace(
        facts, authentications=(*kept, new), seen_at=facts.now, ends_at=None, last_kind=kind
    )
    return replace(after, ends_at=access.session_end(after))
