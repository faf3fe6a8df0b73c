"""Billing details of an organisation: one row, changed by compare-and-set."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from portal.edge import Edge
from portal.store.engine import insert_for
from portal.store.platform_tables import billing
from portal.values import frozen


@frozen
class Details:
    """Who is billed, where, under which tax number, and where invoices are mailed to."""

    company: str
    address: str
    tax_id: str
    email: str


@frozen
class Billing:
    """Billing details as stored; `version` counts the changes."""

    details: Details
    version: int
    changed_at: datetime


def find(edge: Edge, organisation_id: str) -> Billing | None:
    statement = select(billing).where(billing.c.organisation_id == organisation_id)
    row = edge.db.execute(statement).mappings().first()
    if row is None:
        return None
    details = Details(row["company"], row["address"], row["tax_id"], row["email"])
    return Billing(details, row["version"], row["changed_at"])


def save(edge: Edge, organisation_id: str, details: Details, version: int) -> bool:
    """Write details over exactly `version`, 0 for none yet; False when it is another one."""
    values = {
        "company": details.company,
        "address": details.address,
        "tax_id": details.tax_id,
        "email": details.email,
        "version": version + 1,
        "changed_at": edge.now,
    }
    if version == 0:
        statement = insert_for(edge.db.dialect.name)(billing).on_conflict_do_nothing(
            index_elements=[billing.c.organisation_id]
        )
        made = statement.returning(billing.c.organisation_id)
        inserted = edge.db.execute(made, {"organisation_id": organisation_id, **values})
        return inserted.first() is not None
    result = edge.db.execute(
        update(billing)
        .where(billing.c.organisation_id == organisation_id, billing.c.version == version)
        .values(**values)
    )
    return result.rowcount == 1
