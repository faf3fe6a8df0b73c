"""Settlements and exports: of the organisation that the session acts for."""

import uuid

ID = str(uuid.UUID(int=7))
#  method path                              who       full  stale
TABLE = f"""
   GET    /partner/settlements              piet,pam  200   200
   GET    /partner/exports                  piet,pam  200   200
   POST   /partner/exports                  piet      422   422
   GET    /partner/exports/{ID}             piet,pam  404   404
   GET    /partner/exports/{ID}.csv         piet,pam  404   404
   POST   /partner/exports/{ID}/release     piet      404   404
"""
