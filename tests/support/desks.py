"""People who share their computers: marking an organisation, sitting down, coming back."""

from __future__ import annotations

from datetime import timedelta

from werkzeug.test import TestResponse

from portal.flows import hosts
from tests.support.house import PARTNER, PASSWORD, House, Visitor
from tests.support.web import signed_in

SECOND = timedelta(seconds=1)
IDLE = timedelta(minutes=5)
PROFILE = {"name": "Daniel Moreau", "locale": "en", "time_zone": "UTC"}


def mark(house: House, name: str = PARTNER, *, shared: bool = True) -> None:
    house.organise()
    house.run(hosts.mark_shared_desks, name, shared=shared)


def at_desk(house: House, name: str = "dan", **headers: str) -> Visitor:
    """Somebody of the partner, whose people share their computers; a password and no more."""
    mark(house)
    return signed_in(house, name, app=False, **headers)


def unlock(visitor: Visitor, step_up: str, password: str = PASSWORD) -> TestResponse:
    visitor.get(step_up)
    return visitor.post(f"{step_up}/password", code=password, password=password)
