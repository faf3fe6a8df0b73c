"""What a policy can say: the values alone, as they are stored and merged.

It holds a field only once the field has an effect, and every field only ever tightens; what they
mean is in `policy`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from portal.rules.terms import AAL, Action, Role


@dataclass(frozen=True, slots=True)
class Restrictions:
    """Which makes of passkeys and security keys may be enrolled.

    `attested`: FIDO's metadata must vouch for the model. `device_bound`: none that is copied to
    other devices. `certification`: FIDO level at least. `allowed`: these models alone, None for
    any; `denied`: never these.
    """

    attested: bool = False
    device_bound: bool = False
    certification: int = 0
    allowed: frozenset[str] | None = None
    denied: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Raised:
    """What an action needs beyond the table; None and False ask for nothing more."""

    level: AAL | None = None
    phishing_resistant: bool = False
    age_max: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """`required_roles`: their members may do nothing but enrol until they hold two factors.

    `version` names every policy that had a part in it, for logs.
    """

    version: str
    required_roles: frozenset[Role]
    restrictions: Restrictions = Restrictions()
    raised: Mapping[Action, Raised] = field(default_factory=dict)
