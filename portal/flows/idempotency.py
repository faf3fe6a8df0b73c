"""One request of a machine, done once: sent again under its key it gets its answer again.

The answer is kept in the transaction of what it answers, so that either both are there or neither:
a request that broke off midway was never made, and may be sent again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from portal.edge import Edge
from portal.flows.outcomes import Blocked, Gone
from portal.store import api_tokens, idempotency
from portal.store.api_tokens import Machine
from portal.store.idempotency import Kept
from portal.values import frozen


@frozen
class Answer:
    """What a machine is answered, as HTTP will say it: nothing in here is HTTP's own."""

    status: int
    headers: dict[str, str]
    body: str


@frozen
class Replayed:
    """The request was made before, under the same key; nothing was done now."""

    answer: Answer


@frozen
class Keyed:
    """A key, and what is asked under it: method, address, conditions and body."""

    key: str
    request: bytes


def once(
    edge: Edge, machine: Machine, keyed: Keyed | None, work: Callable[[Edge], Answer]
) -> Answer | Replayed | Blocked | Gone:
    """Do `work` unless it was done under this key. Gone: the token ended meanwhile."""
    if keyed is None:
        return work(edge) if api_tokens.use(edge, machine.id) else Gone()
    key_hash = hashlib.sha256(keyed.key.encode()).digest()
    request_hash = hashlib.sha256(keyed.request).digest()
    # Before the token's row is held: who comes second is told so, and does not wait.
    if not idempotency.claim(edge, machine.id, key_hash):
        return Blocked("under_way")
    if not api_tokens.use(edge, machine.id):
        return Gone()
    found = idempotency.find(edge, machine.id, key_hash)
    if found is not None:
        if not hmac.compare_digest(found.request_hash, request_hash):
            return Blocked("other_request")
        return Replayed(Answer(found.status, found.headers, found.body))
    answer = work(edge)
    kept = Kept(request_hash, answer.status, answer.headers, answer.body)
    idempotency.keep(edge, machine.id, key_hash, kept)
    return answer
