"""Resets, and knowing who calls: of the organisations that the session answers for."""

import uuid

ID = str(uuid.UUID(int=7))
ALL = "pam,ada,sol,stan"
#  method path                                  who          full  stale
TABLE = f"""
   GET    /admin/resets                         {ALL}        200   200
   GET    /admin/resets/{ID}                    {ALL}        404   404
   POST   /admin/resets/{ID}/approval           sol          404   404
   POST   /admin/resets/{ID}/rejection          sol          404   404
   POST   /admin/resets/{ID}/withdrawal         {ALL}        404   404
   GET    /admin/users/{ID}/resets/new          {ALL}        404   404
   GET    /admin/users/{ID}/desk-resets/new     {ALL}        404   404
   POST   /admin/users/{ID}/resets              pam,ada,sol  404   404
   POST   /admin/users/{ID}/desk-resets         stan         404   404
   GET    /admin/resets/bulk/new                {ALL}        422   422
   POST   /admin/resets/bulk/new                {ALL}        422   422
   POST   /admin/resets/bulk                    pam,ada,sol  422   422
   GET    /admin/users/{ID}/caller-check        stan         404   404
   POST   /admin/users/{ID}/caller-check        stan         404   404
   GET    /security/caller-code                 *            200   200
   POST   /security/caller-code                 *            200   200
"""
