"""The development mailbox: mail as files that the mailbox page reads. Never in production."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from portal.edge import Message
from portal.values import frozen

SHOWN = 100


@frozen
class Letter:
    """A mail that would have been sent."""

    id: str
    recipient: str
    subject: str
    text: str
    html: str
    at: datetime


class Mailbox:
    """A folder of letters, shared by the web process and the worker."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def send(self, message: Message) -> None:
        """Keep the message. The name is its Message-ID, so a message sent twice is one letter."""
        name = "".join(c for c in message.message_id.partition("@")[0] if c.isalnum() or c == "-")
        whole = self.folder / f"{name}.json"
        # Written beside and renamed: the page never reads half a letter.
        part = whole.with_suffix(".part")
        part.write_text(json.dumps(asdict(message)), encoding="utf-8")
        part.rename(whole)

    def letters(self) -> list[Letter]:
        """The newest letters first."""
        names = sorted(self.folder.glob("*.json"), key=lambda path: path.stem, reverse=True)
        return [self._read(path) for path in names[:SHOWN]]

    def _read(self, path: Path) -> Letter:
        value = json.loads(path.read_text(encoding="utf-8"))
        return Letter(
            id=path.stem,
            recipient=value["recipient"],
            subject=value["subject"],
            text=value["text"],
            html=value["html"],
            at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        )
