"""The command `flask metadata show`: which FIDO metadata is in use, and how old it is."""

from __future__ import annotations

from datetime import UTC

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from portal.edge import Catalogue

metadata = AppGroup("metadata", help="What is known of models of authenticators.")


def install(app: Flask) -> None:
    """Register the command with the application."""
    app.cli.add_command(metadata)


@metadata.command("show")
def show() -> None:
    """The number of the FIDO metadata, its age, and the models that it warns of."""
    catalogue: Catalogue = current_app.extensions["portal_catalogue"]
    edition = catalogue.edition()
    click.echo(f"number {edition.number}, {edition.models} models")
    if edition.next_update is None:
        click.echo("nothing says how old it is")
    else:
        today = current_app.extensions["portal"].clock().astimezone(UTC).date()
        late = (today - edition.next_update).days
        age = f"{late} days ago: bring newer metadata" if late > 0 else "it is current"
        click.echo(f"newer was to be had from {edition.next_update} on; {age}")
    for model in edition.revoked:
        click.echo(f"revoked: {model.aaguid} {model.name}")
