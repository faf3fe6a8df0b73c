"""Users: accounts and their denormalised security summary."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, and_, bindparam, case, exists, null, or_, select, update
from sqlalchemy.exc import IntegrityError

from portal.edge import Edge
from portal.rules.terms import AAL, AccountState, Holdings, Resistance, Role
from portal.store import user_index
from portal.store.engine import insert_for
from portal.store.prepared import Prepared
from portal.store.summaries import summary_from_json, summary_to_json
from portal.store.tables import memberships, users
from portal.values import frozen

_SIGNED_IN = Prepared(
    update(users)
    .where(users.c.id == bindparam("user"))
    .values(
        last_signed_in_at=bindparam("now"),
        signed_in_order=bindparam("second"),
        last_kind=bindparam("kind"),
        # What strangers spoiled ends with a success among them, and with no other.
        locked_until=case(
            (bindparam("stranger", type_=Boolean()), null()), else_=users.c.locked_until
        ),
    )
)
# Never waits for the row: whoever counts a guess holds the count, and others take the row first.
_FREE = (
    select(users.c.id)
    .where(users.c.id == bindparam("user"))
    .with_for_update(skip_locked=True, key_share=True)
    .scalar_subquery()
)
_NOTE_LOCK = (
    update(users)
    .where(
        users.c.id == _FREE,
        or_(users.c.locked_until.is_(None), users.c.locked_until < bindparam("until")),
    )
    .values(locked_until=bindparam("until"))
)
NOBODY = str(uuid.UUID(int=0))
NOT_YET = datetime.max.replace(tzinfo=UTC)  # After every announcement.


@frozen
class User:
    """An account. `email` is normalised; `locale` is BCP 47; `time_zone` an IANA name.

    `last_kind` is the second factor that completed the last sign-in. `reset_at`: the factors were
    reset and nothing was enrolled since; `password_due_at`: the password must be renewed. `handle`
    is WebAuthn's, None before the first passkey. `exempt_until`: until then policy asks nothing of
    a sign-in.
    """

    id: str
    email: str
    name: str
    locale: str
    time_zone: str
    state: AccountState
    home_organisation_id: str
    summary: Holdings
    created_at: datetime
    last_signed_in_at: datetime | None = None
    last_kind: str | None = None
    reset_at: datetime | None = None
    password_due_at: datetime | None = None
    handle: bytes | None = None
    activated_at: datetime | None = None
    exempt_until: datetime | None = None

    @property
    def active_since(self) -> datetime:
        """Since when the account has been active: the release before did not write it."""
        invited = self.state is AccountState.INVITED
        return self.activated_at or (NOT_YET if invited else self.created_at)


def from_row(row: Mapping[Any, Any], prefix: str = "") -> User:
    """Build a User from a row whose columns carry `prefix`."""
    return User(
        id=row[prefix + "id"],
        email=row[prefix + "email"],
        name=row[prefix + "name"],
        locale=row[prefix + "locale"],
        time_zone=row[prefix + "time_zone"],
        state=AccountState(row[prefix + "state"]),
        home_organisation_id=row[prefix + "home_organisation_id"],
        summary=summary_from_json(row[prefix + "security"]),
        created_at=row[prefix + "created_at"],
        last_signed_in_at=row[prefix + "last_signed_in_at"],
        last_kind=row[prefix + "last_kind"],
        reset_at=row[prefix + "reset_at"],
        password_due_at=row[prefix + "password_due_at"],
        handle=row[prefix + "handle"],
        activated_at=row[prefix + "activated_at"],
        exempt_until=row[prefix + "exempt_until"],
    )


def add(edge: Edge, user: User) -> bool:
    """Insert an account; False when the e-mail address is taken."""
    values = {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "locale": user.locale,
        "time_zone": user.time_zone,
        "state": str(user.state),
        "home_organisation_id": user.home_organisation_id,
        "security": summary_to_json(user.summary),
        "created_at": user.created_at,
        "activated_at": user.created_at if user.state is AccountState.ACTIVE else None,
        "sort_name": user_index.sort_name(user.name),
    }
    # Two registrations of one address at the same instant: the unique index lets one win.
    statement = insert_for(edge.db.dialect.name)(users).on_conflict_do_nothing(
        index_elements=[users.c.email]
    )
    if edge.db.execute(statement.returning(users.c.id), values).first() is None:
        return False
    user_index.write(edge, user.id)
    return True


def by_id(edge: Edge, user_id: str) -> User | None:
    row = edge.db.execute(select(users).where(users.c.id == user_id)).mappings().first()
    return from_row(row) if row else None


def handle(edge: Edge, user_id: str, fresh: bytes) -> bytes:
    """WebAuthn's user handle of a person (Level 3, section 14.6.1): random, made on first use."""
    edge.db.execute(
        update(users).where(users.c.id == user_id, users.c.handle.is_(None)).values(handle=fresh)
    )
    return bytes(edge.db.execute(select(users.c.handle).where(users.c.id == user_id)).scalar_one())


def by_email(edge: Edge, email: str) -> User | None:
    row = edge.db.execute(select(users).where(users.c.email == email)).mappings().first()
    return from_row(row) if row else None


def in_role(edge: Edge, organisation_id: str, role: Role) -> list[User]:
    """The active people who hold a role in an organisation: whom to tell."""
    statement = (
        select(users)
        .join(memberships, memberships.c.user_id == users.c.id)
        .where(
            memberships.c.organisation_id == organisation_id,
            memberships.c.role == str(role),
            users.c.state == str(AccountState.ACTIVE),
        )
        .order_by(users.c.id)
    )
    return [from_row(row) for row in edge.db.execute(statement).mappings()]


