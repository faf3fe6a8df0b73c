"""Commands for the host: `flask user create`, `flask keys rotate`, `flask worker`, and the rest.

They parse, run a flow and print; what they do is in `flows/hosts.py` and `flows/delivery.py`.
What one command alone needs is imported there: every start of the server loads this module.
"""

from __future__ import annotations

import signal
import threading
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from portal.ceremony import Rejected
from portal.flows import delivery, hosts
from portal.flows.hosts import NewUser
from portal.flows.outcomes import Blocked, Gone
from portal.rules.terms import AccountState, Role
from portal.web.run import HOST, Runner

user = AppGroup("user", help="People.")
organisation = AppGroup("organisation", help="The tree of organisations.")
keys = AppGroup("keys", help="The key ring of sealed columns.")
audit = AppGroup("audit", help="The audit log.")
ROLE = click.Choice([str(role) for role in Role])


def install(app: Flask) -> None:
    """Register every command with the application."""
    for group in (user, organisation, keys, audit):
        app.cli.add_command(group)
    for command in (migrate, demo_command, demo_code, worker, supervise, purge, restored):
        app.cli.add_command(command)


def _runner() -> Runner:
    return current_app.extensions["portal"]


def run(flow: Any, *arguments: Any, **named: Any) -> Any:
    """Run a writing flow with a fresh Edge of the host's."""
    runner = _runner()
    return runner.run(runner.edge(HOST), flow, *arguments, **named)


def require(outcome: Any) -> Any:
    """Print why something was refused and end with an error, or give the outcome back."""
    match outcome:
        case Rejected(reason) | Blocked(reason):
            raise click.ClickException(f"refused: {reason}")
        case Gone():
            raise click.ClickException("refused: no such account or organisation")
    return outcome


@user.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--organisation", required=True)
@click.option("--role", "roles", type=ROLE, multiple=True, required=True)
@click.option("--locale", default="en", show_default=True)
@click.option("--time-zone", default="UTC", show_default=True)
@click.password_option()
def create_user(
    email: str, name: str, organisation: str, roles: tuple[str, ...], **more: str
) -> None:
    """Create an active account; policy asks for a second factor at the first sign-in."""
    new = NewUser(
        email=email,
        name=name,
        password=more["password"],
        organisation=organisation,
        roles=tuple(Role(role) for role in roles),
        locale=more["locale"],
        time_zone=more["time_zone"],
    )
    made = require(run(hosts.create_user, new))
    click.echo(f"created {made.email} ({made.id})")


@user.command("disable")
@click.argument("email")
def disable_user(email: str) -> None:
    """Disable an account and end its sessions."""
    require(run(hosts.set_state, email, AccountState.DISABLED))
    click.echo(f"disabled {email}")


@user.command("enable")
@click.argument("email")
def enable_user(email: str) -> None:
    """Enable an account again."""
    require(run(hosts.set_state, email, AccountState.ACTIVE))
    click.echo(f"enabled {email}")


@user.command("unlock")
@click.argument("email")
def unlock_user(email: str) -> None:
    """Start every attempt budget of an address anew."""
    run(hosts.unlock, email)
    click.echo(f"unlocked {email}")


@user.command("grant")
@click.argument("email")
@click.argument("role", type=ROLE)
@click.option("--organisation", required=True)
def grant(email: str, role: str, organisation: str) -> None:
    """Give a person a role in an organisation."""
    require(run(hosts.grant, email, organisation, Role(role)))
    click.echo(f"{email} is {role} in {organisation}")


@user.command("reset-factors")
@click.argument("email")
@click.option("--reason", required=True, help="Who asked, and how they were verified.")
def reset_factors(email: str, reason: str) -> None:
    """For the last super-admin or service desk: clear every factor but the password."""
    require(run(hosts.reset_factors, email, reason))
    click.echo(f"factors of {email} are cleared; they enrol at the next sign-in")


