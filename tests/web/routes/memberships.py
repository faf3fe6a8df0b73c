"""Memberships, roles, invitations' administration: who is met with what."""

from __future__ import annotations

import uuid

ID = str(uuid.UUID(int=7))
ADMINS = "pam,ada,sol"
TABLE = f"""
   GET    /admin/memberships                        {ADMINS},stan  200  200
   POST   /admin/invitations                        {ADMINS}       422  step
   POST   /admin/invitations/{ID}/withdrawal        {ADMINS}       404  step
   POST   /admin/invitations/{ID}/again             {ADMINS}       404  step
   GET    /admin/users/{ID}/roles                   {ADMINS},stan  404  404
   POST   /admin/users/{ID}/roles                   {ADMINS}       404  step
   POST   /admin/users/{ID}/home                    {ADMINS}       404  step
   POST   /admin/users/{ID}/departure               {ADMINS}       404  step
   POST   /admin/memberships/{ID}/approval          pam,sol        404  404
   POST   /admin/memberships/{ID}/rejection         pam,sol        404  404
   POST   /admin/memberships/{ID}/withdrawal        {ADMINS}       404  step
   POST   /admin/memberships/csv                    {ADMINS},stan  422  422
   POST   /admin/memberships/csv/confirmation       {ADMINS}       404  step
"""
