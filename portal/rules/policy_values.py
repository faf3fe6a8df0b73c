"""What a policy can say: the values alone, as they are stored and merged.

It holds a field only once the field has an effect, and every field only ever tightens; what they
mean is in `policy`, and from when they hold in `rollout`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta

from portal.rules.terms import AAL, Action, Role
from portal.values import frozen


@frozen
class Restrictions:
    """Which makes of passkeys and security keys may be enrolled, and go on being used.

    `attested`: FIDO's metadata must vouch for the model. `device_bound`: none that is copied to
    other devices. `certification`: FIDO level at least. `allowed`: these models alone, None for
    any; `denied`: never these.
    """

    attested: bool = False
    device_bound: bool = False
    certification: int = 0
    allowed: frozenset[str] | None = None
    denied: frozenset[str] = frozenset()


@frozen
class Raised:
    """What an action needs beyond the table; None and False ask for nothing more."""

    level: AAL | None = None
    phishing_resistant: bool = False
    age_max: timedelta | None = None


@frozen
class Demand:
    """What every session of a role must have proved: a level from AAL2 up, and how."""

    level: AAL = AAL.AAL2
    phishing_resistant: bool = False


@frozen
class Policy:
    """`required_roles`: their members may do nothing but enrol until they hold two factors.

    `demands` says more of some of them. `off_roles` are not asked to enrol anything, unless
    `optional_roles` names them too. `methods`: the kinds of second factors that may be used; None
    for any. `reset_approvals`: how many people must approve what takes a second factor away.
    `version` names every policy that had a part in it, for logs. `spares_held` is never published:
    for somebody who is exempt, restrictions are on what they enrol and not on what they hold.
    """

    version: str
    required_roles: frozenset[Role]
    restrictions: Restrictions = Restrictions()
    raised: Mapping[Action, Raised] = field(default_factory=dict)
    demands: Mapping[Role, Demand] = field(default_factory=dict)
    optional_roles: frozenset[Role] = frozenset()
    off_roles: frozenset[Role] = frozenset()
    methods: frozenset[str] | None = None
    reset_approvals: int = 1
    spares_held: bool = False


@frozen
class Step:
    """A policy and its dates. It takes the place of what its organisation asked before it.

    `grace` is for accounts that were active when it was announced; newer ones have none.
    """

    policy: Policy
    announced_at: datetime
    monitored_at: datetime
    enforced_at: datetime
    grace: timedelta = timedelta(0)

    @property
    def complete_at(self) -> datetime:
        """From when it holds for everybody."""
        return self.enforced_at + self.grace


@frozen
class Line:
    """What one organisation asks by itself while it changes: `base`, then each step in turn."""

    base: Policy
    steps: tuple[Step, ...] = ()


@frozen
class Asked:
    """What is asked of an organisation's people: `policy` always, and each line by its dates."""

    policy: Policy
    lines: tuple[Line, ...] = ()
