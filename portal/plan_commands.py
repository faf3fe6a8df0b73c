"""The command for plans: `flask organisation plan`."""

from __future__ import annotations

import click
from flask import Flask

from portal.commands import organisation, require, run
from portal.flows import organisation_plans
from portal.rules import plans


def install(_app: Flask) -> None:
    """Its group is registered by `commands`; the command joined it when this was imported."""


@organisation.command("plan")
@click.argument("name")
@click.option("--plan", required=True, type=click.Choice(list(plans.PLANS)))
@click.option(
    "--add-on",
    "add_ons",
    multiple=True,
    type=click.Choice(list(plans.ADD_ONS)),
    help="What is bought beside the plan; what is not named ends.",
)
def change_plan(name: str, plan: str, add_ons: tuple[str, ...]) -> None:
    """Say what an organisation has bought; it holds from everybody's next request on."""
    require(run(organisation_plans.change_by_host, name, plan, add_ons))
    beside = f" with {', '.join(sorted(set(add_ons)))}" if add_ons else ""
    click.echo(f"{name}: {plan}{beside}")
