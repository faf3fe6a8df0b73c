"""Opening an invited account: its password, and before it is active what policy asks it to enrol.

Until that is done the invitation lives on and leads back to it, with the password that was chosen;
the session may enrol and nothing else. `enrolment` makes the account active, and uses it up.
"""

from __future__ import annotations

from typing import Any

from portal.edge import Edge
from portal.flows import compliance, credentials, session, visits
from portal.flows.events import Event
from portal.flows.login import PASSWORD
from portal.flows.outcomes import Gone
from portal.flows.session import Entrance, Opened
from portal.rules.terms import AccountState, Authentication
from portal.store import audit, organisations, users
from portal.store import links as link_store
from portal.store.links import Link
from portal.store.users import User


def begin(edge: Edge, user: User, data: dict[str, Any], link: Link) -> Opened | Gone:
    """Give an invited account its first password, and go on from there.

    Only what this invitation says is in force: home, name and roles of any other are not.
    """
    users.set_profile(edge, user.id, name=user.name, locale=user.locale, time_zone=user.time_zone)
    identity = credentials.first_password(edge, user, data)
    return enter(edge, user.id, identity, link)


def enter(edge: Edge, user_id: str, password_id: str, link: Link) -> Opened | Gone:
    """Sign in with the password; whoever must enrol does that before the account is active."""
    user = users.by_id(edge, user_id)
    assert user is not None
    memberships = organisations.memberships_of(edge, user_id)
    proof = Authentication(PASSWORD, edge.factors[PASSWORD].strength, edge.now, password_id)
    if visits.standing_at(edge, user, memberships, edge.now).lacking is not None:
        link_store.rewrite(edge, link.id, {**link.data, "begun": True})
        entrance = Entrance(ticket_id=link.id)
        return session.open_session(edge, user, memberships, proof, entrance)
    if not link_store.use(edge, link.id):
        return Gone()
    users.set_state(edge, user_id, AccountState.ACTIVE)
    compliance.note(edge, user_id)
    audit.add(edge, Event.ACTIVATED, subject_id=user_id, actor_id=user_id)
    active = users.by_id(edge, user_id)
    assert active is not None
    return session.open_session(edge, active, memberships, proof)


def was_opened(user: User) -> bool:
    """Whether its owner has come in: a password alone may be half of an activation."""
    opened = user.activated_at is not None or user.last_signed_in_at is not None
    return opened and PASSWORD in user.summary.held
