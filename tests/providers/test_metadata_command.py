"""`flask metadata show`: an operator sees how old the data is and what it warns of."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.cli import FlaskGroup

from tests.support.house import CATALOGUE, House

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def shown(house: House) -> str:
    group = FlaskGroup(create_app=lambda: house.app, add_default_commands=False)
    result = house.app.test_cli_runner().invoke(cli=group, args=["metadata", "show"])
    assert result.exit_code == 0, result.output
    return result.output


def test_it_shows_number_and_age_and_what_is_revoked(house: House) -> None:
    edition = CATALOGUE.edition()
    assert edition.next_update is not None
    late = (house.clock().date() - edition.next_update).days
    house.clock.advance(timedelta(days=40 - late))
    said = shown(house)
    assert f"number {edition.number}, {edition.models} models" in said
    assert f"from {edition.next_update} on; 40 days ago: bring newer metadata" in said
    assert "revoked: ba86dc56-635f-4141-aef6-00227b1b9af6 TruU Windows Authenticator" in said
    house.clock.advance(timedelta(days=-40))
    assert "it is current" in shown(house)
