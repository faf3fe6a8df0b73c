"""A registry of factors as the portal builds it, with a cheap hash."""

from __future__ import annotations

import hashlib

import pytest

from portal.factors import Registry, registry
from portal.settings import Settings
from tests.support.house import BASE_URL, CHEAP_HASH
from tests.support.makers import Models

BREACHED = "the breach that everybody read of"


@pytest.fixture(scope="session")
def factors() -> Registry:
    known = hashlib.sha1(BREACHED.encode()).hexdigest()
    settings = Settings(base_url=BASE_URL, password_hash=CHEAP_HASH)
    return registry(settings, lambda digest: digest == known, Models())
