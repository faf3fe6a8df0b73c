"""Backup codes as a text file: given back from the page that shows them, never from a store."""

from __future__ import annotations

import re

from flask import Response

from portal.web.words import gettext

SHAPE = re.compile(r"(?:[0-9A-Z]{4}(?:-[0-9A-Z]{4}){4}(?:\r?\n|\Z)){1,20}", re.ASCII)
TEXT = "text/plain; charset=utf-8"


def answer(codes: str, email: str) -> Response | None:
    """The file to download; None for a text that is not a list of codes."""
    if not SHAPE.fullmatch(codes):
        return None
    title = gettext("Livery Portal – backup codes. Each works once.")
    body = "\r\n".join([title, email, "", *codes.split(), ""])
    response = Response(body, content_type=TEXT)
    response.headers["Content-Disposition"] = "attachment; filename=backup-codes.txt"
    return response
