"""Mail in memory: what was sent, to whom, and what the next message meets instead."""

from __future__ import annotations

from dataclasses import dataclass, field

from portal.edge import DeliveryFailed, Message


@dataclass
class Letters:
    """A mail system in memory. `failure`: what the next messages meet instead."""

    sent: list[Message] = field(default_factory=list)
    failure: DeliveryFailed | None = None

    def send(self, message: Message) -> None:
        if self.failure is not None:
            raise self.failure
        self.sent.append(message)

    def to(self, address: str) -> list[Message]:
        return [message for message in self.sent if message.recipient == address]