@organisation.command("create")
@click.argument("name")
@click.option("--parent", help="The name of the organisation above; the root without it.")
@click.option("--managed-by-parent", is_flag=True)
@click.option("--time-zone", default="UTC", show_default=True, help="Where its months begin.")
def create_organisation(
    name: str, parent: str | None, managed_by_parent: bool, time_zone: str
) -> None:
    """Add an organisation to the tree."""
    made = require(
        run(
            hosts.create_organisation,
            name,
            parent=parent,
            managed_by_parent=managed_by_parent,
            time_zone=time_zone,
        )
    )
    click.echo(f"created {made.name} ({made.id})")


@organisation.command("mark")
@click.argument("name")
@click.option(
    "--shared-desks/--no-shared-desks",
    required=True,
    help="Whether people share its computers: sessions lock soon, no browser is trusted.",
)
def mark_organisation(name: str, shared_desks: bool) -> None:
    """Say how an organisation works: whether its people share computers."""
    require(run(hosts.mark_shared_desks, name, shared=shared_desks))
    click.echo(f"{name}: {'shared desks' if shared_desks else 'no shared desks'}")


@keys.command("rotate")
def rotate_keys() -> None:
    """Seal everything with the newest key of the ring, while the portal serves."""
    for table in hosts.SEALED_TABLES:
        after: str | None = ""
        while after is not None:
            page = run(hosts.reseal_page, table, after)
            for place in page.broken:
                click.echo(f"does not open, left as it is: {place}", err=True)
            after = page.last
        click.echo(f"{table}: done")
    run(hosts.note_keys_rotated, _runner().sealer.current)
    click.echo(f"everything is sealed with key {_runner().sealer.current}")


@audit.command("verify")
def verify_audit() -> None:
    """Recompute the chain; fails and names the first place that does not fit."""
    verdict, sequence, digest = run(hosts.verify_audit)
    click.echo(f"sealed {verdict.sealed}, waiting {verdict.unsealed}, head {sequence} {digest}")
    if verdict.broken_at is not None:
        raise click.ClickException(f"broken at {verdict.broken_at}: {verdict.reason}")
    click.echo("the chain is whole")


@audit.command("seal")
def seal_audit() -> None:
    """Give every waiting row its place in the chain now."""
    while run(delivery.seal_audit, "command", everything=True):
        pass
    click.echo("sealed")


@click.command("migrate")
def migrate() -> None:
    """Bring the database to the newest migration."""
    from portal.migrate import upgrade

    upgrade(current_app)
    click.echo("the database is up to date")


@click.command("demo")
def demo_command() -> None:
    """Make the demo people; refused in production."""
    if not _runner().settings.development:
        raise click.ClickException("demo people exist in development only")
    from portal import demo

    demo.seed(run, _runner())
    click.echo(demo.introduction(_runner().settings.base_url))


@click.command("demo-code")
@click.argument("email")
def demo_code(email: str) -> None:
    """The code that a demo person's authenticator app shows now; refused in production."""
    if not _runner().settings.development:
        raise click.ClickException("demo people exist in development only")
    from portal import demo

    click.echo(demo.code_of(email, _runner().clock()))


@click.command("purge")
def purge() -> None:
    """Forget what is over, by retention."""
    for table, removed in run(hosts.purge).items():
        click.echo(f"{table}: {removed}")


@click.command("restored")
@click.confirmation_option(prompt="End every session and void every code set?")
def restored() -> None:
    """Run once after a backup was restored: nothing spent since may be good again."""
    for what, count in run(hosts.restored).items():
        click.echo(f"{what}: {count}")


@click.command("supervise")
@click.option("--port", default=8000, show_default=True)
def supervise(port: int) -> None:
    """Migrate, make demo people, and run server and worker as two processes (development)."""
    if not _runner().settings.development:
        raise click.ClickException(
            "in production the server and the worker have units of their own"
        )
    from portal import supervisor

    supervisor.run(current_app, port)


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what is due and end.")
def worker(once: bool) -> None:
    """Send queued mail, extend the audit chain, settle payees' accounts, until asked to stop."""
    from portal.worker import work

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    work(_runner(), stop, current_app.extensions["portal_mailer"], once=once)
