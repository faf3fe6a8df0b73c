"""Pages of requests that one person makes and another decides, as far as a visitor may look."""

from __future__ import annotations

from typing import Protocol, TypeVar

from portal.edge import Edge
from portal.flows.session import Visit
from portal.store.queues import Described, Queue

PAGE_SIZE = 50


class Kept(Protocol):
    """A request by two people, as its store reads it."""

    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=Kept)


def page(
    edge: Edge, visit: Visit, queue: Queue[R], state: str, after: str | None
) -> tuple[list[Described[R]], str | None]:
    """Requests of the organisation that the visitor acts for and of those below; the next key."""
    acting = visit.acting
    if acting is None:
        return [], None
    found = queue.page(edge, state, under=acting.path, after=after, size=PAGE_SIZE + 1)
    more = len(found) > PAGE_SIZE
    return found[:PAGE_SIZE], found[PAGE_SIZE - 1].request.id if more else None
