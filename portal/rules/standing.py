"""Whether a person may touch an object at all: whose it is, in which role, and who else was in it.

Levels and freshness are not asked here; `access` asks them afterwards.
"""

from __future__ import annotations

from portal.rules.terms import Membership, Standing, Target


def reaches(standing: Standing, acting: Membership | None, target: Target) -> bool:
    """Whether the target belongs where `standing` lets the acting organisation reach.

    A managed organisation is served by its parent, not by its grandparents: the mark says who
    answers for these people, and that is one organisation.
    """
    if acting is None or not acting.path:
        return False
    if standing is Standing.ANY:
        return _parent(acting.path) == "/"  # The root's right, whatever a role is called elsewhere.
    if target.path == acting.path:
        return True
    if standing is Standing.BELOW:
        return target.path.startswith(acting.path)
    if standing is Standing.SERVED:
        return target.managed_by_parent and _parent(target.path) == acting.path
    return False


def _parent(path: str) -> str:
    """`/a/b/` is the parent of `/a/b/c/`."""
    return path.rstrip("/").rpartition("/")[0] + "/"
