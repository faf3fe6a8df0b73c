"""Commands for data and machines: `flask import`, `flask token create`, `flask token revoke`."""

from __future__ import annotations

from typing import BinaryIO

import click
from flask import Flask
from flask.cli import AppGroup

from portal.commands import require, run
from portal.flows import intake, machines
from portal.flows.intake import NotTaken
from portal.flows.scopes import SCOPES

token = AppGroup("token", help="Tokens of machines that bring data in.")


def install(app: Flask) -> None:
    """Register the commands with the application."""
    app.cli.add_command(token)
    app.cli.add_command(import_file)


@click.command("import")
@click.argument("kind", type=click.Choice(list(intake.KINDS)))
@click.argument("file", type=click.File("rb"))
@click.option("--organisation", required=True)
def import_file(kind: str, file: BinaryIO, organisation: str) -> None:
    """Bring in a JSON Lines FILE: every line of it, or none with the reasons."""
    outcome = require(run(intake.by_host, organisation, kind, intake.lines_of(file)))
    if isinstance(outcome, NotTaken):
        for refusal in outcome.refusals:
            click.echo(f"line {refusal.number}: {refusal.reason}", err=True)
        raise click.ClickException(f"nothing was taken: {len(outcome.refusals)} lines refused")
    click.echo(f"{outcome.records} {kind} are in {organisation}")


@token.command("create")
@click.argument("name")
@click.option("--organisation", required=True)
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True)
@click.option("--days", default=90, show_default=True, help="How long it is good, 1 to 366.")
def create_token(name: str, organisation: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a token for one organisation and print it, this once."""
    made = require(run(machines.create, name, organisation=organisation, scopes=scopes, days=days))
    click.echo(made.token)
    click.echo(f"good until {made.expires_at:%Y-%m-%d %H:%M} UTC; it is not shown again", err=True)


@token.command("revoke")
@click.argument("name")
@click.option("--organisation", required=True)
def revoke_token(name: str, organisation: str) -> None:
    """End a token at once."""
    require(run(machines.revoke, name, organisation=organisation))
    click.echo(f"revoked {name}")
