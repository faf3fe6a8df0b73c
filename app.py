"""The entry point: reads the environment, builds Settings and the real providers."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from portal import Providers, create_app
from portal.providers.breaches import BreachedPasswords
from portal.providers.mailbox import Mailbox
from portal.providers.metadata import Metadata, UnreadableMetadata
from portal.providers.places import Places
from portal.providers.smtp import SMTPMailer
from portal.settings import Settings, WeakSettings, from_environment


def build_providers(settings: Settings) -> Providers:
    """The outside as the settings name it; development without SMTP gets the mailbox."""
    if settings.smtp_url:
        mailer: SMTPMailer | Mailbox = SMTPMailer(settings.smtp_url, settings.mail_from)
    else:
        mailer = Mailbox(settings.mailbox_folder)
    return Providers(
        mailer=mailer,
        places=Places(settings.places_file),
        breached=BreachedPasswords(settings.breached_passwords_file),
        catalogue=read_metadata(settings),
    )


def load_settings() -> Settings:
    """Settings from the environment, or an end with every problem named."""
    try:
        return from_environment(os.environ)
    except WeakSettings as weak:
        refuse(weak.problems)


def read_metadata(settings: Settings) -> Metadata:
    """What is known of authenticators, or an end that names the file that cannot be read."""
    try:
        return Metadata(settings.metadata_file, settings.authenticator_models_file)
    except UnreadableMetadata as unreadable:
        own = unreadable.path == settings.authenticator_models_file
        name = "PORTAL_AUTHENTICATOR_MODELS" if own else "PORTAL_FIDO_METADATA"
        refuse([f"{name}: {unreadable}"])


def refuse(problems: list[str]) -> NoReturn:
    """Say every problem and end."""
    print("The portal does not start. Repair these settings:", file=sys.stderr)
    for problem in problems:
        print(f"  - {problem}", file=sys.stderr)
    sys.exit(2)


settings = load_settings()
app = create_app(settings, build_providers(settings))
