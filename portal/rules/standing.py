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
    if acting is None or not acting.path or not target.path:
        return False
    is_root = _parent(acting.path) == "/"
    if standing is Standing.ANY:
        return is_root  # The root's right, whatever a role is called elsewhere.
    if target.path == acting.path:
        return True
    if standing is Standing.OWN:
        return False
    if standing is Standing.BELOW:
        return target.path.startswith(acting.path)
    if is_root and _is_hq_right(standing, target):
        return True
    return target.managed_by_parent and _parent(target.path) == acting.path


def _is_hq_right(standing: Standing, target: Target) -> bool:
    """What HQ may do beyond those it serves.

    Approving is its right everywhere: a partner with one administrator finds the second person
    there. Making somebody an administrator is so only where there is nobody else who could.
    """
    if standing is Standing.SERVED_OR_UNATTENDED:
        return target.unattended
    return standing is Standing.SERVED_OR_ANY


def _parent(path: str) -> str:
    """`/a/b/` is the parent of `/a/b/c/`."""
    return path.rstrip("/").rpartition("/")[0] + "/"
