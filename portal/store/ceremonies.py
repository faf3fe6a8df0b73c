"""Ceremonies: server-side state between begin and finish, bound, expiring, used once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, delete, insert, select, update

from portal.ceremony import Ceremony, Purpose
from portal.edge import Edge
from portal.store import sealed
from portal.store.sealed import open_json, seal_json
from portal.store.tables import ceremonies

PLACE = "ceremonies:state"


def begin_enrolment(edge: Edge, ceremony: Ceremony, user_id: str) -> None:
    """Open an enrolment; an open one of the same session and kind ends."""
    edge.db.execute(
        update(ceremonies)
        .where(
            ceremonies.c.session_id == ceremony.session_id,
            ceremonies.c.kind == ceremony.kind,
            ceremonies.c.purpose == str(ceremony.purpose),
            ceremonies.c.used_at.is_(None),
        )
        .values(used_at=edge.now)
    )
    begin(edge, ceremony, user_id=user_id)


def begin(
    edge: Edge, ceremony: Ceremony, *, user_id: str | None = None, browser: bytes | None = None
) -> None:
    """Open a ceremony, a session's or a stranger's in a `browser` (the hash of its cookie)."""
    edge.db.execute(
        insert(ceremonies),
        {
            "id": ceremony.id,
            "kind": ceremony.kind,
            "purpose": str(ceremony.purpose),
            "session_id": ceremony.session_id or None,
            "user_id": user_id,
            "browser": browser,
            "state": seal_json(edge, PLACE, ceremony.id, ceremony.state),
            "failures": 0,
            "created_at": edge.now,
            "expires_at": ceremony.expires_at,
        },
    )


def find(
    edge: Edge, ceremony_id: str, *, session_id: str, kind: str, purpose: Purpose
) -> Ceremony | None:
    """An open ceremony of this session, kind and purpose; None for any other."""
    statement = select(ceremonies).where(
        ceremonies.c.id == ceremony_id,
        ceremonies.c.session_id == session_id,
        ceremonies.c.kind == kind,
        ceremonies.c.purpose == str(purpose),
        ceremonies.c.used_at.is_(None),
        ceremonies.c.expires_at > edge.now,
    )
    row = edge.db.execute(statement).mappings().first()
    if row is None:
        return None
    state = open_json(edge, PLACE, row["id"], row["state"])
    return Ceremony(row["id"], kind, purpose, session_id, state, row["expires_at"])


def take(
    edge: Edge,
    ceremony_id: str,
    *,
    kind: str,
    purpose: Purpose,
    session_id: str | None = None,
    browser: bytes | None = None,
) -> Ceremony | None:
    """Spend an open ceremony of this session, or of this stranger's browser, and give it back.

    Of any number that ask at once one gets it: a challenge is good for one answer, right or wrong.
    """
    owner = (
        ceremonies.c.session_id == session_id
        if session_id is not None
        else and_(ceremonies.c.session_id.is_(None), ceremonies.c.browser == browser)
    )
    row = (
        edge.db.execute(
            update(ceremonies)
            .where(
                owner,
                ceremonies.c.id == ceremony_id,
                ceremonies.c.kind == kind,
                ceremonies.c.purpose == str(purpose),
                ceremonies.c.used_at.is_(None),
                ceremonies.c.expires_at > edge.now,
            )
            .values(used_at=edge.now)
            .returning(ceremonies.c.state, ceremonies.c.expires_at)
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    state = open_json(edge, PLACE, ceremony_id, row["state"])
    return Ceremony(ceremony_id, kind, purpose, session_id or "", state, row["expires_at"])


def reserve_answer(edge: Edge, ceremony_id: str, limit: int) -> bool:
    """Count one answer before it is compared; False when the ceremony has had `limit` of them."""
    result = edge.db.execute(
        update(ceremonies)
        .where(
            ceremonies.c.id == ceremony_id,
            ceremonies.c.used_at.is_(None),
            ceremonies.c.failures < limit,
        )
        .values(failures=ceremonies.c.failures + 1)
    )
    return result.rowcount == 1


def use(edge: Edge, ceremony_id: str) -> bool:
    """Spend the ceremony; of any number of finishers one gets True."""
    result = edge.db.execute(
        update(ceremonies)
        .where(ceremonies.c.id == ceremony_id, ceremonies.c.used_at.is_(None))
        .values(used_at=edge.now)
    )
    return result.rowcount == 1


def end_all(edge: Edge, user_id: str) -> None:
    """End every open ceremony of a person."""
    edge.db.execute(
        update(ceremonies)
        .where(ceremonies.c.user_id == user_id, ceremonies.c.used_at.is_(None))
        .values(used_at=edge.now)
    )


def purge(edge: Edge, before: datetime) -> int:
    """Remove ceremonies that expired before an instant."""
    return edge.db.execute(delete(ceremonies).where(ceremonies.c.expires_at < before)).rowcount


def reseal_page(edge: Edge, after: str, size: int) -> sealed.Resealed:
    """Seal a page of ceremonies with the current key."""
    return sealed.reseal_page(edge, ceremonies, "state", after, size)


def end_everything(edge: Edge) -> int:
    """End every open ceremony of everybody (a restored backup)."""
    statement = update(ceremonies).where(ceremonies.c.used_at.is_(None))
    return edge.db.execute(statement.values(used_at=edge.now)).rowcount
