"""A partner's payees: a grant is asked for only once the payee is known to be one's own."""

from tests.web.test_routes import ID

CHANGE = f"/partner/payees/{ID}/changes"
TABLE = f"""
    GET   /partner/payees                 pam,piet  200  200
    POST  /partner/payees                 pam,piet  422  422
    GET   /partner/payees/{ID}            pam,piet  404  404
    POST  {CHANGE}                        pam,piet  404  404
    POST  {CHANGE}/{ID}/approval          pam,piet  404  404
    POST  {CHANGE}/{ID}/rejection         pam,piet  404  404
    POST  {CHANGE}/{ID}/withdrawal        pam,piet  404  404
"""
