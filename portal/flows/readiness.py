"""Whether this process can serve: schema and clock, as the database sees them."""

from __future__ import annotations

from datetime import timedelta

from portal.edge import Edge
from portal.store import health

CLOCK_DIFFERENCE_MAX = timedelta(seconds=2)


def problem(edge: Edge) -> str | None:
    """What is wrong, in a word, or None.

    A clock over two seconds from the database's would refuse good codes and stretch lifetimes.
    """
    # A newer schema is fine: migrations are additive and run before the new release starts.
    if (health.schema_version(edge) or "") < health.SCHEMA_VERSION:
        return "schema"
    if abs(health.database_now(edge) - edge.now) > CLOCK_DIFFERENCE_MAX:
        return "clock"
    return None
