"""Many people at once: a file is read and judged line by line, then done as it was shown.

The preview changes nothing. It is kept sealed for its session and confirmed by its id, so that
what is done is exactly what was shown; each line is judged again then, and what no longer fits is
left out.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.edge import Edge
from portal.flows import invitations, permission, session
from portal.flows import memberships as giving
from portal.flows.addresses import normalise
from portal.flows.invitations import Newcomer
from portal.flows.outcomes import Blocked
from portal.flows.permission import Subject, Unsettled
from portal.flows.session import Visit
from portal.rules import people_file, roles
from portal.rules.people_file import Row, Unreadable
from portal.rules.terms import AccountState, Action, Role
from portal.settings import LOCALES
from portal.store import memberships, organisations, step_ups
from portal.store.organisations import Organisation
from portal.store.step_ups import Interrupted
from portal.store.users import User
from portal.values import frozen

ACTION = Action.CHANGE_MEMBERSHIP
NAME_MAX = 120
INVITE, GIVE, ASK = "invite", "give", "ask"


@frozen
class Line:
    """What will happen to a line: `outcome`, or why nothing does (`blocked`)."""

    number: int
    email: str
    name: str
    roles: tuple[Role, ...]
    locale: str
    outcome: str = ""
    blocked: str = ""


@frozen
class Preview:
    """A file as it was understood. `id` confirms it; None where no line can be done."""

    id: str | None
    organisation: Organisation
    lines: list[Line]


@frozen
class Finished:
    """The file is done. `left_out`: lines that were fine when shown and are not any more."""

    done: int
    left_out: int


def preview(
    edge: Edge, visit: Visit, organisation_id: str, text: str
) -> Preview | Unreadable | Blocked | Unsettled:
    """Say for each line what would happen, and keep it for the confirmation."""
    action = Action.VIEW_USERS
    organisation = organisations.by_id(edge, organisation_id)
    if organisation is None or not giving.is_within(visit, organisation):
        return giving.unknown(edge, visit, action, organisation_id)
    verdict = permission.settle(edge, visit, action, Subject(giving.target(organisation)))
    if isinstance(verdict, Unsettled):
        return verdict
    if not giving.givable(visit, organisation):
        return Blocked("membership_above")
    rows = people_file.parse(text)
    if isinstance(rows, Unreadable):
        return rows
    lines = _judged(edge, visit, organisation, rows)
    fine = ",".join(str(line.number) for line in lines if not line.blocked)
    if not fine:
        return Preview(None, organisation, lines)
    form = {"organisation": organisation.id, "text": text, "fine": fine}
    return Preview(_keep(edge, visit, form), organisation, lines)


def _keep(edge: Edge, visit: Visit, form: dict[str, str]) -> str:
    """Keep a preview for this session alone; no step-up, so it carries no page of its own."""
    kept = Interrupted(
        id=edge.new_id(),
        action=ACTION,
        method="GET",
        path="/admin/memberships",
        form=form,
        expires_at=edge.now + edge.settings.preview_lifetime,
    )
    step_ups.add(edge, kept, visit.session.id)
    return kept.id


def confirm(edge: Edge, visit: Visit, preview_id: str) -> Finished | Unsettled:
    """Do the lines that were fine when they were shown, and still are; once."""
    now = session.again(edge, visit)
    kept = step_ups.find(edge, preview_id, now.session.id) if now else None
    # What is kept of a form is no preview: only a preview has a text. One that was used has none.
    form = kept.form if kept and "text" in kept.form else {}
    organisation = organisations.by_id(edge, form["organisation"]) if form else None
    if now is None or kept is None or organisation is None:
        return giving.unknown(edge, visit, ACTION, preview_id)
    verdict = permission.settle(edge, now, ACTION, Subject(giving.target(organisation)))
    if isinstance(verdict, Unsettled):
        return verdict
    rows = people_file.parse(form["text"])
    assert not isinstance(rows, Unreadable), "it was read when it was shown"
    step_ups.finish(edge, kept.id, now.session.id)
    return _do(edge, now, organisation, rows, set(form["fine"].split(",")))


def _do(
    edge: Edge, visit: Visit, organisation: Organisation, rows: list[Row], shown: set[str]
) -> Finished:
    """Each line as if it had been typed. By address, so that two files never wait in a circle."""
    lines = _judged(edge, visit, organisation, rows)
    done = 0
    for line in sorted(lines, key=lambda one: one.email):
        if line.blocked or str(line.number) not in shown:
            continue
        new = Newcomer(line.email, line.name, line.roles, line.locale, organisation.id)
        done += not isinstance(invitations.place(edge, visit, organisation, new), Blocked)
    return Finished(done, len(shown) - done)


def _judged(edge: Edge, visit: Visit, organisation: Organisation, rows: list[Row]) -> list[Line]:
    """Every line with what would happen. Accounts elsewhere read like addresses without one."""
    emails = [normalise(row.email) or "" for row in rows]
    people = memberships.people_by_email(edge, set(emails))
    here = memberships.roles_in(edge, organisation.id, [user.id for user in people.values()])
    lines = []
    for position, (row, email) in enumerate(zip(rows, emails, strict=True)):
        line = _line(visit, row, email)
        reason = _shape(row, line) or ("file_twice" if email in emails[:position] else None)
        reason = reason or _roles(visit, organisation, line.roles)
        if reason is None and email == visit.user.email:
            reason = "membership_oneself"
        outcome = "" if reason else _outcome(organisation, line, people.get(email), here)
        lines.append(_with(line, outcome, reason))
    return lines


def _line(visit: Visit, row: Row, email: str) -> Line:
    known = tuple(Role(name) for name in dict.fromkeys(row.roles) if name in list(Role))
    locale = row.language or visit.user.locale
    return Line(row.number, email or row.email, row.name, known, locale)


def _with(line: Line, outcome: str, reason: str | None) -> Line:
    if outcome.startswith("membership_"):
        outcome, reason = "", outcome
    return Line(line.number, line.email, line.name, line.roles, line.locale, outcome, reason or "")


def _shape(row: Row, line: Line) -> str | None:
    """What is wrong with how a line is written."""
    if normalise(row.email) is None:
        return "file_address"
    if not row.name or len(row.name) > NAME_MAX or not row.name.isprintable():
        return "file_name"
    if not row.roles or len(line.roles) != len(set(row.roles)):
        return "file_role"
    return None if line.locale in LOCALES else "file_language"


def _roles(visit: Visit, organisation: Organisation, wanted: tuple[Role, ...]) -> str | None:
    reasons = (giving.unfit(visit, organisation, role) for role in wanted)
    return next((reason for reason in reasons if reason), None)


def _outcome(
    organisation: Organisation,
    line: Line,
    user: User | None,
    here: Mapping[str, frozenset[Role]],
) -> str:
    """What happens to a line, or the reason why nothing does."""
    waits = all(roles.needs_second_person(role) for role in line.roles)
    held = here.get(user.id, frozenset()) if user else frozenset()
    own = user is not None and (user.home_organisation_id == organisation.id or bool(held))
    if user is None or not own or user.state is AccountState.INVITED:
        return ASK if waits else INVITE
    if user.state is AccountState.DISABLED:
        return "membership_disabled"
    missing = [role for role in line.roles if role not in held]
    if not missing:
        return "membership_held"
    return ASK if all(roles.needs_second_person(role) for role in missing) else GIVE
