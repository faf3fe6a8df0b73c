"""Rows of the route matrix for areas that belong to roles; one module an area, each a `TABLE`.

    METHOD  PATH  WHO  FULL  STALE

WHO: the standing people who may be there, by name with commas, or `*` for everybody who is signed
in wholly. FULL: the answer to them; STALE: the same when nothing was proved for six minutes. All
others who are signed in get 403. Strangers and the half signed in get the sign-in page, an
enrolment-only session the gate, an idle one a step-up. The answers are those of `test_routes`.
"""

from __future__ import annotations

import importlib
import pkgutil

Line = tuple[str, str, str, str, str]


def lines() -> list[Line]:
    """Every row of every area."""
    found: list[Line] = []
    for module in pkgutil.iter_modules(__path__):
        table: str = importlib.import_module(f"{__name__}.{module.name}").TABLE
        for line in table.strip().splitlines():
            method, path, who, full, stale = line.split()
            found.append((method, path, who, full, stale))
    return found
