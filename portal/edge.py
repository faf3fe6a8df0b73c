"""Edge: everything that enters from outside, for one request or one job.

The clock is read once, randomness comes from one place, and the open transaction is handed to
the store. Flows receive an Edge and nothing else; they never read a clock, a header or a file.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from portal.settings import Settings
from portal.values import frozen


class Transaction(Protocol):
    """An open transaction. `connection` is for the store alone.

    `exclusive`: nobody else writes while it is open (SQLite's), so what was read in it still holds.
    """

    connection: Any
    writing: bool
    exclusive: bool

    def commit(self) -> None: ...

    def rollback(self) -> None: ...


class Database(Protocol):
    """Where transactions come from."""

    def open(self, *, writing: bool) -> Transaction: ...

    def dispose(self) -> None: ...


class Sealer(Protocol):
    """Authenticated encryption bound to a place; see `store.sealed`. `current`: the key in use."""

    current: int

    def seal(self, value: bytes, place: str, nonce: bytes) -> bytes: ...

    def open(self, sealed: bytes, place: str) -> bytes: ...


class SealBroken(Exception):
    """A sealed value does not open: moved, altered, cut short, or its key is gone."""

    def __init__(self, place: str) -> None:
        super().__init__(f"sealed value does not open: {place}")
        self.place = place


class Places(Protocol):
    """Names the place of a network address, in a word or two; None when it is not known."""

    def place_of(self, address: str) -> str | None: ...


@frozen
class Model:
    """What FIDO's metadata says of a model of authenticator.

    `certification`: FIDO level, 0 for none. `hardware_protected`: its keys cannot leave hardware.
    `revoked`: a report warns of it. `roots`: its attestation trust anchors, DER. `verifies_by`:
    how it checks who uses it, among "pin", "fingerprint", "face", "voice", "pattern".
    """

    aaguid: str
    name: str
    certification: int = 0
    hardware_protected: bool = False
    revoked: bool = False
    roots: tuple[bytes, ...] = ()
    verifies_by: tuple[str, ...] = ()


@frozen
class Edition:
    """Which metadata is in use: its number, by when newer was to be had, and what is in it.

    `models`: how many are known by AAGUID; `revoked`: those of them that a report warns of.
    """

    number: int
    next_update: date | None
    models: int
    revoked: tuple[Model, ...]


class Catalogue(Protocol):
    """Models of authenticators. A name is for people to read, never a reason to trust."""

    def model(self, aaguid: str) -> Model | None:
        """What the metadata says; None for a model that it does not know.

        A U2F device has no AAGUID: ask by its attestation certificate's key identifier, 40 hex.
        """
        ...

    def provider(self, aaguid: str) -> str | None:
        """The name that a passkey provider is known by, in the metadata or outside it."""
        ...

    def icon(self, aaguid: str, *, dark: bool) -> tuple[bytes, str] | None:
        """The provider's picture and its media type."""
        ...

    def next_update(self) -> date | None:
        """By when newer metadata was to be had; None where there is none at all."""
        ...

    def edition(self) -> Edition:
        """Which metadata that is."""
        ...


class Mailer(Protocol):
    """Hands one message to the mail system or raises `DeliveryFailed`."""

    def send(self, message: Message) -> None: ...


@frozen
class Message:
    """A mail ready to be sent. `message_id` is stable, so a mail sent twice is seen as one."""

    message_id: str
    recipient: str
    subject: str
    text: str
    html: str
    language: str


class NotSettled(Exception):
    """A mistake in the code: an action went on before it was settled with its object."""


class Unavailable(Exception):
    """The database cannot serve this now: gone, or busy for too long. Nothing was changed."""


class Deadlock(Unavailable):
    """Two waited for one another, and the database ended this one: it can be begun again."""


class DeliveryFailed(Exception):
    """The mail system did not take a message; `permanent` says that trying again is useless."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


@frozen
class Client:
    """The other end of the request, as far as the configured proxies let us know it.

    `session_token` and `browser_token` are what its cookies hold: claims, until the store knows
    them.
    """

    address: str
    user_agent: str = ""
    request_id: str = ""
    session_token: str = ""
    browser_token: str = ""


@frozen
class Actor:
    """Who acts, for the audit log: set by the gate once the session is known.

    `api_token`: the machine's, by its id; the person who made it did not act.
    """

    user_id: str | None = None
    session_id: str | None = None
    organisation_id: str | None = None
    level: str = "aal0"
    api_token: str | None = None

    @property
    def detail(self) -> dict[str, str]:
        """What is written of it beside its columns."""
        return {"api_token": self.api_token} if self.api_token else {}


@dataclass(slots=True)
class Edge:
    """The outside of one request. `now` is aware UTC and does not move while the request lasts."""

    now: datetime
    settings: Settings
    sealer: Sealer
    places: Places
    factors: Mapping[str, Any]
    client: Client
    random_bytes: Callable[[int], bytes]
    transaction: Transaction | None = None
    actor: Actor = field(default_factory=Actor)
    # The action that the gate let in provisionally, and the same until it is settled: before that
    # nothing is committed and nothing is shown.
    provisional: str | None = None
    unsettled: str | None = None
    # Whether something of this request is durable already, so that it cannot be begun again.
    committed: bool = False
    _ids_made: int = 0

    @property
    def db(self) -> Any:
        """The connection of the open transaction, for store modules only."""
        if self.transaction is None:
            raise RuntimeError("no transaction is open; call the flow through run() or read()")
        return self.transaction.connection

    def entropy(self, size: int) -> bytes:
        """`size` bytes from the operating system's generator (a seeded one in tests)."""
        return self.random_bytes(size)

    def smallest_id_at(self, instant: datetime) -> str:
        """The id that no row made since `instant` is smaller than."""
        milliseconds = int(instant.timestamp() * 1000)
        return str(uuid.UUID(int=(milliseconds & (2**48 - 1)) << 80))

    def new_id(self) -> str:
        """A UUIDv7 (RFC 9562, section 5.7): sorts by time, and by order within this request."""
        milliseconds = int(self.now.timestamp() * 1000)
        # rand_a carries a counter, so that rows written by one request keep their order.
        counter = self._ids_made & 0xFFF
        self._ids_made += 1
        tail = int.from_bytes(self.entropy(8)) & (2**62 - 1)
        value = (milliseconds & (2**48 - 1)) << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | tail
        return str(uuid.UUID(int=value))

    def place(self) -> str | None:
        """The place of this request's address, if it is known."""
        return self.places.place_of(self.client.address)
