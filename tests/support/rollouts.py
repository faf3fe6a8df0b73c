"""Policies with dates for the standing organisations, and the worker that tells people of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.edge import Edge, Message
from portal.flows import announcement_mail, policies
from portal.flows.policies import Published
from portal.flows.policy_plans import Dates
from portal.store import organisations
from tests.support.house import PARTNER, House
from tests.support.web import rows

DISPATCHERS: dict[str, Any] = {"required_roles": ["dispatcher"]}
RESISTANT: dict[str, Any] = {"demands": {"dispatcher": {"level": 2, "phishing_resistant": True}}}
NO_APPS: dict[str, Any] = {"required_roles": ["dispatcher"], "methods": ["passkey"]}


def roll_out(
    house: House,
    document: dict[str, Any] = DISPATCHERS,
    *,
    days: float = 30,
    watched: float = 0,
    grace: float = 0,
    **more: Any,
) -> int:
    """Publish a policy, watched and enforced in so many days, with days of grace; its number."""
    house.organise()
    if not rows(house, "users"):
        house.person("pam")
    author = rows(house, "users")[0]["id"]

    def publish(edge: Edge) -> Any:
        found = organisations.by_name(edge, more.get("name", PARTNER))
        assert found is not None
        dates = Dates(
            monitored_at=edge.now + timedelta(days=watched),
            enforced_at=edge.now + timedelta(days=days),
            grace=timedelta(days=grace),
            message=more.get("message", ""),
        )
        return policies.publish_for(edge, found, document, author, dates)

    made = house.run(publish)
    assert isinstance(made, Published), made
    return made.number


def tell(house: House) -> None:
    """What the worker does until nobody is left to tell, and nothing to send."""
    while house.run(announcement_mail.mail_next):
        pass
    house.work()


def about(house: House, address: str, words: str = "") -> list[Message]:
    """The mails to an address whose subject has these words."""
    return [letter for letter in house.letters.to(address) if words in letter.subject]


def announcements(house: House) -> list[dict[str, Any]]:
    return rows(house, "announcements")
