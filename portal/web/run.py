"""Runs flows: opens the transaction, reads the clock once, calls, commits.

The clock and the random generator enter the house here and nowhere else. A flow that yields work
has it done between two transactions, with no lock held.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any

from portal.edge import Client, Database, Edge, NotSettled, Places, Sealer
from portal.flows import permission
from portal.flows.outcomes import Blocked, Gone
from portal.flows.permission import Unsettled
from portal.rules.access import StepUp
from portal.settings import Settings
from portal.values import frozen
from portal.web import here

Flow = Callable[..., Any]
# Who asks where an operator does, or the worker.
HOST = Client(address="", user_agent="host command", request_id="host")


def system_clock() -> datetime:
    return datetime.now(UTC)


def system_entropy(size: int) -> bytes:
    return os.urandom(size)


@frozen
class Runner:
    """Makes Edges and runs flows on them, for requests, commands and the worker alike."""

    settings: Settings
    database: Database
    sealer: Sealer
    places: Places
    factors: dict[str, Any]
    clock: Callable[[], datetime] = system_clock
    entropy: Callable[[int], bytes] = system_entropy

    def edge(self, client: Client | None = None) -> Edge:
        """The outside of one request or job, its clock read now."""
        return Edge(
            now=self.clock(),
            settings=self.settings,
            sealer=self.sealer,
            places=self.places,
            factors=self.factors,
            client=client or Client(address="", user_agent="command", request_id="command"),
            random_bytes=self.entropy,
        )

    def run(self, edge: Edge, flow: Flow, *arguments: Any, **named: Any) -> Any:
        """Run a writing flow to its end and commit. A value commits, an exception rolls back."""
        self._open(edge, writing=True)
        try:
            outcome = flow(edge, *arguments, **named)
            if inspect.isgenerator(outcome):
                outcome = self._drive(edge, outcome)
            if isinstance(outcome, Unsettled):
                return self._refuse(edge, outcome)
            if edge.unsettled is not None and isinstance(outcome, Gone | Blocked):
                self.close(edge)  # Refused before its object was settled: nothing was written.
                edge.unsettled = None
                return outcome
            self._commit(edge)
            return outcome
        except BaseException:
            self.close(edge)
            raise

    def read(self, edge: Edge, flow: Flow, *arguments: Any, **named: Any) -> Any:
        """Run a flow that only reads. The transaction stays open for the next one; see `close`."""
        if edge.transaction is None:
            self._open(edge, writing=False)
        return flow(edge, *arguments, **named)

    def close(self, edge: Edge) -> None:
        """Give up an open transaction; nothing uncommitted stays."""
        if edge.transaction is not None:
            transaction, edge.transaction = edge.transaction, None
            transaction.rollback()

    def prepare(self, edge: Edge, *, writing: bool) -> None:
        """Open the request's transaction, so that what the gate read still holds in the flow."""
        self._open(edge, writing=writing)

    def _open(self, edge: Edge, *, writing: bool) -> None:
        if edge.transaction is not None:
            if edge.transaction.writing or not writing:
                return
            self.close(edge)
        edge.transaction = self.database.open(writing=writing)

    def _refuse(self, edge: Edge, refused: Unsettled) -> Unsettled:
        """Undo what a refused flow wrote, and keep that it was refused."""
        self.close(edge)
        edge.provisional = edge.unsettled = None
        if not isinstance(refused.decision, StepUp):
            self._open(edge, writing=True)
            permission.note_refusal(edge, refused)
            self._commit(edge)
        return refused

    def _commit(self, edge: Edge) -> None:
        if edge.transaction is not None:
            if edge.unsettled is not None:
                # A flow that never asked whether its action may touch its object changes nothing.
                raise NotSettled(edge.unsettled)
            transaction, edge.transaction = edge.transaction, None
            edge.committed = True  # Before: a commit whose answer is lost may have happened.
            transaction.commit()

    def _drive(self, edge: Edge, flow: Generator[Callable[[], Any], Any, Any]) -> Any:
        try:
            work = next(flow)
            while True:
                self._commit(edge)
                result = work()
                self._open(edge, writing=True)
                # What was settled before the work may hold no longer: it is asked again.
                edge.unsettled = edge.provisional
                work = flow.send(result)
        except StopIteration as finished:
            return finished.value


def runner() -> Runner:
    return here.app().extensions["portal"]


def run(flow: Flow, *arguments: Any, **named: Any) -> Any:
    """Run a writing flow in this request."""
    return runner().run(here.values().edge, flow, *arguments, **named)


def read(flow: Flow, *arguments: Any, **named: Any) -> Any:
    """Run a reading flow in this request."""
    return runner().read(here.values().edge, flow, *arguments, **named)