def hold_active(edge: Edge, role: Role) -> set[str]:
    """The active people who hold a role anywhere, in turn and until the commit: who is last?"""
    statement = (
        select(users.c.id)
        .join(memberships, memberships.c.user_id == users.c.id)
        .where(memberships.c.role == str(role), users.c.state == str(AccountState.ACTIVE))
        .order_by(users.c.id, memberships.c.id)
        .with_for_update(of=[users, memberships], key_share=True)
    )
    return set(edge.db.execute(statement).scalars())


def lock(edge: Edge, user_id: str) -> User | None:
    """Read an account and hold its row: changes to one person's factors happen in turn."""
    statement = select(users).where(users.c.id == user_id).with_for_update(key_share=True)
    row = edge.db.execute(statement).mappings().first()
    return from_row(row) if row else None


def set_profile(edge: Edge, user_id: str, *, name: str, locale: str, time_zone: str) -> None:
    edge.db.execute(
        update(users)
        .where(users.c.id == user_id)
        .values(name=name, sort_name=user_index.sort_name(name), locale=locale, time_zone=time_zone)
    )
    user_index.write(edge, user_id)


def set_email(edge: Edge, user_id: str, email: str) -> bool:
    """Move an account to another address; False when somebody has that address."""
    free = ~exists().where(users.c.email == email)
    move = update(users).where(users.c.id == user_id, free).values(email=email)
    try:
        # Two people who take one address at the same instant: the unique index lets one win, and
        # the savepoint keeps the loser's transaction usable.
        with edge.db.begin_nested():
            moved = edge.db.execute(move).rowcount == 1
    except IntegrityError:
        return False
    if moved:
        user_index.write(edge, user_id)
    return moved


def set_state(edge: Edge, user_id: str, state: AccountState) -> None:
    """Move an account to a state. The first time that it is opened is kept for ever."""
    opened = and_(users.c.state == str(AccountState.INVITED), users.c.activated_at.is_(None))
    values: dict[str, Any] = {"state": str(state), "withdrawn_at": None}
    if state is AccountState.ACTIVE:
        values["activated_at"] = case((opened, edge.now), else_=users.c.activated_at)
    edge.db.execute(update(users).where(users.c.id == user_id).values(values))


def let_go(edge: Edge, user_id: str) -> None:
    """Mark an account that nobody ever opened: no invitation is left for it. It ends with a state.

    Disabling is another thing: that is somebody's decision, and no registration undoes it.
    """
    edge.db.execute(update(users).where(users.c.id == user_id).values(withdrawn_at=edge.now))


def is_let_go(edge: Edge, user_id: str) -> bool:
    # The release before changes a state and leaves the mark.
    statement = select(users.c.withdrawn_at).where(
        users.c.id == user_id, users.c.state == str(AccountState.INVITED)
    )
    return edge.db.execute(statement).scalar() is not None


def set_home(edge: Edge, user_id: str, organisation_id: str) -> None:
    """Move an account to another home organisation: whose administrators answer for it."""
    home = {"home_organisation_id": organisation_id}
    edge.db.execute(update(users).where(users.c.id == user_id).values(home))
    user_index.write(edge, user_id)


def set_summary(
    edge: Edge,
    user_id: str,
    summary: Holdings,
    strongest: AAL,
    resistance: Resistance = Resistance.NONE,
) -> None:
    """Write what a person holds; `strongest` is the highest level that it reaches."""
    values = {
        "security": summary_to_json(summary),
        "strongest": int(strongest),
        "resistance": int(resistance),
    }
    edge.db.execute(update(users).where(users.c.id == user_id).values(values))


def set_reset(edge: Edge, user_id: str, at: datetime | None) -> None:
    """Say that a person's factors were reset; None: something was enrolled since."""
    edge.db.execute(update(users).where(users.c.id == user_id).values(reset_at=at))


def set_password_due(edge: Edge, user_id: str, at: datetime | None) -> None:
    """Ask for a new password at the next request; None: it was renewed."""
    edge.db.execute(update(users).where(users.c.id == user_id).values(password_due_at=at))


def note_sign_in(edge: Edge, user_id: str, last_kind: str | None, *, stranger: bool) -> None:
    """Remember when the person last signed in fully, and with which second factor.

    `stranger`: among the attempts of strangers, whose lock ends with it.
    """
    second = int(edge.now.timestamp())
    values = {"user": user_id, "now": edge.now, "second": second, "kind": last_kind}
    _SIGNED_IN.run(edge.db, {**values, "stranger": stranger})


def note_lock(edge: Edge, user_id: str | None, until: datetime) -> None:
    """Show in the list that attempts are refused; for an address of nobody the same statement."""
    edge.db.execute(_NOTE_LOCK, {"user": user_id or NOBODY, "until": until})


def clear_lock(edge: Edge, user_id: str) -> None:
    """The attempts of this person start anew."""
    edge.db.execute(update(users).where(users.c.id == user_id).values(locked_until=None))


def forget_old_locks(edge: Edge) -> int:
    """Clear what the list shows of locks that are over."""
    over = update(users).where(users.c.locked_until <= edge.now)
    return edge.db.execute(over.values(locked_until=None)).rowcount


def ids(edge: Edge) -> list[str]:
    """The ids of every account, oldest first."""
    return list(edge.db.execute(select(users.c.id).order_by(users.c.id)).scalars())
