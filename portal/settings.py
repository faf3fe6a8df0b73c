"""Settings: every number and address that an operator may choose, read once at start.

Production is the default mode. A setting that is missing or weak there stops the start with its
name; nothing else in the house reads the environment.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from portal import relying_party
from portal.relying_party import RelyingParty, domain
from portal.rules.assurance import LIFETIMES, Lifetimes
from portal.values import frozen

# The languages that the portal speaks, each by its own name.
LOCALES = {
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "de": "Deutsch",
    "ar": "العربية",
    "ja": "日本語",
}
DEVELOPMENT_SECRET = "development-only-secret-key-0123456789abcdef"
DEVELOPMENT_KEY_RING = "1:" + base64.b64encode(b"development only, 32 bytes long!").decode()
# Makes browsers' virtual authenticators pass for hardware, whose key everybody knows.
DEVELOPMENT_MODELS = str(Path(__file__).with_name("demo_authenticators.json"))


class WeakSettings(Exception):
    """The portal must not start: `problems` names each setting and what to do about it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@frozen
class PasswordHash:
    """argon2id cost: memory in bytes, passes over it. One lane."""

    memory: int = 19 * 1024 * 1024
    passes: int = 2


@frozen
class TOTPParameters:
    """What new authenticator apps are set up with (RFC 6238); enrolled ones keep their own.

    `steps_ahead`: how many steps a fast clock may be in front, 0 or 1. `period` in seconds.
    """

    algorithm: str = "SHA1"
    digits: int = 6
    period: int = 30
    steps_ahead: int = 0


