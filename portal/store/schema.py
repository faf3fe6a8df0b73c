"""The whole schema: importing this module has imported every table."""

from __future__ import annotations

from portal.store import administration_tables, platform_tables, policy_tables, user_index
from portal.store.tables import metadata

__all__ = ["administration_tables", "metadata", "platform_tables", "policy_tables", "user_index"]
