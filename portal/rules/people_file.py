"""Reads a CSV file of people to be given roles: strictly, or not at all.

It knows the file's shape and no person. Columns by name, in any order: email, name, role and,
where wanted, language; several roles in one cell with a semicolon or a bar between them.
"""

from __future__ import annotations

import csv
import io

from portal.values import frozen

BYTES_MAX = 200 * 1024
LINES_MAX = 500
CELL_MAX = 320
REQUIRED = ("email", "name", "role")
COLUMNS = (*REQUIRED, "language")
DELIMITERS = ",;\t"
MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


@frozen
class Row:
    """One line as it was written. `number`: as a spreadsheet counts, the header being 1."""

    number: int
    email: str
    name: str
    roles: tuple[str, ...]
    language: str


@frozen
class Unreadable:
    """The file cannot be taken; `line` says where, or 0 for the whole of it."""

    reason: str
    line: int = 0


def decode(raw: bytes) -> str | Unreadable:
    """The text of a file. A byte order mark is believed; without one it must be UTF-8."""
    if len(raw) > BYTES_MAX:
        return Unreadable("file_too_big")
    mark = next((one for one in MARKS if raw.startswith(one)), b"")
    try:
        text = raw[len(mark) :].decode(MARKS.get(mark, "utf-8"), "strict")
    except UnicodeDecodeError:
        return Unreadable("file_encoding")
    if not text.strip():
        return Unreadable("file_empty")
    return Unreadable("file_encoding") if "\x00" in text else text


def parse(text: str) -> list[Row] | Unreadable:
    """Every line of the file, or why none of it is taken."""
    header = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    columns: list[str] | None = None
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = [cell.strip().casefold() for cell in cells]
                if reason := _unfit_header(columns):
                    return Unreadable(reason, reader.line_num)
                continue
            if len(cells) != len(columns) or max(map(len, cells)) > CELL_MAX:
                return Unreadable("file_cells", reader.line_num)
            if len(rows) == LINES_MAX:
                return Unreadable("file_too_long")
            rows.append(_row(reader.line_num, dict(zip(columns, cells, strict=True))))
    except csv.Error:
        return Unreadable("file_quotes", reader.line_num)
    return rows or Unreadable("file_empty")


def _unfit_header(columns: list[str]) -> str | None:
    known = set(columns) <= set(COLUMNS) and len(set(columns)) == len(columns)
    return None if known and set(REQUIRED) <= set(columns) else "file_columns"


def _row(number: int, cells: dict[str, str]) -> Row:
    named = cells["role"].replace("|", ";").split(";")
    return Row(
        number,
        cells["email"].strip(),
        cells["name"].strip(),
        tuple(part for one in named if (part := "_".join(one.split()).casefold())),
        cells.get("language", "").strip().casefold(),
    )
