"""E-mail addresses: one spelling for each mailbox."""

from __future__ import annotations

LENGTH_MAX = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets.


def normalise(typed: str) -> str | None:
    """The address as it is stored and compared; None when it is not one.

    ASCII only, the domain in its IDNA form: folding "ß" to "ss" would write to somebody else. The
    local part is lower case too, since no provider that people use tells two apart by case.
    """
    text = typed.strip()
    if not text or len(text) > LENGTH_MAX or "\x00" in text:
        return None
    # Imported on first use: its tables of characters are slow to load.
    from email_validator import EmailNotValidError, validate_email

    try:
        checked = validate_email(
            text, check_deliverability=False, test_environment=True, allow_smtputf8=False
        )
    except EmailNotValidError:
        return None
    return f"{checked.ascii_local_part}@{checked.ascii_domain}".lower()
