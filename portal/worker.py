"""The worker: mail, the audit chain, and whatever a moment brings about by itself, round by round.

Every job is one short transaction that takes one thing or one batch, and says whether there was
any. A worker that is killed loses nothing; several of them share the work.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any

from portal.edge import Edge, Mailer, Unavailable
from portal.flows import (
    announcement_mail,
    compliance,
    delivery,
    exception_decisions,
    membership_expiry,
    payee_accounts,
    reset_decisions,
)
from portal.web import mail
from portal.web.logs import log
from portal.web.run import HOST, Runner

IDLE_S = 0.5
HOLDER_BYTES = 8
JOBS: tuple[Callable[..., Any], ...] = (
    payee_accounts.settle_due,
    reset_decisions.expire_next,
    membership_expiry.expire_next,
    exception_decisions.expire_next,
    announcement_mail.mail_next,
)


def work(runner: Runner, stop: Event, mailer: Mailer, *, once: bool = False) -> None:
    """Do what is due until asked to stop; `once`: until nothing is due."""
    holder = runner.entropy(HOLDER_BYTES).hex()
    everything = True  # Once at the start: what an outage left unsealed may be old.
    deliver = partial(_run, runner, delivery.deliver_next, mail.compose, mailer)
    jobs: list[Callable[[], Any]] = [
        *(partial(_run, runner, job) for job in JOBS),
        partial(work_on_compliance, runner),
    ]
    while not stop.is_set():
        delivered = _attempt(deliver)  # First: somebody may be waiting for it at a page.
        seal = partial(_run, runner, delivery.seal_audit, holder, everything=everything)
        sealed = _attempt(seal)
        everything = everything and sealed != 0  # One that failed has sealed nothing yet.
        done = [_attempt(job) for job in jobs if not stop.is_set()]
        busy = bool(delivered) or bool(sealed) or any(done)
        if once and not busy:
            break
        if not busy:
            stop.wait(IDLE_S)
    with contextlib.suppress(Unavailable):  # Without a database the lease simply runs out.
        _run(runner, delivery.release_audit, holder)


def _attempt(job: Callable[[], Any]) -> Any:
    """What a job says; None for one that failed: no other is kept from its work by that."""
    try:
        return job()
    except Exception as error:  # The database restarts, a template fails: go on, say so.
        log.error("worker.failed", kind=type(error).__name__, exc_info=error)
        return None


def work_on_compliance(runner: Runner) -> bool:
    """A step of going through people after a publishing: read, then written in a short turn."""
    edge = _edge(runner)
    try:
        found = runner.read(edge, compliance.look)
    finally:
        runner.close(edge)
    return found is not None and runner.run(edge, compliance.settle, found)


def _run(runner: Runner, flow: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    return runner.run(_edge(runner), flow, *arguments, **named)


def _edge(runner: Runner) -> Edge:
    return runner.edge(HOST)
