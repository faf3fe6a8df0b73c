"""Drafts of organisations' policies: one each, which asks nothing of anybody yet."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from portal.edge import Edge
from portal.store.engine import insert_for
from portal.store.policy_tables import policy_drafts
from portal.store.tables import users
from portal.values import frozen

MARK_CHARACTERS = 32
_FIND = (
    select(policy_drafts, users.c.name.label("author"))
    .outerjoin(users, users.c.id == policy_drafts.c.author_id)
    .where(policy_drafts.c.organisation_id == bindparam("organisation"))
)
_HOLD = _FIND.with_for_update(of=policy_drafts)


@frozen
class Draft:
    """A draft. `dates`: as they were typed, see `flows.drafts`; `author`: who changed it last."""

    organisation_id: str
    document: dict[str, Any]
    dates: dict[str, Any]
    revision: int
    author_id: str | None
    changed_at: datetime
    author: str = ""

    @property
    def mark(self) -> str:
        """Names exactly this state of it: a form that was filled from another one is stale.

        Not the revision alone, which begins anew with every draft.
        """
        state = [self.revision, self.changed_at.isoformat(), self.document, self.dates]
        digest = hashlib.sha256(json.dumps(state, sort_keys=True).encode())
        return digest.hexdigest()[:MARK_CHARACTERS]


def find(edge: Edge, organisation_id: str, *, hold: bool = False) -> Draft | None:
    """The draft of an organisation; `hold`: until the commit."""
    statement = _HOLD if hold else _FIND
    row = edge.db.execute(statement, {"organisation": organisation_id}).mappings().first()
    if row is None:
        return None
    values: dict[str, Any] = dict(row)
    values["author"] = values["author"] or ""
    return Draft(**values)


def add(edge: Edge, draft: Draft) -> bool:
    """Keep the first state of a draft; False when somebody else began one meanwhile."""
    statement = insert_for(edge.db.dialect.name)(policy_drafts).on_conflict_do_nothing(
        index_elements=[policy_drafts.c.organisation_id]
    )
    made = edge.db.execute(statement.returning(policy_drafts.c.revision), _values(draft))
    return made.first() is not None


def change(edge: Edge, draft: Draft) -> None:
    """Keep the next state of a draft that is held."""
    values = _values(draft)
    condition = policy_drafts.c.organisation_id == values.pop("organisation_id")
    edge.db.execute(update(policy_drafts).where(condition).values(values))


def remove(edge: Edge, organisation_id: str) -> None:
    edge.db.execute(delete(policy_drafts).where(policy_drafts.c.organisation_id == organisation_id))


def _values(draft: Draft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in Draft.__dataclass_fields__ if name != "author"}
