"""A registry of factors as the portal builds it, with a cheap hash."""

from __future__ import annotations

import hashlib

import pytest

from portal.factors import Registry, registry
from portal.settings import Settings
from tests.support.house import CHEAP_HASH

BREACHED = "the breach that everybody read of"


@pytest.fixture(scope="session")
def factors() -> Registry:
    known = hashlib.sha1(BREACHED.encode()).hexdigest()
    return registry(Settings(password_hash=CHEAP_HASH), lambda digest: digest == known)
