"""What an operator does on the host: people, organisations, keys, audit, purge, restore.

What changes an account is audited with the host as its actor. None is reachable over HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import timedelta
from typing import Any

from portal.ceremony import Rejected, Subject
from portal.edge import Edge
from portal.flows import (
    activations,
    attempts,
    bypass_codes,
    compliance,
    credentials,
    enrolment,
    known_browsers,
    reset_effects,
    session,
    time_zones,
)
from portal.flows.addresses import normalise
from portal.flows.events import Event
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Blocked, Done, Gone
from portal.rules import policy
from portal.rules.terms import AccountState, Holdings, Role
from portal.settings import LOCALES
from portal.store import (
    api_tokens,
    audit,
    authenticators,
    browsers,
    budgets,
    ceremonies,
    exceptions,
    idempotency,
    organisations,
    outbox,
    payees,
    step_ups,
    users,
    wallet,
    webhooks,
)
from portal.store import links as link_store
from portal.store.audit import Verdict
from portal.store.organisations import Organisation
from portal.store.sealed import Resealed
from portal.store.users import User
from portal.values import frozen

RESEAL_PAGE = 200
KEEP = timedelta(days=30)
BUDGETS_KEPT = timedelta(days=365)
CEREMONIES_KEPT = timedelta(days=1)  # Anybody can begin them, and an expired one serves nothing.
# Every table with a sealed column, and what seals a page of it anew.
RESEAL: dict[str, Callable[[Edge, str, int], Resealed]] = {
    "authenticators": authenticators.reseal_page,
    "ceremonies": ceremonies.reseal_page,
    "links": link_store.reseal_page,
    "cards": wallet.reseal_cards,
    "outbox": outbox.reseal_page,
    "passengers": wallet.reseal_passengers,
    "payee_changes": payees.reseal_changes_page,
    "payees": payees.reseal_page,
    "step_ups": step_ups.reseal_page,
    "webhooks": webhooks.reseal_page,
}
SEALED_TABLES = tuple(RESEAL)


@frozen
class NewUser:
    """A person that an operator creates."""

    email: str
    name: str
    password: str
    organisation: str
    roles: tuple[Role, ...]
    locale: str = "en"
    time_zone: str = "UTC"


def create_organisation(
    edge: Edge,
    name: str,
    *,
    parent: str | None = None,
    managed_by_parent: bool = False,
    time_zone: str = "UTC",
) -> Organisation | Blocked:
    """Add a node to the tree; the first one is the root (HQ). Its periods are in `time_zone`."""
    if time_zone not in time_zones.known():
        return Blocked("no_such_time_zone")
    root = organisations.root(edge)
    above = organisations.by_name(edge, parent) if parent else root
    if root is not None:
        organisations.lock(edge, root.id)
    if parent and above is None:
        return Blocked("no_such_parent")
    identity = edge.new_id()
    path = f"{above.path if above else '/'}{identity}/"
    made = Organisation(
        identity, above.id if above else None, path, name, managed_by_parent, edge.now, time_zone
    )
    organisations.add(edge, made)
    audit.add(edge, Event.ORGANISATION_CREATED, detail={"organisation": identity})
    return made


def mark_shared_desks(edge: Edge, name: str, *, shared: bool) -> Done | Gone:
    """Say whether people share an organisation's computers; it holds from their next request on."""
    found = organisations.by_name(edge, name)
    if found is None:
        return Gone()
    if organisations.set_shared_desks(edge, found.id, shared=shared):
        detail = {"organisation": found.id, "shared_desks": shared}
        audit.add(edge, Event.ORGANISATION_MARKED, detail=detail)
    return Done()


def create_user(
    edge: Edge, new: NewUser
) -> Generator[Callable[[], Any], Any, User | Rejected | Blocked]:
    """Create an active account with a password and roles. Policy gates it at first sign-in."""
    email = normalise(new.email)
    if email is None:
        return Blocked("no_address")
    if new.locale not in LOCALES or new.time_zone not in time_zones.known():
        return Blocked("no_such_language_or_time_zone")
    # A role that must enrol has a second factor beside the password from the first sign-in on.
    required = any(role in policy.DEFAULT.required_roles for role in new.roles)
    subject = Subject("", email, new.name, edge.settings.product_name, required)
    made = yield from credentials.choose_password(edge, subject, new.password)
    if isinstance(made, Rejected):
        return made
    organisation = organisations.by_name(edge, new.organisation)
    if organisation is None:
        return Blocked("no_such_organisation")
    user = User(
        id=edge.new_id(),
        email=email,
        name=new.name,
        locale=new.locale,
        time_zone=new.time_zone,
        state=AccountState.ACTIVE,
        home_organisation_id=organisation.id,
        summary=Holdings(),
        created_at=edge.now,
    )
    if not users.add(edge, user):
        return Blocked("address_taken")
    for role in new.roles:
        organisations.add_membership(
            edge, user_id=user.id, organisation_id=organisation.id, role=role
        )
    credentials.first_password(edge, user, made)
    audit.add(edge, Event.USER_CREATED, subject_id=user.id)
    return user


