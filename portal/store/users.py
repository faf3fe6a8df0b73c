"""Users: accounts and their denormalised security summary."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, bindparam, exists, select, update
from sqlalchemy.exc import IntegrityError

from portal.edge import Edge
from portal.rules.terms import AccountState, Strength
from portal.store.codec import strength_from_json, strength_to_json
from portal.store.engine import insert_for
from portal.store.tables import users

_SIGNED_IN = (
    update(users)
    .where(users.c.id == bindparam("user"))
    .values(last_signed_in_at=bindparam("now"), last_kind=bindparam("kind"))
)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a person holds, kept in the user's row so that one read tells it.

    `held`: kind → strength; `counts`: kind → how many.
    """

    held: dict[str, Strength] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class User:
    """An account. `email` is normalised; `locale` is BCP 47; `time_zone` an IANA name.

    `last_kind` is the second factor that completed the last sign-in.
    """

    id: str
    email: str
    name: str
    locale: str
    time_zone: str
    state: AccountState
    home_organisation_id: str
    summary: Summary
    created_at: datetime
    last_signed_in_at: datetime | None = None
    last_kind: str | None = None


def from_row(row: RowMapping, prefix: str = "") -> User:
    """Build a User from a row whose columns carry `prefix`."""
    security = row[prefix + "security"]
    return User(
        id=row[prefix + "id"],
        email=row[prefix + "email"],
        name=row[prefix + "name"],
        locale=row[prefix + "locale"],
        time_zone=row[prefix + "time_zone"],
        state=AccountState(row[prefix + "state"]),
        home_organisation_id=row[prefix + "home_organisation_id"],
        summary=Summary(
            held={kind: strength_from_json(value) for kind, value in security["held"].items()},
            counts=security["counts"],
        ),
        created_at=row[prefix + "created_at"],
        last_signed_in_at=row[prefix + "last_signed_in_at"],
        last_kind=row[prefix + "last_kind"],
    )


def summary_to_json(summary: Summary) -> dict[str, Any]:
    return {
        "held": {kind: strength_to_json(value) for kind, value in summary.held.items()},
        "counts": summary.counts,
    }


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
    }
    # Two registrations of one address at the same instant: the unique index lets one win.
    statement = insert_for(edge.db.dialect.name)(users).on_conflict_do_nothing(
        index_elements=[users.c.email]
    )
    return edge.db.execute(statement.returning(users.c.id), values).first() is not None


def by_id(edge: Edge, user_id: str) -> User | None:
    row = edge.db.execute(select(users).where(users.c.id == user_id)).mappings().first()
    return from_row(row) if row else None


def by_email(edge: Edge, email: str) -> User | None:
    row = edge.db.execute(select(users).where(users.c.email == email)).mappings().first()
    return from_row(row) if row else None


def lock(edge: Edge, user_id: str) -> User | None:
    """Read an account and hold its row: changes to one person's factors happen in turn."""
    statement = select(users).where(users.c.id == user_id).with_for_update(key_share=True)
    row = edge.db.execute(statement).mappings().first()
    return from_row(row) if row else None


def set_profile(edge: Edge, user_id: str, *, name: str, locale: str, time_zone: str) -> None:
    edge.db.execute(
        update(users)
        .where(users.c.id == user_id)
        .values(name=name, locale=locale, time_zone=time_zone)
    )


def set_email(edge: Edge, user_id: str, email: str) -> bool:
    """Move an account to another address; False when somebody has that address."""
    free = ~exists().where(users.c.email == email)
    move = update(users).where(users.c.id == user_id, free).values(email=email)
    try:
        # Two people who take one address at the same instant: the unique index lets one win, and
        # the savepoint keeps the loser's transaction usable.
        with edge.db.begin_nested():
            return edge.db.execute(move).rowcount == 1
    except IntegrityError:
        return False


def set_state(edge: Edge, user_id: str, state: AccountState) -> None:
    edge.db.execute(update(users).where(users.c.id == user_id).values(state=str(state)))


def set_summary(edge: Edge, user_id: str, summary: Summary) -> None:
    edge.db.execute(
        update(users).where(users.c.id == user_id).values(security=summary_to_json(summary))
    )


def note_sign_in(edge: Edge, user_id: str, last_kind: str | None) -> None:
    """Remember when the person last signed in fully, and with which second factor."""
    edge.db.execute(_SIGNED_IN, {"user": user_id, "now": edge.now, "kind": last_kind})


def ids(edge: Edge) -> list[str]:
    """The ids of every account, oldest first."""
    return list(edge.db.execute(select(users.c.id).order_by(users.c.id)).scalars())
