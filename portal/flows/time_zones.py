"""The time zones that people and organisations may have."""

from __future__ import annotations

import zoneinfo
from functools import cache


@cache
def known() -> frozenset[str]:
    """Every name of an IANA zone on this machine; asking for them reads hundreds of files."""
    return frozenset(zoneinfo.available_timezones())
