"""What flows return to blueprints: plain values that are matched, then worded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """A sign-in that did not succeed. Why is in the audit log, never in the answer."""


@dataclass(frozen=True, slots=True)
class NotOffered:
    """The factor asked for would not be accepted here and now; another way is needed."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to do: it was done already."""


@dataclass(frozen=True, slots=True)
class Gone:
    """What was asked for has expired, was used, ended meanwhile, or is another's."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """Refused for a reason that the person may know; `reason` is worded in web/messages.py."""

    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """It happened."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The approval counts, and one more person must agree."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A record that the platform sent is new here; `id` is its row's."""

    id: str
