"""The documentation names what the code has: settings, events, notices, factors, ways in."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from portal import (
    Providers,
    commands,
    create_app,
    intake_commands,
    metadata_commands,
    policy_commands,
)
from portal.factors import registry
from portal.flows.events import Event
from portal.flows.notices import Notice
from portal.providers.places import Places
from portal.rules.terms import Action
from portal.settings import Settings
from portal.web.gate import PUBLIC, action_of
from portal.web.machines import Entry
from tests.support.house import CATALOGUE, settings_for
from tests.support.letters import Letters

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
WAYS_IN = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in OPERATIONS


@pytest.mark.parametrize("name", [*Event, *Notice])
def test_every_event_and_notice_is_documented(name: str) -> None:
    assert f"`{name}`" in OPERATIONS


@pytest.mark.parametrize("kind", registry(Settings(), lambda _: False, CATALOGUE))
def test_every_factor_is_in_the_readme(kind: str) -> None:
    assert f"`portal/factors/{kind}/`" in README


@pytest.mark.parametrize("action", Action)
def test_every_action_is_in_the_decision_table(action: Action) -> None:
    decisions = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    assert f"`{action}`" in decisions


def test_every_public_path_that_takes_a_post_is_listed_as_a_way_in(tmp_path: Path) -> None:
    providers = Providers(Letters(), Places(), lambda _: False, CATALOGUE)
    app = create_app(settings_for(f"sqlite:///{tmp_path}/unused.db"), providers)
    for rule in app.url_map.iter_rules():
        action = action_of(app, rule.endpoint)
        open_to_all = action == PUBLIC or isinstance(action, Entry)
        if "POST" in (rule.methods or set()) and open_to_all:
            assert f"`{rule.rule}`" in WAYS_IN, rule.rule


def test_every_command_is_documented() -> None:
    groups = (
        commands.user,
        commands.organisation,
        commands.keys,
        commands.audit,
        intake_commands.token,
        policy_commands.policy,
        metadata_commands.metadata,
    )
    for group in groups:
        for name in group.commands:
            assert f"flask {group.name} {name}" in OPERATIONS
    assert f"flask {intake_commands.import_file.name} " in OPERATIONS
