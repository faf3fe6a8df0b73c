"""A person at home in an organisation, as every list of people reads them.

Which people, in which order and how many is for `user_lists` and `member_lists`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, func, select

from portal.rules.terms import AAL, AccountState, Resistance, Role
from portal.store.tables import memberships, users
from portal.values import frozen

_ROLES = (
    select(func.aggregate_strings(memberships.c.role, ","))
    .where(
        memberships.c.user_id == users.c.id,
        memberships.c.organisation_id == users.c.home_organisation_id,
    )
    .correlate(users)
    .scalar_subquery()
    .label("roles")
)
COLUMNS = (
    users.c.id,
    users.c.email,
    users.c.name,
    users.c.state,
    users.c.security,
    users.c.strongest,
    users.c.resistance,
    users.c.last_signed_in_at,
    users.c.locked_until,
    users.c.reset_id,
    users.c.reset_at,
    users.c.enrol_by,
    users.c.exempt_until,
    _ROLES,
)


@frozen
class Member:
    """A person, and what they can prove. `kinds`: factor → how many; `roles`: those at home."""

    id: str
    email: str
    name: str
    state: AccountState
    roles: tuple[Role, ...]
    kinds: dict[str, int]
    strongest: AAL
    resistance: Resistance
    last_signed_in_at: datetime | None
    locked_until: datetime | None
    reset_id: str | None
    reset_at: datetime | None
    enrol_by: datetime | None
    exempt_until: datetime | None


def values(row: RowMapping) -> dict[str, Any]:
    """The fields of a `Member`, from a row with these columns."""
    roles = sorted(row["roles"].split(",")) if row["roles"] else []
    return {
        "id": row["id"],
        "email": row["email"],
        "name": row["name"],
        "state": AccountState(row["state"]),
        "roles": tuple(map(Role, roles)),
        "kinds": row["security"]["counts"],
        "strongest": AAL(row["strongest"]),
        "resistance": Resistance(row["resistance"]),
        "last_signed_in_at": row["last_signed_in_at"],
        "locked_until": row["locked_until"],
        "reset_id": row["reset_id"],
        "reset_at": row["reset_at"],
        "enrol_by": row["enrol_by"],
        "exempt_until": row["exempt_until"],
    }
