"""View values of memberships: lines of the lists and of a person's page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import g, url_for

from portal.flows.bulk_memberships import Line
from portal.flows.open_invitations import Open, WaitingLine
from portal.flows.people import Sheet
from portal.values import frozen
from portal.web import details, membership_words, messages, tasks


@frozen
class WaitingView:
    """A role that waits. An address that is empty offers nothing; `why` says why not."""

    person: str
    email: str
    role: str
    removal: bool
    organisation: str
    requested_by: str
    expires_at: datetime
    nobody: bool
    at_hq: bool
    why: str
    approve_url: str
    reject_url: str
    withdraw_url: str


def waiting(line: WaitingLine) -> WaitingView:
    one, request = line.waiting, line.waiting.request
    own_loss = request.user_id == g.visit.user.id

    def address(verb: str, *, offered: bool) -> str:
        return url_for(f"memberships.{verb}", request_id=request.id) if offered else ""

    open_ = line.why_not is None
    return WaitingView(
        person=one.name if line.named else one.email,
        email=one.email if line.named else "",
        role=messages.role(request.role),
        removal=request.change == "remove",
        organisation=one.organisation,
        requested_by=one.requested_by,
        expires_at=request.expires_at,
        nobody=one.approvers == one.approvers_hq == 0,
        at_hq=one.approvers == 0 < one.approvers_hq and not open_,
        why="" if open_ else str(tasks.DENIED.get(line.why_not or "", "")),
        approve_url=address("approve", offered=open_),
        reject_url=address("reject", offered=open_),
        withdraw_url=address("withdraw", offered=line.own and not own_loss),
    )


@frozen
class InvitationView:
    """An open invitation."""

    email: str
    roles: str
    organisation: str
    sent_at: datetime
    expires_at: datetime
    expired: bool
    again_url: str
    withdraw_url: str


def invitation(one: Open, names: Mapping[str, str]) -> InvitationView:
    return InvitationView(
        email=one.email,
        roles=membership_words.roles(one.roles),
        organisation=names[one.organisation_id],
        sent_at=one.sent_at,
        expires_at=one.expires_at,
        expired=one.expires_at <= g.edge.now,
        again_url=url_for("memberships.send_again", link_id=one.id),
        withdraw_url=url_for("memberships.withdraw_invitation", link_id=one.id),
    )


@frozen
class RoleView:
    """A role on a person's page; `removable`: it may be taken here."""

    role: str
    label: str
    organisation: str
    organisation_id: str
    removable: bool


def roles(sheet: Sheet) -> list[RoleView]:
    return [
        RoleView(
            str(line.held.role),
            messages.role(line.held.role),
            line.held.organisation.name,
            line.held.organisation.id,
            line.removable,
        )
        for line in sheet.lines
    ]


@frozen
class PendingView:
    """A change to this person that waits for somebody."""

    change: str
    role: str
    organisation: str
    expires_at: datetime


def pending(sheet: Sheet) -> list[PendingView]:
    return [
        PendingView(
            str(details.CHANGES[one.change]),
            messages.role(one.role),
            sheet.names[one.organisation_id],
            one.expires_at,
        )
        for one in sheet.waiting
    ]


@frozen
class FileLine:
    """A line of a file: what will happen, or why nothing does."""

    number: int
    email: str
    name: str
    roles: str
    outcome: str
    blocked: str


def file_line(line: Line) -> FileLine:
    return FileLine(
        line.number,
        line.email,
        line.name,
        membership_words.roles(line.roles),
        str(membership_words.OUTCOMES[line.outcome]) if line.outcome else "",
        str(membership_words.BLOCKED[line.blocked]) if line.blocked else "",
    )
