"""People whom a policy may stop, read as lightly as that goes: a preview looks at very many."""

from __future__ import annotations

import itertools
import operator
import re
from collections.abc import Collection, Generator, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, or_, select

from portal.edge import Edge
from portal.rules.terms import AAL, AccountState, Holdings, Role
from portal.store.organisations import EFFECTIVE_POLICY, inside
from portal.store.summaries import summary_from_json
from portal.store.tables import memberships, organisations, users
from portal.store.types import Instant
from portal.values import frozen

PART = 2000  # Rows that are taken from the driver at once.
_IDENTITY_OF = operator.itemgetter(0)
# The ids of authenticators in a summary; models are no keys.
_MAKES = '"makes"'
_IDENTITY = re.compile('"[0-9a-f-]{36}": *{')


@frozen
class Wanted:
    """Of whom a policy may ask more than they have; of all others it does not.

    `path`: members of that organisation, and of those below. `roles`: who holds one of them
    anywhere; None: whoever there is. `level`: who reaches less; `resistant`: who has nothing that
    resists phishing. `everywhere`: members of these are looked at whatever they hold.
    """

    path: str
    roles: Collection[Role] | None
    level: AAL
    resistant: bool
    everywhere: Collection[str] = ()


class Row(NamedTuple):
    """A person in one of their roles, as `stream` reads it: with several there is one for each."""

    id: str
    holdings: str  # See `alike`.
    active_since: datetime
    exempt_until: datetime | None
    organisation_id: str
    role: str


Somebody = Sequence[Row]  # All the rows of one person, at least one.


class Named(NamedTuple):
    """Who somebody is, and the organisation that looks after their account."""

    name: str
    email: str
    path: str
    managed_by_parent: bool


def effective_texts(edge: Edge) -> dict[str, str | None]:
    """What each organisation asks of its people, as the text of its column."""
    rows = edge.db.execute(select(organisations.c.id, EFFECTIVE_POLICY))
    return {row[0]: row[1] for row in rows}


def holders(edge: Edge, path: str) -> dict[Role, int]:
    """How many active people hold each role in an organisation and below it."""
    # Side by side and not grouped: to sort everybody by role takes longer than to read them.
    counts = [func.count(case((memberships.c.role == str(role), 1))) for role in Role]
    below = inside(path) if not _is_root(path) else None
    statement = (
        select(*counts)
        .select_from(memberships.join(users, users.c.id == memberships.c.user_id))
        .where(users.c.state == str(AccountState.ACTIVE), ~_held_before(below))
    )
    if below is not None:
        place = organisations.c.id == memberships.c.organisation_id
        statement = statement.join(organisations, place).where(below)
    row = edge.db.execute(statement).one()
    return {role: count for role, count in zip(Role, row, strict=True) if count}


def _held_before(below: ColumnElement[bool] | None) -> ColumnElement[bool]:
    """Whether the same person holds the same role in another organisation that counts as well."""
    other = memberships.alias()
    same = [
        other.c.user_id == memberships.c.user_id,
        other.c.role == memberships.c.role,
        other.c.organisation_id < memberships.c.organisation_id,
    ]
    if below is not None:
        ids = select(organisations.c.id).where(below).correlate(None)
        same.append(other.c.organisation_id.in_(ids))
    return select(other.c.user_id).where(*same).correlate(memberships).exists()


def stream(
    edge: Edge, wanted: Wanted, after: str | None = None, size: int | None = None
) -> Generator[Somebody]:
    """Active people in the order of their ids, from after one on.

    `size`: rows that are asked for at once, for whoever soon has seen enough.
    """
    statement = _statement(wanted)
    while True:
        part = statement if after is None else statement.where(users.c.id > after)
        count, somebody = 0, None
        with edge.db.execute(part.limit(size)) as found:
            # By the hundred thousand: what is done for each of them is done by C here.
            everybody = itertools.chain.from_iterable(found.partitions(PART))
            for _, rows in itertools.groupby(everybody, _IDENTITY_OF):
                if somebody is not None:
                    yield somebody
                    after = somebody[0][0]
                somebody = list(rows)
                count += len(somebody)
        if count == size:
            continue  # The last one may have more roles than were read.
        if somebody is not None:
            yield somebody
        return


def named(edge: Edge, ids: Collection[str]) -> dict[str, Named]:
    """Some people, by id."""
    home = organisations.c
    statement = (
        select(users.c.id, users.c.name, users.c.email, home.path, home.managed_by_parent)
        .join(organisations, home.id == users.c.home_organisation_id)
        .where(users.c.id.in_(ids))
    )
    return {row[0]: Named(*row[1:]) for row in edge.db.execute(statement)}


def holdings(text: str) -> Holdings:
    return summary_from_json(text)


def alike(text: str) -> str:
    """Holdings without the ids in them, which nothing is decided by: equal texts, equal worth."""
    if _MAKES not in text:
        return text
    parts = _IDENTITY.split(text)
    numbered = (f'"{number}": {{{part}' for number, part in enumerate(parts[1:]))
    return "".join((parts[0], *numbered))


def _statement(wanted: Wanted) -> Any:
    return (
        select(
            # As text: to make UUIDs of so many, and text of those, takes longer than to read them.
            cast(users.c.id, Text).label("id"),
            cast(users.c.security, Text).label("holdings"),
            func.coalesce(users.c.activated_at, users.c.created_at, type_=Instant).label(
                "active_since"
            ),
            users.c.exempt_until,
            cast(memberships.c.organisation_id, Text).label("organisation_id"),
            memberships.c.role,
        )
        .join(memberships, memberships.c.user_id == users.c.id)
        .where(users.c.state == str(AccountState.ACTIVE), *_conditions(wanted))
        .order_by(users.c.id)
    )


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if not _is_root(wanted.path):
        below = select(memberships.c.user_id).join(
            organisations, organisations.c.id == memberships.c.organisation_id
        )
        yield users.c.id.in_(below.where(inside(wanted.path)))
    if wanted.roles is None:
        return
    held = select(memberships.c.user_id).where(memberships.c.role.in_(map(str, wanted.roles)))
    weak: ColumnElement[bool] = users.c.strongest < int(wanted.level)
    if wanted.resistant:
        weak = or_(weak, users.c.resistance == 0)
    asked = and_(users.c.id.in_(held), weak)
    if wanted.everywhere:
        there = select(memberships.c.user_id)
        asked = or_(
            asked, users.c.id.in_(there.where(memberships.c.organisation_id.in_(wanted.everywhere)))
        )
    yield asked


def _is_root(path: str) -> bool:
    return path.count("/") == 2
