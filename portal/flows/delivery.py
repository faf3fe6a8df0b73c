"""The worker's jobs: send what is due, give audit rows their place in the chain."""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import timedelta
from typing import Any

from portal.edge import DeliveryFailed, Edge, Mailer, Message
from portal.flows.events import Event
from portal.store import audit, outbox

Compose = Callable[[str, str, dict[str, Any]], Message]
SEAL_PAGE = 500
LEASE = timedelta(seconds=30)
SEALED_WITHIN = timedelta(hours=6)


def deliver_next(
    edge: Edge, compose: Compose, mailer: Mailer
) -> Generator[Callable[[], Any], Any, bool]:
    """Send the next due message; False when there is none.

    It is claimed and committed before anything is sent: a worker that dies leaves a row that
    becomes due again, and the stable Message-ID lets the second copy be seen as the first.
    """
    entry = outbox.claim(edge)
    if entry is None:
        return False
    payload = entry.payload
    if payload is None:
        audit.add(edge, Event.SEAL_BROKEN, reason=f"outbox:payload:{entry.id}")
        outbox.failed(edge, entry, error="the payload does not open", permanent=True)
        return True

    def send() -> DeliveryFailed | None:
        try:
            mailer.send(compose(entry.id, entry.kind, payload))
        except DeliveryFailed as failed:
            return failed
        except Exception as broken:  # A mail that cannot be written is tried again, not for ever.
            return DeliveryFailed(type(broken).__name__, permanent=False)
        return None

    failure = yield send
    if failure is None:
        outbox.sent(edge, entry)
    else:
        outbox.failed(edge, entry, error=str(failure), permanent=failure.permanent)
    return True


def seal_audit(edge: Edge, holder: str, *, everything: bool = False) -> int:
    """Extend the audit chain if this worker holds the lease; how many rows were sealed.

    `everything` also looks for rows older than `SEALED_WITHIN`, which a long outage leaves.
    """
    if not audit.take_lease(edge, audit.SEALER, holder, LEASE):
        return 0
    since = None if everything else edge.now - SEALED_WITHIN
    return audit.seal(edge, size=SEAL_PAGE, since=since)


def release_audit(edge: Edge, holder: str) -> None:
    """Give the chain's lease back, so that the next worker need not wait for its end."""
    audit.release_lease(edge, audit.SEALER, holder)
