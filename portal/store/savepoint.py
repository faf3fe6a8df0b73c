"""A part of a transaction that can be undone alone: what was refused leaves its refusal behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from portal.edge import Edge

T = TypeVar("T")


def keep_if(edge: Edge, work: Callable[[], T], accept: Callable[[T], bool]) -> T:
    """Do `work`; what it wrote stays only if `accept` says so of its result."""
    savepoint = edge.db.begin_nested()
    try:
        result = work()
    except BaseException:
        savepoint.rollback()
        raise
    if accept(result):
        savepoint.commit()
    else:
        savepoint.rollback()
    return result
