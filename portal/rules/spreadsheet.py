"""Files for spreadsheets: CSV that runs no formula, with numbers as numbers (RFC 4180).

It knows cells and nothing of what they mean.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from portal.rules.money import Money, plain

# What starts a formula, the wide forms of Japanese keyboards too; tab and line ends are dropped
# by some programs before they look (OWASP, "CSV Injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
# A spreadsheet opened by a double click takes a file without this mark for the machine's own
# encoding and spoils every name with an accent; programs know it as "utf-8-sig".
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Cell = str | int | Money


def cell(value: Cell) -> str:
    """A cell as it is written: numbers bare, text made harmless by a leading apostrophe."""
    if isinstance(value, Money):
        return plain(value)
    if isinstance(value, int):
        return str(value)
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def encode(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The whole file in UTF-8, lines ended by CR LF."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return BYTE_ORDER_MARK + text.getvalue().encode()
