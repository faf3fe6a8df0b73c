"""What a sign-in reads before a password is compared: one statement for any address."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, select

from portal.edge import Edge, SealBroken
from portal.rules.terms import Membership, Role
from portal.store import authenticators as authenticator_store
from portal.store import users as user_store
from portal.store.authenticators import Authenticator
from portal.store.organisations import ADD_ONS, EFFECTIVE_POLICY, add_ons
from portal.store.policy_codec import effective
from portal.store.prepared import Prepared
from portal.store.tables import authenticators, browsers, memberships, organisations, users
from portal.store.users import User
from portal.values import frozen

_KIND = "password"


@frozen
class Candidate:
    """The account behind an address, its password, and its browser behind a token, if any.

    `broken` names the place of a password that is there and does not open.
    """

    user: User
    password: Authenticator | None
    browser_id: str | None
    browser_known: bool
    broken: str | None = None


# Made once: building this statement costs more than running it.
_CANDIDATE = Prepared(
    select(
        *[column.label("u_" + column.name) for column in users.c],
        *[column.label("a_" + column.name) for column in authenticators.c],
        browsers.c.id.label("b_id"),
        browsers.c.known_at.label("b_known_at"),
    )
    .outerjoin(
        authenticators,
        and_(
            authenticators.c.user_id == users.c.id,
            authenticators.c.kind == _KIND,
            authenticators.c.revoked_at.is_(None),
        ),
    )
    .outerjoin(
        browsers,
        and_(
            browsers.c.user_id == users.c.id,
            browsers.c.token_hash == bindparam("token_hash"),
            browsers.c.revoked_at.is_(None),
            browsers.c.ends_at > bindparam("now"),
        ),
    )
    .where(users.c.email == bindparam("of_email"))
)


# An account by something that it holds, held until the commit, with the roles.
_ACCOUNT = (
    select(
        *[column.label("u_" + column.name) for column in users.c],
        browsers.c.id.label("b_id"),
        browsers.c.known_at.label("b_known_at"),
        memberships.c.organisation_id.label("m_organisation_id"),
        memberships.c.role.label("m_role"),
        organisations.c.name.label("m_organisation_name"),
        organisations.c.shared_desks.label("m_shared_desks"),
        EFFECTIVE_POLICY.label("m_policy"),
        organisations.c.plan.label("m_plan"),
        ADD_ONS.label("m_add_ons"),
    )
    .join(authenticators, authenticators.c.user_id == users.c.id)
    .outerjoin(
        browsers,
        and_(
            browsers.c.user_id == users.c.id,
            browsers.c.token_hash == bindparam("token_hash"),
            browsers.c.revoked_at.is_(None),
            browsers.c.ends_at > bindparam("now"),
        ),
    )
    .outerjoin(memberships, memberships.c.user_id == users.c.id)
    .outerjoin(organisations, organisations.c.id == memberships.c.organisation_id)
    .where(authenticators.c.revoked_at.is_(None))
    .order_by(memberships.c.id)
    .with_for_update(of=[users, authenticators], key_share=True)
)
_UNCHANGED = Prepared(
    _ACCOUNT.where(
        authenticators.c.id == bindparam("authenticator"),
        authenticators.c.version == bindparam("version"),
    )
)
_BY_LOOKUP = Prepared(
    _ACCOUNT.add_columns(*[column.label("a_" + column.name) for column in authenticators.c]).where(
        authenticators.c.lookup == bindparam("of_lookup")
    )
)


@frozen
class Account:
    """The account as it is at the moment of acceptance."""

    user: User
    memberships: tuple[Membership, ...]
    browser_id: str | None
    browser_known: bool


def unchanged(edge: Edge, password: Authenticator, browser_token_hash: bytes) -> Account | None:
    """The account, held until the commit; None when the password is not the compared one any more.

    What was read before the hash is old by then: the person may have been disabled, or have
    enrolled a second factor.
    """
    wanted = {
        "authenticator": password.id,
        "version": password.version,
        "token_hash": browser_token_hash,
        "now": edge.now,
    }
    rows = _UNCHANGED.rows(edge.db, wanted)
    return _account(rows) if rows else None


def by_lookup(
    edge: Edge, lookup: bytes, browser_token_hash: bytes
) -> tuple[Account, Authenticator] | None:
    """The account that an authenticator belongs to, both held until the commit.

    None when nobody has it. Raises SealBroken.
    """
    wanted = {"of_lookup": lookup, "token_hash": browser_token_hash, "now": edge.now}
    rows = _BY_LOOKUP.rows(edge.db, wanted)
    if not rows:
        return None
    return _account(rows), authenticator_store.from_row(edge, rows[0], "a_")


def _account(rows: list[dict[str, Any]]) -> Account:
    return Account(
        user=user_store.from_row(rows[0], "u_"),
        memberships=tuple(
            Membership(
                row["m_organisation_id"],
                row["m_organisation_name"],
                Role(row["m_role"]),
                shared_desks=row["m_shared_desks"],
                asked=effective(row["m_policy"]),
                plan=row["m_plan"],
                add_ons=add_ons(row["m_add_ons"]),
            )
            for row in rows
            if row["m_role"] is not None
        ),
        browser_id=rows[0]["b_id"],
        browser_known=rows[0]["b_known_at"] is not None,
    )


def candidate(edge: Edge, email: str, browser_token_hash: bytes) -> Candidate | None:
    """Everything about an address; None when nobody has it."""
    wanted = {"of_email": email, "token_hash": browser_token_hash, "now": edge.now}
    rows = _CANDIDATE.rows(edge.db, wanted)
    if not rows:
        return None
    row = rows[0]
    password, broken = None, None
    if row["a_id"]:
        try:
            password = authenticator_store.from_row(edge, row, "a_")
        except SealBroken as seal:
            broken = seal.place
    return Candidate(
        user=user_store.from_row(row, "u_"),
        password=password,
        browser_id=row["b_id"],
        browser_known=row["b_known_at"] is not None,
        broken=broken,
    )
