"""Files for spreadsheets: CSV that runs no formula, with numbers as numbers (RFC 4180).

It knows cells and nothing of what they mean.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from itertools import islice

from portal.rules.money import Money, plain

# What starts a formula, the wide forms of Japanese keyboards too; tab and line ends are dropped
# by some programs before they look (OWASP, "CSV Injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
# In many countries a spreadsheet parts cells at another sign than the comma. Quotes that stand in
# the middle of such a cell mean nothing to it: what follows the sign is a cell of its own.
_PARTED = re.compile(r"""([;,|\t\r\n][\s"]*)(?=[=+\-@＝＋－＠])""")  # noqa: RUF001
# A spreadsheet opened by a double click takes a file without this mark for the machine's own
# encoding and spoils every name with an accent; programs know it as "utf-8-sig".
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
AT_ONCE = 1000  # Text in the making takes four times the room of the bytes that it becomes.

Cell = str | int | Money


def cell(value: Cell) -> str:
    """A cell as it is written: numbers bare, text made harmless by apostrophes."""
    if isinstance(value, Money):
        return plain(value)
    if isinstance(value, int):
        return str(value)
    harmless = _PARTED.sub(r"\1'", value)
    return f"'{harmless}" if value.startswith(FORMULA_STARTS) else harmless


def encode(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The whole file in UTF-8, lines ended by CR LF. Rows are taken some at a time."""
    coming = iter(rows)
    parts = [BYTE_ORDER_MARK + lines([header])]
    while some := list(islice(coming, AT_ONCE)):
        parts.append(lines(some))
    return b"".join(parts)


def lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    """A part of a file, as `encode` writes the whole."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue().encode()
