"""E-mail addresses: one spelling for each mailbox."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

LENGTH_MAX = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets.


def normalise(typed: str) -> str | None:
    """The address as it is stored and compared: NFC, case folded; None when it is not one.

    Case is folded in the local part too: no provider that people use tells two apart by it.
    """
    text = typed.strip()
    if not text or len(text) > LENGTH_MAX or "\x00" in text:
        return None
    try:
        checked = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return checked.normalized.casefold()
