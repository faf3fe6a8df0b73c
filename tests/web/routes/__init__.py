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
_ID = "00000000-0000-0000-0000-000000000007"
_OF = f"/api/v1/organisations/{_ID}"
# Routes of machines: whoever comes without a token gets this answer, whatever they are here.
MACHINES = f"""
    GET     /api/openapi.json                           200
    POST    /api/v1/imports/settlements                 401
    GET     /api/v1/organisations                       401
    GET     {_OF}/announcements                         401
    POST    {_OF}/announcements                         401
    GET     {_OF}/announcements/{_ID}                   401
    POST    {_OF}/announcements/{_ID}/withdrawal        401
    GET     {_OF}/audit-events                          401
    GET     {_OF}/members                               401
    GET     {_OF}/members/{_ID}                         401
    GET     {_OF}/policy                                401
    GET     {_OF}/policy/versions                       401
    GET     {_OF}/policy/versions/1                     401
    GET     {_OF}/policy/draft                          401
    PUT     {_OF}/policy/draft                          401
    DELETE  {_OF}/policy/draft                          401
    GET     {_OF}/policy/draft/preview                  401
    GET     {_OF}/policy/draft/preview/people           401
    GET     {_OF}/resets                                401
    POST    {_OF}/resets                                401
    GET     {_OF}/resets/{_ID}                          401
    POST    {_OF}/resets/{_ID}/withdrawal               401
"""


def lines() -> list[Line]:
    """Every row of every area."""
    found: list[Line] = []
    for module in pkgutil.iter_modules(__path__):
        table: str = importlib.import_module(f"{__name__}.{module.name}").TABLE
        for line in table.strip().splitlines():
            method, path, who, full, stale = line.split()
            found.append((method, path, who, full, stale))
    return found


def of_machines() -> list[list[str]]:
    """Method, path and answer of every route of machines."""
    return [line.split() for line in str(MACHINES).strip().splitlines()]
