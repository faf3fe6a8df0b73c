"""Plans of organisations, and tokens of their machines.

HQ's super-admins change a plan: nobody else comes near it. Unknown organisations are not found.
"""

import uuid

ID = str(uuid.UUID(int=7))

TABLE = f"""
    GET   /admin/plan                       pam,ada,sol  200  200
    GET   /admin/plan/{ID}                  pam,ada,sol  404  404
    POST  /admin/plan/{ID}                  sol          404  step
    GET   /admin/api-tokens                 pam,sol      200  200
    POST  /admin/api-tokens                 pam,sol      422  step
    POST  /admin/api-tokens/{ID}/revocation pam,sol      404  step
"""
