"""What a policy is told of a passkey's make, from what was kept at its enrolment."""

from __future__ import annotations

from portal.ceremony import Data
from portal.rules.terms import Traits


def traits(data: Data) -> Traits:
    """What a policy is told of it. A model that was revoked came no further."""
    return Traits(
        model=data["aaguid"],
        attested=data["attested"],
        certification=data["certification"],
        device_bound=not data["backup_eligible"],
    )
