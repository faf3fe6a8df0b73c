"""A phone with an authenticator app: a camera that reads screens, and another program's codes.

Nothing of the portal is used here, so that both sides of a code are not computed by one library.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import zxingcpp
from PIL import Image


class OathtoolMissing(Exception):
    """The program is not there; the message holds the line that brings it."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What an app reads from a QR code: the label's two halves, and the parameters."""

    issuer_of_label: str
    account: str
    parameters: dict[str, str]

    @property
    def key(self) -> str:
        return self.parameters["secret"]


def scan(screenshot: bytes) -> Scanned:
    """Read the one QR code in a picture of the screen, as an otpauth address."""
    with Image.open(io.BytesIO(screenshot)) as picture:
        found = zxingcpp.read_barcodes(picture)
    assert len(found) == 1, f"{len(found)} codes in the picture"
    parts = urlsplit(found[0].text)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp"), found[0].text
    issuer, _, account = unquote(parts.path.lstrip("/")).partition(":")
    parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return Scanned(issuer, account, parameters)


def code(key: str, now: datetime) -> str:
    """The code that an app with this key shows at an instant, by oathtool."""
    program = shutil.which("oathtool")
    if program is None:
        raise OathtoolMissing("No oathtool. Run this line:\n\n    sudo apt install oathtool\n")
    instant = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    done = subprocess.run(
        [program, "--totp", "--base32", "--now", instant, key],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    )
    return done.stdout.strip()
