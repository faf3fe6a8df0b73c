"""Runs the migrations of `migrations/` on the application's database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask

from portal.web.run import Runner

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent.parent / "migrations"


def config_for(url: str) -> Config:
    """Alembic's configuration, in code: there is no ini file to keep in step."""
    # Imported on use: a server that starts has no need of Alembic.
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["url"] = url
    return config


def upgrade(app: Flask, revision: str = "head") -> None:
    from alembic import command

    runner: Runner = app.extensions["portal"]
    command.upgrade(config_for(runner.settings.database_url), revision)
