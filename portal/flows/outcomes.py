"""What flows return to blueprints: plain values that are matched, then worded."""

from __future__ import annotations

from portal.values import frozen


@frozen
class Refused:
    """A sign-in that did not succeed. Why is in the audit log, never in the answer."""


@frozen
class NotOffered:
    """The factor asked for would not be accepted here and now; another way is needed."""


@frozen
class Nothing:
    """There is nothing to do: it was done already."""


@frozen
class Gone:
    """What was asked for has expired, was used, ended meanwhile, or is another's."""


@frozen
class Blocked:
    """Refused for a reason that the person may know; `reason` is worded in web/messages.py."""

    reason: str


@frozen
class Done:
    """It happened."""


@frozen
class Counted:
    """The approval counts, and one more person must agree."""


@frozen
class Taken:
    """A record that the platform sent is new here; `id` is its row's."""

    id: str
