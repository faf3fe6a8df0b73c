"""Runs the migrations of `migrations/` on the application's database."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from flask import Flask

from portal.web.run import Runner

FOLDER = Path(__file__).parent.parent / "migrations"


def config_for(url: str) -> Config:
    """Alembic's configuration, in code: there is no ini file to keep in step."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["url"] = url
    return config


def upgrade(app: Flask, revision: str = "head") -> None:
    runner: Runner = app.extensions["portal"]
    command.upgrade(config_for(runner.settings.database_url), revision)
