"""Announcements: written by who may publish, put away by whom they are shown to."""

import uuid

ID = str(uuid.UUID(int=7))
VIEWERS = "pam,ada,sol,stan"
#  method path                                  who          full  stale
TABLE = f"""
   GET    /admin/announcements                  {VIEWERS}    200   200
   POST   /admin/announcements                  pam,sol      422   step
   GET    /admin/announcements/{ID}             {VIEWERS}    404   404
   POST   /admin/announcements/{ID}/withdrawal  pam,sol      404   step
   GET    /admin/policy/{ID}/findings           {VIEWERS}    404   404
   POST   /announcements/{ID}/dismissal         *            404   404
"""
