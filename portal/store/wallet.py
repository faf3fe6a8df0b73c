"""A traveler's wallet: saved cards and passengers.

A card is its brand, last four digits and expiry; the payment service's token is sealed and is
given to nobody by this module. What is removed keeps a digest, so that an import does not bring
it back, and nothing else.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Table, bindparam, insert, select, update

from portal.edge import Edge
from portal.store import sealed
from portal.store.platform_tables import cards, passengers
from portal.store.sealed import open_json, seal_json
from portal.values import frozen

TOKEN = "cards:token"
PROFILE = "passengers:profile"
_CARD_COLUMNS = [cards.c[name] for name in ("id", "brand", "last_four", "expires", "created_at")]
_CARDS = (
    select(*_CARD_COLUMNS)
    .where(cards.c.user_id == bindparam("user"), cards.c.removed_at.is_(None))
    .order_by(cards.c.id)
)
_PASSENGERS = (
    select(passengers)
    .where(passengers.c.user_id == bindparam("user"), passengers.c.removed_at.is_(None))
    .order_by(passengers.c.id)
)


@frozen
class Card:
    """A saved card as its owner may see it. `expires`: "2029-04", good to the end of the month."""

    id: str
    brand: str
    last_four: str
    expires: str
    created_at: datetime


@frozen
class KnownCard:
    """A card that an import may mean; `digest`: of its token. `removed`: by its owner."""

    id: str
    digest: str
    removed: bool


@frozen
class Profile:
    """What a passenger's driver needs. `phone` is E.164; empty where nothing was said."""

    name: str
    phone: str = ""
    email: str = ""
    needs: str = ""


@frozen
class Passenger:
    """A passenger; `version` counts the changes, so that no change undoes another unseen."""

    id: str
    profile: Profile
    version: int
    created_at: datetime


@frozen
class KnownPassenger:
    """A passenger whom an import may mean. `source`: digest of the record it came from, or ""."""

    profile: Profile | None
    source: str


def cards_of(edge: Edge, user_id: str) -> list[Card]:
    return [Card(**row) for row in edge.db.execute(_CARDS, {"user": user_id}).mappings()]


def known_cards(edge: Edge, user_id: str) -> list[KnownCard]:
    """Every card that the person has or had."""
    found = edge.db.execute(
        select(cards.c.id, cards.c.token, cards.c.removed_at).where(cards.c.user_id == user_id)
    )
    return [
        KnownCard(identity, open_json(edge, TOKEN, identity, token)["digest"], removed is not None)
        for identity, token, removed in found
    ]


def add_card(edge: Edge, user_id: str, card: Card, *, token: str, digest: str) -> None:
    edge.db.execute(
        insert(cards),
        {
            "id": card.id,
            "user_id": user_id,
            "brand": card.brand,
            "last_four": card.last_four,
            "expires": card.expires,
            "token": seal_json(edge, TOKEN, card.id, {"token": token, "digest": digest}),
            "created_at": card.created_at,
        },
    )


def renew_card(edge: Edge, card_id: str, *, brand: str, last_four: str, expires: str) -> None:
    """What the payment service says of a card now: a renewed one expires later."""
    edge.db.execute(
        update(cards)
        .where(cards.c.id == card_id)
        .values(brand=brand, last_four=last_four, expires=expires)
    )


def remove_card(edge: Edge, user_id: str, card_id: str) -> bool:
    """Forget a card of this person, its token too; False when there is none."""
    row = _own(edge, cards, user_id, card_id)
    if row is None:
        return False
    digest = open_json(edge, TOKEN, card_id, row["token"])["digest"]
    left = seal_json(edge, TOKEN, card_id, {"digest": digest})
    edge.db.execute(
        update(cards).where(cards.c.id == card_id).values(token=left, removed_at=edge.now)
    )
    return True


def passengers_of(edge: Edge, user_id: str) -> list[Passenger]:
    rows = edge.db.execute(_PASSENGERS, {"user": user_id}).mappings()
    return [_passenger(edge, row) for row in rows]


def passenger(edge: Edge, user_id: str, passenger_id: str) -> Passenger | None:
    row = _own(edge, passengers, user_id, passenger_id)
    return _passenger(edge, row) if row else None


def known_passengers(edge: Edge, user_id: str) -> list[KnownPassenger]:
    """Every passenger whom the person has or had; a removed one has no profile left."""
    rows = edge.db.execute(select(passengers).where(passengers.c.user_id == user_id)).mappings()
    found = []
    for row in rows:
        stored = open_json(edge, PROFILE, row["id"], row["profile"])
        profile = _profile(stored) if row["removed_at"] is None else None
        found.append(KnownPassenger(profile, stored["source"]))
    return found


def add_passenger(edge: Edge, user_id: str, profile: Profile, source: str) -> str:
    identity = edge.new_id()
    edge.db.execute(
        insert(passengers),
        {
            "id": identity,
            "user_id": user_id,
            "profile": _sealed(edge, identity, profile, source),
            "version": 1,
            "created_at": edge.now,
        },
    )
    return identity


def change_passenger(
    edge: Edge, user_id: str, passenger_id: str, profile: Profile, version: int
) -> bool:
    """Write a profile over exactly `version`; False when it was changed or removed meanwhile."""
    row = _own(edge, passengers, user_id, passenger_id)
    if row is None:
        return False
    source = open_json(edge, PROFILE, passenger_id, row["profile"])["source"]
    result = edge.db.execute(
        update(passengers)
        .where(
            passengers.c.id == passenger_id,
            passengers.c.removed_at.is_(None),
            passengers.c.version == version,
        )
        .values(profile=_sealed(edge, passenger_id, profile, source), version=version + 1)
    )
    return result.rowcount == 1


def remove_passenger(edge: Edge, user_id: str, passenger_id: str, source: str) -> bool:
    """Forget a passenger of this person; `source` is what remains to know the record by."""
    row = _own(edge, passengers, user_id, passenger_id)
    if row is None:
        return False
    stored = open_json(edge, PROFILE, passenger_id, row["profile"])
    left = seal_json(edge, PROFILE, passenger_id, {"source": stored["source"] or source})
    edge.db.execute(
        update(passengers)
        .where(passengers.c.id == passenger_id)
        .values(profile=left, version=row["version"] + 1, removed_at=edge.now)
    )
    return True


def reseal_cards(edge: Edge, after: str, size: int) -> sealed.Resealed:
    """Seal a page of cards' tokens with the current key."""
    return sealed.reseal_page(edge, cards, "token", after, size)


def reseal_passengers(edge: Edge, after: str, size: int) -> sealed.Resealed:
    """Seal a page of passengers with the current key."""
    return sealed.reseal_page(edge, passengers, "profile", after, size)


def _own(edge: Edge, table: Table, user_id: str, row_id: str) -> RowMapping | None:
    statement = select(table).where(
        table.c.id == row_id, table.c.user_id == user_id, table.c.removed_at.is_(None)
    )
    return edge.db.execute(statement).mappings().first()


def _passenger(edge: Edge, row: RowMapping) -> Passenger:
    stored = open_json(edge, PROFILE, row["id"], row["profile"])
    return Passenger(row["id"], _profile(stored), row["version"], row["created_at"])


def _profile(stored: dict[str, Any]) -> Profile:
    return Profile(**{name: stored[name] for name in Profile.__dataclass_fields__})


def _sealed(edge: Edge, identity: str, profile: Profile, source: str) -> bytes:
    stored = {name: getattr(profile, name) for name in Profile.__dataclass_fields__}
    return seal_json(edge, PROFILE, identity, {**stored, "source": source})
