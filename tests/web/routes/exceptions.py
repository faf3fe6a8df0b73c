"""Exceptions from policy: of the organisations that the session answers for, decided at HQ."""

import uuid

ID = str(uuid.UUID(int=7))
ALL = "pam,ada,sol,stan"
#  method path                                            who           full  stale
TABLE = f"""
   GET    /admin/exceptions                               {ALL}         200   200
   GET    /admin/exceptions/{ID}                          {ALL}         404   404
   GET    /admin/users/{ID}/exemption                     {ALL}         404   404
   GET    /admin/users/{ID}/bypass                        {ALL}         404   404
   POST   /admin/users/{ID}/exemption                     pam,ada,sol   404   404
   POST   /admin/users/{ID}/bypass                        ada,sol,stan  404   404
   POST   /admin/exceptions/{ID}/exemption-approval       sol           404   404
   POST   /admin/exceptions/{ID}/bypass-approval          sol           404   404
   POST   /admin/exceptions/{ID}/rejection                sol           404   404
   POST   /admin/exceptions/{ID}/withdrawal               {ALL}         404   404
   POST   /admin/exceptions/{ID}/end                      pam,ada,sol   404   step
   POST   /admin/exceptions/{ID}/code                     ada,sol,stan  404   step
"""
