"""How fast anybody may guess: a pure count with growing pauses (NIST SP 800-63B-4, 3.2.2).

    failures 0-4 ──► compared at once
    failures 5   ──► 30 s pause, doubling with each further failure up to 1 h
    lane spent   ──► refused until a success, a mailed unlock or an administrator's decision

Strangers share one lane of 80; each known browser has its own lane of 20. So a stranger's
mistakes never use up the attempts of the browser that a person signs in from, and a stranger and
one such browser together stay at NIST's 100 in a row.
"""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

from portal.values import frozen

SLOW_FROM = 5
PAUSE_FIRST = timedelta(seconds=30)
PAUSE_LONGEST = timedelta(hours=1)


class Lane(enum.IntEnum):
    """Attempts in a row that a lane allows."""

    STRANGERS = 80
    KNOWN_BROWSER = 20


@frozen
class Budget:
    """Attempts counted in a row and the instant from which the next one is compared."""

    failures: int
    next_at: datetime


@frozen
class Throttled:
    """Refused before anything was compared. `wait` is None when the lane is spent."""

    wait: timedelta | None


def pause(failures: int) -> timedelta:
    """The pause after this many failures in a row.

    >>> pause(4), pause(5), pause(6), pause(40)
    (datetime.timedelta(0), datetime.timedelta(seconds=30), datetime.timedelta(seconds=60), \
datetime.timedelta(seconds=3600))
    """
    if failures < SLOW_FROM:
        return timedelta(0)
    # 2 ** 7 * 30 s is already over an hour; the cap keeps the power small for any count.
    doublings = min(failures - SLOW_FROM, 7)
    return min(PAUSE_FIRST * 2**doublings, PAUSE_LONGEST)


def reserve(budget: Budget, *, lane: Lane, now: datetime) -> Budget | Throttled:
    """Take one attempt from the budget, or say how long to wait.

    The attempt is counted as failed before it is compared; a success sets the count to zero.
    The store does the same in one statement, built from `PAUSES`.
    """
    if budget.failures >= lane:
        return Throttled(wait=None)
    # Below the first pause the clock is not asked: two machines never agree to the millisecond.
    if budget.failures >= SLOW_FROM and now < budget.next_at:
        return Throttled(wait=budget.next_at - now)
    failures = budget.failures + 1
    return Budget(failures=failures, next_at=now + pause(failures))


# (failures after the attempt, pause): the last row holds for every greater count.
PAUSES = tuple((count, pause(count)) for count in range(SLOW_FROM, SLOW_FROM + 8))
