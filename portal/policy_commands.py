"""Commands for policies: `flask policy show`, `authenticators`, `raise`, `back`.

They parse, run a flow and print; what is published, and what is refused, is in `flows/policies.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from portal.commands import require, run
from portal.flows import policies
from portal.flows.outcomes import Blocked
from portal.flows.policies import Published
from portal.rules.actions import RAISABLE
from portal.rules.policy import Policy, Raised, Restrictions
from portal.rules.terms import AAL, Action

policy = AppGroup("policy", help="What organisations ask of their people.")
# Words for what a flow refuses; anything else names the field of the document that is wrong.
REASONS = {
    "nothing_allowed": "no model would be left that may be enrolled",
    "no_such_method": "it allows a method that there is not",
    "no_method": "no method would be left that is allowed",
    "not_in_plan": "the plan of the organisation lacks what would do for that",
    "not_raisable": "that action stays open whatever a policy asks",
    "nobody_can_enrol": "nothing that can be enrolled here could ever do for that",
    "no_second_factor": "nothing would be left that may be used beside the password",
    "on_its_way": "a version is on its way with its own dates; change the draft on the policy page",
    "nothing_published": "nothing was published yet",
}


def install(app: Flask) -> None:
    """Register the commands with the application."""
    app.cli.add_command(policy)


@policy.command("show")
@click.argument("organisation")
def show(organisation: str) -> None:
    """What an organisation asks by itself, and what holds for its people."""
    sheet = require(run(policies.show, organisation))
    click.echo(f"{sheet.name}: version {sheet.number} of its own")
    click.echo("together with what stands above it:")
    for line in _lines(sheet.effective):
        click.echo(f"  {line}")


@policy.command("authenticators")
@click.argument("organisation")
@click.option("--attested", is_flag=True, help="FIDO's metadata must vouch for the model.")
@click.option("--device-bound", is_flag=True, help="None that is copied to other devices.")
@click.option("--certification", type=click.IntRange(0, 3), default=0, help="FIDO level at least.")
@click.option("--allow", "allowed", multiple=True, help="An AAGUID: only such models.")
@click.option("--deny", "denied", multiple=True, help="An AAGUID: never this model.")
def authenticators(
    organisation: str, allowed: tuple[str, ...], denied: tuple[str, ...], **asked: Any
) -> None:
    """Which passkeys and security keys may be enrolled from now on; without options, any."""
    restrictions = Restrictions(
        attested=asked["attested"],
        device_bound=asked["device_bound"],
        certification=asked["certification"],
        allowed=frozenset(allowed) if allowed else None,
        denied=frozenset(denied),
    )
    _say(run(policies.restrict, organisation, restrictions), organisation)


@policy.command("raise")
@click.argument("organisation")
@click.argument("action", type=click.Choice(sorted(map(str, RAISABLE))))
@click.option("--level", type=click.IntRange(2, 3), help="The assurance level, AAL2 or AAL3.")
@click.option("--phishing-resistant", is_flag=True, help="A passkey or security key, no code.")
@click.option("--age", type=click.IntRange(1, 1440), help="How old a proof may be, in minutes.")
def raise_(
    organisation: str, action: str, level: int | None, phishing_resistant: bool, age: int | None
) -> None:
    """Ask more for an action than the table does; without options, no more than the table."""
    more = Raised(
        level=None if level is None else AAL(level),
        phishing_resistant=phishing_resistant,
        age_max=None if age is None else timedelta(minutes=age),
    )
    _say(run(policies.raise_action, organisation, Action(action), more), organisation)


@policy.command("back")
@click.argument("organisation")
def back(organisation: str) -> None:
    """Publish the version before this one anew."""
    _say(run(policies.back, organisation), organisation)


def _say(outcome: Any, organisation: str) -> None:
    if isinstance(outcome, Blocked):
        code, _, where = outcome.reason.partition(": ")
        if code in REASONS:
            words = f"{REASONS[code]}, in {where}" if where else REASONS[code]
            raise click.ClickException(f"refused: {words}")
    published: Published = require(outcome)
    click.echo(
        f"{organisation}: version {published.number} is in force, "
        f"for {published.organisations} organisations with those below it"
    )


def _lines(asked: Policy) -> Iterator[str]:
    yield f"two factors for: {', '.join(sorted(asked.required_roles))}"
    makes = asked.restrictions
    if makes.attested:
        yield "authenticators: FIDO's metadata must vouch for the model"
    if makes.device_bound:
        yield "authenticators: none that is copied to other devices"
    if makes.certification:
        yield f"authenticators: certified to level {makes.certification}"
    if makes.allowed is not None:
        yield f"authenticators: only {', '.join(sorted(makes.allowed))}"
    if makes.denied:
        yield f"authenticators: never {', '.join(sorted(makes.denied))}"
    for action, more in sorted(asked.raised.items()):
        said = [
            f"AAL{int(more.level)}" if more.level else "",
            "phishing-resistant" if more.phishing_resistant else "",
            f"within {int(more.age_max.total_seconds()) // 60} minutes" if more.age_max else "",
        ]
        yield f"{action}: {', '.join(filter(None, said))}"
    yield f"from: {asked.version}"
