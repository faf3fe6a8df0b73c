"""A real SMTP server on loopback that records what it is given and can be told to refuse.

It must not know what the portal's mails say.
"""

from __future__ import annotations

import email
import email.policy
import threading
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.services import free_port

TRY_LATER = "451 4.3.0 Try again later"
REFUSED = "550 5.1.1 No such mailbox"


@dataclass(frozen=True, slots=True)
class Mail:
    """One accepted delivery: the envelope, and the message as the recipient would parse it."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    def body(self, kind: str = "plain") -> str:
        """The text of the part of this kind, `plain` or `html`; empty when there is none."""
        part = self.message.get_body(preferencelist=(kind,))
        return part.get_content() if part else ""


class MailServer:
    """Accepted mails in order of arrival, and the answers that were asked for instead.

    An answer is consumed by the next recipient that it is for:
    `server.answer_next(TRY_LATER)` makes the next delivery fail and the one after it succeed.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"smtp://127.0.0.1:{port}"
        self._mails: list[Mail] = []
        self._answers: deque[str] = deque()
        self._refused: list[str] = []
        self._always: dict[str, str] = {}
        self._changed = threading.Condition()

    @property
    def mails(self) -> list[Mail]:
        """A copy of everything accepted so far."""
        with self._changed:
            return list(self._mails)

    @property
    def refused(self) -> list[str]:
        """Recipients that were answered with an error, in order."""
        with self._changed:
            return list(self._refused)

    def answer_next(self, answer: str, *, times: int = 1) -> None:
        """Answer the next `times` recipients with this line, `TRY_LATER` or `REFUSED`."""
        with self._changed:
            self._answers.extend([answer] * times)

    def answer_always(self, recipient: str, answer: str) -> None:
        """Answer every mail to this address with this line."""
        with self._changed:
            self._always[recipient.lower()] = answer

    def reset(self) -> None:
        """Forget every mail and every answer."""
        with self._changed:
            for record in (self._mails, self._answers, self._refused, self._always):
                record.clear()

    def wait_for(
        self, recipient: str, *, count: int = 1, where: Callable[[Mail], bool] = lambda _: True
    ) -> list[Mail]:
        """The mails to `recipient` once there are `count`; fails after ten seconds."""

        def wanted() -> list[Mail]:
            return [mail for mail in self._mails if recipient in mail.recipients and where(mail)]

        with self._changed:
            arrived = self._changed.wait_for(lambda: len(wanted()) >= count, timeout=10)
            subjects = [(mail.recipients, mail.message["Subject"]) for mail in self._mails]
            assert arrived, f"no {count} mails to {recipient}; arrived: {subjects}"
            return wanted()

    async def handle_RCPT(  # noqa: N802 (aiosmtpd calls it by this name)
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Accept a recipient, or give the answer that a test asked for."""
        with self._changed:
            answer = self._always.get(address.lower())
            if answer is None and self._answers:
                answer = self._answers.popleft()
            if answer is not None:
                self._refused.append(address)
                self._changed.notify_all()
                return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd calls it by this name)
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Record the message as accepted."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content or "").encode()
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        with self._changed:
            mail = Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), message)
            self._mails.append(mail)
            self._changed.notify_all()
        return "250 Accepted"


@contextmanager
def mail_server() -> Generator[MailServer]:
    """A running server. Its port is chosen first: aiosmtpd cannot find out what 0 became."""
    server = MailServer(free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
