"""Mail over SMTP. It sends one message or says why not; it never retries by itself."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from portal.edge import DeliveryFailed, Message

TIMEOUT_S = 20
PORTS = {"smtp": 587, "smtps": 465}


class SMTPMailer:
    """Sends through the server of an URL: `smtp://user:password@host:port` or `smtps://…`.

    On `smtp://` STARTTLS is used wherever the server offers it; credentials are never sent without.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self.secure = parts.scheme == "smtps"
        self.host = parts.hostname or "localhost"
        self.port = parts.port or PORTS.get(parts.scheme, 25)
        self.user = unquote(parts.username or "")
        self.password = unquote(parts.password or "")
        self.sender = sender

    def send(self, message: Message) -> None:
        """Hand the message over. Raises DeliveryFailed; 5xx answers are permanent, others not."""
        try:
            with self._connect() as connection:
                connection.send_message(_encode(message, self.sender))
        except smtplib.SMTPRecipientsRefused as refused:
            code, text = next(iter(refused.recipients.values()))
            raise DeliveryFailed(_reason(code, text), permanent=code >= 500) from refused
        except smtplib.SMTPResponseException as answer:
            reason = _reason(answer.smtp_code, answer.smtp_error)
            # A refused log-in is our mistake, not the message's: it is tried again.
            login = isinstance(answer, smtplib.SMTPAuthenticationError)
            raise DeliveryFailed(
                reason, permanent=answer.smtp_code >= 500 and not login
            ) from answer
        except (OSError, smtplib.SMTPException) as broken:
            raise DeliveryFailed(type(broken).__name__, permanent=False) from broken

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.secure:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=TIMEOUT_S, context=context
            )
        else:
            connection = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
            connection.ehlo()
            if connection.has_extn("starttls"):
                connection.starttls(context=context)
            elif self.user:
                connection.close()
                raise smtplib.SMTPException("the server offers no STARTTLS for the log-in")
        if self.user:
            connection.login(self.user, self.password)
        return connection


def _encode(message: Message, sender: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = message.recipient
    mail["Subject"] = message.subject
    mail["Message-ID"] = message.message_id
    mail["Content-Language"] = message.language
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers.
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    return mail


def _reason(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {words}"[:300]