def set_state(edge: Edge, email: str, state: AccountState) -> Done | Gone:
    """Disable or enable an account; disabling ends its sessions. Who never came in is invited."""
    user = users.by_email(edge, normalise(email) or "")
    if user is None:
        return Gone()
    if state is AccountState.ACTIVE and not activations.was_opened(user):
        state = AccountState.INVITED
    users.set_state(edge, user.id, state)
    disabled = state is AccountState.DISABLED
    if disabled:
        session.end_all(edge, user.id, "account_disabled", browsers_too=False)
        bypass_codes.close(edge, user.id, "account_disabled")
    audit.add(edge, Event.USER_DISABLED if disabled else Event.USER_ENABLED, subject_id=user.id)
    return Done()


def grant(edge: Edge, email: str, organisation: str, role: Role) -> Done | Gone:
    user = users.by_email(edge, normalise(email) or "")
    found = organisations.by_name(edge, organisation)
    if user is None or found is None:
        return Gone()
    # Held like by everybody who decides about the person on the strength of their roles.
    users.lock(edge, user.id)
    held = organisations.memberships_of(edge, user.id)
    if any(one.organisation_id == found.id and one.role is role for one in held):
        return Done()
    organisations.add_membership(edge, user_id=user.id, organisation_id=found.id, role=role)
    compliance.note(edge, user.id)
    audit.add(edge, Event.MEMBERSHIP_ADDED, subject_id=user.id, detail={"role": str(role)})
    return Done()


def reset_factors(edge: Edge, email: str, reason: str) -> Done | Gone:
    """The last way for the last super-admin: clear every factor but the password, end everything.

    The person enrols at the next sign-in; the mail tells them that it happened.
    """
    user = users.by_email(edge, normalise(email) or "")
    if user is None:
        return Gone()
    users.lock(edge, user.id)
    for taken in reset_effects.clear(edge, user):
        tell(
            edge,
            Notice.AUTHENTICATOR_REVOKED,
            user,
            kind=taken.kind,
            variant=taken.variant,
            authenticator=taken.name,
        )
    # The host stands in for the ticket too: whoever lost it enrols with the password again.
    users.set_reset(edge, user.id, None)
    attempts.start_anew(edge, user.email, user)
    audit.add(edge, Event.HOST_RESET, subject_id=user.id, reason=reason[:200])
    return Done()


def unlock(edge: Edge, email: str) -> Done:
    """Every attempt budget of an address starts anew."""
    address = normalise(email) or email
    user = users.by_email(edge, address)
    attempts.start_anew(edge, address, user)
    audit.add(edge, Event.UNLOCKED, subject_id=user.id if user else None, reason="host")
    return Done()


def reseal_page(edge: Edge, table: str, after: str) -> Resealed:
    """Seal one page of a table with the current key, while the portal serves.

    What does not open is left as it is, audited, and told by the command.
    """
    done = RESEAL[table](edge, after, RESEAL_PAGE)
    for place in done.broken:
        audit.add(edge, Event.SEAL_BROKEN, reason=place)
    return done


def note_keys_rotated(edge: Edge, key: int) -> None:
    audit.add(edge, Event.KEYS_ROTATED, detail={"key": key})


def verify_audit(edge: Edge) -> tuple[Verdict, int, str]:
    """The chain's verdict, and its head to be kept elsewhere."""
    verdict = audit.verify(edge)
    return (verdict, *audit.head(edge))


def purge(edge: Edge) -> dict[str, int]:
    """Forget what is over: by retention, table by table."""
    before = edge.now - KEEP
    return {
        "ceremonies": ceremonies.purge(edge, edge.now - CEREMONIES_KEPT),
        "step_ups": step_ups.purge(edge, before),
        "links": link_store.purge(edge, before),
        "outbox": outbox.purge(edge, before),
        "budgets": budgets.purge(edge, edge.now - BUDGETS_KEPT),
        "locks": users.forget_old_locks(edge),
        "sessions": session.purge(edge, before),
        "browsers": browsers.purge(edge, before),
        "idempotency_keys": idempotency.purge(edge, edge.now),
        "audit": audit.purge(edge, edge.now - edge.settings.audit_retention),
    }


def restored(edge: Edge) -> dict[str, int]:
    """After a backup was restored: nothing that was spent since may be good again.

    Sessions, browsers, links and ceremonies end; sets of backup codes are revoked, because which
    codes were used since the backup is not known. Accepted TOTP steps lie in the past by then.
    """
    ended = {
        "sessions": session.end_everything(edge, "restored"),
        "browsers": known_browsers.forget_everything(edge),
        "links": link_store.void_everything(edge),
        "api_tokens": api_tokens.revoke_everything(edge),
        "ceremonies": ceremonies.end_everything(edge),
        "bypass_codes": exceptions.end_codes(edge),
        "codes": authenticators.revoke_kinds(
            edge, [kind for kind, factor in edge.factors.items() if factor.strength.look_up_secret]
        ),
    }
    for user_id in users.ids(edge):
        enrolment.refresh_summary(edge, user_id)
    audit.add(edge, Event.RESTORED, detail=ended)
    return ended
