"""What a reset does to an account: the one home of clearing factors, for approvals and the host.

It decides nothing; whoever calls it has asked, and holds the person's row.
"""

from __future__ import annotations

from portal.edge import Edge
from portal.flows import attempts, bypass_codes, enrolment, links, session
from portal.flows.events import Event
from portal.flows.login import PASSWORD
from portal.flows.notices import Notice, tell
from portal.store import audit, authenticators, budgets, ceremonies, reset_subjects, users
from portal.store import links as link_store
from portal.store.links import LinkKind
from portal.store.reset_subjects import Factor
from portal.store.resets import ResetRequest
from portal.store.users import User


def clear(edge: Edge, user: User) -> list[Factor]:
    """Revoke all but the password and end everything that rested on it; what was revoked.

    The link that gives an account back to its old address stays: it belongs to that mailbox.
    """
    bypass_codes.close(edge, user.id, "factors_reset")
    taken = reset_subjects.factors_of(edge, [user.id])[user.id]
    for factor in taken:
        authenticators.revoke(edge, user.id, factor.id)
        audit.add(
            edge,
            Event.AUTHENTICATOR_REVOKED,
            subject_id=user.id,
            reason="factors_reset",
            detail={
                "factor": factor.kind,
                "variant": factor.variant,
                "authenticator": factor.id,
            },
        )
    enrolment.refresh_summary(edge, user.id)
    ceremonies.end_all(edge, user.id)
    link_store.void(edge, user.id, LinkKind.TICKET, LinkKind.UNLOCK, LinkKind.PASSWORD_RESET)
    session.end_all(edge, user.id, "factors_reset", browsers_too=True)
    # Guesses at what is gone count no more. Those at the password do: it stays.
    gone = [attempts.key(edge, kind, user.email) for kind in edge.factors if kind != PASSWORD]
    budgets.reset_all(edge, gone)
    return taken


def approve(edge: Edge, user: User, request: ResetRequest) -> None:
    """Clear, and mail the ticket: with it and the older password the person enrols again."""
    taken = clear(edge, user)
    users.set_reset(edge, user.id, edge.now)
    token = links.make(
        edge,
        LinkKind.TICKET,
        user_id=user.id,
        lifetime=edge.settings.ticket_lifetime,
        request=request.id,
        requested_at=request.created_at.isoformat(),
    )
    audit.add(
        edge,
        Event.RESET_APPROVED,
        subject_id=user.id,
        detail={"request": request.id, "factors": [factor.kind for factor in taken]},
    )
    until = edge.now + edge.settings.ticket_lifetime
    tell(edge, Notice.RESET_APPROVED, user, token=token, until=until.isoformat())
