"""The registry of factors: a line each. Nothing outside a factor's folder knows its inside."""

from __future__ import annotations

from collections.abc import Callable

from portal.ceremony import Factor
from portal.edge import Catalogue
from portal.factors.backup_codes import BackupCodes
from portal.factors.bypass_code import BypassCode
from portal.factors.passkey import Passkey
from portal.factors.password import Password
from portal.factors.totp import TOTP
from portal.settings import Settings

Registry = dict[str, Factor]


def registry(settings: Settings, breached: Callable[[str], bool], catalogue: Catalogue) -> Registry:
    """Every factor, by kind, in the order in which pages offer them."""
    factors: list[Factor] = [
        Passkey(settings.relying_party, settings.base_url, settings.product_name, catalogue),
        TOTP(settings.totp),
        BackupCodes(settings.password_hash),
        BypassCode(settings.password_hash, settings.bypass_code_lifetime),
        Password(settings.password_hash, breached),
    ]
    return {factor.kind: factor for factor in factors}