@frozen
class Settings:
    """The portal's settings; `docs/operations.md` lists them with their environment names."""

    mode: str = "production"
    base_url: str = ""
    secret_key: str = ""
    key_ring: Mapping[int, bytes] = field(default_factory=dict)
    database_url: str = ""
    database_busy_max: timedelta = timedelta(seconds=10)
    limiter_url: str = "memory://"
    smtp_url: str = ""
    mail_from: str = ""
    mailbox_folder: str = ""
    support_contact: str = ""
    product_name: str = "Livery Portal"
    guests: str = "Guests"
    proxy_count: int | None = None
    places_file: str = ""
    password_hash: PasswordHash = field(default_factory=PasswordHash)
    totp: TOTPParameters = field(default_factory=TOTPParameters)
    relying_party: RelyingParty = field(default_factory=RelyingParty)
    ceremony_lifetime: timedelta = timedelta(minutes=5)
    breached_passwords_file: str = ""
    metadata_file: str = ""
    authenticator_models_file: str = ""
    known_browser_lifetime: timedelta = timedelta(days=400)
    lifetimes: Lifetimes = LIFETIMES
    link_lifetime: timedelta = timedelta(hours=24)
    password_reset_lifetime: timedelta = timedelta(minutes=30)
    enrolment_lifetime: timedelta = timedelta(minutes=30)
    step_up_lifetime: timedelta = timedelta(minutes=5)
    resume_lifetime: timedelta = timedelta(hours=24)
    reset_lifetime: timedelta = timedelta(hours=24)
    ticket_lifetime: timedelta = timedelta(hours=24)
    invitation_lifetime: timedelta = timedelta(days=7)
    membership_request_lifetime: timedelta = timedelta(days=7)
    preview_lifetime: timedelta = timedelta(minutes=30)
    caller_code_lifetime: timedelta = timedelta(minutes=10)
    exception_lifetime: timedelta = timedelta(hours=24)
    exemption_max: timedelta = timedelta(days=30)
    bypass_code_lifetime: timedelta = timedelta(hours=1)
    seen_interval: timedelta = timedelta(minutes=1)
    email_cancel_lifetime: timedelta = timedelta(days=7)
    audit_retention: timedelta = timedelta(days=400)
    payee_wait: timedelta = timedelta(hours=48)
    payout_threshold: int = 10_000
    export_rows_max: int = 100_000
    sign_ins_per_address: str = "60 per minute"
    passkey_challenges_per_address: str = "120 per minute"
    passkey_challenges_per_person: str = "30 per minute"
    mails_per_address: str = "20 per hour"
    mails_per_mailbox: str = "6 per hour"
    enrolments_per_person: str = "30 per hour"
    password_changes_per_person: str = "10 per hour"
    imports_per_token: str = "120 per minute"
    requests_per_token: str = "600 per minute"
    previews_per_token: str = "30 per minute"
    strangers_per_address: str = "120 per minute"
    invitations_per_person: str = "120 per hour"
    body_max: int = 256 * 1024

    @property
    def development(self) -> bool:
        return self.mode == "development"

    @property
    def secure_cookies(self) -> bool:
        """False only on a development http base, where browsers refuse `__Host-`."""
        return urlsplit(self.base_url).scheme == "https"

    @property
    def rp_id(self) -> str:
        """The domain that passkeys are made for."""
        return domain(self.relying_party, self.base_url)

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Build Settings from environment variables.

    Raises WeakSettings naming every variable that is missing, malformed or too weak for the mode.
    """
    mode = environment.get("PORTAL_MODE", "production")
    development = mode == "development"
    problems: list[str] = []
    if mode not in {"production", "development"}:
        problems.append("PORTAL_MODE: use production or development")

    def text(name: str, default: str = "") -> str:
        return environment.get(name, default).strip()

    def number(name: str) -> int | None:
        raw = text(name)
        if not raw:
            return None
        if raw.isascii() and raw.isdigit():
            return int(raw)
        problems.append(f"{name}: a whole number is needed")
        return None

    base_url = text("PORTAL_BASE_URL", "http://localhost:8000" if development else "").rstrip("/")
    ring_text = text("PORTAL_KEY_RING", DEVELOPMENT_KEY_RING if development else "")
    settings = Settings(
        mode=mode,
        base_url=base_url,
        secret_key=text("PORTAL_SECRET_KEY", DEVELOPMENT_SECRET if development else ""),
        key_ring=_key_ring(ring_text, problems),
        database_url=text("DATABASE_URL", "sqlite:///var/portal.db" if development else ""),
        limiter_url=text("RATELIMIT_STORAGE_URI", "memory://"),
        smtp_url=text("PORTAL_SMTP_URL"),
        mail_from=text("PORTAL_MAIL_FROM", "portal@localhost" if development else ""),
        mailbox_folder=text("PORTAL_MAILBOX", "var/mailbox") if development else "",
        support_contact=text(
            "PORTAL_SUPPORT_CONTACT", "support@livery.example" if development else ""
        ),
        product_name=text("PORTAL_PRODUCT_NAME", "Livery Portal"),
        guests=text("PORTAL_GUESTS", "Guests"),
        proxy_count=number("PORTAL_PROXY_COUNT")
        if not development
        else number("PORTAL_PROXY_COUNT") or 0,
        places_file=text("GEOIP_PATH"),
        breached_passwords_file=text("PORTAL_BREACHED_PASSWORDS"),
        metadata_file=text("PORTAL_FIDO_METADATA"),
        authenticator_models_file=text(
            "PORTAL_AUTHENTICATOR_MODELS", DEVELOPMENT_MODELS if development else ""
        ),
        totp=_totp(text, problems),
        relying_party=relying_party.read(text, base_url, problems),
    )
    problems.extend(_weak(settings) if not development else [])
    if problems:
        raise WeakSettings(problems)
    return settings


def _totp(text: Callable[[str, str], str], problems: list[str]) -> TOTPParameters:
    """Read the parameters of new authenticator apps; only what the standard and apps know."""
    allowed = {
        "PORTAL_TOTP_ALGORITHM": ("SHA1", "SHA256", "SHA512"),
        "PORTAL_TOTP_DIGITS": ("6", "8"),
        "PORTAL_TOTP_PERIOD": ("30", "60"),
        "PORTAL_TOTP_STEPS_AHEAD": ("0", "1"),
    }
    chosen = {}
    for name, values in allowed.items():
        chosen[name] = text(name, values[0])
        if chosen[name] not in values:
            problems.append(f"{name}: one of {', '.join(values)}")
            chosen[name] = values[0]
    algorithm, digits, period, ahead = chosen.values()
    return TOTPParameters(algorithm, int(digits), int(period), int(ahead))


def _key_ring(raw: str, problems: list[str]) -> dict[int, bytes]:
    """Parse `1:base64,2:base64`; the greatest number seals, all of them open."""
    ring: dict[int, bytes] = {}
    for part in filter(None, raw.split(",")):
        number, _, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not number.isascii() or not number.isdigit() or not 0 < int(number) < 256:
            problems.append("PORTAL_KEY_RING: each key is written NUMBER:BASE64, 1 to 255")
        elif len(key) != 32:
            problems.append(f"PORTAL_KEY_RING: key {number} must be 32 bytes in base64")
        else:
            ring[int(number)] = key
    return ring


def _weak(settings: Settings) -> list[str]:
    """What production must not start with, one sentence each."""
    keys = set(settings.key_ring.values())
    public_keys = set(_key_ring(DEVELOPMENT_KEY_RING, []).values())
    secret = settings.secret_key
    conditions = [
        (
            not settings.secure_cookies or not settings.host,
            "PORTAL_BASE_URL: the https address that people type is needed",
        ),
        (
            len(secret) < 32 or len(set(secret)) < 10,
            "PORTAL_SECRET_KEY: at least 32 random characters are needed",
        ),
        (secret == DEVELOPMENT_SECRET, "PORTAL_SECRET_KEY: the development key is public"),
        (not keys, "PORTAL_KEY_RING: at least one key, 1:BASE64 of 32 bytes, is needed"),
        (any(len(set(key)) < 10 for key in keys), "PORTAL_KEY_RING: a key is not random"),
        (bool(keys & public_keys), "PORTAL_KEY_RING: the development key is public"),
        (
            Path(settings.authenticator_models_file).name == Path(DEVELOPMENT_MODELS).name,
            "PORTAL_AUTHENTICATOR_MODELS: the development models vouch for anybody's keys",
        ),
        (not settings.database_url, "DATABASE_URL: the address of the database is needed"),
        (
            not settings.smtp_url,
            "PORTAL_SMTP_URL: the mail server is needed, smtp://host:port or smtps://",
        ),
        ("@" not in settings.mail_from, "PORTAL_MAIL_FROM: the sender's address is needed"),
        (
            settings.proxy_count is None,
            "PORTAL_PROXY_COUNT: how many proxies stand in front (0 for none)",
        ),
        (
            not settings.support_contact,
            "PORTAL_SUPPORT_CONTACT: whom people can ask is needed",
        ),
    ]
    return [sentence for is_weak, sentence in conditions if is_weak]
